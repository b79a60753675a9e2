"""The heatmap: a PNG for any grid; numbers readable on their colour; missing cells are not coloured."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest

from babilong.lengths import STANDARD
from babilong.tasks import TASKS
from evaluators.plots import heatmap
from evaluators.report import Cell


def cell(task: str, length: str, accuracy: float, errors: int = 0) -> Cell:
    return Cell("v2", task, length, 100, round(100 * accuracy), accuracy, accuracy / 2, (1 + accuracy) / 2, errors, 9.0)


def pixels(png: bytes) -> Any:
    from matplotlib.image import imread

    return imread(io.BytesIO(png))[..., :3]


@pytest.mark.parametrize(("tasks", "lengths"), [(1, 1), (1, 6), (5, 6), (20, 13)])
def test_any_grid_is_drawn(tasks: int, lengths: int) -> None:
    cells = [cell(task, length, 0.5) for task in list(TASKS)[:tasks] for length in STANDARD[:lengths]]
    image = pixels(heatmap(cells, "model", "accuracy in %"))
    assert image.shape[0] > 60 * tasks
    assert image.shape[1] > 100 * lengths


def test_missing_cells_are_never_coloured() -> None:
    full = pixels(heatmap([cell(t, n, 0.0) for t in ("qa1", "qa2") for n in ("0k", "1k")], "m"))
    gap = pixels(heatmap([cell("qa1", "0k", 0.0), cell("qa2", "1k", 0.0)], "m"))
    zero = np.array([0.0, 0.135, 0.305])  # where cividis begins

    def coloured(image: Any) -> int:
        return int((np.abs(image - zero) < 0.02).all(axis=-1).sum())

    assert coloured(gap) < 0.55 * coloured(full)
    assert coloured(gap) > 0.45 * coloured(full)


def test_text_stands_out_at_every_accuracy(monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib.axes import Axes
    from matplotlib.colors import to_rgb

    seen: list[tuple[str, str]] = []
    text = Axes.text
    monkeypatch.setattr(
        Axes, "text", lambda self, x, y, s, **k: seen.append((s, k["color"])) or text(self, x, y, s, **k)
    )
    monkeypatch.setattr("evaluators.plots._CELL", (1.0, 1.0))
    heatmap([cell("qa1", length, place / 16) for place, length in enumerate(STANDARD)], "m")
    from matplotlib import colormaps

    def light(rgb: Any) -> float:
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb[:3]]
        return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))

    for place in range(17):
        back, ink = light(colormaps["cividis"](place / 16)), light(to_rgb(seen[3 * place][1]))
        contrast = (max(back, ink) + 0.05) / (min(back, ink) + 0.05)
        assert contrast > 4.5, place  # what WCAG AA asks of small text
    assert "6.2" in {label for label, _ in seen}
    assert "n=100" in {label for label, _ in seen}


def test_nothing_to_draw() -> None:
    with pytest.raises(ValueError, match="no cell"):
        heatmap([], "m")
