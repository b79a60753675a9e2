"""Segments of texts read a window at a time, in the way that is fastest where the model is.

    windows = Windows(model)
    state = windows(segments, state, mask)      # segments [S, B, L], about `windows.size` of them

One after the other; but along the diagonal on an accelerator, which a single segment does not fill, where the memory
lives in the layers.
"""

from __future__ import annotations

import torch
from torch import Tensor

from baselines.memory.diagonal import Diagonal, run_sequential
from baselines.memory.local import LayerMemory
from baselines.memory.model import MemoryModel, State

# From here on the published measurements are always faster than the ordinary schedule (2506.05229, table of 1B models).
_ENOUGH = 16
_SIZE = 128  # of which the diagonal's beginning and end, where not all layers are at work, are a tenth with 12 layers


def worthwhile(device: torch.device, segments: int) -> bool:
    """Whether so many segments are read faster along the diagonal.

    Not on a CPU: a core that multiplies matrices all the time gains nothing from larger ones (benchmarks/diagonal.py).
    """
    return device.type != "cpu" and segments >= _ENOUGH


class Windows:
    """Reads windows of segments with a model whose weights stay as they are.

    Args:
        model: any memory.

    Attributes:
        size: how many segments of each text are best handed over at once.
    """

    def __init__(self, model: MemoryModel) -> None:
        self._model = model
        self.size = _SIZE if isinstance(model, LayerMemory) and worthwhile(model.device, _SIZE) else 1
        self._diagonal: Diagonal | None = None

    def __call__(self, segments: Tensor, state: State, mask: Tensor | None = None) -> State:
        """The memory after segments [S, B, L]; `mask` is bool [S, B, L], False at padding, None without any."""
        model = self._model
        if isinstance(model, LayerMemory) and worthwhile(model.device, len(segments)):
            self._diagonal = self._diagonal or Diagonal(model)
            return self._diagonal(segments, state, mask)[1]
        return run_sequential(model, segments, state, mask)[1]
