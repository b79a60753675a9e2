"""Retrieval before a model: what is kept, in which order, what is recorded, and what cannot be asked for."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babilong.errors import DataError, UsageError
from babilong.prompts import load_prompts
from evaluators.models.local_options import LocalOptions
from evaluators.models.protocol import Answer, ModelOptions, Request
from evaluators.models.registry import check_model_name, make_model
from evaluators.models.retrieval import Narrowed, split_units
from evaluators.models.retrieval_options import RetrievalOptions
from evaluators.models.retrievers import BM25, Encoder
from evaluators.models.server_options import ServerOptions
from evaluators.records import read_folder
from evaluators.runner import Job, evaluate
from generators.dataset import Dataset
from generators.kitchen import Kitchen
from generators.recipe import Recipe

FACTS = ("Mary went to the garden.", "John moved to the hall.", "Mary travelled to the office.", "It rained all day.")


def rag(inner: str = "oracle", **options: Any) -> Narrowed:
    made = make_model(f"rag/{inner}", ModelOptions(retrieval=RetrievalOptions(**options)))
    assert isinstance(made, Narrowed)
    return made


def ask(context: str, question: str = "Where is Mary?") -> Request:
    return Request("qa1/1k/0", "qa1", "1k", context, question)


def test_keeps_the_best_units_in_the_order_of_the_text() -> None:
    context = " ".join((FACTS[3], *FACTS, "The clock struck nine."))
    assert rag(top_k=2).retrieve(context, "Where is Mary?") == [FACTS[0], FACTS[2]]
    assert rag(top_k=1).retrieve(context, "Where is Mary?") == [FACTS[2]]  # of equal scores the later one
    assert rag(top_k=99).retrieve(context, "Where is Mary?") == [FACTS[3], *FACTS, "The clock struck nine."]
    assert rag(top_k=2).retrieve(context, "Where is Zoe?") == [FACTS[3], "The clock struck nine."]
    assert rag(top_k=2).retrieve("", "Where is Mary?") == []


def test_question_of_nothing_but_stop_words() -> None:
    assert rag(top_k=1).retrieve(" ".join(FACTS), "Who is it?") == [FACTS[3]]


@given(st.lists(st.sampled_from(FACTS), max_size=30), st.integers(1, 40))
def test_units_cover_the_text(sentences: list[str], words: int) -> None:
    text = "\n".join(sentences)
    assert " ".join(split_units(text, words)) == " ".join(split_units(text, None)) == " ".join(sentences)
    assert all(len(unit.split()) <= words for unit in split_units(text, words))
    assert split_units(text, None) == sentences


def test_chunks(dataset: Dataset) -> None:
    model = rag(unit="chunk:50", top_k=3)
    sample = next(iter(dataset.samples("qa1", "1k", limit=1)))
    found = model.narrow(ask(sample.input, sample.question)).context
    assert len(found.split()) <= 150
    assert model.describe()["retrieval"]["unit"] == "chunk:50"


def test_oracle_over_what_was_retrieved_answers_most() -> None:
    samples = list(Kitchen(Recipe()).samples("qa1", "4k", 30))
    requests = [Request(each.id, each.task, each.length, each.input, each.question) for each in samples]
    model = rag(top_k=20)
    answers = {answer.id: answer.text for answer in model.answer(iter(requests))}
    right = sum(answers[each.id] == each.target for each in samples)
    assert right >= 28
    assert max(len(model.narrow(each).context.split()) for each in requests) < 1_000  # of some 3,000


def test_a_whole_run_records_how_it_retrieved(dataset: Dataset, tmp_path: Path) -> None:
    job = Job(rag("random", top_k=7), dataset, dataset.cells, load_prompts())
    folder = evaluate(job, tmp_path, quiet=True)
    assert folder.parent.name == "rag-random"
    run = (folder / "run.yaml").read_text()
    assert all(word in run for word in ("model: rag/random", "top_k: 7", "unit: sentence", "retriever: bm25", "bm25s:"))
    assert Job(rag("random", top_k=8), dataset, dataset.cells, load_prompts()).identity != job.identity


def test_a_prompted_model_reads_what_was_retrieved_through_its_own_prompt(gpt2: Path) -> None:
    model = rag(f"hf/{gpt2}", top_k=2)
    assert (model.name, model.prompted) == (f"rag/hf/{gpt2.name}", True)
    request = Request("qa1/1k/0", "qa1", "1k", " ".join(FACTS), "Where is Mary?", "Read this: ", " Where?")
    assert model.narrow(request).prompt == f"Read this: {FACTS[0]} {FACTS[2]} Where?"
    bare = make_model(f"hf/{gpt2}")
    assert model.max_tokens == bare.max_tokens
    assert model.count(request) == bare.count(model.narrow(request)) < bare.count(request)
    answer = next(iter(model.answer(iter([request]))))
    assert answer.text == next(iter(bare.answer(iter([model.narrow(request)])))).text
    assert answer.tokens_in == model.count(request)


def test_a_request_for_which_retrieval_fails_costs_only_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    model = rag("random")
    narrow = model.narrow

    def failing(request: Request) -> Request:
        if request.id in ("qa1/1k/1", "qa1/1k/3"):
            raise MemoryError("no room")
        return narrow(request)

    monkeypatch.setattr(model, "narrow", failing)
    requests = [Request(f"qa1/1k/{number}", "qa1", "1k", "Mary left.", "Where is Mary?") for number in range(4)]
    answers = {answer.id: answer for answer in model.answer(iter(requests))}
    assert [answers[f"qa1/1k/{number}"].error for number in range(4)] == [None, "oom", None, "oom"]
    assert answers["qa1/1k/1"].message == "no room"


def test_a_run_goes_on_where_retrieval_fails_and_retrieves_once_a_sample(
    dataset: Dataset, tmp_path: Path, gpt2: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model has a limit, so prompts are measured before any is answered."""
    model = rag(f"hf/{gpt2}", top_k=2)
    retrieve, asked = model.retrieve, []

    def failing(context: str, question: str) -> list[str]:
        asked.append(context)
        if context == first.input:
            raise ValueError("nothing to find")
        return retrieve(context, question)

    first = next(iter(dataset.samples("qa1", "1k", limit=1)))
    monkeypatch.setattr(model, "retrieve", failing)
    folder = evaluate(Job(model, dataset, [("qa1", "1k")], load_prompts()), tmp_path, quiet=True)
    found = read_folder(folder)
    assert [record.error for record in found.values()].count(None) == len(found) - 1 == 4
    assert (found[first.id].error, found[first.id].message) == ("ValueError", "nothing to find")
    assert len(asked) == 6  # again only where it failed


