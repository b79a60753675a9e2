"""Many segments at once: layer l reads segment s while layer l + 1 reads s - 1 (diagonal batching, 2506.05229).

    hidden, state = run_diagonal(model, segments, state, keep=[len(segments) - 1])     # segments [S, B, L]

What a layer of `armt` or `prmt` needs of the past is its own memory after the segment before, and of the present what
the layer below gives; so all pairs (l, i - l) of step i are independent. N + S - 1 steps of up to N layers at once take
the place of N * S layer calls, and give the same numbers. Memories of the kind of RMT cannot be read so: there the last
layer's output enters the first layer of the next segment, which has to wait for it.

Only weights tell layers apart. So a step is one pass of a batch, the rows of each layer after those of the one below,
through a copy of the first layer whose weighted modules (linear maps, norms) treat each layer's rows with its weights.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F
from transformers.pytorch_utils import Conv1D

from babilong.errors import UsageError
from baselines.memory.local import LayerMemory, Passage
from baselines.memory.model import MemoryModel, State

Read = tuple[list[Tensor], State]


class _Active:
    """The layers at work in a step: those from `low` to below `high`."""

    low = 0
    high = 0

    def of(self, layers: Tensor) -> Tensor:
        """Theirs of a tensor [N, ...]."""
        # A slice that takes all would cost a copy of all in the backward pass.
        return layers if self.high - self.low == len(layers) else layers[self.low : self.high]


class _Grouped(nn.Module):
    """The same module of all layers, each with its own weights for its own rows.

    Args:
        alike: the module in each layer.
        active: which of them the rows of an input belong to.
    """

    def __init__(self, alike: Sequence[nn.Module], active: _Active) -> None:
        super().__init__()
        self.one, self.active = alike[0], active
        own = [dict(module.named_parameters()) for module in alike]
        self.weights = {name: torch.stack([weights[name] for weights in own]) for name in own[0]}

    def forward(self, rows: Tensor) -> Tensor:
        """Rows [a * B, ...] of the active layers through the module of each."""
        weights = {name: self.active.of(tensor) for name, tensor in self.weights.items()}
        grouped = rows.reshape(self.active.high - self.active.low, -1, *rows.shape[1:])
        return _WAYS.get(type(self.one), _each)(self.one, weights, grouped).flatten(0, 1)


def _each(one: nn.Module, weights: dict[str, Tensor], rows: Tensor) -> Tensor:
    """Any module, [a, B, ...]."""
    return torch.vmap(lambda own, x: functional_call(one, own, (x,)))(weights, rows)


def _linear(one: nn.Module, weights: dict[str, Tensor], rows: Tensor) -> Tensor:
    """Linear maps as one grouped product."""
    weight, flat = weights["weight"], rows.flatten(1, -2)
    weight = weight if isinstance(one, Conv1D) else weight.mT  # transformers' Conv1D is a linear map stored transposed
    bias = weights.get("bias")
    out = flat @ weight if bias is None else torch.baddbmm(bias[:, None], flat, weight)
    return out.view(*rows.shape[:-1], -1)


def _layer_norm(one: Any, weights: dict[str, Tensor], rows: Tensor) -> Tensor:
    """One normalisation for all; the weights after it."""
    apart = (len(rows), *(1,) * (rows.dim() - 2), -1)
    normal = F.layer_norm(rows, one.normalized_shape, eps=one.eps)
    return torch.addcmul(weights["bias"].view(apart), normal, weights["weight"].view(apart))


# Written out because they are most of the work: with vmap a step takes 1.1 to 2.4 times as long (CPU, d 256 to 32).
_WAYS = {nn.Linear: _linear, Conv1D: _linear, nn.LayerNorm: _layer_norm}


# From here on the published measurements are always faster than the ordinary schedule (2506.05229, table of 1B models).
_ENOUGH = 16


def read_segments(
    model: MemoryModel,
    segments: Tensor,
    state: State,
    mask: Tensor | None = None,
    openings: Tensor | None = None,
    keep: Collection[int] = (),
) -> Read:
    """Read segments in the faster way; as `run_diagonal` otherwise, with any kind of memory."""
    if isinstance(model, LayerMemory) and worthwhile(model.device, len(segments)):
        return run_diagonal(model, segments, state, mask, openings, keep)
    return run_sequential(model, segments, state, mask, openings, keep)


def worthwhile(device: torch.device, segments: int) -> bool:
    """Whether so many segments are read faster along the diagonal.

    On an accelerator, which a single segment does not fill. Not on a CPU: a core that multiplies matrices all the time
    gains nothing from larger ones (benchmarks/diagonal.py).
    """
    return device.type != "cpu" and segments >= _ENOUGH


def run_diagonal(
    model: LayerMemory,
    segments: Tensor,
    state: State,
    mask: Tensor | None = None,
    openings: Tensor | None = None,
    keep: Collection[int] = (),
) -> Read:
    """Read segments along the diagonal.

    Args:
        model: a memory that lives in the layers.
        segments: token ids [S, B, L], padded on the right.
        state: the memory of B texts.
        mask: bool [S, B, L], False at padding; None: no padding.
        openings: float [S, B], how far each segment is let into the memory; None: wholly.
        keep: segments whose hidden states are wanted.

    Returns:
        Last hidden states [B, L, d] of the segments in `keep`, in the order of the text, and the memory afterwards.

    Raises:
        UsageError: the layers of the model differ in more than their weights.
    """
    if not len(segments):
        return [], state
    active = _Active()
    cell = _grouped_cell(model, active)
    total, depth = len(segments), model.layers
    memory = {name: tensor.transpose(0, 1).contiguous() for name, tensor in state.items()}
    hidden = model.memory.new_empty(0)
    passages: list[Passage] = []
    kept = []
    for i in range(total + depth - 1):
        low, high = active.low, active.high = max(0, i - total + 1), min(depth, i + 1)
        if i < total:
            entering, passage = model.enter(segments[i], _at(mask, i), _at(openings, i), write=True)
            hidden = torch.cat((entering, hidden)) if len(hidden) else entering
            passages.insert(0, passage)
        held = {name: active.of(tensor).flatten(0, 1) for name, tensor in memory.items()}
        hidden, new = cell(hidden, held, _joined(passages, mask is not None))
        for name, tensor in new.items():
            before = memory[name]
            memory[name] = torch.cat((before[:low], tensor.view(high - low, *before.shape[1:]), before[high:]))
        if high == depth:
            batch = segments.shape[1]
            if i - depth + 1 in keep:
                kept.append(model.leave(hidden[-batch:], passages[-1].written))
            hidden = hidden[:-batch]
            passages.pop()
    return kept, {name: tensor.transpose(0, 1) for name, tensor in memory.items()}


def run_sequential(
    model: MemoryModel,
    segments: Tensor,
    state: State,
    mask: Tensor | None = None,
    openings: Tensor | None = None,
    keep: Collection[int] = (),
) -> Read:
    """Read segments one after the other, with any kind of memory; as `run_diagonal` otherwise."""
    kept = []
    for i, segment in enumerate(segments):
        step = model.step(segment, state, _at(mask, i), _at(openings, i))
        state = step.state
        if i in keep:
            kept.append(step.hidden)
    return kept, state


def _grouped_cell(model: LayerMemory, active: _Active) -> nn.Module:
    """A cell for the rows of all active layers at once, sharing nothing that is written with the model."""
    cells = model.cells()
    config = model.base.config
    if getattr(config, "scale_attn_by_inverse_layer_idx", False):
        raise UsageError("Layers that scale attention by their number cannot be read along the diagonal.")
    replaced: dict[int, Any] = {}
    inside: set[str] = set()
    for name, module in cells[0].named_modules():
        if [*module.parameters(recurse=False)] and not any(name.startswith(f"{outer}.") for outer in inside):
            inside.add(name)
            replaced[id(module)] = _Grouped([cell.get_submodule(name) for cell in cells], active)
    return copy.deepcopy(cells[0], replaced)


def _at(tensor: Tensor | None, i: int) -> Tensor | None:
    return None if tensor is None else tensor[i]


def _joined(passages: Sequence[Passage], masked: bool) -> Passage:
    """One passage of the rows of several; without a mask they are all alike."""
    first = passages[0]
    opening = None if first.opening is None else torch.cat([p.opening for p in passages if p.opening is not None])
    if not masked:
        return first._replace(opening=opening)
    seen = torch.cat([passage.seen for passage in passages])
    extra = {name: _stacked([p.extra[name] for p in passages], len(first.seen)) for name in first.extra}
    return first._replace(seen=seen, opening=opening, extra=extra)


def _stacked(parts: Sequence[Any], rows: int) -> Any:
    """Tensors [rows or 1, ...], or tuples of such, under each other."""
    if isinstance(parts[0], tuple):
        return tuple(_stacked(each, rows) for each in zip(*parts, strict=True))
    return torch.cat([part.expand(rows, *part.shape[1:]) for part in parts])
