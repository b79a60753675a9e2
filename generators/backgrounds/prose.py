"""The built-in background: endless prose in the manner of a nineteenth-century novel, every word of it our own.

A volume is a pure function of its edition and number, so nothing needs to be downloaded or stored::

    volume("test", 0)[0]   # "Chapter the First."

Each volume has its own cast, towns and favourite words; chapters are runs of narration, description, weather,
reflection, dialogue and letters made from the grammar in `prose_patterns`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from itertools import islice
from operator import eq

from generators.backgrounds import prose_forms as forms
from generators.backgrounds import prose_names as names
from generators.backgrounds.prose_nouns import MASS, NOUNS
from generators.backgrounds.prose_patterns import RULES
from generators.backgrounds.prose_rarer import RARER
from generators.backgrounds.prose_verbs import ADJECTIVES, AGO, COMPOUNDS, MANNER, MOODS, SHORT, VERBS
from generators.streams import Stream

VERSION = 1

# The closed vocabulary of bAbI: a background that used these words could answer, or spoil, a question.
FORBIDDEN = frozenset(
    forms.words(
        """daniel john mary sandra bill fred jeff julie emily gertrude jessica winona bernhard brian greg julius lily
        antoine jason sumit yann bathroom bedroom hallway cinema football pajamas wolf wolves mouse mice cat cats
        sheep frog frogs lion lions rhino rhinos swan swans box boxes chest chests chocolate chocolates container
        containers suitcase suitcases gray green white yellow red blue pink triangle triangles square squares
        rectangle rectangles sphere spheres hungry thirsty tired bored"""
    )
)
# No word may begin with these either.
FORBIDDEN_STEMS = ("garden", "kitchen", "office", "park", "school", "apple", "milk", "bedroom", "bathroom", "hallway")

# A compiled rule is a list of alternatives, an alternative a tuple of parts: literal text, the number of a person's
# word in the scene, a lexicon (tuple of words) or another rule.
Rule = list[tuple["Part", ...]]
Part = str | int | tuple[str, ...] | Rule
Persona = tuple[str, ...]


class _Text(tuple[str, ...]):
    """Alternatives that are bare text: unlike a word of a lexicon, one may come twice in a sentence."""


_FIELDS = ("S", "S's", "he", "him", "his", "himself", "voc", "sir")


def _other(field: str) -> str:
    return field.replace("S", "T") if "S" in field else field + "2"


# What a person's slot means in each voice: a place in the scene (S's eight words, then T's), or a fixed word.
_PERSONS: dict[str, dict[str, int | str]] = {
    "": {
        **{field: number for number, field in enumerate(_FIELDS)},
        **{_other(field): number + 8 for number, field in enumerate(_FIELDS)},
        "voc": 8 + 6,
    },
    "say": {
        **dict(zip(_FIELDS, ("I", "my", "I", "me", "my", "myself"), strict=False)),
        **{"T": "you", "T's": "your", "he2": "you", "him2": "you", "his2": "your", "himself2": "yourself"},
        **{"voc": 8 + 6, "sir2": 8 + 7},
    },
    "you": {
        **dict(zip(_FIELDS, ("you", "your", "you", "you", "your", "yourself"), strict=False)),
        **{"T": "me", "T's": "my", "he2": "I", "him2": "me", "his2": "my", "himself2": "myself"},
        **{"voc": 8 + 6, "sir2": 8 + 7},
    },
    "any": {
        **dict(zip(_FIELDS, ("a man", "a man's", "he", "him", "his", "himself"), strict=False)),
        **{"T": "his neighbour", "T's": "his neighbour's", "he2": "his neighbour", "him2": "his neighbour"},
        **{"his2": "another's", "himself2": "another", "voc": 8 + 6, "sir2": 8 + 7},
    },
}
_ARTICLE = re.compile(r"\b([Aa]) (?=(?!one\b|once|uni[a-z]|use|eu|ewe|ut[a-z])[aeiouAEIO]|hour|heir|hono)")
_CAPITAL = re.compile(r"(?:^|\^)\"?\^?\w", re.MULTILINE)
_BARE = str.maketrans({"-": " ", **dict.fromkeys('",;:.!?^')})
_NO_NESS = ("nt", "ate", "al", "ic", "ar", "ary", "ory", "ble", "ile", "an", "or", "own", "ek", "che")
_FORMS: dict[str, Callable[[str], str]] = {
    "": str,
    ".s": forms.plural,
    ".d": forms.past,
    ".n": forms.participle,
    ".g": forms.gerund,
}


def volume(edition: str, number: int, n_characters: int = 600_000) -> list[str]:
    """The sentences of one volume.

    Args:
        edition: Any word; other editions are wholly other books.
        number: Which volume of the edition, from 0.
        n_characters: The least number of characters; the text of a longer request begins with that of a shorter.

    Returns:
        Whole sentences, chapter headings among them.
    """
    book = _Book(Stream("prose", VERSION, edition, number))
    sentences: list[str] = []
    written = 0
    while written < n_characters:
        chapter = book.chapter()
        sentences += chapter
        written += sum(map(len, chapter))
    return sentences


class _Book:
    """One volume's cast, places and words, and the stream that writes it."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.below = stream.below
        self.chapters = 0
        self.places = _places(stream)
        self.cast = _cast(stream)
        lexicons = _ranked(stream)
        people = tuple(name for personas in self.cast for name, *_ in personas[:2]) + _extras(stream)
        lexicons["P"] = people
        lexicons["P's"] = tuple(name + "'s" for name in people)
        lexicons.update(self.places)
        self.rules = _bind(lexicons)

    def chapter(self) -> list[str]:
        """The next chapter: its heading, then paragraphs about four persons of the cast."""
        self.chapters += 1
        focus = self.stream.sample(self.cast, 4)
        lines = [f"Chapter the {_ordinal(self.chapters)}."]
        for _ in range(30 + self.below(30)):
            lines += self._paragraph(focus)
        text = _CAPITAL.sub(lambda match: match[0].replace("^", "").upper(), "\n".join(lines))
        return _ARTICLE.sub(r"\1n ", text).split("\n")

    def _paragraph(self, focus: list[list[Persona]]) -> Iterator[str]:
        below = self.below
        first, second = self.stream.sample(focus, 2)
        kind = below(20)
        if kind < 7:
            for turn in range(2 + below(9)):
                speaker, hearer = (first, second) if turn % 2 == 0 else (second, first)
                named = _pick(speaker, below) if turn < 2 or below(2) else speaker[-1]
                yield self._sentence("dialogue", named, _pick(hearer, below))
            return
        if kind == 7:
            yield self._sentence("letter_head", _pick(first, below), _pick(second, below))
            for _ in range(4 + below(8)):
                yield self._sentence("letter", _pick(first, below), _pick(second, below))
            yield self._sentence("letter_foot", _pick(first, below), _pick(second, below))
            return
        rule = ("narration",) * 8 + ("description", "description", "weather", "reflection")
        main = rule[kind - 8]
        for turn in range(2 + below(6)):
            subject = _pick(first, below) if turn == 0 or below(3) == 0 else first[-1]
            yield self._sentence(main if below(4) else "narration", subject, _pick(second, below))

    def _sentence(self, rule: str, subject: Persona, other: Persona) -> str:
        while True:
            parts: list[str] = []
            _expand(self.rules[rule], subject + other, parts, set(), self.below)
            sentence = "".join(parts)
            words = sentence.translate(_BARE).split()
            if len(words) < 120 and not any(map(eq, words, islice(words, 1, None))):  # "for for", two rules' meeting
                return sentence


