"""The built-in background: endless prose in the manner of a nineteenth-century novel, every word of it our own.

A volume is a pure function of its edition and number, so nothing needs to be downloaded or stored::

    volume("test", 0)[0]   # "Chapter the First."

Each volume has its own cast, towns and favourite words; each chapter a place, a matter and four persons whom it
concerns, in runs of narration, description, weather, reflection, dialogue and letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from generators.backgrounds.prose_forms import words
from generators.backgrounds.prose_grammar import bind, expand
from generators.backgrounds.prose_tables import word_lists
from generators.backgrounds.prose_words import ranked
from generators.streams import Stream

VERSION = 2

_ARTICLE = re.compile(r"\b([Aa]) (?=(?!one\b|once|uni[a-z]|use|eu|ewe|ut[a-z])[aeiouAEIO]|hour|heir|hono)")
_CAPITAL = re.compile(r"(?:^|\^)\"?\^?\w", re.MULTILINE)
# The slots of a person in a scene, of whom one says "I": name, possessive, pronouns, two ways to be addressed.
Persona = tuple[str, str, str, str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class Person:
    """One of the cast.

    Attributes:
        names: ways to be named in full, the formal one first.
        pronoun: the way to be named once known.
        motto: a saying of theirs.
    """

    names: tuple[Persona, ...]
    pronoun: Persona
    motto: str


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
        lexicons = ranked(stream) | _places(stream)
        self.towns, self.houses = lexicons["town"], lexicons["house"]
        people = _people(stream)
        spoken_of = tuple(names[0][0] for names, _ in people) + _extras(stream)
        lexicons |= {"P": spoken_of, "P's": tuple(name + "'s" for name in spoken_of)}
        lexicons["fore"] = word_lists()["men"].words + word_lists()["women"].words
        self.rules = bind(lexicons)
        self.cast = [Person(names, pronoun, expand(self.rules["saying"], (), self.below)) for names, pronoun in people]

    def chapter(self) -> list[str]:
        """The next chapter: its heading, then paragraphs about three persons of the cast and a fourth they speak of."""
        self.chapters += 1
        *focus, absent = self.stream.sample(self.cast, 4)
        scene = absent.names[0]
        home, town = self.stream.choice(self.houses), self.stream.choice(self.towns)
        here = self._fixture("here", scene, town)
        topic, prop = self._fixture("topic", scene, town), self._fixture("prop", scene, town)
        self.absent, self.fixed = absent, (topic, here, prop, home, town)
        lines = [f"Chapter the {_ordinal(self.chapters)}."]
        if self.below(3):
            lines.append(self._sentence("heading", focus[0].names[0], focus[1]))
        for _ in range(26 + self.below(22)):
            lines += self._paragraph(focus)
        text = _CAPITAL.sub(lambda match: match[0].replace("^", "").upper(), "\n".join(lines))
        return _ARTICLE.sub(r"\1n ", text).split("\n")

    def _fixture(self, rule: str, absent: Persona, town: str) -> str:
        return expand(self.rules[rule], (*absent, *absent, *absent, "", "", "", "", town), self.below)

    def _paragraph(self, focus: list[Person]) -> Iterator[str]:
        first, second = self.stream.sample(focus, 2)
        kind = self.below(20)
        if kind < 6:
            yield from self._dialogue(first, second)
        elif kind == 6:
            yield from self._letter(first, second)
        else:
            main = (("narration",) * 8 + ("description",) * 3 + ("weather", "reflection"))[kind - 7]
            for turn in range(2 + self.below(6)):
                subject = self._named(first) if turn == 0 or self.below(4) == 0 else first.pronoun
                yield self._sentence(main if self.below(4) else "narration", subject, second)

    def _dialogue(self, first: Person, second: Person) -> Iterator[str]:
        yield self._sentence("opening_turn", self._named(first), second)
        asked = False
        for turn in range(1, 3 + self.below(10)):
            speaker, hearer = (first, second) if turn % 2 == 0 else (second, first)
            named = self._named(speaker) if turn == 1 or self.below(2) else speaker.pronoun
            rule = (
                "reply"
                if asked
                else "refrain"
                if self.below(_REFRAIN) == 0
                else "question"
                if self.below(3) == 0
                else "turn"
            )
            asked = rule == "question"
            yield self._sentence(rule, named, hearer, speaker.motto)

    def _letter(self, reader: Person, writer: Person) -> Iterator[str]:
        yield self._sentence("letter_head", self._named(reader), writer)
        yield self._sentence("letter_greet", writer.names[0], reader)
        for _ in range(4 + self.below(8)):
            yield self._sentence("letter", writer.names[0], reader)
        yield self._sentence("letter_foot", writer.names[1], reader)
        yield self._sentence("letter_end", self._named(reader), writer)

    def _named(self, person: Person) -> Persona:
        return person.names[self.below(len(person.names))]

    def _sentence(self, rule: str, subject: Persona, other: Person, motto: str = "") -> str:
        return expand(
            self.rules[rule], (*subject, *self._named(other), *self._named(self.absent), *self.fixed, motto), self.below
        )


# One turn of so many in a dialogue is its speaker's saying.
_REFRAIN = 50


def _places(stream: Stream) -> dict[str, tuple[str, ...]]:
    tables = {name: entry.words for name, entry in word_lists().items()}
    made = [head + stream.choice(tables["placetail"]) for head in stream.sample(tables["placehead"], 40)]
    return {
        "town": tuple(made[:16]),
        "house": tuple(f"{name} {stream.choice(tables['estatetail'])}" for name in made[16:24]),
        "street": tuple(f"{name} {stream.choice(tables['streettail'])}" for name in made[24:40]),
    }


def _people(stream: Stream) -> list[tuple[tuple[Persona, ...], Persona]]:
    """Sixteen persons of six families: the ways to name each, and the bare pronoun."""
    tables = word_lists()
    families = stream.sample(tables["surname"].words, 6)
    men, women = iter(stream.shuffled(tables["men"].words)), iter(stream.shuffled(tables["women"].words))
    people: list[tuple[tuple[Persona, ...], Persona]] = []
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
        if any(names[0][0] == formal for names, _ in people):  # a second Miss Forrester
            formal = f"{title} {first}"
        called = (
            formal,
            f"{first} {family}",
            first,
            first,
            first,
            family if polite == "sir" and title != "Sir" else first,
        )
        names = tuple((name, name + "'s", *pronouns, stream.choice((formal, polite)), polite) for name in called)
        people.append((names, (pronouns[0], pronouns[2], *pronouns, polite, polite)))
    return people


def _extras(stream: Stream) -> tuple[str, ...]:
    """Names of people who are only spoken of."""
    tables = {name: entry.words for name, entry in word_lists().items()}
    families = stream.sample(tables["surname"], 30)
    families += [head + stream.choice(tables["placetail"]) for head in stream.sample(tables["placehead"], 30)]
    titles = words("Mr. Mrs. Miss Dr. old_Mr. young_Mr. the_Reverend_Mr. Colonel Squire poor_Mrs. Sir_Thomas Lady")
    return tuple(f"{stream.choice(titles)} {family}" for family in families)


def _ordinal(number: int) -> str:
    small = words(
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
