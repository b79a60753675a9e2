"""The twenty bAbI tasks as a table: what each tests, what may be answered, and in which form.

Label sets are those of bAbI v1.2 (Weston et al., "Towards AI-Complete Question Answering", 2015) as the published
BABILong metric uses them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from babilong.errors import UsageError, unknown

AnswerForm = Literal["label", "list", "path"]

HOUSE = ("bathroom", "bedroom", "garden", "hallway", "kitchen", "office")
TOWN = ("bedroom", "cinema", "kitchen", "office", "park", "school")
OBJECTS = ("apple", "football", "milk")
PATHS = tuple(
    f"{first},{second}" for first in "ensw" for second in "ensw" if first + second not in ("ns", "sn", "ew", "we")
)


@dataclass(frozen=True, slots=True)
class Task:
    """One bAbI task.

    Attributes:
        name: `qa1` to `qa20`.
        tests: what a model needs to solve it, in a few words.
        labels: every word that may be an answer (for `path`, every path).
        form: `label` (one of the labels), `list` (labels joined by commas, or one alone) or `path` (two directions).
    """

    name: str
    tests: str
    labels: tuple[str, ...]
    form: AnswerForm = "label"

    @property
    def number(self) -> int:
        """1 to 20."""
        return int(self.name[2:])


_TABLE = (
    Task("qa1", "one supporting fact", HOUSE),
    Task("qa2", "two supporting facts", HOUSE),
    Task("qa3", "three supporting facts", HOUSE),
    Task("qa4", "two-argument relations", HOUSE),
    Task("qa5", "three-argument relations", ("Bill", "Fred", "Jeff", "Mary", *OBJECTS)),
    Task("qa6", "yes/no questions", ("no", "yes")),
    Task("qa7", "counting", ("none", "one", "two", "three")),
    Task("qa8", "lists and sets", (*OBJECTS, "nothing"), "list"),
    Task("qa9", "simple negation", ("no", "yes")),
    Task("qa10", "indefinite knowledge", ("maybe", "no", "yes")),
    Task("qa11", "basic coreference", HOUSE),
    Task("qa12", "conjunction", HOUSE),
    Task("qa13", "compound coreference", HOUSE),
    Task("qa14", "time reasoning", TOWN),
    Task("qa15", "basic deduction", ("cat", "mouse", "sheep", "wolf")),
    Task("qa16", "basic induction", ("gray", "green", "white", "yellow")),
    Task("qa17", "positional reasoning", ("no", "yes")),
    Task("qa18", "size reasoning", ("no", "yes")),
    Task("qa19", "path finding", PATHS, "path"),
    Task(
        "qa20",
        "agents' motivations",
        ("bedroom", "bored", "garden", "hungry", "kitchen", "thirsty", "tired"),
    ),
)

TASKS: dict[str, Task] = {task.name: task for task in _TABLE}


def get_task(name: str) -> Task:
    """The task of this name.

    Raises:
        UsageError: no such task; the message names the nearest ones.
    """
    if name not in TASKS:
        raise unknown("task", name, TASKS)
    return TASKS[name]


def parse_tasks(spec: str | Sequence[str]) -> tuple[str, ...]:
    """Task names from a list with commas, blanks and ranges, in the order given, each once.

    Example:
        >>> parse_tasks("qa1-qa3,qa7")
        ('qa1', 'qa2', 'qa3', 'qa7')

    Raises:
        UsageError: an unknown task, an empty list or a range that runs backwards.
    """
    words = (spec if isinstance(spec, str) else ",".join(spec)).replace(",", " ").lower().split()
    names: dict[str, None] = {}
    for word in words:
        first, dash, last = word.partition("-")
        start, end = get_task(first).number, get_task(last if dash else first).number
        if end < start:
            raise UsageError(f"The task range {word!r} runs backwards; write {last}-{first}.")
        names.update((f"qa{number}", None) for number in range(start, end + 1))
    if not names:
        raise UsageError("No task given; name some, for example qa1-qa5,qa7.")
    return tuple(names)
