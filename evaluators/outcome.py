"""What a run folder comes to: summary.csv, heatmap.png and the table, all made from samples.jsonl and run.yaml."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from babilong.errors import DataError
from babilong.files import write_whole
from babilong.scoring import SCORES
from evaluators.plots import heatmap
from evaluators.records import read_records
from evaluators.report import summarise, to_csv, to_table
from evaluators.run_folder import read_run

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
    records = list(read_records(folder / "samples.jsonl").values())
    if not records:
        raise DataError(f"There is nothing to report: {folder} has no finished samples.")
    run = read_run(folder)
    name = str(run.get("model", {}).get("model", folder.parent.name))
    cells = {each: summarise(records, each) for each in dict.fromkeys((score, *SCORES))}
    every = [cell for each in SCORES for cell in cells[each]]
    write_whole(folder / "summary.csv", to_csv(every).encode())
    about = f"accuracy in % by score {score}, 95 % interval; {_source(run.get('dataset', {}).get('recipe', {}))}"
    write_whole(folder / "heatmap.png", heatmap(cells[score], name, about))
    errors = Counter(f"{record.error} ({record.message})" for record in records if record.error is not None)
    return Outcome(
        table=to_table(cells[score], f"{name}, score {score}"),
        summary=folder / "summary.csv",
        heatmap=folder / "heatmap.png",
        error_rate=errors.total() / len(records),
        worst_error=errors.most_common(1)[0][0] if errors else "",
    )


def _source(recipe: Mapping[str, Any]) -> str:
    """What the samples are made of, in a few words."""
    return ", ".join(f"{part} {Path(str(recipe.get(part, 'unknown'))).name}" for part in ("stories", "background"))
