"""The grammar of the built-in prose: rules bound to a volume's words, and sentences expanded from them.

Example::

    grammar = bind(ranked(stream))
    sentence = expand(grammar["narration"], scene, stream.below)
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import islice
from operator import eq

from generators.backgrounds.prose_tables import rules

# A compiled rule is a list of alternatives, an alternative a tuple of parts: literal text, the place of a word in the
# scene, a lexicon (tuple of words) or another rule.
Rule = list[tuple["Part", ...]]
Part = str | int | tuple[str, ...] | Rule
Scene = tuple[str, ...]


class _Text(tuple[str, ...]):
    """Alternatives that are bare text: unlike a word of a lexicon, one may come twice in a sentence."""


PERSON_FIELDS = ("S", "S's", "he", "him", "his", "himself", "voc", "sir")
# What a scene holds after its persons S, T and R.
FIXTURES = ("topic", "here", "prop", "home", "town0", "motto")
_PLACES = {
    **{field.replace("S", letter) if "S" in field else field + digit: place + 8 * number
       for number, (letter, digit) in enumerate((("S", ""), ("T", "2"), ("R", "3")))
       for place, field in enumerate(PERSON_FIELDS)},
    **{fixture: 24 + place for place, fixture in enumerate(FIXTURES)},
    "voc": 8 + 6,  # S speaks to T
}  # fmt: skip
_I = dict(zip(PERSON_FIELDS, ("I", "my", "I", "me", "my", "myself"), strict=False))
_YOU = {"T": "you", "T's": "your", "he2": "you", "him2": "you", "his2": "your", "himself2": "yourself"}
# What a person's slot means in each voice: a place in the scene, or a fixed word.
_PERSONS: dict[str, dict[str, int | str]] = {
    "": {**_PLACES},
    "say": {**_PLACES, **_I, **_YOU},
    "you": {
        **_PLACES,
        **dict(zip(PERSON_FIELDS, ("you", "your", "you", "you", "your", "yourself"), strict=False)),
        **{"T": "me", "T's": "my", "he2": "I", "him2": "me", "his2": "my", "himself2": "myself"},
    },
    "any": {
        **_PLACES,
        **dict(zip(PERSON_FIELDS, ("a man", "a man's", "he", "him", "his", "himself"), strict=False)),
    },
}
_MOST_WORDS = 150
_BARE = str.maketrans({"-": " ", **dict.fromkeys('",;:.!?^')})


def bind(lexicons: dict[str, tuple[str, ...]]) -> dict[str, Rule]:
    """The rules with their slots turned into references.

    Args:
        lexicons: words by the names of their slots, as often as they are to be drawn.
    """
    table = rules()
    bound: dict[tuple[str, str], Rule] = {(mode, name): [] for mode in _PERSONS for name in table}

    @cache
    def part(mode: str, slot: str) -> Part:
        if slot in _PERSONS[mode]:
            return _PERSONS[mode][slot]
        if ":" in slot:
            mode, slot = slot.split(":")
        if mode == "you" and slot == "sub":  # "you was" would be wrong, so a clause goes back to "I"
            mode = "say"
        if slot in lexicons:
            return lexicons[slot]
        if slot in _texts():
            return _texts()[slot]
        return bound[mode, slot]

    for (mode, name), rule in bound.items():
        for weight, pattern in table[name]:
            rule += [tuple([part(mode, text) if odd else text for odd, text in pattern])] * weight
    return {name: bound["", name] for name in table}


@cache
def _texts() -> dict[str, _Text]:
    """The rules whose alternatives are all bare text, which need no expanding."""
    return {
        name: _Text("".join(text for _, text in pattern) for weight, pattern in choices for _ in range(weight))
        for name, choices in rules().items()
        if not any(slot for _, pattern in choices for slot, _ in pattern)
    }


def expand(rule: Rule, scene: Scene, below: Callable[[int], int]) -> str:
    """One filling of a rule, in which no word stands twice running ("for for", two rules' meeting)."""
    while True:
        parts: list[str] = []
        _expand(rule, scene, parts, set(), below)
        text = "".join(parts)
        words = text.translate(_BARE).split()
        if len(words) < _MOST_WORDS and not any(map(eq, words, islice(words, 1, None))):
            return text


def _expand(rule: Rule, scene: Scene, out: list[str], used: set[str], below: Callable[[int], int]) -> None:
    """Append one filling of the rule to `out`; `used` keeps a word from coming twice in a sentence."""
    for part in rule[below(len(rule))]:
        kind = type(part)
        if kind is str:
            out.append(part)  # type: ignore[arg-type]
        elif kind is tuple:
            word = part[below(len(part))]  # type: ignore[index, arg-type]
            while word in used:
                word = part[below(len(part))]  # type: ignore[index, arg-type]
            used.add(word)  # type: ignore[arg-type]
            out.append(word)  # type: ignore[arg-type]
        elif kind is _Text:
            out.append(part[below(len(part))])  # type: ignore[index, arg-type]
        elif kind is int:
            out.append(scene[part])  # type: ignore[index]
        else:
            _expand(part, scene, out, used, below)  # type: ignore[arg-type]
