"""A day and the evening before it, told out of order (qa14).

Everyone goes from room to room, once a time of day; the facts between two questions change places.
"""

from __future__ import annotations

from collections.abc import Iterator

from babilong.tasks import TOWN
from generators.stories.forms import Event
from generators.stories.lexicon import TIMES, TOWN_PEOPLE
from generators.stories.simulators.chance import cycled
from generators.stories.simulators.telling import RECENT, tell
from generators.stories.simulators.writing import Ask
from generators.stories.story import Story
from generators.streams import Stream


class Day:
    """The moves of four people.

    Attributes:
        events: what happened, each person's moves in the order of time.
        moves: the moves of a person, as indices of events: one for each time of day.
    """

    def __init__(self, stream: Stream) -> None:
        """Nothing has happened."""
        self._stream = stream
        self.events: list[Event] = []
        self.moves: dict[str, list[int]] = {person: [] for person in TOWN_PEOPLE}

    def step(self) -> None:
        """Let someone whose day is not over go elsewhere."""
        person = self._stream.choice([person for person, moves in self.moves.items() if len(moves) < len(TIMES)])
        moves = self.moves[person]
        here = self.events[moves[-1]].what if moves else ""
        room = self._stream.choice([room for room in TOWN if room != here])
        event = Event("move", person, room, when=TIMES[len(moves)])
        moves.append(len(self.events))
        self.events.append(event)


def _where_was_person(world: Day) -> Iterator[Ask]:
    """Not where the person came to the room from two others."""
    for event in world.events[-RECENT:]:
        moves = world.moves[event.actor]
        rooms = [world.events[move].what for move in moves]
        stays = [i for i, room in enumerate(rooms) if i and room == event.what]
        if event.when != TIMES[0] and len({rooms[stay - 1] for stay in stays}) == 1:
            stay = stays[-1]
            question = Event("before", event.actor, event.what)
            yield Ask(question, rooms[stay - 1], (moves[stay], moves[stay - 1]))


def where_before(stream: Stream) -> Story:
    """A question of qa14 (Weston et al. 2015, section 3)."""
    return tell("qa14", Day(stream), _where_was_person, stream, order=cycled)
