"""Accuracy against length, a line a run, with bands of 95 %: one grid of axes for every task, and one for their mean.

Lines differ in colour (Okabe and Ito's, made for colour-blind readers), lightness, marker and dashes, so that they
can be told apart in greyscale. Between lengths that a run was not asked a line is only dotted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from babilong.lengths import tokens
from babilong.tasks import get_task
from evaluators.reports.cells import Cell, Mean, grid, means
from evaluators.reports.tiles import DPI, rendered

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLOURS = ("#0072B2", "#D55E00", "#000000", "#56B4E9", "#009E73", "#E69F00", "#CC79A7")
_MARKERS = "osD^vPX*<>h"
_DASHES = ("-", "--", "-.", (0, (1, 1.2)), (0, (5, 1, 1, 1, 1, 1)))
# Inches: one grid of axes where it is alone and where there are several, and what stands around its axes (left, right,
# above, below); and above all of them.
_ALONE, _ONE_OF_MANY = (7.6, 4.2), (4.7, 2.7)
_AROUND = (0.62, 0.2, 0.4, 0.4)
_HEAD, _LEGEND_LINE = 0.72, 0.205


def curves(runs: Mapping[str, Sequence[Cell]], tasks: Sequence[str], about: str = "", format: str = "png") -> bytes:
    """The picture of several runs.

    Args:
        runs: the cells of each run by its label, all by one score.
        tasks: those that are asked; the mean is drawn where all of them are there.
        about: what is to be said below the title.
        format: `png` or `pdf`.

    Raises:
        ValueError: there is no cell.
    """
    every = [cell for cells in runs.values() for cell in cells]
    if not every:
        raise ValueError("no cell to draw")
    from matplotlib.figure import Figure

    present, lengths = grid(every)
    panels = [*([f"mean of {len(tasks)} tasks"] if len(tasks) > 1 else []), *present]
    columns = min(len(panels), max(1, round(math.sqrt(0.8 * len(panels)))))
    rows = math.ceil(len(panels) / columns)
    size = _ALONE if len(panels) == 1 else _ONE_OF_MANY
    head = _HEAD + _LEGEND_LINE * len(runs)
    figure = Figure(figsize=(columns * size[0], head + rows * size[1]), dpi=DPI)
    lines = []
    for place, title in enumerate(panels):
        down, along = divmod(place, columns)
        axes = _axes(figure, along * size[0], figure.get_figheight() - head - (down + 1) * size[1], size)
        _frame(axes, title if title not in present else f"{title}: {get_task(title).tests}", lengths)
        for number, (label, cells) in enumerate(runs.items()):
            points: Mapping[str, Cell | Mean]
            if title in present:
                points = {cell.length: cell for cell in cells if cell.task == title}
            else:
                points = means(cells, tasks)
            line = _line(axes, points, lengths, number, label)
            lines += [line] if place == 0 else []
    width, height = figure.get_size_inches()
    figure.text(0.15 / width, 1 - 0.3 / height, "Accuracy by length in tokens", fontsize=12, fontweight="bold")
    figure.text(0.15 / width, 1 - 0.55 / height, about, fontsize=9, color="#444444")
    figure.legend(
        handles=lines, loc="upper left", bbox_to_anchor=(0.08 / width, 1 - 0.62 / height), frameon=False, fontsize=9,
        handlelength=4, borderaxespad=0,
    )  # fmt: skip
    return rendered(figure, format)


def _axes(figure: Figure, x: float, y: float, size: tuple[float, float]) -> Any:
    (width, height), (left, right, above, below) = figure.get_size_inches(), _AROUND
    wide, high = size[0] - left - right, size[1] - above - below
    return figure.add_axes(((x + left) / width, (y + below) / height, wide / width, high / height))


def _frame(axes: Any, title: str, lengths: Sequence[str]) -> None:
    axes.set_title(title, fontsize=9, loc="left")
    axes.set_ylim(-3, 103)
    axes.set_yticks([0, 25, 50, 75, 100], ["0 %", "25", "50", "75", "100 %"], fontsize=8)
    axes.set_xlim(-0.4, len(lengths) - 0.6)
    axes.set_xticks(range(len(lengths)), lengths, fontsize=8 if len(lengths) < 11 else 6.5)
    axes.grid(axis="y", color="#dddddd", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


def _line(axes: Any, points: Mapping[str, Cell | Mean], lengths: Sequence[str], number: int, label: str) -> Any:
    """One run's line with its band; gives what stands for it in the legend."""
    colour = _COLOURS[number % len(_COLOURS)]
    marker = _MARKERS[number % len(_MARKERS)]
    look: dict[str, Any] = {
        "color": colour, "linewidth": 1.6, "marker": marker, "markersize": 4.5, "markeredgecolor": "white",
        "markeredgewidth": 0.5,
    }  # fmt: skip
    dashes = _DASHES[number % len(_DASHES)]
    places = {length: place for place, length in enumerate(lengths)}
    ordered = sorted(points, key=tokens)
    for start, end in _stretches([places[length] for length in ordered]):
        stretch = [points[length] for length in lengths[start : end + 1]]
        low, high = [100 * point.low for point in stretch], [100 * point.high for point in stretch]
        across = list(range(start, end + 1))
        if start == end:  # a band without width is a bar
            axes.plot([start, start], [low[0], high[0]], color=colour, alpha=0.35, linewidth=3, solid_capstyle="butt")
        else:
            axes.fill_between(across, low, high, color=colour, alpha=0.11, linewidth=0)
            for edge in (low, high):
                axes.plot(across, edge, color=colour, alpha=0.5, linewidth=0.5)
        axes.plot(across, [100 * point.accuracy for point in stretch], linestyle=dashes, **look)
    gaps = [pair for pair in zip(ordered, ordered[1:], strict=False) if places[pair[1]] - places[pair[0]] > 1]
    for one, other in gaps:
        ends = [100 * points[one].accuracy, 100 * points[other].accuracy]
        axes.plot([places[one], places[other]], ends, color=colour, linewidth=0.8, linestyle=(0, (1, 3)))
    from matplotlib.lines import Line2D

    return Line2D([], [], linestyle=dashes, label=label, **look)


def _stretches(places: Sequence[int]) -> list[tuple[int, int]]:
    """First and last of every stretch of neighbouring places.

    Example:
        >>> _stretches([0, 1, 2, 5])
        [(0, 2), (5, 5)]
    """
    found: list[tuple[int, int]] = []
    for place in places:
        if found and found[-1][1] == place - 1:
            found[-1] = (found[-1][0], place)
        else:
            found.append((place, place))
    return found
