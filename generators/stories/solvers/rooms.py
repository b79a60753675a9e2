"""How rooms lie beside one another (qa4)."""

from __future__ import annotations

from generators.stories.forms import Event, Solution
from generators.stories.lexicon import OPPOSITE


def beside(facts: list[Event], question: Event) -> Solution:
    """The room of the one fact that says so, read either way."""
    asked = question.relation if question.kind == "stated" else OPPOSITE[question.relation]
    for i, fact in enumerate(facts):
        if (fact.relation, fact.other) == (asked, question.other):
            return fact.what, (i,)
        if (OPPOSITE[fact.relation], fact.what) == (asked, question.other):
            return fact.other, (i,)
    raise ValueError
