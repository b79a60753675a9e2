"""People who go about and carry things (qa1, qa2, qa3, qa5): which questions their story allows, and how it is told.

After every two facts one question is asked, or two more facts are told while none can be. The fact that stands first
in the support (the last move, the last get or drop, the give) is always one of the last five. Both rules, and the
weights of the questions, are read off the en-10k files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import NamedTuple

from babilong.tasks import HOUSE, OBJECTS
from generators.stories import grammar
from generators.stories.forms import Event
from generators.stories.lexicon import GIVING_PEOPLE, HOUSE_PEOPLE
from generators.stories.simulators.chance import weighted
from generators.stories.simulators.world import Cast, World
from generators.stories.story import Story
from generators.streams import Stream

QUESTIONS_PER_STORY = 5
RECENT = 5
FADING = 0.75  # with every later stay, how much less often qa3 asks for one


class Ask(NamedTuple):
    """A question that can be asked, its answer and support, and its weight beside the others."""

    question: Event
    answer: str
    supporting: tuple[int, ...]
    weight: float = 1.0


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


ERRANDS: dict[str, tuple[Cast, Asker]] = {
    "qa1": (Cast(HOUSE_PEOPLE, HOUSE), _where_is_actor),
    "qa2": (Cast(HOUSE_PEOPLE, HOUSE, OBJECTS, ("move", "get", "drop")), _where_is_thing),
    "qa3": (Cast(HOUSE_PEOPLE, HOUSE, OBJECTS, ("move", "get", "drop")), _where_was_thing),
    "qa5": (
        Cast(GIVING_PEOPLE, HOUSE, OBJECTS, ("move", "get", "drop", "give"), ("Mary", "Fred", "Bill", "Jeff")),
        _who_gave_what,
    ),
}


def _go_on(world: World, questions: Asker) -> None:
    while True:
        world.step()
        world.step()
        if next(questions(world), None):
            return


def tell(task: str, stream: Stream) -> Story:
    """One of the five questions of a story of qa1, qa2, qa3 or qa5 (Weston et al. 2015, sections 3.1 and 3.2)."""
    cast, questions = ERRANDS[task]
    world = World(cast, stream)
    for _ in range(1 + stream.below(QUESTIONS_PER_STORY)):
        _go_on(world, questions)
    asks = list(questions(world))
    ask = weighted(stream, asks, [ask.weight for ask in asks])
    facts = tuple(grammar.facts(task).write(event, stream) for event in world.events)
    question = grammar.questions(task).write(ask.question, stream)
    return Story(task, facts, question, ask.answer, ask.supporting, "simulate")
