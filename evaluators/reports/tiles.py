"""Grids of coloured tiles, each with its number: the drawing of heatmaps.

Colours are those of cividis: they tell the same to colour-blind readers and in greyscale, and every tile says its
number. A place without samples is hatched, never coloured. Sizes are in inches, so that text never shrinks.
"""

from __future__ import annotations

import io
import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from babilong.errors import UsageError
from evaluators.reports.tables import percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = ("png", "pdf")
DPI = 150
_MOST_PIXELS = 2**16 - 1  # of a side; what matplotlib can draw
# Inches of one tile, and of what stands around the grid: left, right, above (without the subtitle), below.
_TILE = (0.92, 0.64)
_AROUND = (1.15, 1.0, 0.72, 0.65)
_LINE = 0.17  # height of a line of the subtitle
_LETTER = 0.07  # mean width of its letters
_TITLE_LETTER = 0.105
_FOOT_GAP = 0.2  # of a tile's height
_MIN_WIDTH = 6.4


@dataclass(frozen=True, slots=True)
class Tile:
    """What a place of a grid says.

    Attributes:
        accuracy: in [0, 1].
        low: lower end of its interval.
        high: upper end.
        note: a third line, small; may be empty.
    """

    accuracy: float
    low: float
    high: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """One grid with its names.

    Attributes:
        title: above it.
        subtitle: below the title.
        rows: names, from the top.
        columns: names, from the left.
        tiles: by names of row and column.
        across: what the columns are.
        foot: whether the last row stands apart from the others.
    """

    title: str
    subtitle: str
    rows: Sequence[str]
    columns: Sequence[str]
    tiles: Mapping[tuple[str, str], Tile]
    across: str
    foot: bool = False

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the grid itself, in inches."""
        return len(self.columns) * _TILE[0], (len(self.rows) + _FOOT_GAP * self.foot) * _TILE[1]


def draw(panels: Sequence[Panel], format: str = "png") -> bytes:
    """The panels as one picture, about as wide as it is high.

    Args:
        panels: at least one.
        format: one of `FORMATS`.

    Raises:
        ValueError: there is no panel, or one has no place.
        UsageError: the picture would be too large.
    """
    if not panels or not all(panel.rows and panel.columns for panel in panels):
        raise ValueError("no cell to draw")
    from matplotlib.figure import Figure

    left, right, above, below = _AROUND
    width = max(_MIN_WIDTH, left + max(panel.size[0] for panel in panels) + right)
    above += _LINE * max(len(_lines(panel.subtitle, width)) for panel in panels)
    height = above + max(panel.size[1] for panel in panels) + below
    per_row = min(len(panels), max(1, round(math.sqrt(len(panels) * height / width))))
    size = (per_row * width, math.ceil(len(panels) / per_row) * height)
    if max(size) * DPI > _MOST_PIXELS:
        raise UsageError(f"A picture of {len(panels)} grids would be too large; name fewer runs, or some with --task.")
    figure = Figure(figsize=size, dpi=DPI)
    for place, panel in enumerate(panels):
        down, along = divmod(place, per_row)
        _draw_panel(figure, panel, along * width, size[1] - down * height, width, above)
    return rendered(figure, format)


def rendered(figure: Figure, format: str) -> bytes:
    """A figure as the bytes of a file, the same for the same figure."""
    out = io.BytesIO()
    figure.savefig(out, format=format, metadata={"CreationDate": None} if format == "pdf" else None)
    return out.getvalue()


def _lines(text: str, width: float) -> list[str]:
    """The lines of a subtitle in a panel of this many inches."""
    return textwrap.wrap(text, int((width - 0.3) / _LETTER))


def _draw_panel(figure: Figure, panel: Panel, x: float, top: float, width: float, above: float) -> None:
    """One panel; `x` and `top` are the inches of its upper left corner from the figure's lower left one."""
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    (whole_width, whole_height), (left, _, _, below) = figure.get_size_inches(), _AROUND
    grid_width, grid_height = panel.size
    bottom = top - above - grid_height

    def box(at: float, up: float, wide: float, high: float) -> tuple[float, float, float, float]:
        return at / whole_width, up / whole_height, wide / whole_width, high / whole_height

    axes = figure.add_axes(box(x + left, bottom, grid_width, grid_height))
    colours = ScalarMappable(Normalize(0, 100), colormaps["cividis"])
    depths = [row + _FOOT_GAP * (panel.foot and row == len(panel.rows) - 1) for row in range(len(panel.rows))]
    _frame(axes, panel, depths)
    for depth, row in zip(depths, panel.rows, strict=True):
        for place, column in enumerate(panel.columns):
            _draw_tile(axes, place, depth, panel.tiles.get((row, column)), colours)

    bar = figure.add_axes(box(x + left + grid_width + 0.18, bottom, 0.16, grid_height))
    figure.colorbar(colours, cax=bar, ticks=[0, 25, 50, 75, 100] if len(panel.rows) > 1 else [0, 50, 100])
    bar.set_yticklabels([f"{tick:.0f} %" for tick in bar.get_yticks()], fontsize=8)
    bar.tick_params(length=0)
    bar.spines["outline"].set_visible(False)

    def say(text: str, at: float, up: float, **how: Any) -> None:
        figure.text(at / whole_width, up / whole_height, text, **how)

    if len(panel.tiles) < len(panel.rows) * len(panel.columns):
        say("hatched: no samples", x + width - 0.15, bottom - below + 0.12, ha="right", fontsize=7, color="#444444")
    most = int((width - 0.3) / _TITLE_LETTER)
    title = panel.title if len(panel.title) <= most else f"{panel.title[: most - 1]}…"
    say(title, x + 0.15, top - 0.34, fontsize=12, fontweight="bold")
    for place, line in enumerate(_lines(panel.subtitle, width)):
        say(line, x + 0.15, top - 0.6 - place * _LINE, fontsize=9, color="#444444")


def _frame(axes: Any, panel: Panel, depths: Sequence[float]) -> None:
    axes.set_xlim(0, len(panel.columns))
    axes.set_ylim(depths[-1] + 1, 0)
    axes.set_xticks([place + 0.5 for place in range(len(panel.columns))], panel.columns)
    axes.set_yticks([depth + 0.5 for depth in depths], panel.rows)
    axes.set_xlabel(panel.across, labelpad=6)
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)


def _draw_tile(axes: Any, column: int, row: float, tile: Tile | None, colours: Any) -> None:
    from matplotlib.patches import Rectangle

    place: dict[str, Any] = {"xy": (column, row), "width": 1, "height": 1, "edgecolor": "white", "linewidth": 1.5}
    if tile is None:
        axes.add_patch(Rectangle(**{**place, "edgecolor": "#bbbbbb", "linewidth": 0}, facecolor="white", hatch="////"))
        return
    colour = colours.to_rgba(100 * tile.accuracy)
    ink = "black" if _luminance(colour) > 0.179 else "white"  # where both contrast the same
    axes.add_patch(Rectangle(**place, facecolor=colour))
    interval = f"{100 * tile.low:.0f}–{100 * tile.high:.0f}"
    down = (0.33, 0.62, 0.82) if tile.note else (0.4, 0.72, 0.82)
    sizes = (12.0, 7.5, 7.5 if len(tile.note) < 14 else 6.0)
    for text, depth, size in zip((percent(tile.accuracy), interval, tile.note), down, sizes, strict=True):
        axes.text(column + 0.5, row + depth, text, color=ink, ha="center", va="center", fontsize=size)


def _luminance(colour: Sequence[float]) -> float:
    """Relative luminance of an sRGB colour (WCAG 2)."""
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
