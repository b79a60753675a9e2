"""From the records of a run to its table: accuracy with interval for every task and length.

All of it can be made again from samples.jsonl at any time, with any score.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING

from babilong.lengths import tokens
from babilong.scoring import score as is_right
from babilong.statistics import wilson
from babilong.tasks import get_task
from evaluators.records import Record

if TYPE_CHECKING:
    from rich.table import Table


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


def summarise(records: Iterable[Record], score: str) -> list[Cell]:
    """One cell for every task and length that has samples, tasks and lengths in order.

    Raises:
        UsageError: no such score.
    """
    groups: defaultdict[tuple[str, str], list[Record]] = defaultdict(list)
    for record in records:
        groups[record.task, record.length].append(record)
    ordered = sorted(groups, key=lambda cell: (get_task(cell[0]).number, tokens(cell[1])))
    return [_cell(score, groups[cell]) for cell in ordered]


def _cell(score: str, records: Sequence[Record]) -> Cell:
    answered = [record for record in records if record.error is None]
    correct = sum(is_right(score, r.task, r.output, r.target, r.question) for r in answered)
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
        errors=len(records) - len(answered),
        tokens=round(sum(record.tokens_in for record in answered) / max(1, len(answered)), 1),
    )


def to_csv(cells: Iterable[Cell]) -> str:
    """The cells as CSV, one line each."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(Cell)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(cell) for cell in cells)
    return text.getvalue()


def to_table(cells: Sequence[Cell], title: str) -> Table:
    """The cells as a table for the terminal."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(title=title, box=SIMPLE_HEAD, title_justify="left", caption_justify="left")
    table.caption = "Errors count as wrong; interval: 95 %, Wilson."
    table.add_column("task")
    for name in ("length", "samples", "accuracy", "interval", "errors", "tokens read"):
        table.add_column(name, justify="right")
    for place, cell in enumerate(cells):
        table.add_row(
            cell.task,
            cell.length,
            str(cell.n),
            f"{cell.accuracy:.1%}",
            f"{cell.low:.1%} - {cell.high:.1%}",
            str(cell.errors),
            f"{cell.tokens:,.0f}",
            end_section=place + 1 < len(cells) and cells[place + 1].task != cell.task,
        )
    return table
