"""How rooms lie beside one another (qa4)."""

from __future__ import annotations

from babilong.tasks import HOUSE
from generators.stories import grammar
from generators.stories.forms import Event
from generators.stories.lexicon import OPPOSITE
from generators.stories.simulators.chance import weighted
from generators.stories.story import Story
from generators.streams import Stream

AXES = (("west", "east"), ("south", "north"))
# The shares of the four ways to say it: is the middle room named second in the fact about one end, and the other end?
_MIDDLE_SECOND = {(True, True): 0.437, (True, False): 0.228, (False, True): 0.228, (False, False): 0.107}


def two_neighbours(stream: Stream) -> Story:
    """A question of qa4: three rooms in a row, two facts (Weston et al. 2015, section 3.2)."""
    first, middle, last = stream.sample(HOUSE, 3)
    sides = stream.choice(AXES)
    seconds = weighted(stream, [*_MIDDLE_SECOND], [*_MIDDLE_SECOND.values()])
    events = stream.shuffled(
        [
            Event("beside", what=end, relation=side, other=middle)
            if second
            else Event("beside", what=middle, relation=OPPOSITE[side], other=end)
            for end, side, second in zip((first, last), sides, seconds, strict=True)
        ]
    )
    supporting = stream.below(2)
    said = events[supporting]
    question = stream.choice(
        [
            Event("stated", relation=said.relation, other=said.other),
            Event("inverse", relation=OPPOSITE[said.relation], other=said.other),
        ]
    )
    facts = tuple(grammar.facts("qa4").write(event, stream) for event in events)
    asked = grammar.questions("qa4").write(question, stream)
    return Story("qa4", facts, asked, said.what, (supporting,), "simulate")
