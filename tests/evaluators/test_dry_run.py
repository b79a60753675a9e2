"""`--dry-run` says what a run would take and touches nothing: no model, no server, no folder."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from babilong.prompts import load_prompts
from babilong.tokenizers import Tokenizer, load_tokenizer
from baselines import checkpoints
from baselines.reading import PUBLISHED
from evaluators.models import registry
from evaluators.records import Record
from generators.dataset import Dataset
from tests.evaluators.conftest import Done


@pytest.fixture
def dry(call: Callable[..., Done], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Done]:
    """The command with --dry-run, which may load no model."""

    def run(*words: Any) -> Done:
        with monkeypatch.context() as patch:
            patch.setattr(registry, "make_model", lambda *_: pytest.fail("a model was loaded"))
            return call(*words, "--dry-run")

    return run


def lines(done: Done) -> dict[str, str]:
    assert done.code == 0, done.err
    return dict(line.split(": ", 1) for line in done.out.splitlines())


def number(text: str) -> int:
    return int(text.split(", counted")[0].replace(",", ""))


def prompt_tokens(dataset: Dataset) -> int:
    return sum(sample.prompt_tokens for cell in dataset.cells for sample in dataset.samples(*cell))


def test_a_causal_model_counts_with_its_own_tokenizer_and_knows_its_limit(
    dry: Callable[..., Done], dataset: Dataset, tmp_path: Path, make_llm: Callable[..., Path]
) -> None:
    model = make_llm(tmp_path / "small", positions=800)
    (model / "model.safetensors").write_bytes(b"")  # nobody looks
    found = lines(dry("-m", f"hf/{model}", "--data", dataset.folder))
    assert found["model"] == f"hf/{model}, protocol v2"
    assert found["samples"].startswith("20, ")
    # The tiny model has the built-in tokenizer, by which the dataset was counted.
    assert found["tokens in"] == f"{prompt_tokens(dataset):,}, counted by the tokenizer of {model}"
    assert found["tokens out"] == "at most 400"
    assert found["over the limit"] == "10 prompts have more than 780 tokens"
    assert found["time"].startswith("unknown") and found["cost"].startswith("unknown")
    assert [path.name for path in tmp_path.iterdir()] == ["small"]


def test_a_chat_template_is_counted(
    dry: Callable[..., Done], dataset: Dataset, tmp_path: Path, make_llm: Callable[..., Path]
) -> None:
    template = "{% for m in messages %}<a><b><c>{{ m.content }}{% endfor %}"
    plain = lines(dry("-m", f"hf/{make_llm(tmp_path / 'a')}", "--data", dataset.folder))
    chat = lines(dry("-m", f"hf/{make_llm(tmp_path / 'b', template=template)}", "--data", dataset.folder))
    assert number(chat["tokens in"]) > number(plain["tokens in"]) + 20 * 5


def test_a_model_that_is_not_here_is_counted_by_the_dataset(dry: Callable[..., Done], dataset: Dataset) -> None:
    found = lines(dry("-m", "vllm/nobody/nothing", "--data", dataset.folder, "-n", "2", "-t", "qa1"))
    expected = sum(s.prompt_tokens for length in ("0k", "1k") for s in dataset.samples("qa1", length, limit=2))
    assert found["tokens in"].startswith(
        f"{expected:,}, counted by the dataset: the tokenizer of nobody/nothing is not"
    )
    assert found["over the limit"].startswith("unknown")


def bare_tokens(dataset: Dataset, tokenizer: Tokenizer) -> list[int]:
    count = tokenizer.count
    samples = [sample for cell in dataset.cells for sample in dataset.samples(*cell)]
    return [count(f" {sample.input}") + count(f" {sample.question}") for sample in samples]


def test_a_recurrent_model_reads_the_bare_text_which_the_dataset_has_counted(
    dry: Callable[..., Done], dataset: Dataset, recurrent: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = bare_tokens(dataset, load_tokenizer())
    monkeypatch.setattr(Tokenizer, "encode_pieces", lambda *_: pytest.fail("a context was encoded"))
    found = lines(dry("-m", f"rmt/{recurrent}", "--data", dataset.folder))
    assert found["tokens in"].endswith(f", counted by the dataset, which has the tokenizer of {recurrent}")
    assert abs(number(found["tokens in"]) - sum(expected)) <= len(expected)  # the blank before a context


def test_a_recurrent_model_with_another_tokenizer_than_the_datasets_counts_itself(
    dry: Callable[..., Done], dataset: Dataset, recurrent: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(recurrent, tmp_path / "other")
    tokenizer = load_tokenizer()
    tokenizer.backend.add_tokens(["went to the"])
    tokenizer.backend.save(str(folder / "tokenizer.json"))
    found = lines(dry("-m", f"rmt/{folder}", "--data", dataset.folder))
    expected = sum(bare_tokens(dataset, load_tokenizer(str(folder))))
    assert expected != sum(bare_tokens(dataset, load_tokenizer()))
    assert found["tokens in"] == f"{expected:,}, counted by the tokenizer of {folder}"


def test_a_recurrent_model_that_reads_sentences_counts_itself(
    dry: Callable[..., Done], dataset: Dataset, recurrent: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "words", lambda name: (load_tokenizer(), PUBLISHED))
    found = lines(dry("-m", f"rmt/{recurrent}", "--data", dataset.folder))
    assert found["tokens in"].endswith(f"counted by the tokenizer of {recurrent}")


@pytest.mark.parametrize("name", ["rag/oracle", "rag/openai/x", "random"])
def test_others_are_counted_by_the_dataset(dry: Callable[..., Done], dataset: Dataset, name: str) -> None:
    found = lines(dry("-m", name, "--data", dataset.folder))
    assert "counted by the dataset" in found["tokens in"]
    assert ("retrieval passes on less" in found["tokens in"]) == name.startswith("rag/")


def test_a_server_is_counted_and_paid_for_without_being_asked(
    dry: Callable[..., Done], dataset: Dataset, tmp_path: Path
) -> None:
    (tmp_path / "prices.yaml").write_text("other: {input: 1, output: 1}\ngpt-9: {input: 100, output: 1000}\n")
    words = ("-m", "openai/gpt-9", "--base-url", "http://127.0.0.1:9/v1", "--data", dataset.folder)
    found = lines(dry(*words, "--prices", "prices.yaml", "--rate", "100", "--tokenizer", "builtin",
                       "--max-model-len", "900", "--api", "completions"))  # fmt: skip
    tokens = prompt_tokens(dataset)
    assert found["tokens in"] == f"{tokens:,}, counted by the tokenizer of builtin"
    over = sum(s.prompt_tokens > 880 for cell in dataset.cells for s in dataset.samples(*cell))
    assert found["over the limit"] == f"{over} prompts have more than 880 tokens"
    assert found["cost"] == f"at most {(tokens * 100 + 400 * 1000) / 1e6:,.2f}"
    assert found["time"] == f"{round((tokens + 400) / 100 / 60)} min at 100 tokens/s, as --rate says"


@pytest.mark.parametrize("name", ["gpt-9", "openai/gpt-9", "rag/openai/gpt-9"])
def test_a_price_is_found_by_any_of_a_models_names(
    dry: Callable[..., Done], dataset: Dataset, tmp_path: Path, name: str
) -> None:
    (tmp_path / "prices.yaml").write_text(f"{name}: {{input: 1000000, output: 0}}\n")
    found = lines(dry("-m", "rag/openai/gpt-9", "--data", dataset.folder, "--prices", "prices.yaml"))
    assert found["cost"] == f"at most {number(found['tokens in']):,}.00"


def test_what_is_still_to_be_generated_is_counted_by_its_length(dry: Callable[..., Done], tmp_path: Path) -> None:
    found = lines(dry("-m", "random", "-n", "3", "-l", "0k,4k"))
    assert found["samples"].endswith("6 of them still to be generated")
    assert number(found["tokens in"]) == 12_000
    assert not list(tmp_path.iterdir())


def test_what_is_still_to_be_generated_may_be_over_the_limit(
    call: Callable[..., Done], dry: Callable[..., Done], gpt2: Path
) -> None:
    assert call("-m", "random", "-n", "2", "-l", "0k").code == 0
    found = lines(dry("-m", f"hf/{gpt2}", "-n", "2", "-l", "0k,4k,8k"))
    assert found["over the limit"].startswith("2 prompts have more than 4,076 tokens; those still to be generated")


def test_the_rate_of_earlier_runs(
    call: Callable[..., Done], dry: Callable[..., Done], dataset: Dataset, recurrent: Path
) -> None:
    words = ("-m", f"rmt/{recurrent}", "--data", dataset.folder, "-t", "qa1")
    assert call(*words, "-n", "2", "--max-new-tokens", "2").code == 0
    found = lines(dry(*words))
    assert "tokens/s, as 4 samples in runs/rmt-tiny took" in found["time"]


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--top-k", "3"], 2, "--top-k are for rag/MODEL, not for random"),
        (["--dtype", "half"], 2, "Unknown dtype 'half'"),
        (["--shard", "1/2"], 2, "--dry-run counts the whole run, of which a shard is a part; leave out --shard"),
        (["--rate", "0"], 2, "Invalid value for '--rate'"),
        (["--prices", "none.yaml"], 1, "Cannot read the prices none.yaml: No such file"),
        (["--prices", "."], 1, "Cannot read the prices .: Is a directory"),
        (["--prices", "broken.yaml"], 1, "Cannot read the prices broken.yaml"),
        (["--prices", "list.yaml"], 1, "it must map models"),
        (["--prices", "other.yaml"], 2, "Unknown model in other.yaml: 'random'; did you mean randon?"),
        (["--prices", "half.yaml"], 1, "random needs two numbers"),
        (["--prices", "minus.yaml"], 1, "random needs two numbers"),
        (["-t", "qa3"], 2, "Unknown task of this dataset"),
        (["--data", "nowhere"], 1, "No dataset folder at nowhere"),
    ],
)
def test_bad_input(
    dry: Callable[..., Done], dataset: Dataset, tmp_path: Path, words: list[str], code: int, says: str
) -> None:
    for name, text in {
        "broken": "a: [b",
        "list": "[1]",
        "other": "randon: {input: 1, output: 2}",
        "half": "random: {input: 1}",
        "minus": "random: {input: 1, output: -2}",
    }.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    data: tuple[Any, ...] = () if "--data" in words else ("--data", dataset.folder)
    done = dry("-m", "random", *data, *words)
    assert (done.code, done.out) == (code, "")
    assert says in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("model", "rate"),
    [("hf/openai/x", "100 tokens/s"), ("openai/x", "1,600 tokens/s"), ("vllm/openai/x", ""), ("rag/openai/x", "")],
)
def test_seconds_that_overlap_or_are_of_a_part_of_the_tokens_give_no_rate(
    dry: Callable[..., Done], dataset: Dataset, tmp_path: Path, model: str, rate: str
) -> None:
    run = tmp_path / "runs" / model.replace("/", "-") / "a"
    run.mkdir(parents=True)
    record = Record("qa1/0k/0", "qa1", "0k", 0, "", "garden", "garden", "stop", 90, 10, 1.0, None)
    (run / "samples.jsonl").write_text(json.dumps(asdict(record)) + "\n")
    found = lines(dry("-m", model, "--data", dataset.folder))  # 16 requests of a server are under way at a time
    assert f" at {rate}, as 1 samples" in found["time"] if rate else found["time"].startswith("unknown")


def test_prompts_without_the_task_are_refused(dry: Callable[..., Done], dataset: Dataset, tmp_path: Path) -> None:
    import yaml

    text = (Path(__file__).parents[2] / "babilong/data/prompts.yaml").read_text()
    few = yaml.safe_load(text)
    few["tasks"] = {"qa1": few["tasks"]["qa1"]}
    (tmp_path / "few.yaml").write_text(yaml.safe_dump(few))
    assert load_prompts(str(tmp_path / "few.yaml")).tasks.keys() == {"qa1"}
    words = ("-m", "openai/x", "--tokenizer", "builtin", "--max-model-len", "9000", "--prompts", "few.yaml")
    done = dry(*words, "--data", dataset.folder)
    assert done.code == 2
    assert "have none for qa2" in done.err


@pytest.mark.parametrize("words", [["--rate", "5"], ["--prices", "p.yaml"]])
def test_flags_of_a_dry_run_are_for_a_dry_run(call: Callable[..., Done], dataset: Dataset, words: list[str]) -> None:
    done = call("-m", "random", "--data", dataset.folder, *words)
    assert (done.code, done.out) == (2, "")
    assert "are for --dry-run" in done.err
