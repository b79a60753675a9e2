"""The same story of other people: each of bAbI's people may do what any of them does.

    renaming(stream)("Lily is a swan.")      # "Sandra is a swan."

Where a name stands in one task alone, nothing tells a model to read it as it reads the others, and what it has learnt
to do with those is learnt for it anew, slowly.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from generators.stories.lexicon import CLOSED
from generators.streams import Stream

PEOPLE = tuple(sorted({name for kind, names in CLOSED.items() if kind.endswith(" people") for name in names}))
_WORD = re.compile(r"[A-Za-z]+")

Renaming = Callable[[str], str]


def renaming(stream: Stream) -> Renaming:
    """Everybody gets somebody's name, no two the same; in small letters where it stood in small letters."""
    names = dict(zip(PEOPLE, stream.sample(PEOPLE, len(PEOPLE)), strict=True))
    names |= {name.lower(): other.lower() for name, other in names.items()}
    return lambda text: _WORD.sub(lambda word: names.get(word[0], word[0]), text)


def as_told(text: str) -> str:
    """A renaming that leaves everybody's name."""
    return text
