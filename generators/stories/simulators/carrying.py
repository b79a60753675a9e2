"""People who go about and carry things (qa1, qa2, qa3, qa5 to qa8): which questions their story allows.

The fact that stands first in the support (the last move, the last get or drop, the give) is always one of the last
five. That and the weights of the questions are read off the en-10k files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

from babilong.tasks import HOUSE, OBJECTS
from generators.stories import grammar
from generators.stories.forms import Event
from generators.stories.lexicon import GIVING_PEOPLE, HOUSE_PEOPLE
from generators.stories.simulators import telling
from generators.stories.simulators.telling import RECENT
from generators.stories.simulators.world import Cast, World
from generators.stories.simulators.writing import Ask
from generators.stories.story import Story
from generators.streams import Stream

FADING = 0.75  # with every later stay, how much less often qa3 asks for one
COUNTS = ("none", "one", "two", "three")

Asker = Callable[[World], Iterator[Ask]]


def _recent(world: World, last: dict[str, int]) -> list[tuple[str, int]]:
    start = len(world.events) - RECENT
    return [(name, fact) for name, fact in last.items() if fact >= start]


def _where_is_actor(world: World) -> Iterator[Ask]:
    """An actor is asked for as often as he moved."""
    movers = [event.actor for event in world.events]
    for actor, move in _recent(world, world.moved):
        yield Ask(Event("where", actor=actor), world.events[move].what, (move,), movers.count(actor))


def _where_is_thing(world: World) -> Iterator[Ask]:
    """Of a thing in hand, only if its holder moved since he got it."""
    for thing, touch in _recent(world, world.touched):
        route = world.route[thing]
        if route and (thing not in world.holder or route[-1] > touch):
            yield Ask(Event("where", what=thing), world.events[route[-1]].what, (touch, route[-1]))


def _where_was_thing(world: World) -> Iterator[Ask]:
    """The last stay in a room counts; both moves are made with the thing in hand since it was last got."""
    for thing, touch in _recent(world, world.touched):
        carried = [move for move in world.route[thing] if move > world.taken[thing]]
        stays: dict[str, int] = {}
        for later, (before, move) in enumerate(reversed(list(pairwise(carried)))):
            room = world.events[move].what
            if stays.setdefault(room, later) == later:
                answer = world.events[before].what
                yield Ask(Event("before", what=thing, other=room), answer, (touch, move, before), FADING**later)


def _who_gave_what(world: World) -> Iterator[Ask]:
    """Only of the last give of a thing; "What did A give to B?" only if A never gave B another thing."""
    gives = [event for event in world.events if event.kind == "give"]
    for thing, give in _recent(world, world.given):
        event = world.events[give]
        others = {(other.actor, other.other) for other in gives if other.what != thing}
        for form in grammar.questions("qa5").values():
            if form.asks != "what" or (event.actor, event.other) not in others:
                question = Event(form.kind, **{slot: getattr(event, slot) for slot in form.slots})
                yield Ask(question, getattr(event, form.asks), (give,), form.weight)


def is_it_there(question: Event, room: str, rooms: tuple[str, ...], supporting: tuple[int, ...]) -> Iterator[Ask]:
    """Half the time the true room is asked for, else any other."""
    for asked in rooms:
        truth = asked == room
        weight = 1.0 if truth else 1 / (len(rooms) - 1)
        yield Ask(question._replace(what=asked), "yes" if truth else "no", supporting, weight)


def _is_actor_there(world: World) -> Iterator[Ask]:
    for event in world.events[-RECENT:]:
        if event.kind == "move":
            move = world.moved[event.actor]
            yield from is_it_there(Event("in", event.actor), world.events[move].what, HOUSE, (move,))


def _takers(world: World) -> Iterator[tuple[str, list[int]]]:
    """Who got, dropped or gave something of late, and all facts so far that told what came and went in his hands."""
    for event in world.events[-RECENT:]:
        if event.kind != "move":
            person = event.actor
            told = [i for i, e in enumerate(world.events) if e.kind != "move" and person in (e.actor, e.other)]
            yield person, told


def _how_many_things(world: World) -> Iterator[Ask]:
    held = list(world.holder.values())
    for person, told in _takers(world):
        yield Ask(Event("how many", person), COUNTS[held.count(person)], tuple(told))


def _which_things(world: World) -> Iterator[Ask]:
    """In the order in which they were got; not asked where a thing was got again, so that it has two places."""
    for person, told in _takers(world):
        things = list(dict.fromkeys(world.events[i].what for i in told))  # as first got
        held = [thing for thing in things if world.holder.get(thing) == person]
        if held == sorted(held, key=world.taken.__getitem__):
            supporting = tuple(i for thing in things for i in told if world.events[i].what == thing)
            yield Ask(Event("what", person), ",".join(held) or "nothing", supporting)


_CARRYING = Cast(HOUSE_PEOPLE, HOUSE, OBJECTS, ("move", "get", "drop"))
_GIVING = ("move", "get", "drop", "give")

ERRANDS: dict[str, tuple[Cast, Asker]] = {
    "qa1": (Cast(HOUSE_PEOPLE, HOUSE), _where_is_actor),
    "qa2": (_CARRYING, _where_is_thing),
    "qa3": (_CARRYING, _where_was_thing),
    "qa5": (Cast(GIVING_PEOPLE, HOUSE, OBJECTS, _GIVING, ("Mary", "Fred", "Bill", "Jeff")), _who_gave_what),
    "qa6": (_CARRYING, _is_actor_there),
    "qa7": (Cast(HOUSE_PEOPLE, HOUSE, OBJECTS, _GIVING, ("John", "Mary", "Sandra", "Daniel")), _how_many_things),
    "qa8": (_CARRYING, _which_things),
}


def tell(task: str, stream: Stream) -> Story:
    """A question of qa1, qa2, qa3 or qa5 to qa8 (Weston et al. 2015, section 3)."""
    cast, asker = ERRANDS[task]
    return telling.tell(task, World(cast, stream), asker, stream)
