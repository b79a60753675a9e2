"""A tiny real dataset, tiny random models saved to disk, and models that fail on demand."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from babilong.prompts import load_prompts
from evaluators import cli
from evaluators.job import Job
from evaluators.models.batches import Output, answer_in_batches
from evaluators.models.protocol import Answer, Request
from generators.dataset import Dataset
from generators.recipe import Recipe
from generators.writer import generate

TASKS, LENGTHS, SAMPLES = ("qa1", "qa2"), ("0k", "1k"), 5


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Dataset:
    return generate(Recipe(), TASKS, LENGTHS, SAMPLES, tmp_path_factory.mktemp("data") / "tiny")


@dataclass
class FakeModel:
    """Answers every question with `answer`; raises what `failing` has for a sample."""

    answer_text: str = "kitchen"
    failing: dict[str, BaseException] = field(default_factory=dict)
    batch_size: int = 2
    prompted: bool = False
    max_tokens: int | None = None
    name: str = "fake"
    batches: list[list[str]] = field(default_factory=list)

    def describe(self) -> dict[str, Any]:
        return {"model": self.name, "text": self.answer_text}

    def count(self, request: Request) -> int:
        return len(request.prompt.split())

    def answer(self, requests: Iterator[Request]) -> Iterator[Answer]:
        return answer_in_batches(requests, self.batch_size, self._answer)

    def _answer(self, batch: list[Request]) -> list[Output]:
        self.batches.append([request.id for request in batch])
        for request in batch:
            if request.id in self.failing:
                raise self.failing[request.id]
        return [(self.answer_text, "stop", len(request.context.split()), 1) for request in batch]


@pytest.fixture
def fake() -> FakeModel:
    return FakeModel()


@pytest.fixture
def job(dataset: Dataset, fake: FakeModel) -> Job:
    return Job(fake, dataset, dataset.cells, load_prompts())


def save_llm(folder: Path, architecture: str = "gpt2", positions: int = 4096, template: str | None = None) -> Path:
    """A tiny random causal LM with the built-in tokenizer, which has no padding token."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    from babilong.tokenizers import load_tokenizer

    torch.manual_seed(7)
    backend = load_tokenizer().backend
    # Large weights, so that the greedy path is far from ties and not one token over and over.
    common: dict[str, Any] = {"vocab_size": backend.get_vocab_size(), "bos_token_id": 0, "eos_token_id": 0}
    if architecture == "gpt2":
        config = GPT2Config(n_positions=positions, n_embd=32, n_layer=2, n_head=2, initializer_range=0.5, **common)
        model: Any = GPT2LMHeadModel(config)
    else:
        model = LlamaForCausalLM(
            LlamaConfig(
                hidden_size=32,
                intermediate_size=64,
                num_hidden_layers=2,
                num_attention_heads=4,
                num_key_value_heads=2,
                max_position_embeddings=positions,
                initializer_range=0.5,
                **common,
            )
        )
    model.save_pretrained(folder)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend)
    tokenizer.chat_template = template
    tokenizer.save_pretrained(folder)
    return folder


class Done(NamedTuple):
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


Call = Callable[..., Done]


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[str, Callable[[], None]], Call]:
    """Any command in this process, in an empty working folder: `command("babilong-eval", cli.main)("--help")`."""
    monkeypatch.chdir(tmp_path)

    def of(name: str, main: Callable[[], None]) -> Call:
        def run(*words: str | Path) -> Done:
            monkeypatch.setattr(sys, "argv", [name, *map(str, words)])
            with pytest.raises(SystemExit) as ended:
                main()
            out, err = capsys.readouterr()
            return Done(int(ended.value.code or 0), out, err)

        return run

    return of


@pytest.fixture
def call(command: Callable[[str, Callable[[], None]], Call]) -> Call:
    """`babilong-eval`."""
    return command("babilong-eval", cli.main)


@pytest.fixture(scope="session")
def make_llm() -> Callable[..., Path]:
    return save_llm


@pytest.fixture(scope="session")
def gpt2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_llm(tmp_path_factory.mktemp("models") / "tiny-gpt2")


@pytest.fixture(scope="session")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_llm(tmp_path_factory.mktemp("models") / "tiny-llama", "llama")


@pytest.fixture(scope="session")
def recurrent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained recurrent memory around a tiny GPT-2."""
    import torch

    from babilong.tokenizers import load_tokenizer
    from baselines.checkpoints import build, save

    torch.manual_seed(7)
    tokenizer = load_tokenizer()
    config = {"model_type": "gpt2", "n_positions": 256, "n_embd": 32, "n_layer": 2, "n_head": 2, "eos_token_id": 0}
    model = build(config | {"vocab_size": tokenizer.vocab_size}, {"memory_tokens": 4, "segment_size": 128})
    folder = tmp_path_factory.mktemp("rmt") / "tiny"
    save(folder, model, tokenizer, ("qa1",), "name: tiny\n")
    return folder
