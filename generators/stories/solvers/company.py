"""Where people are who move alone or in company, named or only meant (qa11, qa12, qa13)."""

from __future__ import annotations

from generators.stories.forms import Event, Solution


def where_is_person(facts: list[Event], question: Event) -> Solution:
    """Where someone moved last; "he", "she" and "they" are those of the fact before."""
    supporting: tuple[int, ...] = ()
    for i, fact in enumerate(facts):
        if fact.kind == "then":
            if supporting and supporting[-1] == i - 1:
                supporting = (*supporting, i)
        elif question.actor in (fact.actor, fact.other):
            supporting = (i,)
    if not supporting:
        raise ValueError
    return facts[supporting[-1]].what, supporting
