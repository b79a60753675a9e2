"""The vLLM backend: faults without vLLM, and, where it is installed, the answers of the hf backend token for token."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from babilong.errors import BabilongError, DataError, UsageError
from evaluators.models.huggingface import HuggingFaceModel
from evaluators.models.local_options import LocalOptions
from evaluators.models.protocol import ModelOptions, Request
from evaluators.models.registry import make_model
from evaluators.models.vllm_engine import VLLMModel

ROOT = Path(__file__).parents[2]
# An interpreter that has vLLM, which needs an environment of its own.
NAMED = os.environ.get("BABILONG_VLLM_PYTHON")
PYTHON = os.path.abspath(NAMED) if NAMED else sys.executable if find_spec("vllm") else None
WORDS = ("Mary", "went", "to", "the", "garden", "while", "an", "old", "clock", "struck", "nine", "unheard", ".")
SHOUT = "{% for message in messages %}<{{ message['role'] }}>{{ message['content'] }}{% endfor %}<assistant>"


def request(number: int, words: int) -> Request:
    text = " ".join(WORDS[(number + place) % len(WORDS)] for place in range(words))
    return Request(f"qa1/1k/{number}", "qa1", "1k", text, "Where is Mary?", "Read this: ", " Where is Mary?")


REQUESTS = [request(number, words) for number, words in enumerate((300, 20, 180, 1))]


@pytest.mark.slow
@pytest.mark.skipif(PYTHON is None, reason="needs vLLM: name an interpreter that has it in BABILONG_VLLM_PYTHON")
@pytest.mark.parametrize("template", [None, SHOUT])
def test_real_engine_answers_as_transformers_does(
    make_llm: Callable[..., Path], tmp_path: Path, template: str | None
) -> None:
    folder = save_llama(make_llm(tmp_path / "tiny", "llama", template=template))
    options = ModelOptions(dtype="float32", batch_size=1)
    expected = list(HuggingFaceModel.load("hf/tiny", str(folder), options).answer(iter(REQUESTS)))
    said = engine(folder)
    answers = {answer["id"]: answer for answer in said["answers"]}
    assert list(map(len, (said["answers"], answers))) == [4, 4]
    for answer in expected:
        found = answers[answer.id]
        assert found["error"] is None
        assert found["text"] == answer.text
        assert found["finish_reason"] == answer.finish_reason
        assert (found["tokens_in"], found["tokens_out"]) == (answer.tokens_in, answer.tokens_out)
        assert found["seconds"] > 0
    assert said["counts"] == [answer.tokens_in for answer in expected]
    assert said["max_model_len"] == max(said["counts"]) + options.max_new_tokens
    assert said["prefix_caching"] is True
    assert [answer["text"] for answer in said["again"]] == [expected[0].text]
    refused = {answer["id"]: answer for answer in said["refused"]}
    assert refused["qa1/1k/99"]["error"] is not None
    assert refused["qa1/1k/0"]["text"] == expected[0].text
    assert said["describe"]["prompt"] == ("chat" if template else "text")


def save_llama(folder: Path) -> Path:
    """Put a model with heads as wide as vLLM's kernels need on a CPU in the place of the folder's own."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(7)
    config = LlamaConfig.from_pretrained(folder)
    config.update({"hidden_size": 128, "head_dim": 32})
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def engine(folder: Path) -> dict[str, Any]:
    """What the program beside this file says, run where vLLM is."""
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "VLLM_CPU_KVCACHE_SPACE": "1",
        "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
        "HF_HUB_OFFLINE": "1",
    }
    done = subprocess.run(
        [str(PYTHON), str(Path(__file__).with_name("vllm_answers.py")), str(folder)],
        input=json.dumps([asdict(each) for each in REQUESTS]),
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said


@pytest.mark.skipif(find_spec("vllm") is not None, reason="vLLM is installed here")
def test_without_vllm(gpt2: Path) -> None:
    with pytest.raises(UsageError, match=r"pip install 'babilong\[vllm\]'"):
        make_model(f"vllm/{gpt2}")


class FakeEngine:
    """An engine that finishes the requests it holds in reverse order, two a step; breaks where it is told to."""

    def __init__(self, breaks: tuple[int, ...] = (), refuses: str = "") -> None:
        self.held: list[str] = []
        self.steps = 0
        self.breaks = breaks
        self.refuses = refuses

    def add_request(self, key: str, prompt: dict[str, list[int]], params: Any) -> None:
        if key == self.refuses:
            raise ValueError("The prompt is too long. It has 9 tokens.")
        self.held.append(key)

    def abort_request(self, keys: list[str]) -> None:
        self.held = [key for key in self.held if key not in keys]

    def step(self) -> list[Any]:
        self.steps += 1
        if self.steps in self.breaks:
            raise RuntimeError("CUDA out of memory. Tried to allocate 9 GiB.")
        done, self.held = self.held[-2:], self.held[:-2]
        return [Output(key) for key in reversed(done)] + [Output(key, finished=False) for key in self.held]


class Output:
    def __init__(self, key: str, finished: bool = True) -> None:
        self.request_id, self.finished = key, finished
        self.outputs = [type("Completion", (), {"token_ids": [5, 6, 0]})()]


def model(folder: Path, monkeypatch: pytest.MonkeyPatch, fake: FakeEngine, **local: Any) -> VLLMModel:
    """The backend around a fake engine, as if vLLM were installed."""
    library: Any = type(sys)("vllm")
    library.__spec__ = object()
    library.SamplingParams = lambda **settings: settings
    monkeypatch.setitem(sys.modules, "vllm", library)
    loaded = VLLMModel.load("vllm/tiny", str(folder), ModelOptions(local=LocalOptions(**local)))
    loaded.__dict__["engine"] = fake
    return loaded


def test_answers_as_they_finish_and_keeps_the_engine_filled(gpt2: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evaluators.models.vllm_engine._MOST_REQUESTS", 3)
    taken: list[str] = []

    def requests() -> Any:
        for each in REQUESTS:
            taken.append(each.id)
            yield each

    loaded = model(gpt2, monkeypatch, FakeEngine())
    answers = loaded.answer(requests())
    assert next(answers).id == "qa1/1k/2"
    assert len(taken) == 3  # no more ahead than there is room for
    rest = list(answers)
    assert [answer.id for answer in rest] == ["qa1/1k/1", "qa1/1k/3", "qa1/1k/0"]
    assert {(answer.finish_reason, answer.tokens_out) for answer in rest} == {("stop", 3)}
    assert rest[0].text == loaded.tokenizer.decode([5, 6])


def test_reasoning_that_the_template_opens_is_seen_in_the_answer(
    make_llm: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_llm(tmp_path / "thinks", template=SHOUT + "<think>\n")
    loaded = model(folder, monkeypatch, FakeEngine())
    assert {each.text for each in loaded.answer(iter(REQUESTS))} == {"<think>" + loaded.tokenizer.decode([5, 6])}


def test_few_long_prompts_at_a_time(gpt2: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evaluators.models.vllm_engine._MOST_TOKENS", 10)
    fake = FakeEngine()
    assert len(list(model(gpt2, monkeypatch, fake).answer(iter(REQUESTS)))) == 4
    assert fake.steps == 4


def test_what_the_engine_held_when_it_broke_is_lost_and_nothing_else(
    gpt2: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evaluators.models.vllm_engine._MOST_REQUESTS", 2)
    answers = list(model(gpt2, monkeypatch, FakeEngine(breaks=(1,))).answer(iter(REQUESTS)))
    errors = {answer.id: answer.error for answer in answers}
    assert errors == {"qa1/1k/0": "oom", "qa1/1k/1": "oom", "qa1/1k/2": None, "qa1/1k/3": None}


def test_a_refused_request_and_an_early_end(gpt2: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeEngine(refuses="qa1/1k/1")
    answers = model(gpt2, monkeypatch, fake).answer(iter(REQUESTS))
    first = next(answers)
    assert (first.id, first.error, first.message) == ("qa1/1k/1", "ValueError", "The prompt is too long.")
    next(answers)
    answers.close()  # type: ignore[attr-defined]
    assert fake.held == []


def test_limit_leaves_room_for_the_answer(gpt2: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = model(gpt2, monkeypatch, FakeEngine())
    assert loaded.max_tokens == 4096 - 20
    assert loaded.count(REQUESTS[0]) == len(loaded.tokenizer(REQUESTS[0].prompt)["input_ids"])
    with pytest.raises(UsageError, match="no room"):
        VLLMModel.load("vllm/tiny", str(gpt2), ModelOptions(max_new_tokens=4096))


def test_an_engine_that_does_not_start(gpt2: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = model(gpt2, monkeypatch, FakeEngine())
    del loaded.__dict__["engine"]

    def refuse(*args: Any, **settings: Any) -> None:
        raise RuntimeError(f"No memory for max_model_len {settings['max_model_len']}. And so on.\nAnd on.")

    sys.modules["vllm"].LLM = refuse  # type: ignore[attr-defined]
    for each in REQUESTS:
        loaded.count(each)
    longest = max(len(loaded.chat.encode(each.prompt)) for each in REQUESTS)
    with pytest.raises(BabilongError, match=rf"cannot start vllm/tiny: No memory for max_model_len {longest + 20}\.$"):
        next(loaded.answer(iter(REQUESTS)))


@pytest.mark.parametrize(
    ("local", "message"),
    [
        ({"device": "cpu"}, "--device is for hf/ID-or-folder only"),
        ({"load_in": "4bit"}, "--load-in is for hf"),
        ({"engine_args": "[1]"}, "no JSON or YAML mapping"),
        ({"engine_args": "{a: ["}, "no JSON or YAML mapping"),
        ({"engine_args": "{dtype: half}"}, "cannot set dtype; use --dtype"),
        ({"engine_args": "{max_model_len: 5}"}, r"cannot set max_model_len\."),
        ({"chat_template": "on"}, "vllm/tiny has no chat template"),
    ],
)
def test_bad_options(gpt2: Path, monkeypatch: pytest.MonkeyPatch, local: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        model(gpt2, monkeypatch, FakeEngine(), **local)


def test_an_end_that_is_no_token(gpt2: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = shutil.copytree(gpt2, tmp_path / "model")
    (folder / "generation_config.json").write_text('{"eos_token_id": "x"}')
    with pytest.raises(DataError, match="names 'x' as the end of an answer"):
        model(folder, monkeypatch, FakeEngine())


def test_no_such_model(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match="no such folder"):
        model(Path("no/such/folder"), monkeypatch, FakeEngine())
