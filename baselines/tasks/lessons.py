"""Lessons: stories told fact by fact, with questions that can be asked on the way.

    lesson("qa3", stream, facts=40)      # 40 facts; after each, what may be asked about all so far

The stories of people who carry things about (qa1, qa2, qa3, qa5 to qa8) go on as long as is wanted, and the questions
of the simpler of these tasks are asked of the harder ones too: who is where must be known to tell where a thing is.
All other stories end as bAbI's do, and are asked about before their end (`along`) and about single facts (`single`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from functools import partial
from itertools import accumulate
from typing import NamedTuple

from babilong.errors import unknown
from babilong.tasks import OBJECTS, TASKS, get_task
from baselines.tasks.along import asked_along
from baselines.tasks.single import Question, asked_singly
from generators.stories import grammar
from generators.stories.forms import Event
from generators.stories.simulate import SIMULATORS
from generators.stories.simulators.carrying import ERRANDS
from generators.stories.simulators.rooms import way
from generators.stories.simulators.world import World
from generators.streams import Stream


class State(NamedTuple):
    """What is known, after a fact, of the person it is about; of a thing that changes hands, the one who gets it.

    Attributes:
        place: where he is; empty where that is not known.
        before: where he was before.
        held: whether he holds each of `OBJECTS`; None where things play no part.
    """

    place: str = ""
    before: str = ""
    held: tuple[bool, ...] | None = None


class Lesson(NamedTuple):
    """A story and what may be asked of it.

    Attributes:
        facts: its sentences.
        asked: for each fact the questions that may be asked once it is known: those of the task, then those of the
            simpler ones or of single facts, each none where nothing can be asked yet.
        states: after each fact.
    """

    facts: tuple[str, ...]
    asked: tuple[tuple[tuple[Question, ...], ...], ...]
    states: tuple[State, ...]


# Fewest and most facts of a story that ends when it is told to.
FEWEST = {
    "qa1": (2, 10), "qa2": (6, 40), "qa3": (16, 64), "qa5": (6, 40), "qa6": (2, 20), "qa7": (6, 40), "qa8": (6, 40),
}  # fmt: skip


# As bAbI tells them: rooms that no fact links may lie side by side, so that drawing a map is not enough.
_TOLD = SIMULATORS | {"qa19": partial(way, apart=False)}
# The tasks whose questions are asked of a story, its own first.
_ASKED = {"qa2": ("qa2", "qa1"), "qa3": ("qa3", "qa2", "qa1"), "qa5": ("qa5", "qa2", "qa1")}
# Of people that a task's own grammar does not know.
_PLAIN: dict[str, Callable[[Event], str]] = {
    "qa1": lambda event: f"Where is {event.actor}?",
    "qa2": lambda event: f"Where is the {event.what}?",
}


def lesson(task: str, stream: Stream, facts: int) -> Lesson:
    """A fresh story.

    Args:
        task: `qa1` to `qa20`.
        stream: what is drawn from.
        facts: how many facts are told, where the story does not end by itself.
    """
    if task not in ERRANDS:
        story = _TOLD[get_task(task).name](stream)
        events = [grammar.facts(task).read(fact) for fact in story.facts]
        asked_here = tuple(zip(asked_along(story, stream), asked_singly(task, events, stream), strict=True))
        return Lesson(story.facts, asked_here, (State(),) * len(story.facts))
    world = World(ERRANDS[task][0], stream)
    told, asked, states = [], [], []
    for _ in range(facts):
        world.step()
        told.append(grammar.facts(task).write(world.events[-1], stream))
        asked.append(tuple(_asks(task, name, world, stream) for name in _ASKED.get(task, (task,))))
        states.append(_state(world, bool(ERRANDS[task][0].things)))
    return Lesson(tuple(told), tuple(asked), tuple(states))


class Lessons:
    """Lessons of several tasks, of the lengths that their stories have.

    Args:
        tasks: names and how often each is drawn.

    Raises:
        UsageError: an unknown task.
    """

    def __init__(self, tasks: Mapping[str, float]) -> None:
        for name in tasks:
            if name not in TASKS:
                raise unknown("task", name, tuple(TASKS))
        self.tasks, self._bounds = tuple(tasks), list(accumulate(tasks.values()))

    def of(self, tasks: Mapping[str, float] | None) -> Lessons:
        """Those of other tasks; None: these."""
        return self if tasks is None else Lessons(tasks)

    def draw(self, stream: Stream) -> Lesson:
        """A fresh one."""
        task = self.tasks[bisect_right(self._bounds, stream.random() * self._bounds[-1])]
        fewest, most = FEWEST.get(task, (1, 1))
        return lesson(task, stream, fewest + stream.below(most - fewest + 1))


def _state(world: World, things: bool) -> State:
    event = world.events[-1]
    person = event.other or event.actor
    rooms = [e.what for e in world.events if e.kind == "move" and e.actor == person][-2:]
    held = tuple(world.holder.get(thing) == person for thing in OBJECTS) if things else None
    return State(rooms[-1] if rooms else "", rooms[-2] if len(rooms) > 1 else "", held)


def _asks(task: str, name: str, world: World, stream: Stream) -> tuple[Question, ...]:
    """The questions of a task that can be asked of a world in which another task's story is told."""
    return tuple(
        Question(
            grammar.questions(task).write(ask.question, stream) if name == task else _PLAIN[name](ask.question),
            ask.answer,
        )
        for ask in ERRANDS[name][1](world)
    )
