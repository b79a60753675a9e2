"""Many segments at once: layer l reads segment s while layer l + 1 reads s - 1 (diagonal batching, 2506.05229).

    hidden, state = Diagonal(model)(segments, state, keep=[len(segments) - 1])     # segments [S, B, L]

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
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F
from torch.utils._pytree import tree_map_only
from transformers.pytorch_utils import Conv1D

from babilong.errors import UsageError
from baselines.memory.cuda_graphs import Replayed
from baselines.memory.layer_memory import LayerMemory, Passage
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


def run_sequential(
    model: MemoryModel,
    segments: Tensor,
    state: State,
    mask: Tensor | None = None,
    openings: Tensor | None = None,
    keep: Collection[int] = (),
) -> Read:
    """Read segments one after the other, with any kind of memory; as `Diagonal` otherwise."""
    kept = []
    for i, segment in enumerate(segments):
        step = model.step(segment, state, *(None if x is None else x[i] for x in (mask, openings)))
        state = step.state
        if i in keep:
            kept.append(step.output.hidden)
    return kept, state


class Diagonal:
    """Reads segments along the diagonal.

    Args:
        model: a memory that lives in the layers. Its weights are taken as they are now.
        replays: whether steps of all layers are recorded and replayed on a GPU.

    Raises:
        UsageError: the layers of the model differ in more than their weights.
    """

    def __init__(self, model: LayerMemory, replays: bool = True) -> None:
        self._model, self._active = model, _Active()
        self._cell = _grouped_cell(model, self._active)
        # Only of all layers at once, so that what is recorded is always of the same shapes.
        self._of_all = Replayed(self._cell) if replays else self._cell

    def __call__(
        self,
        segments: Tensor,
        state: State,
        mask: Tensor | None = None,
        openings: Tensor | None = None,
        keep: Collection[int] = (),
    ) -> Read:
        """Read segments, all of which are embedded at once: of a long text a few hundred at a time.

        Args:
            segments: token ids [S, B, L], padded on the right.
            state: the memory of B texts.
            mask: bool [S, B, L], False at padding; None: no padding.
            openings: float [S, B], how far each segment is let into the memory; None: wholly.
            keep: segments whose hidden states are wanted.

        Returns:
            Last hidden states [B, L, d] of the segments in `keep`, in the order of the text, and the memory afterwards.
        """
        if not len(segments):
            return [], state
        (total, batch), depth = segments.shape[:2], self._model.layers
        # The last segment first, so that those at work, the lowest layer's being the newest, lie in a row.
        backwards = (None if x is None else x.flip(0).flatten(0, 1) for x in (segments, mask, openings))
        entering, passage = self._model.enter(*cast(tuple[Tensor, Tensor | None, Tensor | None], backwards), write=True)
        memory = {name: tensor.transpose(0, 1).contiguous() for name, tensor in state.items()}
        hidden = entering[:0]
        kept = []
        for i in range(total + depth - 1):
            low, high = self._active.low, self._active.high = max(0, i - total + 1), min(depth, i + 1)
            newest = total - 1 - i
            if newest >= 0:
                hidden = torch.cat((entering[newest * batch : (newest + 1) * batch], hidden))
            cell = self._of_all if high - low == depth else self._cell
            held = {name: self._active.of(tensor).flatten(0, 1) for name, tensor in memory.items()}
            hidden, new = cell(hidden, held, _of_rows(passage, slice((newest + low) * batch, (newest + high) * batch)))
            for name, tensor in new.items():
                before = memory[name]
                memory[name] = torch.cat((before[:low], tensor.view(high - low, *before.shape[1:]), before[high:]))
            if high == depth:
                if i - depth + 1 in keep:
                    kept.append(self._model.leave(hidden[-batch:], passage.written))
                hidden = hidden[:-batch]
        return kept, {name: tensor.transpose(0, 1) for name, tensor in memory.items()}


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


def _of_rows(passage: Passage, rows: slice) -> Passage:
    """The same for some rows of a batch; what has one row is that of all."""
    return cast(Passage, tree_map_only(Tensor, lambda x: x[rows] if len(x) > 1 else x, passage))