def test_units_without_a_word_to_look_for_score_nothing() -> None:
    for units in (["It is."] * 30, ["", "..."]):
        assert BM25().scores(units, "Where is Mary?").tolist() == [0.0] * len(units)
    assert rag(top_k=1).retrieve("It is. It was.", "Where is Mary?") == ["It was."]


def test_takes_no_more_requests_ahead_than_the_inner_model_does() -> None:
    taken: list[str] = []

    def requests() -> Iterator[Request]:
        for number in range(9):
            taken.append(str(number))
            yield ask(" ".join(FACTS))

    answers: Iterator[Answer] = rag("random").answer(requests())
    next(answers)
    assert len(taken) == 1


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random BERT that reads 32 tokens at a time, with the built-in tokenizer."""
    import torch
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    from babilong.tokenizers import load_tokenizer

    torch.manual_seed(7)
    backend = load_tokenizer().backend
    config = BertConfig(
        vocab_size=backend.get_vocab_size(),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=34,
    )
    folder = tmp_path_factory.mktemp("encoder") / "tiny"
    BertModel(config).save_pretrained(folder)
    PreTrainedTokenizerFast(tokenizer_object=backend).save_pretrained(folder)
    return folder


def test_encoder_finds_the_unit_that_says_the_same(encoder: Path) -> None:
    model = rag("random", retriever=f"embed:{encoder}", top_k=1)
    for fact in FACTS:
        assert model.retrieve(" ".join(FACTS), fact) == [fact]
    said = model.describe()["retrieval"]
    assert (said["retriever"], said["encoder"][:7]) == ("embed", "sha256:")
    assert str(encoder) not in str(said)


def test_encoder_pools_over_whole_units_whatever_they_are_batched_with(encoder: Path) -> None:
    import numpy as np
    import torch

    loaded = Encoder(str(encoder))
    long = " ".join(FACTS * 5)
    vectors = loaded.embed([*FACTS, long, "It rained."])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(vectors[4], loaded.embed([long])[0], atol=1e-5)
    ids = loaded.tokenizer(long)["input_ids"]
    assert len(ids) > 64
    with torch.inference_mode():
        hidden = [loaded.model(torch.tensor([ids[at : at + 32]])).last_hidden_state[0] for at in range(0, len(ids), 32)]
    mean = torch.cat(hidden).mean(0)
    np.testing.assert_allclose(vectors[4], (mean / mean.norm()).numpy(), atol=1e-5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"retriever": "bm26"}, "Unknown retriever 'bm26'; give bm25 or embed:ID-or-folder"),
        ({"retriever": "embed:"}, "Unknown retriever"),
        ({"unit": "word"}, "Unknown unit 'word'; give sentence, or chunk:N"),
        ({"unit": "chunk:0"}, "Unknown unit"),
        ({"unit": "chunk:x"}, "Unknown unit"),
        ({"top_k": 0}, "--top-k 0 retrieves nothing"),
    ],
)
def test_bad_options(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        rag("random", **options)


def test_an_encoder_that_is_not_there() -> None:
    with pytest.raises(DataError, match="no such folder"):
        rag("random", retriever="embed:no/such/folder")


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bm25s", None)
    with pytest.raises(UsageError, match=r"pip install 'babilong\[rag\]'"):
        BM25()


@pytest.mark.parametrize("name", ["rag/oracle", "rag/hf/org/name", "rag/openai/name", "rag/rmt-gpt2", "vllm/org/name"])
def test_names(name: str) -> None:
    check_model_name(name)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("rag/", "names nobody to read"),
        ("rag/rag/oracle", "names nobody to read"),
        ("rag/oracel", "Unknown model 'oracel'; did you mean oracle"),
        ("rag/hf/", "names no checkpoint"),
        ("vllm/", "names no checkpoint; write it as vllm/FOLDER"),
        ("rag", "Unknown model 'rag'"),
    ],
)
def test_bad_names(name: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        check_model_name(name)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("oracle", {"retrieval": RetrievalOptions(top_k=3)}, "--top-k are for rag/MODEL, not for oracle"),
        ("rag/random", {"local": LocalOptions(attention="eager")}, "are for models run here, not for random"),
        ("rag/random", {"server": ServerOptions(concurrency=3)}, "for openai/NAME, not for random"),
    ],
)
def test_options_for_another_kind(name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make_model(name, ModelOptions(**options))
