"""What is told of where people are: that they are there, that they are not, or one of two rooms (qa9, qa10).

Before every fact someone goes to another room. Half of the facts tell of the move, a quarter say where the person is;
the rest deny the room that was left (qa9) or name the new room beside any room (qa10): read off the en-10k files.
"""

from __future__ import annotations

from collections.abc import Iterator

from babilong.tasks import HOUSE, TOWN
from generators.stories.forms import Event
from generators.stories.lexicon import HOUSE_PEOPLE, TOWN_PEOPLE
from generators.stories.simulators.carrying import is_it_there
from generators.stories.simulators.telling import RECENT, tell
from generators.stories.simulators.writing import Ask
from generators.stories.story import Story
from generators.streams import Stream


class Whereabouts:
    """People of whose moves not all is told.

    Attributes:
        events: what is told.
        rooms: where people go.
    """

    def __init__(self, people: tuple[str, ...], rooms: tuple[str, ...], kinds: tuple[str, ...], stream: Stream) -> None:
        """Put everyone somewhere.

        Args:
            people: who.
            rooms: where they go.
            kinds: how it is told, each as often as the others.
            stream: what is drawn from.
        """
        self._kinds, self._stream = kinds, stream
        self._room = {person: stream.choice(rooms) for person in people}
        self.rooms = rooms
        self.events: list[Event] = []

    def step(self) -> None:
        """Let someone go somewhere else, and tell something of it."""
        person = self._stream.choice(tuple(self._room))
        left = self._room[person]
        room = self._room[person] = self._stream.choice([room for room in self.rooms if room != left])
        kind = self._stream.choice(self._kinds)
        if kind == "not in":
            event = Event(kind, person, left)
        elif kind == "either":
            event = Event(kind, person, *self._stream.shuffled((room, self._stream.choice(self.rooms))))
        else:
            event = Event(kind, person, room)
        self.events.append(event)


def _is_person_there(world: Whereabouts) -> Iterator[Ask]:
    for person in [event.actor for event in world.events[-RECENT:]]:
        last = max(i for i, event in enumerate(world.events) if event.actor == person)
        said, question = world.events[last], Event("in", person)
        if said.kind == "not in":  # of the other rooms nothing is known
            yield Ask(question._replace(what=said.what), "no", (last,), 2.0)
        elif said.kind == "either":
            yield from _is_either(question, said, world.rooms, last)
        else:
            yield from is_it_there(question, said.what, world.rooms, (last,))


def _is_either(question: Event, said: Event, rooms: tuple[str, ...], fact: int) -> Iterator[Ask]:
    """As if it were known which of the two is the room; "either the park or the park" is not asked about."""
    if said.what != said.other:
        for room in (said.what, said.other):
            for ask in is_it_there(question, room, rooms, (fact,)):
                answer = "maybe" if ask.question.what in (said.what, said.other) else "no"
                yield ask._replace(answer=answer, weight=ask.weight / 2)


def denied(stream: Stream) -> Story:
    """A question of qa9 (Weston et al. 2015, section 3)."""
    world = Whereabouts(HOUSE_PEOPLE, HOUSE, ("move", "move", "in", "not in"), stream)
    return tell("qa9", world, _is_person_there, stream)


def either_of_two(stream: Stream) -> Story:
    """A question of qa10 (Weston et al. 2015, section 3)."""
    world = Whereabouts(TOWN_PEOPLE, TOWN, ("move", "move", "in", "either"), stream)
    return tell("qa10", world, _is_person_there, stream)
