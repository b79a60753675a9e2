"""The transformers backend gives what `model.generate` gives, in pieces and in batches, and never cuts a prompt."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from babilong.errors import DataError, UsageError
from evaluators.models import huggingface
from evaluators.models.huggingface import HuggingFaceModel
from evaluators.models.protocol import ModelOptions, Request

WORDS = ("Mary", "went", "to", "the", "garden", "while", "an", "old", "clock", "struck", "nine", "unheard", ".")
CHAT = (
    "{% for message in messages %}<{{ message['role'] }}>{{ message['content'] }}{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)
NO_SYSTEM = (
    "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}" + CHAT
)


def request(number: int, words: int) -> Request:
    text = " ".join(WORDS[(number + place) % len(WORDS)] for place in range(words))
    return Request(f"qa1/1k/{number}", "qa1", "1k", text, "Where is Mary?", "Read this: ", " Where is Mary?")


REQUESTS = [request(number, words) for number, words in enumerate((300, 20, 180, 1))]


def load(folder: Path, **options: Any) -> HuggingFaceModel:
    return HuggingFaceModel.load("hf/tiny", str(folder), ModelOptions(**options))


def reference(model: HuggingFaceModel, request: Request) -> list[int]:
    """Token ids of a plain `generate` over the whole prompt, all logits kept."""
    from transformers import GenerationConfig

    ids = torch.tensor([model.tokenizer(request.prompt)["input_ids"]])
    settings = GenerationConfig(max_new_tokens=20, do_sample=False, eos_token_id=0, pad_token_id=0)
    written = model.model.generate(ids, attention_mask=torch.ones_like(ids), generation_config=settings)
    return list(written[0, ids.shape[1] :].tolist())


@pytest.mark.parametrize("architecture", ["gpt2", "llama"])
@pytest.mark.parametrize("batch_size", [1, 4])
def test_equals_generate_token_for_token(
    architecture: str, batch_size: int, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(huggingface, "PREFILL", 64)
    model = load(request.getfixturevalue(architecture), batch_size=batch_size, dtype="float32")
    seen: list[list[int]] = []
    output = HuggingFaceModel._output
    monkeypatch.setattr(HuggingFaceModel, "_output", lambda self, n, ids: seen.append(ids) or output(self, n, ids))
    answers = list(model.answer(iter(REQUESTS)))
    expected = [reference(model, each) for each in REQUESTS]
    assert seen == expected
    assert len(set(expected[0])) > 5  # the model does not just repeat itself
    assert [answer.error for answer in answers] == [None] * 4
    assert [answer.tokens_in for answer in answers] == [
        len(model.tokenizer(each.prompt).input_ids) for each in REQUESTS
    ]
    assert [answer.text for answer in answers] == [model.tokenizer.decode(ids) for ids in expected]
    assert {(answer.finish_reason, answer.tokens_out) for answer in answers} == {("length", 20)}


def test_reads_in_pieces_and_makes_last_logits_only(gpt2: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface, "PREFILL", 64)
    model = load(gpt2)
    read: list[int] = []
    logits: Counter[int] = Counter()
    model.model.transformer.wte.register_forward_hook(lambda module, args, out: read.append(out.shape[1]))
    model.model.lm_head.register_forward_hook(lambda module, args, out: logits.update([out.shape[1]]))
    answer = next(model.answer(iter(REQUESTS[:1])))
    assert max(read) == 64
    assert sum(read) == answer.tokens_in + answer.tokens_out - 1
    assert set(logits) == {1}


def test_stops_at_the_end_token(gpt2: Path) -> None:
    model = load(gpt2)
    first = reference(model, REQUESTS[0])
    model.stops = [first[3]]
    model.generation.eos_token_id = [first[3]]
    answer = next(model.answer(iter(REQUESTS)))
    place = first.index(first[3])
    assert (answer.finish_reason, answer.tokens_out) == ("stop", place + 1)
    assert answer.text == model.tokenizer.decode(first[:place])


def test_settings_of_the_model_do_not_leak_in(gpt2: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(gpt2, tmp_path / "tuned")
    (folder / "generation_config.json").write_text('{"do_sample": true, "temperature": 5.0, "repetition_penalty": 9.0}')
    plain, tuned = load(gpt2), load(folder)
    assert [a.text for a in tuned.answer(iter(REQUESTS))] == [a.text for a in plain.answer(iter(REQUESTS))]


@pytest.mark.parametrize(
    ("template", "start"), [(CHAT, "<system>Be brief.<user>Read this"), (NO_SYSTEM, "<user>Be brief.\n\nRead this")]
)
def test_chat_template_with_and_without_a_system_message(
    make_llm: Callable[..., Path], tmp_path: Path, template: str, start: str
) -> None:
    model = load(make_llm(tmp_path / "chat", template=template), system="Be brief.")
    text = model.tokenizer.decode(model._encode(REQUESTS[1]))
    assert text.startswith(start)
    assert text.endswith("Where is Mary?<assistant>")
    assert model.describe()["prompt"] == "chat"


def test_system_message_without_a_chat_template(gpt2: Path) -> None:
    model = load(gpt2, system="Be brief.")
    assert model.tokenizer.decode(model._encode(REQUESTS[1])).startswith("Be brief.\n\nRead this")


def test_describe_follows_the_weights_and_not_the_place(gpt2: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(gpt2, tmp_path / "copy")
    assert load(copy).describe() == load(gpt2).describe()
    (copy / "tokenizer_config.json").write_text("{}")
    assert load(copy).describe() != load(gpt2).describe()
    assert load(gpt2, dtype="bfloat16").describe()["dtype"] == "bfloat16"


def test_limit_leaves_room_for_the_answer(gpt2: Path) -> None:
    model = load(gpt2, max_new_tokens=96)
    assert model.max_tokens == 4000
    assert model.count(REQUESTS[0]) == len(model.tokenizer(REQUESTS[0].prompt).input_ids)
    with pytest.raises(UsageError, match="no room"):
        load(gpt2, max_new_tokens=4096)


@pytest.mark.parametrize(
    ("breakage", "message"),
    [
        (lambda folder: shutil.rmtree(folder), "no such folder"),
        (lambda folder: [file.unlink() for file in folder.iterdir()], "no config.json"),
        (lambda folder: (folder / "model.safetensors").unlink(), "Cannot load"),
        (lambda folder: (folder / "model.safetensors").write_bytes(b"{}"), "Cannot load"),
        (lambda folder: _replace(folder / "config.json", '"n_embd": 32', '"n_embd": 64'), "shapes of its weights"),
        (lambda folder: _replace(folder / "config.json", '"n_layer": 2', '"n_layer": 3'), "lack"),
        (lambda folder: (folder / "config.json").write_text("{"), "Cannot load"),
        (lambda folder: [file.unlink() for file in folder.glob("tokenizer*")], "without a tokenizer"),
    ],
)
def test_broken_folders(gpt2: Path, tmp_path: Path, breakage: Callable[[Path], object], message: str) -> None:
    folder = shutil.copytree(gpt2, tmp_path / "model")
    breakage(folder)
    with pytest.raises(DataError, match=message) as caught:
        load(folder)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


def test_hub_model_that_cannot_be_had() -> None:
    with pytest.raises(DataError, match="Cannot load the model nobody/nothing"):
        load(Path("nobody/nothing"))


def _replace(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
