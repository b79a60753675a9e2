"""How a bAbI story is told: something happens, and after every two facts one of the last of them is asked about.

Two more facts are told while no question can be asked; the sixth question is never reached. What is asked about is one
of the last five things said, each as likely as the others: read off the en-10k files of qa6 to qa14.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

from generators.stories.forms import Event
from generators.stories.simulators.chance import weighted
from generators.stories.simulators.writing import Ask, write
from generators.stories.story import Story
from generators.streams import Stream

QUESTIONS_PER_STORY = 5
RECENT = 5


class Happenings(Protocol):
    """What a story is told of.

    Attributes:
        events: what happened so far, in order.
    """

    events: list[Event]

    def step(self) -> None:
        """Let something happen: one more event."""
        ...


World = TypeVar("World", bound=Happenings)
Order = Callable[[Stream, Sequence[int]], Sequence[int]]


def as_it_happened(_: Stream, events: Sequence[int]) -> Sequence[int]:
    """The order in which most tasks tell their facts."""
    return events


def tell(
    task: str,
    world: World,
    asker: Callable[[World], Iterator[Ask]],
    stream: Stream,
    order: Order = as_it_happened,
) -> Story:
    """One of the five questions of a story.

    Args:
        task: whose sentences are used.
        world: where things happen.
        asker: the questions that can be asked of a world.
        stream: what is drawn from.
        order: how the facts between two questions are told.
    """
    told: list[int] = []
    for _ in range(1 + stream.below(QUESTIONS_PER_STORY)):
        start = len(world.events)
        world.step()
        world.step()
        while not next(asker(world), None):
            world.step()
            world.step()
        told.extend(order(stream, range(start, len(world.events))))
    asks = list(asker(world))
    ask = weighted(stream, asks, [ask.weight for ask in asks])
    ask = ask._replace(supporting=tuple(told.index(i) for i in ask.supporting))
    return write(task, (world.events[i] for i in told), ask, stream)
