"""Accuracy by depth: how much it matters where in the context the supporting facts stand.

Example::

    cells = by_depth(records, "v2", bins=5)      # 5: fifths of the context

A sample counts once in every part of the context in which one of its supporting facts stands, so the samples of a
task with several supporting facts occur in several parts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from babilong.errors import DataError
from babilong.statistics import wilson
from evaluators.records import Record, supporting_depths
from evaluators.reports.cells import in_order, is_right
from evaluators.reports.runs import Run
from evaluators.reports.tables import Sheet
from evaluators.reports.tiles import Panel, Tile


@dataclass(frozen=True, slots=True)
class DepthCell:
    """The samples of a task at a length that have a supporting fact in one part of the context.

    Attributes:
        score: name of the score.
        task: `qa1` to `qa20`.
        length: name of the length.
        depth_from: where the part begins, as a share of the context's tokens.
        depth_to: where it ends.
        n: samples.
        correct: those that are right.
        accuracy: correct / n; errors count as wrong.
        low: lower end of the 95 % Wilson interval.
        high: upper end.
        errors: samples that ended in an error.
    """

    score: str
    task: str
    length: str
    depth_from: float
    depth_to: float
    n: int
    correct: int
    accuracy: float
    low: float
    high: float
    errors: int

    @property
    def part(self) -> str:
        """The part in words, such as `20–40 %`."""
        return f"{100 * self.depth_from:.0f}–{100 * self.depth_to:.0f} %"


def by_depth(records: Iterable[Record], score: str, bins: int) -> list[DepthCell]:
    """A cell for every task, length and part of the context that has samples, in order.

    Args:
        records: of one run; those without known depths are passed over.
        score: name of the score.
        bins: into how many equal parts the context is divided.

    Raises:
        UsageError: no such score.
    """
    groups: defaultdict[tuple[str, str], defaultdict[int, list[Record]]] = defaultdict(lambda: defaultdict(list))
    for record in records:
        for part in sorted({min(bins - 1, int(depth * bins)) for depth in record.supporting_depths or ()}):
            groups[record.task, record.length][part].append(record)
    return [_cell(score, groups[cell][part], part, bins) for cell in in_order(groups) for part in sorted(groups[cell])]


def with_depths(run: Run, data: Path | None) -> Run:
    """The run with the depths of its supporting facts, which older runs did not keep.

    Args:
        run: a run.
        data: the dataset folder to read them from where they were not kept.

    Raises:
        DataError: they were not kept, and there is no dataset, another one, or one without these samples.
    """
    lacking = {record.id for record in run.records if record.supporting_depths is None}
    if not lacking:
        return run
    if data is None:
        raise DataError(
            f"{len(lacking):,} samples of {run.folder} do not say where their supporting facts stand; name the dataset "
            "folder they are from with --data."
        )
    from generators.dataset import open_dataset

    dataset = open_dataset(data, verify=False)
    if dataset.manifest.recipe_hash != run.samples:
        raise DataError(f"The dataset {data} is not the one that {run.folder} answered; name that one with --data.")
    cells = {(record.task, record.length) for record in run.records if record.id in lacking}
    found = {
        sample.id: supporting_depths(sample)
        for cell in dataset.cells
        if cell in cells
        for sample in dataset.samples(*cell)
        if sample.id in lacking
    }
    if lost := lacking - set(found):
        raise DataError(f"The dataset {data} has no sample {min(lost)}, which {run.folder} answered.")
    records = (
        replace(record, supporting_depths=found[record.id]) if record.id in lacking else record
        for record in run.records
    )
    return replace(run, records=tuple(records))


def depth_panels(cells: Sequence[DepthCell], title: str, about: str) -> list[Panel]:
    """A panel a task: depth down, lengths across."""
    panels = []
    for task in dict.fromkeys(cell.task for cell in cells):
        chosen = [cell for cell in cells if cell.task == task]
        lengths = list(dict.fromkeys(cell.length for cell in chosen))
        parts = {cell.depth_from: cell.part for cell in chosen}
        tiles = {(cell.part, cell.length): _tile(cell) for cell in chosen}
        rows = [parts[depth] for depth in sorted(parts)]
        panels.append(Panel(f"{task}: {title}", about, rows, lengths, tiles, "length in tokens"))
    return panels


def depth_sheet(cells: Sequence[DepthCell], title: str) -> Sheet:
    """A row for every cell."""
    rows: list[tuple[str, ...]] = []
    for place, cell in enumerate(cells):
        if place and (cells[place - 1].task, cells[place - 1].length) != (cell.task, cell.length):
            rows.append(())
        share, interval = f"{cell.accuracy:.1%}", f"{cell.low:.1%} - {cell.high:.1%}"
        rows.append((cell.task, cell.length, cell.part, str(cell.n), share, interval, str(cell.errors)))
    header = ("task", "length", "depth", "samples", "accuracy", "interval", "errors")
    caption = "Samples with a supporting fact in that part of the context; errors count as wrong; 95 %, Wilson."
    return Sheet(title, caption, header, tuple(rows), names=1)


def _cell(score: str, records: Sequence[Record], part: int, bins: int) -> DepthCell:
    correct = sum(is_right(record, score) for record in records)
    interval = wilson(correct, len(records))
    return DepthCell(
        score=score,
        task=records[0].task,
        length=records[0].length,
        depth_from=round(part / bins, 6),
        depth_to=round((part + 1) / bins, 6),
        n=len(records),
        correct=correct,
        accuracy=round(correct / len(records), 6),
        low=round(interval.low, 6),
        high=round(interval.high, 6),
        errors=sum(record.error is not None for record in records),
    )


def _tile(cell: DepthCell) -> Tile:
    note = f"n={cell.n:,}" + (f", {cell.errors:,} err" if cell.errors else "")
    return Tile(cell.accuracy, cell.low, cell.high, note)
