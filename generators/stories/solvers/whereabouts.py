"""Whether someone is in a room (qa6, qa9, qa10)."""

from __future__ import annotations

from generators.stories.forms import Event, Solution

_TELLS = ("move", "in", "not in", "either")


def is_it_there(facts: list[Event], question: Event) -> Solution:
    """What was told last of where someone is, or is not, decides."""
    last = max(i for i, fact in enumerate(facts) if fact.actor == question.actor and fact.kind in _TELLS)
    told = facts[last]
    if question.what not in (told.what, told.other):
        if told.kind == "not in":
            raise ValueError  # of other rooms it says nothing
        return "no", (last,)
    return {"not in": "no", "either": "maybe"}.get(told.kind, "yes"), (last,)
