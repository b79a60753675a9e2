"""Pictures: any grid is drawn; numbers are readable on their colour; what is missing is not coloured."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from babilong.errors import UsageError
from babilong.lengths import STANDARD
from babilong.tasks import TASKS
from evaluators.reports.cells import Cell
from evaluators.reports.curves import curves
from evaluators.reports.heatmap import heatmap_panel
from evaluators.reports.tiles import Panel, Tile, draw


def cell(task: str, length: str, accuracy: float, errors: int = 0, n: int = 100) -> Cell:
    return Cell("v2", task, length, n, round(n * accuracy), accuracy, accuracy / 2, (1 + accuracy) / 2, errors, 9.0)


def cells(tasks: int, lengths: int, accuracy: float = 0.5) -> list[Cell]:
    return [cell(task, length, accuracy) for task in list(TASKS)[:tasks] for length in STANDARD[:lengths]]


def heatmap(found: list[Cell], title: str = "m") -> bytes:
    return draw([heatmap_panel(found, sorted({each.task for each in found}), title)])


def pixels(png: bytes) -> Any:
    from matplotlib.image import imread

    return imread(io.BytesIO(png))[..., :3]


@pytest.fixture
def texts(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What is written into axes, with its colour."""
    from matplotlib.axes import Axes

    seen: list[tuple[str, str]] = []
    write: Callable[..., Any] = Axes.text

    def text(self: Axes, x: float, y: float, s: str, **how: Any) -> Any:
        seen.append((s, how["color"]))
        return write(self, x, y, s, **how)

    monkeypatch.setattr(Axes, "text", text)
    return seen


@pytest.mark.parametrize(("tasks", "lengths"), [(1, 1), (1, 6), (5, 6), (20, 13)])
def test_any_grid_is_drawn(tasks: int, lengths: int) -> None:
    image = pixels(heatmap(cells(tasks, lengths)))
    assert image.shape[0] > 60 * tasks
    assert image.shape[1] > 100 * lengths


def test_missing_cells_are_never_coloured() -> None:
    full = pixels(draw([heatmap_panel(cells(2, 2, 0.0), [], "m")]))
    gap = pixels(draw([heatmap_panel([cell("qa1", "0k", 0.0), cell("qa2", "1k", 0.0)], [], "m")]))
    zero = np.array([0.0, 0.135, 0.305])  # where cividis begins

    def coloured(image: Any) -> int:
        return int((np.abs(image - zero) < 0.02).all(axis=-1).sum())

    assert coloured(gap) < 0.55 * coloured(full)
    assert coloured(gap) > 0.45 * coloured(full)


def test_text_stands_out_at_every_accuracy_and_in_greyscale(texts: list[tuple[str, str]]) -> None:
    heatmap([cell("qa1", length, place / 16, n=100 + place) for place, length in enumerate(STANDARD)])
    from matplotlib import colormaps
    from matplotlib.colors import to_rgb

    def light(rgb: Any) -> float:
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb[:3]]
        return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))

    shades = [light(colormaps["cividis"](place / 16)) for place in range(17)]
    assert shades == sorted(shades)
    for place, back in enumerate(shades):
        ink = light(to_rgb(texts[3 * place][1]))
        contrast = (max(back, ink) + 0.05) / (min(back, ink) + 0.05)
        assert contrast > 4.5, place  # what WCAG AA asks of small text


def test_tiles_say_number_interval_and_what_differs(texts: list[tuple[str, str]]) -> None:
    found = [cell("qa1", "0k", 0.0625), cell("qa1", "1k", 1.0, errors=3), cell("qa2", "0k", 0.5, n=7)]
    panel = heatmap_panel(found, ["qa1", "qa2"], "m", "novels")
    assert panel.subtitle == "accuracy in % by score v2, 95 % interval; n=100 where no other is given; novels"
    assert panel.rows[-1] == "mean of\n2 tasks"
    draw([panel])
    said = [text for text, _ in texts]
    assert said[:9] == ["6.2", "3–53", "", "100", "50–100", "3 err", "50", "25–75", "n=7"]
    assert len(said) == 12  # and one mean: 1k has not all tasks
    assert heatmap_panel(cells(1, 2), ["qa1"], "m").subtitle.endswith("; n=100")


def test_the_mean_row_is_hatched_where_a_task_is_missing() -> None:
    panel = heatmap_panel([*cells(2, 2), cell("qa1", "2k", 1.0)], ["qa1", "qa2"], "m")
    assert [(row, column) for row, column in panel.tiles if row.startswith("mean")] == [
        ("mean of\n2 tasks", "0k"), ("mean of\n2 tasks", "1k"),
    ]  # fmt: skip


def test_nothing_to_draw() -> None:
    with pytest.raises(ValueError, match="no cell"):
        heatmap_panel([], [], "m")
    with pytest.raises(ValueError, match="no cell"):
        draw([])
    with pytest.raises(ValueError, match="no cell"):
        curves({"m": []}, ["qa1"])


def test_too_large_a_picture_is_refused() -> None:
    tiles = {("qa1", "0k"): Tile(0.5, 0.4, 0.6)}
    with pytest.raises(UsageError, match="20000 grids would be too large; name fewer runs"):
        draw([Panel("m", "", ["qa1"], ["0k"], tiles, "")] * 20000)


def test_pictures_are_the_same_again_and_pdf_too() -> None:
    panel = heatmap_panel(cells(1, 2), ["qa1"], "a model with a very long name indeed " * 9, "words " * 60)
    for format, magic in (("png", b"\x89PNG"), ("pdf", b"%PDF")):
        picture = draw([panel, panel], format)
        assert picture.startswith(magic)
        assert picture == draw([panel, panel], format)
        assert curves({"m": cells(2, 3)}, ["qa1", "qa2"], format=format).startswith(magic)


def test_curves_join_only_what_was_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib.axes import Axes

    drawn: list[tuple[list[float], str]] = []
    plot: Callable[..., Any] = Axes.plot

    def spy(self: Axes, x: Any, y: Any, **how: Any) -> Any:
        drawn.append((list(y), "line" if "marker" in how else "thin"))
        return plot(self, x, y, **how)

    monkeypatch.setattr(Axes, "plot", spy)
    gappy = [cell("qa1", length, share) for length, share in (("0k", 1.0), ("1k", 0.9), ("8k", 0.2))]
    curves({"whole": cells(1, 5), "gappy": gappy}, ["qa1"])
    lines = [values for values, kind in drawn if kind == "line"]
    assert lines == [[50.0] * 5, [100.0, 90.0], [20.0]]
    assert [90.0, 20.0] in [values for values, kind in drawn if kind == "thin"]


def test_many_runs_look_different() -> None:
    from evaluators.reports import curves as module

    looks = {
        (module._COLOURS[n % len(module._COLOURS)], module._MARKERS[n % len(module._MARKERS)],
         module._DASHES[n % len(module._DASHES)])
        for n in range(60)
    }  # fmt: skip
    assert len(looks) == 60
