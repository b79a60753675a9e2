"""Collisions: sentences of a background that name a person, a place or a thing of the bAbI tasks.

Example:
    >>> collides = finder(BABI_WORDS)
    >>> collides("They met in the Garden."), collides("They met in the gardener's house.")
    (True, False)

"Mary went to the garden." in a novel is as good an answer as the fact that was hidden; nobody can tell them apart.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import TypeAlias

from generators.stories.lexicon import CLOSED, Lexicon

# The kind "people" is of names, found capitalised only; the words of every other kind are found in small letters,
# capitalised and in capitals, and in the plural.
Words: TypeAlias = Mapping[str, tuple[str, ...]]

# The classes of words that a background had better not have.
_CLASSES = {
    "people": ("house people", "giving people", "town people", "fearing people", "coloured people", "motive people"),
    "places": ("house", "town"),
    "objects": ("motive objects",),
    "animals": ("animals", "kinds"),
    "shapes": ("shapes",),
    "boxes": ("boxes",),
}
_PLURALS = {"wolf": "wolves", "mouse": "mice", "sheep": "sheep", "pajamas": "pajamas", "box": "boxes"}
_LETTER = r"[^\W_]"  # "_garden_" is how plain-text books print italics


def words_of(*lexicons: Lexicon) -> Words:
    """The people, places and things of lexicons; a box of chocolates is found as a box."""
    return {
        kind: tuple(sorted({word for one in lexicons for name in names for word in one[name] if " of " not in word}))
        for kind, names in _CLASSES.items()
    }


BABI_WORDS = words_of(CLOSED)


def finder(words: Words) -> Callable[[str], bool]:
    """A function that says whether a sentence holds one of the words, as a whole word."""
    by_initial: dict[str, list[str]] = defaultdict(list)
    for form in sorted(_forms(words)):
        by_initial[form[0]].append(form[1:])
    # A pattern that begins with letters is searched three times as fast as one that begins with a boundary.
    starts = [f"{initial}(?<!{_LETTER}{initial})(?:{'|'.join(rest)})" for initial, rest in by_initial.items()]
    search = re.compile(f"(?:{'|'.join(starts)})(?!{_LETTER})").search
    return lambda sentence: search(sentence) is not None


def fingerprint(words: Words) -> str:
    """sha256 of what `finder` finds."""
    return hashlib.sha256("\x1f".join(sorted(_forms(words))).encode()).hexdigest()


def _forms(words: Words) -> set[str]:
    found = set(words.get("people", ()))
    for kind, members in words.items():
        if kind != "people":
            for word in members:
                for number in (word, _PLURALS.get(word, f"{word}s")):
                    found |= {number, number.capitalize(), number.upper()}
    return found
