"""Segments of texts read a window at a time, in the way that is fastest where the model is.

    windows = Windows(model)
    state = windows(segments, state, mask)      # segments [S, B, L], about `windows.size` of them

One after the other, but for two: the segments of a bank are written all at once; and memories that live in the layers
are read along the diagonal on an accelerator, which a single segment does not fill.
"""

from __future__ import annotations

import torch
from torch import Tensor

from baselines.memory.bank import MemoryBank
from baselines.memory.diagonal import Diagonal, run_sequential
from baselines.memory.local import LayerMemory
from baselines.memory.model import MemoryModel, State

# From here on the published measurements are always faster than the ordinary schedule (2506.05229, table of 1B models).
_ENOUGH = 16
_ON_CPU = 32  # of the segments of a bank; 64 at once take as long, 128 longer (one core, rmt-gpt2)
_SIZE = 128  # on an accelerator: the diagonal, where not all layers are at work, begins and ends in a tenth of it


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
        together = isinstance(model, MemoryBank) or (isinstance(model, LayerMemory) and worthwhile(model.device, _SIZE))
        self.size = 1 if not together else _SIZE if model.device.type != "cpu" else _ON_CPU
        self._diagonal: Diagonal | None = None

    def __call__(self, segments: Tensor, state: State, mask: Tensor | None = None) -> State:
        """The memory after segments [S, B, L]; `mask` is bool [S, B, L], False at padding, None without any."""
        model = self._model
        if isinstance(model, LayerMemory) and worthwhile(model.device, len(segments)):
            self._diagonal = self._diagonal or Diagonal(model)
            return self._diagonal(segments, state, mask)[1]
        if isinstance(model, MemoryBank):
            return model.read_all(segments, state, mask)
        return run_sequential(model, segments, state, mask)[1]
