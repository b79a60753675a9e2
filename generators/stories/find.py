"""Finds the facts of a task in a long text by their grammar alone, as an extractor that knows bAbI by heart would.

    find_facts("qa1", "It was late. Mary went to the garden. It rained.")   # (Found(13, "Mary went to the garden."),)

Read closely, the 24 novels of the tests hold no sentence of bAbI's closed vocabulary; of the open one they may.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from babilong.errors import DataError
from generators.stories import grammar

_CAPITALISED = re.compile(r"(?<!\S)[A-Z]\w*")


class Found(NamedTuple):
    """A fact in a text.

    Attributes:
        offset: where it begins, in characters.
        fact: the sentence, its words apart by single blanks.
    """

    offset: int
    fact: str


def find_facts(task: str, text: str, vocabulary: str = "closed") -> tuple[Found, ...]:
    """Every fact of a task in a text, in order.

    Args:
        task: `qa1` to `qa20`.
        text: what is searched; a fact stands between white space, and any white space may part its words.
        vocabulary: `closed` for bAbI's own words, `open` for those and the open vocabulary's.
    """
    pattern, openings = _pattern(task, vocabulary)
    found = []
    # Few words of a book are capitals that may open a fact: looking them up is far quicker than matching everywhere.
    for opening in _CAPITALISED.finditer(text):
        if opening[0] in openings and (fact := pattern.match(text, opening.start())):
            found.append(Found(fact.start(), " ".join(fact[0].split())))
    return tuple(found)


def vocabulary_of(task: str, question: str) -> str:
    """The smallest vocabulary in which a question is asked.

    Raises:
        DataError: it is no question of the task.
    """
    try:
        grammar.questions(task).read(question)
    except DataError as error:
        try:
            grammar.questions(task, "open").read(question)
        except DataError:
            raise error from None
        return "open"
    return "closed"


@cache
def _pattern(task: str, vocabulary: str) -> tuple[re.Pattern[str], frozenset[str]]:
    readers = grammar.facts(task, vocabulary).readers
    forms = "|".join(re.sub(r"\?P<\w+>", "?:", reader.pattern.pattern) for reader in readers)
    spaced = rf"(?:{forms})(?!\S)".replace(r"\ ", " ").replace(" ", r"\s+")
    return re.compile(spaced), frozenset().union(*(reader.openings for reader in readers))
