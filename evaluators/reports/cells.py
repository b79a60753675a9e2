"""Accuracy with its interval for every task and length, and its mean over tasks.

Example::

    cells = summarise(records, "v2")
    means(cells, ["qa1", "qa2"])["128k"].accuracy

All of it can be made again from samples.jsonl at any time, with any score. An error counts as wrong.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from babilong.lengths import tokens
from babilong.scoring import score as _score
from babilong.statistics import mean_interval, wilson
from babilong.tasks import get_task
from evaluators.records import Record


@dataclass(frozen=True, slots=True)
class Cell:
    """The result of one task at one length by one score.

    Attributes:
        score: name of the score.
        task: `qa1` to `qa20`.
        length: name of the length.
        n: samples that were asked.
        correct: samples whose output is right.
        accuracy: correct / n; errors count as wrong.
        low: lower end of the 95 % Wilson interval.
        high: upper end.
        errors: samples that ended in an error.
        tokens: mean number of tokens the model read, over samples without error.
    """

    score: str
    task: str
    length: str
    n: int
    correct: int
    accuracy: float
    low: float
    high: float
    errors: int
    tokens: float


@dataclass(frozen=True, slots=True)
class Mean:
    """The mean accuracy over tasks at one length, each task weighing the same.

    Attributes:
        tasks: how many tasks it covers.
        accuracy: the mean of their accuracies.
        low: lower end of its 95 % interval.
        high: upper end.
    """

    tasks: int
    accuracy: float
    low: float
    high: float


def is_right(record: Record, score: str) -> bool:
    """Whether a sample counts as right.

    Raises:
        UsageError: no such score.
    """
    right = _score(score, record.task, record.output, record.target, record.question, labels=record.labels)
    return right and record.error is None


def summarise(records: Iterable[Record], score: str) -> list[Cell]:
    """One cell for every task and length that has samples, tasks and lengths in order.

    Raises:
        UsageError: no such score.
    """
    groups: defaultdict[tuple[str, str], list[Record]] = defaultdict(list)
    for record in records:
        groups[record.task, record.length].append(record)
    return [_cell(score, groups[cell]) for cell in in_order(groups)]


def in_order(cells: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Pairs of task and length, by task and then by length."""
    return sorted(cells, key=lambda cell: (get_task(cell[0]).number, tokens(cell[1])))


def grid(cells: Iterable[Cell]) -> tuple[list[str], list[str]]:
    """The tasks and the lengths that occur, each in order."""
    found = list(cells)
    tasks = sorted({cell.task for cell in found}, key=lambda task: get_task(task).number)
    return tasks, sorted({cell.length for cell in found}, key=tokens)


def usual_count(cells: Iterable[Cell]) -> int:
    """How many samples most cells have, so that only the others need to say."""
    return Counter(cell.n for cell in cells).most_common(1)[0][0]


def means(cells: Iterable[Cell], tasks: Sequence[str]) -> dict[str, Mean]:
    """The mean over tasks by length; only of lengths at which all of these tasks are there."""
    by_length: defaultdict[str, dict[str, Cell]] = defaultdict(dict)
    for cell in cells:
        by_length[cell.length][cell.task] = cell
    whole = {length: [found[task] for task in tasks] for length, found in by_length.items() if set(tasks) <= set(found)}
    return {length: _mean(whole[length]) for length in sorted(whole, key=tokens)}


def _cell(score: str, records: Sequence[Record]) -> Cell:
    read = [record.tokens_in for record in records if record.error is None]
    correct = sum(is_right(record, score) for record in records)
    interval = wilson(correct, len(records))
    return Cell(
        score=score,
        task=records[0].task,
        length=records[0].length,
        n=len(records),
        correct=correct,
        accuracy=round(correct / len(records), 6),
        low=round(interval.low, 6),
        high=round(interval.high, 6),
        errors=len(records) - len(read),
        tokens=round(sum(read) / max(1, len(read)), 1),
    )


def _mean(cells: Sequence[Cell]) -> Mean:
    interval = mean_interval([(cell.correct, cell.n) for cell in cells])
    accuracy = math.fsum(cell.correct / cell.n for cell in cells) / len(cells)
    return Mean(len(cells), accuracy, interval.low, interval.high)
