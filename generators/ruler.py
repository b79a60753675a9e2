"""Exact token counts of long texts from their parts, without encoding them again.

A tokenizer is additive when a blank always starts a new word: the tokens of sentences joined by blanks are then those
of each with its blank, and only the two words at which a frame touches its context are encoded anew.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from babilong.tokenizers import Tokenizer

# A blank at which a text may be cut: between two words.
_CUT = re.compile(r"(?<=\S) (?=\S)")


@dataclass(frozen=True, slots=True)
class Frame:
    """The text of a prompt around its context."""

    before: str = ""
    after: str = ""


class Ruler:
    """Counts tokens, remembering short texts.

    Attributes:
        additive: whether counts may be summed; else texts are counted whole.
        count: tokens of a text.
    """

    def __init__(self, tokenizer: Tokenizer, additive: bool) -> None:
        self.additive = additive
        self.count = tokenizer.count
        self._short = lru_cache(1 << 14)(tokenizer.count)
        self._head = lru_cache(1 << 10)(_last_word)
        self._tail = lru_cache(1 << 10)(_first_word)

    def inner(self, sentence: str) -> int:
        """Tokens of a sentence inside a text, with the blank before it."""
        return self._short(f" {sentence}")

    def head(self, before: str, sentence: str) -> int:
        """How many tokens `before + sentence` has more than `" " + sentence`."""
        rest, end = self._head(before)
        word, _ = _first_word(sentence)
        return self._short(rest) + self._short(end + word) - self._short(f" {word}")

    def tail(self, sentence: str, after: str) -> int:
        """How many tokens `sentence + after` has more than `sentence`, which stands inside a text."""
        start, rest = self._tail(after)
        _, word = _last_word(f" {sentence}")
        return self._short(word + start) + self._short(rest) - self._short(word)

    def whole(self, frame: Frame, sentences: Sequence[str]) -> int:
        """Tokens of the frame around sentences joined by blanks."""
        if not self.additive or len(sentences) < 2:
            return self.count(frame.before + " ".join(sentences) + frame.after)
        ends = self.head(frame.before, sentences[0]) + self.tail(sentences[-1], frame.after)
        return sum(map(self.inner, sentences)) + ends


def _last_word(text: str) -> tuple[str, str]:
    cuts = [match.start() for match in _CUT.finditer(text, max(len(text) - 200, 0))]
    return (text[: cuts[-1]], text[cuts[-1] :]) if cuts else ("", text)


def _first_word(text: str) -> tuple[str, str]:
    cut = _CUT.search(text)
    return (text[: cut.start()], text[cut.start() :]) if cut else (text, "")
