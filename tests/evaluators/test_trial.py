"""Architectures that do not go on from a piece of a prompt, or read padding, are found out and answer all the same."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from evaluators.models import huggingface
from evaluators.models.huggingface import HuggingFaceModel
from evaluators.models.protocol import ModelOptions, Request

WORDS = ("Mary", "went", "to", "the", "garden", "while", "an", "old", "clock", "struck", "nine", "unheard", ".")
HEADS = {"num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 64}
MAMBA = {"num_hidden_layers": 4, "mamba_d_state": 8, "mamba_dt_rank": 4}
FAMILIES: dict[str, dict[str, Any]] = {
    "Jamba": HEADS | MAMBA | {"attn_layer_period": 4, "attn_layer_offset": 3, "num_experts": 2},
    "Zamba": HEADS | MAMBA | {"layers_block_type": ["mamba", "hybrid"] * 2, "n_mamba_heads": 2},
    "MiniMax": HEADS | {"num_hidden_layers": 2, "num_local_experts": 2, "num_experts_per_tok": 1, "head_dim": 8},
    "RecurrentGemma": HEADS | {"num_hidden_layers": 3, "lru_width": 32, "attention_window_size": 40},
    "Rwkv": {"num_hidden_layers": 2, "attention_hidden_size": 32},
}
FORGETFUL = ("Jamba", "Zamba", "MiniMax", "RecurrentGemma")


def request(number: int, words: int) -> Request:
    text = " ".join(WORDS[(number + place) % len(WORDS)] for place in range(words))
    return Request(f"qa1/1k/{number}", "qa1", "1k", text, "Where is Mary?", "Read this: ", " Where is Mary?")


REQUESTS = [request(number, words) for number, words in enumerate((200, 20, 100))]
Make = Callable[[str], Path]


@pytest.fixture
def make(gpt2: Path, tmp_path: Path) -> Make:
    def save(family: str) -> Path:
        """A tiny random model of an architecture, with weights so large that its answers are far from ties."""
        import transformers

        library: Any = transformers
        folder = shutil.copytree(gpt2, tmp_path / family)
        words = library.AutoTokenizer.from_pretrained(folder).vocab_size
        common = {"vocab_size": words, "hidden_size": 32, "eos_token_id": 0, "bos_token_id": 0, "pad_token_id": 0}
        torch.manual_seed(5)
        config = getattr(library, f"{family}Config")(**common, **FAMILIES[family])
        model = library.AutoModelForCausalLM.from_config(config, dtype=torch.float32)
        for weight in model.parameters():
            if weight.dim() > 1:
                torch.nn.init.normal_(weight, std=0.35)
        model.save_pretrained(folder)
        return folder

    return save


def load(folder: Path, **options: Any) -> HuggingFaceModel:
    return HuggingFaceModel.load("hf/tiny", str(folder), ModelOptions(**options))


def reference(folder: Path, request: Request) -> str:
    """What a plain `generate` of the library answers to the whole prompt, alone."""
    from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

    model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype="float32").eval()
    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    ids = torch.tensor([tokenizer(request.prompt)["input_ids"]])
    settings = GenerationConfig(max_new_tokens=20, do_sample=False, eos_token_id=0, pad_token_id=0)
    written = model.generate(ids, attention_mask=torch.ones_like(ids), generation_config=settings)[0, ids.shape[1] :]
    return str(tokenizer.decode(written, skip_special_tokens=True, clean_up_tokenization_spaces=False))


@pytest.mark.parametrize("family", FORGETFUL)
def test_reads_prompts_whole_where_pieces_are_not_gone_on_from(
    make: Make, family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(huggingface, "PREFILL", 48)
    folder = make(family)
    model = load(folder, batch_size=1, dtype="float32")
    answers = list(model.answer(iter(REQUESTS)))
    assert [answer.error for answer in answers] == [None] * 3
    assert [answer.text for answer in answers] == [reference(folder, each) for each in REQUESTS]
    assert model.describe()["prefill"] == "whole"


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_knows_in_every_data_type_what_goes_on(make: Make, gpt2: Path, llama: Path, dtype: str) -> None:
    for folder in (gpt2, llama):
        model = load(folder, dtype=dtype)
        assert model.generation.prefill_chunk_size == huggingface.PREFILL
        assert "prefill" not in model.describe()  # its runs keep their names
    assert load(make("Jamba"), dtype=dtype).generation.prefill_chunk_size is None


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("batch_size", [1, 3])
def test_answers_do_not_depend_on_the_batch(
    make: Make, family: str, batch_size: int, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make(family)
    model = load(folder, batch_size=batch_size, dtype="float32")
    said = capsys.readouterr().err
    assert [a.text for a in model.answer(iter(REQUESTS))] == [reference(folder, each) for each in REQUESTS]
    if family == "Rwkv" and batch_size > 1:
        assert said == "hf/tiny reads the padding of a batch as text: its prompts are answered one at a time.\n"
        assert model.batch_size == 1


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_batches_stay_where_padding_is_skipped(
    gpt2: Path, llama: Path, dtype: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert [load(folder, batch_size=3, dtype=dtype).batch_size for folder in (gpt2, llama)] == [3, 3]
    assert "padding" not in capsys.readouterr().err
