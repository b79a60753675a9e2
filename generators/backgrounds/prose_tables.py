"""The data files of the built-in prose: lists of words, and the alternatives of its grammar.

Example::

    word_lists()["vt"].words[0]  # "take up"
    rules()["tone"]  # [(1, [(False, "tone")]), ...]
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class WordList:
    """Words of one use.

    Attributes:
        kind: `noun`, `mass`, `verb`, `adjective` or empty; it says which other forms the words have.
        words: the commoner first.
        n_common: how many of them are in order; the rest are rare ones in no order.
    """

    kind: str
    words: tuple[str, ...]
    n_common: int


# The texts and slots (True) of an alternative in turn, and its weight.
Alternative = tuple[int, list[tuple[bool, str]]]


@cache
def word_lists() -> dict[str, WordList]:
    """The lists of `data/words.txt`."""
    lists: dict[str, WordList] = {}
    for header, body in _sections("words.txt"):
        name, *kinds = header.split()
        words = [word.replace("_", " ") for word in body.split()]
        before = lists[name].words if "rare" in kinds else ()
        lists[name] = WordList(kinds[0] if kinds else "", tuple(dict.fromkeys([*before, *words])), len(before or words))
    return lists


@cache
def rules() -> dict[str, list[Alternative]]:
    """The rules of `data/patterns.txt`."""
    table: dict[str, list[Alternative]] = {}
    for name, body in _sections("patterns.txt"):
        table[name] = []
        for line in re.split(r"\n|\s/\s", body.strip()):
            weight, pattern = re.fullmatch(r"(?:(\d+)\* )?(.*)", line.strip()).groups(default="1")  # type: ignore[union-attr]
            pieces = re.split(r"\{(.*?)\}", pattern.replace("~", "").replace("_", " "))
            table[name].append((int(weight), [(place % 2 == 1, piece) for place, piece in enumerate(pieces) if piece]))
    return table


def _sections(name: str) -> list[tuple[str, str]]:
    """The headers and bodies of a data file; lines that begin with "#" are comments."""
    text = files("generators.backgrounds").joinpath("data", name).read_text("utf-8")
    lines = [line for line in text.split("\n") if not line.startswith("#")]
    parts = re.split(r"^\[(.*)\]$", "\n".join(lines), flags=re.MULTILINE)
    return list(zip(parts[1::2], parts[2::2], strict=True))
