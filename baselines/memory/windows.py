"""Segments of texts read a window at a time, in the way that is fastest where the model is.

    windows = Windows(model)
    state = windows(segments, state, mask)      # segments [S, B, L], about `windows.size` of them

On a CPU one after the other. On an accelerator, which a single segment does not fill, along the diagonal where the
memory lives in the layers, and else by replaying a recorded step.
"""

from __future__ import annotations

import torch
from torch import Tensor

from baselines.memory.diagonal import Diagonal
from baselines.memory.local import LayerMemory
from baselines.memory.model import MemoryModel, State
from baselines.memory.replayed import Replayed

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
        self.size = 1 if model.device.type == "cpu" else _SIZE
        self._diagonal: Diagonal | None = None
        self._replayed = Replayed(model.step)

    def __call__(self, segments: Tensor, state: State, mask: Tensor | None = None) -> State:
        """The memory after segments [S, B, L]; `mask` is bool [S, B, L], False at padding, None without any."""
        model = self._model
        if isinstance(model, LayerMemory) and worthwhile(model.device, len(segments)):
            self._diagonal = self._diagonal or Diagonal(model)
            return self._diagonal(segments, state, mask)[1]
        replays = model.device.type != "cpu" and model.steady
        step = self._replayed if replays else model.step
        for i, segment in enumerate(segments):
            state = step(segment, state, None if mask is None else mask[i]).state
        # The next call writes over what was replayed.
        return {name: tensor.clone() for name, tensor in state.items()} if replays else state
