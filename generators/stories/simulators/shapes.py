"""How shapes lie on a plane (qa17)."""

from __future__ import annotations

from generators.stories.forms import Event
from generators.stories.lexicon import RELATIONS, SHAPES, STEPS
from generators.stories.simulators.writing import Ask, write
from generators.stories.story import Story
from generators.streams import Stream

MIDDLE_FIRST = 2 / 3  # the share of facts that name the shape between the two asked about first


def positions(stream: Stream) -> Story:
    """A question of qa17: two shapes, each one step from a third (Weston et al. 2015, section 3)."""
    first, middle, last = stream.sample(SHAPES, 3)
    sides = [stream.choice(RELATIONS) for _ in range(2)]
    while sides[0] == sides[1]:  # the two would be in one place
        sides = [stream.choice(RELATIONS) for _ in range(2)]
    at = {end: STEPS[side] for end, side in zip((first, last), sides, strict=True)}
    events = [
        Event("lies", what=middle, relation=_across(side), other=end)
        if stream.random() < MIDDLE_FIRST
        else Event("lies", what=end, relation=side, other=middle)
        for end, side in zip((first, last), sides, strict=True)
    ]
    answer = stream.choice(("no", "yes"))
    while True:
        what, other = stream.shuffled((first, last))
        relation = stream.choice(RELATIONS)
        apart = sum((a - b) * step for a, b, step in zip(at[what], at[other], STEPS[relation], strict=True))
        if (apart > 0) == (answer == "yes"):
            break
    support = (0, 1) if what == first else (1, 0)
    ask = Ask(Event("lies", what=what, relation=relation, other=other), answer, support)
    return write("qa17", events, ask, stream)


def _across(side: str) -> str:
    x, y = STEPS[side]
    return next(other for other in RELATIONS if STEPS[other] == (-x, -y))