def _pick(personas: list[Persona], below: Callable[[int], int]) -> Persona:
    return personas[below(len(personas) - 1)]


def _expand(rule: Rule, scene: Persona, out: list[str], used: set[str], below: Callable[[int], int]) -> None:
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


@cache
def _alternatives() -> dict[str, list[tuple[int, list[tuple[bool, str]]]]]:
    """Each rule's alternatives: the weight, then the texts and slots (True) in turn."""
    table: dict[str, list[tuple[int, list[tuple[bool, str]]]]] = {}
    for name, text in RULES.items():
        table[name] = []
        for line in re.split(r"\s/\s", text) if " / " in text else text.strip().split("\n"):
            weight, pattern = re.fullmatch(r"(?:(\d+)\* )?(.*)", " ".join(line.split())).groups(default="1")  # type: ignore[union-attr]
            pieces = re.split(r"\{(.*?)\}", pattern.replace("~", "").replace("_", " "))
            table[name].append((int(weight), [(place % 2 == 1, piece) for place, piece in enumerate(pieces) if piece]))
    return table


@cache
def _texts() -> dict[str, _Text]:
    """The rules whose alternatives are all bare text, which need no expanding."""
    return {
        name: _Text("".join(text for _, text in pattern) for weight, pattern in choices for _ in range(weight))
        for name, choices in _alternatives().items()
        if not any(slot for _, pattern in choices for slot, _ in pattern)
    }


def _bind(lexicons: dict[str, tuple[str, ...]]) -> dict[str, Rule]:
    """The rules with their slots turned into references."""
    table = _alternatives()
    rules: dict[tuple[str, str], Rule] = {(mode, name): [] for mode in _PERSONS for name in table}

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
        return rules[mode, slot]

    for (mode, name), rule in rules.items():
        for weight, pattern in table[name]:
            parts = tuple([part(mode, text) if odd else text for odd, text in pattern])
            rule += [parts] * weight
    return {name: rules["", name] for name in table}


