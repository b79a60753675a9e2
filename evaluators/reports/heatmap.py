"""The heatmap of a run: accuracy by task and length, with interval and count in every cell.

Example::

    picture = draw([heatmap_panel(cells, ["qa1", "qa2"], "rmt-gpt2", "simulated stories")])
"""

from __future__ import annotations

from collections.abc import Sequence

from evaluators.reports.cells import Cell, grid, means, usual_count
from evaluators.reports.tiles import Panel, Tile


def heatmap_panel(cells: Sequence[Cell], tasks: Sequence[str], title: str, about: str = "") -> Panel:
    """Tasks down, lengths across, and below them the mean over the tasks where all of them are there.

    Args:
        cells: of one run by one score.
        tasks: those that the mean is to cover.
        title: above the grid.
        about: what else is to be said, below the title.

    Raises:
        ValueError: there is no cell.
    """
    if not cells:
        raise ValueError("no cell to draw")
    rows, lengths = grid(cells)
    usual = usual_count(cells)
    tiles = {(cell.task, cell.length): _tile(cell, usual) for cell in cells}
    if len(tasks) > 1:
        # In two lines: the names of tasks are short, and so is the room for them.
        rows.append(foot := f"mean of\n{len(tasks)} tasks")
        found = means(cells, tasks)
        tiles |= {(foot, length): Tile(mean.accuracy, mean.low, mean.high) for length, mean in found.items()}
    words = [f"accuracy in % by score {cells[0].score}, 95 % interval"]
    words += [f"n={usual:,}" + (" where no other is given" if any(cell.n != usual for cell in cells) else "")]
    words += [about] if about else []
    return Panel(title, "; ".join(words), rows, lengths, tiles, "length in tokens", foot=len(tasks) > 1)


def _tile(cell: Cell, usual: int) -> Tile:
    words = [f"n={cell.n:,}"] if cell.n != usual else []
    words += [f"{cell.errors:,} err"] if cell.errors else []
    return Tile(cell.accuracy, cell.low, cell.high, ", ".join(words))
