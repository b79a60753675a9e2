"""The picture of a run: accuracy by task and length.

Colours are those of cividis: they tell the same to colour-blind readers and in greyscale, and every cell says its
number. A cell without samples is hatched, never coloured.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from babilong.lengths import tokens
from babilong.tasks import get_task
from evaluators.report import Cell

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Inches of one cell, and of what stands around the grid: left, right, above, below.
_CELL = (0.92, 0.64)
_AROUND = (0.8, 1.0, 0.95, 0.65)
_MIN_WIDTH = 6.4


def heatmap(cells: Sequence[Cell], title: str, subtitle: str = "") -> bytes:
    """A PNG of task x length: accuracy in percent, its 95 % interval and the number of samples in every cell.

    Raises:
        ValueError: there is no cell to draw.
    """
    if not cells:
        raise ValueError("no cell to draw")
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize
    from matplotlib.figure import Figure

    tasks = sorted({cell.task for cell in cells}, key=lambda task: get_task(task).number)
    lengths = sorted({cell.length for cell in cells}, key=tokens)
    grid = (len(lengths) * _CELL[0], len(tasks) * _CELL[1])
    left, right, above, below = _AROUND
    width, height = max(_MIN_WIDTH, left + grid[0] + right), above + grid[1] + below

    figure = Figure(figsize=(width, height), dpi=150)
    axes = figure.add_axes((left / width, below / height, grid[0] / width, grid[1] / height))
    colours = ScalarMappable(Normalize(0, 100), colormaps["cividis"])
    _frame(axes, tasks, lengths)
    found = {(cell.task, cell.length): cell for cell in cells}
    for row, task in enumerate(tasks):
        for column, length in enumerate(lengths):
            _draw(axes, row, column, found.get((task, length)), colours)

    bar = figure.add_axes(((left + grid[0] + 0.18) / width, below / height, 0.16 / width, grid[1] / height))
    figure.colorbar(colours, cax=bar, ticks=[0, 25, 50, 75, 100] if len(tasks) > 1 else [0, 50, 100])
    bar.set_yticklabels([f"{tick:.0f} %" for tick in bar.get_yticks()], fontsize=8)
    bar.tick_params(length=0)
    bar.spines["outline"].set_visible(False)
    if len(found) < len(tasks) * len(lengths):
        figure.text(1 - 0.15 / width, 0.12 / height, "hatched: no samples", ha="right", fontsize=7, color="#444444")
    figure.text(0.15 / width, 1 - 0.34 / height, title, fontsize=12, fontweight="bold")
    figure.text(0.15 / width, 1 - 0.62 / height, subtitle, fontsize=9, color="#444444")
    out = io.BytesIO()
    figure.savefig(out, format="png")
    return out.getvalue()


def _frame(axes: Axes, tasks: Sequence[str], lengths: Sequence[str]) -> None:
    axes.set_xlim(0, len(lengths))
    axes.set_ylim(len(tasks), 0)
    axes.set_xticks([place + 0.5 for place in range(len(lengths))], lengths)
    axes.set_yticks([place + 0.5 for place in range(len(tasks))], tasks)
    axes.set_xlabel("length in tokens", labelpad=6)
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)


def _draw(axes: Axes, row: int, column: int, cell: Cell | None, colours: Any) -> None:
    from matplotlib.patches import Rectangle

    place: dict[str, Any] = {"xy": (column, row), "width": 1, "height": 1, "edgecolor": "white", "linewidth": 1.5}
    if cell is None:
        axes.add_patch(Rectangle(**{**place, "edgecolor": "#bbbbbb", "linewidth": 0}, facecolor="white", hatch="////"))
        return
    colour = colours.to_rgba(100 * cell.accuracy)
    ink = "black" if _luminance(colour) > 0.179 else "white"  # where both contrast the same
    axes.add_patch(Rectangle(**place, facecolor=colour))
    percent = f"{100 * cell.accuracy:.1f}".removesuffix(".0")
    interval = f"{100 * cell.low:.0f}–{100 * cell.high:.0f}"
    count = f"n={cell.n:,}" + (f", {cell.errors:,} err" if cell.errors else "")
    lines = ((percent, 0.33, 12.0), (interval, 0.62, 7.0), (count, 0.82, 7.0 if len(count) < 16 else 6.0))
    for text, depth, size in lines:
        axes.text(column + 0.5, row + depth, text, color=ink, ha="center", va="center", fontsize=size)


def _luminance(colour: Sequence[float]) -> float:
    """Relative luminance of an sRGB colour (WCAG 2)."""
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
