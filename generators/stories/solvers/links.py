"""Places and shapes linked by facts, step by step on a map (qa17, qa19)."""

from __future__ import annotations

from generators.stories.forms import Event, Solution
from generators.stories.lexicon import OPPOSITE, STEPS


def way(facts: list[Event], question: Event) -> Solution:
    """The directions of the shortest way between two rooms over the links that are told, in either direction."""
    links = _route(facts, question.what, question.other)
    names = {STEPS[direction]: direction[0] for direction in OPPOSITE}
    return ",".join(names[step] for _, step in links), tuple(fact for fact, _ in links)


def lies(facts: list[Event], question: Event) -> Solution:
    """Whether one shape lies on that side of another; what is level with it lies on neither side."""
    links = _route(facts, question.other, question.what)
    x, y = STEPS[question.relation]
    apart = sum(dx * x + dy * y for _, (dx, dy) in links)
    return "yes" if apart > 0 else "no", tuple(fact for fact, _ in reversed(links))


def _route(facts: list[Event], start: str, goal: str) -> list[tuple[int, tuple[int, int]]]:
    """The fewest links that lead from start to goal: each a fact and the step on the map that it takes."""
    routes: dict[str, list[tuple[int, tuple[int, int]]]] = {start: []}
    queue = [start]
    for here in queue:
        for i, fact in enumerate(facts):
            x, y = STEPS[fact.relation]
            for origin, end, step in ((fact.other, fact.what, (x, y)), (fact.what, fact.other, (-x, -y))):
                if origin == here and end not in routes:
                    routes[end] = [*routes[here], (i, step)]
                    queue.append(end)
    if not routes.get(goal):
        raise ValueError
    return routes[goal]
