"""People who move on, alone or two together, named or only meant (qa11, qa12, qa13).

coreference(stream, then=0.5)   # qa11 with every second move followed by "Then she went to the office."
"""

from __future__ import annotations

from collections.abc import Iterator

from babilong.tasks import HOUSE
from generators.stories.forms import Event
from generators.stories.lexicon import HOUSE_PEOPLE, PRONOUN
from generators.stories.simulators.telling import RECENT, tell
from generators.stories.simulators.writing import Ask
from generators.stories.story import Story
from generators.streams import Stream


class Company:
    """The people of the house, who move in groups of one size.

    Attributes:
        events: what happened.
        who: for each event, who moved.
    """

    def __init__(self, stream: Stream, *, size: int, then: float) -> None:
        """Put everyone somewhere.

        Args:
            stream: what is drawn from.
            size: how many move together, one or two.
            then: the share of moves after which the same people move on, called he, she or they.
        """
        self._size, self._then, self._stream = size, then, stream
        self._room = {person: stream.choice(HOUSE) for person in HOUSE_PEOPLE}
        self.events: list[Event] = []
        self.who: list[tuple[str, ...]] = []

    def step(self) -> None:
        """Let someone move to a room that is new to all who go there."""
        on = bool(self.events) and self.events[-1].kind != "then" and self._stream.random() < self._then
        while True:
            who = self.who[-1] if on else tuple(self._stream.sample(HOUSE_PEOPLE, self._size))
            room = self._stream.choice(HOUSE)
            if all(self._room[person] != room for person in who):
                break
        self._room.update(dict.fromkeys(who, room))
        self.who.append(who)
        if on:
            self.events.append(Event("then", PRONOUN[who[0]] if len(who) == 1 else "", room))
        else:
            self.events.append(Event("move", who[0], room, *who[1:]))


def _where_is_person(world: Company) -> Iterator[Ask]:
    """The last five things said: of two people who move together, two."""
    for person in [person for who in world.who for person in who][-RECENT:]:
        last = max(i for i, who in enumerate(world.who) if person in who)
        event = world.events[last]
        supporting = (last - 1, last) if event.kind == "then" else (last,)
        yield Ask(Event("where", person), event.what, supporting)


def coreference(stream: Stream, *, then: float = 1.0) -> Story:
    """A question of qa11 (Weston et al. 2015, section 3)."""
    return tell("qa11", Company(stream, size=1, then=then), _where_is_person, stream)


def conjunction(stream: Stream) -> Story:
    """A question of qa12 (Weston et al. 2015, section 3)."""
    return tell("qa12", Company(stream, size=2, then=0.0), _where_is_person, stream)


def compound_coreference(stream: Stream, *, then: float = 1.0) -> Story:
    """A question of qa13 (Weston et al. 2015, section 3)."""
    return tell("qa13", Company(stream, size=2, then=then), _where_is_person, stream)
