"""Where someone was before, at an earlier time of day (qa14)."""

from __future__ import annotations

from generators.stories.forms import Event, Solution
from generators.stories.lexicon import TIMES


def where_before(facts: list[Event], question: Event) -> Solution:
    """The room of the time before the last stay in the room asked."""
    path = {TIMES.index(fact.when): i for i, fact in enumerate(facts) if fact.actor == question.actor}
    stay = max(time for time, i in path.items() if facts[i].what == question.what)
    before = max(time for time in path if time < stay)
    return facts[path[before]].what, (path[stay], path[before])