@cache
def _inflected() -> dict[str, dict[str, list[str]]]:
    """Word lists in all their forms: `["vt"][".d"]` holds past tenses, in the order of `["vt"][""]`."""
    table: dict[str, dict[str, list[str]]] = {}
    for group, wanted in ((NOUNS, ("", ".s")), (MASS, ("",)), (VERBS, ("", ".d", ".n", ".g")), (ADJECTIVES, ("",))):
        for name, text in group.items():
            words = list(dict.fromkeys(forms.words(text + RARER.get(name, ""))))
            table[name] = {form: [_FORMS[form](word) for word in words] for form in wanted}
            if group is VERBS:
                table[name][".s"] = [forms.third(word) for word in words]
    for name, plain in (("mood", MOODS), ("manner", MANNER), ("far", names.FAR_PLACES), ("surname", names.SURNAMES)):
        table[name] = {"": plain}
    for name in ("vt", "vp", "va"):  # participles that can stand before a noun
        table[name + ".p"] = {"": [word for word in table[name][".n"] if " " not in word]}
    plain = [word for word in table["padj"][""] + table["aadj"][""] if forms.has_derivatives(word)]
    plain = list(dict.fromkeys(plain))
    table["ly"] = {"": [forms.adverb(word) for word in plain]}
    table["ness"] = {"": [forms.abstract(word) for word in plain if not word.endswith(_NO_NESS)]}
    table["er"] = {"": [forms.comparative(word) for word in SHORT]}
    table["est"] = {"": [forms.superlative(word) for word in SHORT]}
    for name, (heads, tails) in COMPOUNDS.items():
        table[name] = {"": [f"{head}-{tail}" for head in heads.split() for tail in tails.split()]}
    table["compidea"] = {"": [f"{head}-{word}" for word in table["va.p"][""] for head in AGO.split()]}
    return table


def _ranked(stream: Stream) -> dict[str, tuple[str, ...]]:
    """Every list in this volume's order of preference, a word repeated as often as its rank deserves."""
    lexicons = {}
    for name, columns in _inflected().items():
        size = len(columns[""])
        order = sorted(range(size), key=lambda place: (place + size / 4) * stream.random())
        spread = [place for rank, place in enumerate(order) for _ in range(1 + size // (rank + 8))]
        for form, words in columns.items():
            lexicons[name + form] = tuple([words[place] for place in spread])
    return lexicons


def _places(stream: Stream) -> dict[str, tuple[str, ...]]:
    made = [head + stream.choice(names.PLACE_TAILS) for head in stream.sample(names.PLACE_HEADS, 40)]
    return {
        "town": tuple(made[:16]),
        "house": tuple(f"{name} {stream.choice(names.ESTATE_TAILS)}" for name in made[16:24]),
        "street": tuple(f"{name} {stream.choice(names.STREET_TAILS)}" for name in made[24:40]),
    }


def _cast(stream: Stream) -> list[list[Persona]]:
    """Sixteen persons of six families; each a list of the ways to name them, the bare pronoun last."""
    families = stream.sample(names.SURNAMES, 6)
    men, women = iter(stream.shuffled(names.MEN)), iter(stream.shuffled(names.WOMEN))
    cast: list[list[Persona]] = []
    for place in range(16):
        family = families[place % 6]
        if stream.below(2):
            first, title = next(men), stream.choice(("Mr.", "Mr.", "Mr.", "Dr.", "Captain", "Sir"))
            pronouns = ("he", "him", "his", "himself")
            polite = "sir"
        else:
            first, title = next(women), stream.choice(("Mrs.", "Miss", "Miss", "Lady"))
            pronouns = ("she", "her", "her", "herself")
            polite = "madam"
        formal = f"{title} {first if title == 'Sir' else family}"
        if any(personas[0][0] == formal for personas in cast):  # a second Miss Forrester
            formal = f"{title} {first} {family}"
        called = (formal, f"{first} {family}", formal, first)
        personas = [(name, name + "'s", *pronouns, stream.choice((formal, polite)), polite) for name in called]
        cast.append([*personas, (pronouns[0], pronouns[2], *pronouns, polite, polite)])
    return cast


def _extras(stream: Stream) -> tuple[str, ...]:
    """Names of people who are only spoken of."""
    families = stream.sample(names.SURNAMES, 30)
    families += [head + stream.choice(names.PLACE_TAILS) for head in stream.sample(names.PLACE_HEADS, 30)]
    titles = forms.words("Mr. Mrs. Miss Dr. old_Mr. young the_Reverend_Mr. Colonel Squire poor_Mrs. Sir_Thomas Lady")
    return tuple(f"{stream.choice(titles)} {family}" for family in families)


def _ordinal(number: int) -> str:
    small = forms.words(
        """First Second Third Fourth Fifth Sixth Seventh Eighth Ninth Tenth Eleventh Twelfth Thirteenth Fourteenth
        Fifteenth Sixteenth Seventeenth Eighteenth Nineteenth"""
    )
    if number < 20:
        return small[number - 1]
    tens, units = divmod(number, 10)
    cardinal = ("Twenty", "Thirty", "Forty", "Fifty", "Sixty", "Seventy", "Eighty", "Ninety")
    if tens >= 10:
        return f"Hundred and {_ordinal(number - 100)}" if number > 100 else "Hundredth"
    return f"{cardinal[tens - 2]}-{small[units - 1]}" if units else cardinal[tens - 2][:-1] + "ieth"
