"""A small world in which actors move, get, drop and give things, and the memory of what was told of it.

A step draws an actor and a deed until the deed can be done; that alone gives the shares of bAbI's sentences.
Where actors and things are at the start is drawn, and is not told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from generators.stories.forms import Event
from generators.streams import Stream


@dataclass(frozen=True, slots=True)
class Cast:
    """Who and what a world holds.

    Attributes:
        actors: the people.
        rooms: where they go.
        things: what they carry.
        deeds: what they do, each drawn as often as the others.
        receivers: the people in the order in which they are given things.
    """

    actors: tuple[str, ...]
    rooms: tuple[str, ...]
    things: tuple[str, ...] = ()
    deeds: tuple[str, ...] = ("move",)
    receivers: tuple[str, ...] = ()


class World:
    """The state of one story.

    Attributes:
        events: what happened, a fact each; the numbers below are indices into it.
        holder: who holds a thing.
        moved: the last move of an actor.
        taken: the last get of a thing.
        touched: the last get or drop of a thing.
        given: the last give of a thing.
        route: the moves that tell where a thing has been since it was got: the getter's arrival, if it was told,
            then every move of its holder.
    """

    def __init__(self, cast: Cast, stream: Stream) -> None:
        """Put everyone and everything somewhere."""
        self._cast, self._stream = cast, stream
        self._room = {name: stream.choice(cast.rooms) for name in cast.actors + cast.things}
        deeds: list[Callable[[str], Event | None]] = [getattr(self, f"_{deed}") for deed in cast.deeds]
        self._options = [(deed, actor) for deed in deeds for actor in cast.actors]
        self.events: list[Event] = []
        self.holder: dict[str, str] = {}
        self.moved: dict[str, int] = {}
        self.taken: dict[str, int] = {}
        self.touched: dict[str, int] = {}
        self.given: dict[str, int] = {}
        self.route: dict[str, list[int]] = {}

    def step(self) -> None:
        """Let something happen."""
        event = None
        while event is None:
            deed, actor = self._stream.choice(self._options)
            event = deed(actor)
        self.events.append(event)

    def _move(self, actor: str) -> Event | None:
        room = self._stream.choice(self._cast.rooms)
        if room == self._room[actor]:
            return None
        self._room[actor] = room
        self.moved[actor] = len(self.events)
        for thing, holder in self.holder.items():
            if holder == actor:
                self.route[thing].append(len(self.events))
        return Event("move", actor, room)

    def _get(self, actor: str) -> Event | None:
        here = self._room[actor]
        free = [thing for thing in self._cast.things if thing not in self.holder and self._room[thing] == here]
        if not free:
            return None
        thing = self._stream.choice(free)
        self.holder[thing] = actor
        self.taken[thing] = self.touched[thing] = len(self.events)
        self.route[thing] = [self.moved[actor]] if actor in self.moved else []
        return Event("get", actor, thing)

    def _drop(self, actor: str) -> Event | None:
        held = [thing for thing, holder in self.holder.items() if holder == actor]
        if not held:
            return None
        thing = self._stream.choice(held)
        del self.holder[thing]
        self._room[thing] = self._room[actor]
        self.touched[thing] = len(self.events)
        return Event("drop", actor, thing)

    def _give(self, _: str) -> Event | None:
        # The actor drawn plays no part in bAbI: the first thing by alphabet that can change hands does, and goes to
        # the first of `receivers` there (all of the 5,340 gives of qa5 before which everyone's place is told).
        for thing, giver in sorted(self.holder.items()):
            for receiver in self._cast.receivers:
                if receiver != giver and self._room[receiver] == self._room[giver]:
                    self.holder[thing] = receiver
                    self.given[thing] = len(self.events)
                    return Event("give", giver, thing, receiver)
        return None
