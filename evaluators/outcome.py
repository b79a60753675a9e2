"""What a run folder comes to: summary.csv, heatmap.png and the table, all made from samples.jsonl and run.yaml."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from babilong.errors import DataError
from babilong.files import write_whole
from babilong.scoring import SCORES
from evaluators.reports.cells import grid, summarise
from evaluators.reports.heatmap import heatmap_panel
from evaluators.reports.runs import open_run
from evaluators.reports.tables import cells_csv, listing, to_rich
from evaluators.reports.tiles import draw

if TYPE_CHECKING:
    from rich.table import Table


@dataclass(frozen=True)
class Outcome:
    """A run, summed up.

    Attributes:
        table: for the terminal, by one score.
        summary: path of summary.csv, which has every score.
        heatmap: path of heatmap.png, by the same score as the table.
        error_rate: share of samples that ended in an error.
        worst_error: the most frequent error, in words; empty without errors.
    """

    table: Table
    summary: Path
    heatmap: Path
    error_rate: float
    worst_error: str


def write_outcome(folder: Path, score: str) -> Outcome:
    """Sum up a run folder, and write its summary.csv and heatmap.png.

    Args:
        folder: a run folder.
        score: the score of table and heatmap.

    Raises:
        DataError: the folder has no samples, or its samples.jsonl is broken.
        UsageError: no such score.
    """
    run = open_run(folder)
    if not run.records:
        raise DataError(f"There is nothing to report: {folder} has no finished samples.")
    cells = {each: summarise(run.records, each) for each in dict.fromkeys((score, *SCORES))}
    every = [cell for each in SCORES for cell in cells[each]]
    write_whole(folder / "summary.csv", cells_csv(every).encode())
    tasks, _ = grid(cells[score])
    panel = heatmap_panel(cells[score], tasks, run.model, run.about)
    write_whole(folder / "heatmap.png", draw([panel]))
    errors = Counter(f"{record.error} ({record.message})" for record in run.records if record.error is not None)
    return Outcome(
        table=to_rich(listing(cells[score], tasks, f"{run.model}, score {score}")),
        summary=folder / "summary.csv",
        heatmap=folder / "heatmap.png",
        error_rate=errors.total() / len(run.records),
        worst_error=errors.most_common(1)[0][0] if errors else "",
    )
