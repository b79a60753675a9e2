"""Prompts for a server, counted on this side: exactly as many tokens as its tokenizer makes of the whole prompt."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tokenizers import Tokenizer as Backend
from tokenizers import normalizers, processors

from babilong.tokenizers import load_tokenizer
from evaluators.models.prompt_counter import prompt_counter
from generators.dataset import Dataset

ODD = "  two  blanks \n\n a line\tand a tab é ж 😀 … no-blank" + "x" * 9_000 + " end. "


def plain() -> Backend:
    return load_tokenizer().backend


def with_special_tokens() -> Backend:
    backend = plain()
    special = backend.id_to_token(0)
    backend.post_processor = processors.TemplateProcessing(
        single=f"{special} $A {special}", special_tokens=[(special, 0)]
    )
    return backend


def not_additive() -> Backend:
    """Every text that is encoded by itself gets a token more."""
    backend = with_special_tokens()
    backend.normalizer = normalizers.Prepend("x ")
    return backend


@pytest.mark.parametrize("made", [plain, with_special_tokens, not_additive])
@pytest.mark.parametrize("system", [None, "Answer in one word."])
def test_a_long_prompt_is_counted_as_it_is_encoded(
    made: Callable[[], Backend], system: str | None, dataset: Dataset, tmp_path: Path
) -> None:
    backend = made()
    backend.save(str(tmp_path / "tokenizer.json"))
    count = prompt_counter(str(tmp_path), chat=False, system=system)
    before = f"{system}\n\n" if system else ""
    text = " ".join(sample.input for sample in dataset.samples("qa1", "1k")) * 3
    assert len(text) > 16_000  # pieces have 8,000 letters
    for prompt in (text, text + ODD + text, ODD, "garden", ""):
        assert count(prompt) == len(backend.encode(before + prompt))


def test_a_huge_prompt_is_counted_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("babilong.tokenizers.Tokenizer.encode", lambda *_: pytest.fail("the text was encoded whole"))
    count = prompt_counter("builtin", chat=True, system=None)
    assert count("Mary went to the garden. " * 100_000) == 100_000 * 6 + 1
