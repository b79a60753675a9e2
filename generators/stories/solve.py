"""Answers bAbI questions by reading the facts as text, with no knowledge of how they came about.

    solve("qa1", ["Mary went to the garden."], "Where is Mary?")   # ("garden", (0,))

Right on every question of the official files but 20 of the 11,000 of qa5, which the text does not decide. Of qa18 too
every answer is right; where several chains of facts give it, bAbI names another than ours 488 times of 11,000.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from babilong.errors import DataError
from babilong.tasks import get_task
from generators.stories import grammar
from generators.stories.forms import Event, Solution
from generators.stories.solvers import carrying, company, kinds, links, motives, rooms, sizes, times, whereabouts

Solver = Callable[[list[Event], Event], Solution]

SOLVERS: dict[str, Solver] = {
    "qa1": carrying.where_is_actor,
    "qa2": carrying.where_is_thing,
    "qa3": carrying.where_was_thing,
    "qa4": rooms.beside,
    "qa5": carrying.who_gave_what,
    "qa6": whereabouts.is_it_there,
    "qa7": carrying.how_many_things,
    "qa8": carrying.which_things,
    "qa9": whereabouts.is_it_there,
    "qa10": whereabouts.is_it_there,
    "qa11": company.where_is_person,
    "qa12": company.where_is_person,
    "qa13": company.where_is_person,
    "qa14": times.where_before,
    "qa15": kinds.feared,
    "qa16": kinds.colour,
    "qa17": links.lies,
    "qa18": sizes.bigger,
    "qa19": links.way,
    "qa20": motives.motive,
}


def solve(task: str, facts: Sequence[str], question: str) -> Solution:
    """The answer and the supporting facts (indices, in bAbI's order for the task).

    Raises:
        DataError: a sentence is not of the task, or the facts leave the question open.
        UsageError: an unknown task.
    """
    solver = SOLVERS[get_task(task).name]
    events, asked = _read(task, facts, question)
    try:
        return solver(events, asked)
    except ValueError as error:
        raise DataError(f"The {len(facts)} facts do not tell the answer to {question!r} ({task}).") from error


def _read(task: str, facts: Sequence[str], question: str) -> tuple[list[Event], Event]:
    """What the sentences say, in bAbI's words or, failing that, in those of the open vocabulary."""
    try:
        return [*map(grammar.facts(task).read, facts)], grammar.questions(task).read(question)
    except DataError as error:
        try:
            return [*map(grammar.facts(task, "open").read, facts)], grammar.questions(task, "open").read(question)
        except DataError:
            raise error from None
