"""Memory for time: a segment's activations are computed again in the backward pass (Chen et al., 1604.06174)."""

from __future__ import annotations

from typing import Any, cast

from torch.utils.checkpoint import checkpoint

from baselines.memory.model import MemoryModel


class _Recomputed:
    """A memory model whose segments and questions keep nothing but their inputs until the backward pass."""

    def __init__(self, model: MemoryModel) -> None:
        self._model = model

    def step(self, *inputs: Any, **named: Any) -> Any:
        return checkpoint(self._model.step, *inputs, use_reentrant=False, **named)

    def read(self, *inputs: Any, **named: Any) -> Any:
        return checkpoint(self._model.read, *inputs, use_reentrant=False, **named)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)


def recomputed(model: MemoryModel) -> MemoryModel:
    """The same model, to be used in a loss in its place: it holds one segment at a time, for a forward pass more."""
    return cast(MemoryModel, _Recomputed(model))
