"""The open vocabulary: hundreds of people, places, things and ways to say it, other ones for every split.

    open_lexicon("test")["house"]   # places that no training story knows

A model that knows bAbI's hundred words by heart knows none of these. Ways, directions, times of day, yes and no stay as
they are, and so do the motives of qa20 and the rooms they lead to, which one must know rather than read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from generators.stories.lexicon import CLOSED, Lexicon, WordClass, plain

FILE = "data/open_words.yaml"
WOMEN = frozenset(("Mary", "Sandra", "Julie", "Emily", "Gertrude", "Jessica", "Winona", "Lily"))
# Of ten words in a row, which are for which split.
_TENTHS = {"train": range(0, 6), "valid": range(6, 8), "test": range(8, 10)}
# The list behind each class of words.
LISTS = {
    "house people": "people", "giving people": "people", "town people": "people", "fearing people": "people",
    "fearing people, small": "people", "coloured people": "people", "motive people": "people",
    "motive people, small": "people", "house": "places", "town": "places", "objects": "objects",
    "motive objects": "objects", "boxes": "containers", "shapes": "shapes", "animals": "animals",
    "animals, many": "animals", "kinds": "animals", "colours": "colours", "move": "move", "get": "get", "drop": "drop",
    "give": "give", "link": "link",
}  # fmt: skip
_OF_SURFACES = {"shapes": "solids", "containers": "vessels"}
WORDINGS = ("move", "get", "drop", "give", "link")


@cache
def open_list(name: str, split: str) -> tuple[str, ...]:
    """The words of a list for a split; `people` are women and men, shapes and containers are made of something."""
    if name == "people":
        return (*open_list("women", split), *open_list("men", split))
    if name in _OF_SURFACES:
        bodies = open_list(_OF_SURFACES[name], split)
        return tuple(f"{surface} {body}" for surface in open_list("surfaces", split) for body in bodies)
    return tuple(word for place, word in enumerate(_lists()[name]) if place % 10 in _TENTHS[split])


@cache
def open_lexicon(split: str) -> Lexicon:
    """The classes of words of a split."""
    return {**CLOSED, **{name: _spelt(name, open_list(words, split)) for name, words in LISTS.items()}}


@cache
def whole_lexicon() -> Lexicon:
    """Every word of bAbI and of all splits, to read with."""
    lexicons = [CLOSED, *map(open_lexicon, _TENTHS)]
    return {name: {word: means for lexicon in lexicons for word, means in lexicon[name].items()} for name in CLOSED}


@cache
def fingerprint() -> str:
    """sha256 of the lists."""
    return hashlib.sha256(files("generators.stories").joinpath(FILE).read_bytes()).hexdigest()


@cache
def _lists() -> dict[str, tuple[str, ...]]:
    import yaml

    read: dict[str, str] = yaml.safe_load(files("generators.stories").joinpath(FILE).read_text("utf-8"))
    # Ways to say it may be several words, so commas part them.
    return {
        name: tuple(word.strip().replace("_", " ") for word in (text.split(",") if name in WORDINGS else text.split()))
        for name, text in read.items()
    }


def _spelt(name: str, words: Iterable[str]) -> WordClass:
    if name.endswith(", small"):
        return {word.lower(): word for word in words}
    if name.endswith(", many"):
        return {f"{word}s": word for word in words}
    return plain(words)
