"""Memory for time: a segment's activations are computed again in the backward pass (Chen et al., 1604.06174)."""

from __future__ import annotations

from functools import partial
from typing import Any, cast

from torch.utils.checkpoint import checkpoint

from baselines.memory.model import MemoryModel

_READING = ("step", "read", "memories", "ask", "attend")  # the last three of a bank, a bank, an associative memory


class _Recomputed:
    """A memory model whose segments and questions keep nothing but their inputs until the backward pass."""

    def __init__(self, model: MemoryModel) -> None:
        self._model = model

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._model, name)
        return partial(checkpoint, found, use_reentrant=False) if name in _READING else found


def recomputed(model: MemoryModel) -> MemoryModel:
    """The same model, to be used in a loss in its place: it holds one segment at a time, for a forward pass more."""
    return cast(MemoryModel, _Recomputed(model))
