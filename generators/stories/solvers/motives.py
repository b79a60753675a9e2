"""Why people do what they do (qa20)."""

from __future__ import annotations

from generators.stories.forms import Event, Solution
from generators.stories.lexicon import WANTS


def motive(facts: list[Event], question: Event) -> Solution:
    """What the actor feels, or where that will lead him."""
    felt = max(i for i, fact in enumerate(facts) if (fact.kind, fact.actor) == ("feels", question.actor))
    feeling = facts[felt].what
    return WANTS[feeling][0] if question.kind == "will go" else feeling, (felt,)
