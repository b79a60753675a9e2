"""Answers bAbI questions by reading the facts as text, with no knowledge of how they came about.

    solve("qa1", ["Mary went to the garden."], "Where is Mary?")   # ("garden", (0,))

Right on every question of the official files of qa1 to qa5 but 20 of the 11,000 of qa5, which the text does not decide.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from babilong.errors import DataError, UsageError
from babilong.tasks import get_task
from generators.stories import grammar
from generators.stories.forms import Event, Solution
from generators.stories.solvers import carrying, rooms

Solver = Callable[[list[Event], Event], Solution]

SOLVERS: dict[str, Solver] = {
    "qa1": carrying.where_is_actor,
    "qa2": carrying.where_is_thing,
    "qa3": carrying.where_was_thing,
    "qa4": rooms.beside,
    "qa5": carrying.who_gave_what,
}


def solve(task: str, facts: Sequence[str], question: str) -> Solution:
    """The answer and the supporting facts (indices, in bAbI's order for the task).

    Raises:
        DataError: a sentence is not of the task, or the facts leave the question open.
        UsageError: an unknown task, or one without a solver.
    """
    if get_task(task).name not in SOLVERS:
        raise UsageError(f"There is no solver for {task} yet; there is one for {', '.join(SOLVERS)}.")
    events = [grammar.facts(task).read(fact) for fact in facts]
    asked = grammar.questions(task).read(question)
    try:
        return SOLVERS[task](events, asked)
    except ValueError as error:
        raise DataError(f"The {len(facts)} facts do not tell the answer to {question!r} ({task}).") from error
