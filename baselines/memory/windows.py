"""Segments of texts read a window at a time, in the way that is fastest where the model is.

    windows = Windows(model)
    state = windows(segments, state, mask)      # segments [S, B, L], about `windows.size` of them

One after the other, but for two: the segments of a bank, none of which reads what was written before, are written at
once, on a CPU with others as long as they are; and memories that live in the layers are read along the diagonal on an
accelerator, which a single segment does not fill.
"""

from __future__ import annotations

import torch
from torch import Tensor

from baselines.memory.bank import MemoryBank
from baselines.memory.diagonal import Diagonal, run_sequential
from baselines.memory.layer_memory import LayerMemory
from baselines.memory.model import MemoryModel, State

# From here on the published measurements are always faster than the ordinary schedule (2506.05229, table of 1B models).
_ENOUGH = 16
# Of the segments of a bank, on a CPU (one core, rmt-gpt2): of fewer than 256 few are as long as each other; 64 together
# take as long as 32, 128 longer; widths of 2 or 8 tokens apart take longer than of 4.
_ON_CPU, _TOGETHER, _WIDTHS = 256, 32, 4
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
            return _into_bank(model, segments, state, mask)
        return run_sequential(model, segments, state, mask)[1]


def _into_bank(bank: MemoryBank, segments: Tensor, state: State, mask: Tensor | None) -> State:
    if not len(segments):
        return state
    if mask is None:
        mask = torch.ones_like(segments, dtype=torch.bool)
    ids, real = segments.flatten(0, 1), mask.flatten(0, 1)
    written = _by_width(bank, ids, real) if ids.device.type == "cpu" else bank.memories(ids, real)
    return bank.put(state, written.view(*mask.shape[:2], *written.shape[1:]), mask.any(dim=2).float())


def _by_width(bank: MemoryBank, ids: Tensor, mask: Tensor) -> Tensor:
    """The memories [R, m, d] that segments [R, L] write, those of about the same length at once.

    A segment's width follows from its own length alone, so that what it writes does not depend on the others.
    """
    widths = (mask.sum(dim=1) + _WIDTHS - 1) // _WIDTHS * _WIDTHS
    written = torch.zeros(len(ids), bank.config.memory_tokens, bank.width)
    for width in filter(None, torch.unique(widths).tolist()):
        for rows in (widths == width).nonzero().flatten().split(_TOGETHER):
            written[rows] = bank.memories(ids[rows, :width], mask[rows, :width]).float()
    return written
