"""How a memory is taken through stories in training, and asked at many moments of them.

A bank writes all segments at once and is asked everything at once; any other memory reads one segment after the other
and is asked what it was after each, of which an associative memory with keys of length 1 keeps no copies. All give the
same of a batch: what answers are read from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor, nn

from baselines.memory.armt import AssociativeMemory
from baselines.memory.bank import Asked, MemoryBank
from baselines.memory.layers import layer_stack, lower_half
from baselines.memory.model import MemoryModel, State, join, rows

_LENGTHS = 3  # groups in which a bank's segments are written


class Pass(NamedTuple):
    """Stories and the questions about moments of them; what two questions see begins alike or has nothing in common.

    Attributes:
        ids: token ids of segments, [B, F, L].
        mask: bool, False at padding, [B, F, L].
        weight: how far each segment is let in, [B, F].
        questions: token ids, [B, K, Q].
        first: the first segment that a question sees, [B, K].
        last: the one behind the last, [B, K].
        widths: how many tokens of each segment are read, the rest being padding in every row; F numbers from 1.
        halfway: whether what the memories are halfway up the layers is wanted.
    """

    ids: Tensor
    mask: Tensor
    weight: Tensor
    questions: Tensor
    first: Tensor
    last: Tensor
    widths: Sequence[int]
    halfway: bool = False


def through(model: MemoryModel, told: Pass) -> Asked:
    """Hidden states [B * K, Q, d] of questions; where wanted, segments' last memory tokens halfway, [B, F, d]."""
    # By its configuration: a model that computes its activations again is wrapped.
    if model.config.kind == "bank":
        return all_at_once(cast(MemoryBank, model), told)
    if model.config.kind == "armt" and model.config.key_scale == "unit":
        return by_what_was_written(cast(AssociativeMemory, model), told)
    return one_by_one(model, told)


def all_at_once(bank: MemoryBank, told: Pass) -> Asked:
    """As `through`, of a bank."""
    m, (height, count, size) = bank.config.memory_tokens, told.ids.shape
    written = _written(bank, told.ids.view(-1, size), told.mask.view(-1, size)).reshape(height, count * m, -1)
    weight = told.weight.repeat_interleave(m, dim=1)
    span = m * told.first, m * told.last
    asked = bank.ask(told.questions.flatten(0, 1), written, weight, span, halfway=told.halfway)
    # A segment's last memory token has seen its others.
    return asked if asked.halfway is None else asked._replace(halfway=asked.halfway[:, m - 1 :: m])


def _written(bank: MemoryBank, ids: Tensor, mask: Tensor) -> Tensor:
    """The memories [N, m, d] of segments [N, L], the short ones written apart from the long ones' padding."""
    lengths = mask.sum(dim=1)
    order = lengths.argsort()
    groups = order.chunk(_LENGTHS)
    widths = [int(lengths[group].max()) for group in groups]
    parts = [
        bank.memories(ids[group, :width], mask[group, :width]) for group, width in zip(groups, widths, strict=True)
    ]
    return torch.cat(parts)[order.argsort()]


def one_by_one(model: MemoryModel, told: Pass) -> Asked:
    """As `through`; a question is asked after its last segment, of a memory that was fresh at its first."""
    height = len(told.ids)
    begins = _begins(told)
    fresh = state = model.init_state(height)
    halves, asked, order = [], [], []
    # On the CPU once and for all: a GPU would be waited for at every segment.
    anew, after = begins.any(dim=0).tolist(), told.last.clamp(min=1).cpu()
    for i, width in enumerate(told.widths):
        if i and anew[i]:
            state = _where(begins[:, i], fresh, state)
        with _halfway(model, told.halfway) as seen:
            state = model.step(told.ids[:, i, :width], state, told.mask[:, i, :width], told.weight[:, i]).state
        if told.halfway:
            halves.append(seen[0][:, -1])
        row, question = (after == i + 1).nonzero(as_tuple=True)
        if len(row):
            asked.append(rows(state, partial(_picked, row.to(told.ids.device))))
            order.append(row * told.last.shape[1] + question)
    # All at the end: the state after a segment is a value, which waits.
    places = torch.cat(order).to(told.ids.device)
    hidden = model.read(told.questions.flatten(0, 1)[places], join(asked))[places.argsort()]
    return Asked(hidden, torch.stack(halves, dim=1) if told.halfway else None)


def by_what_was_written(model: AssociativeMemory, told: Pass) -> Asked:
    """As `one_by_one`, with keys of length 1: which changes a segment or question sees says what the memory holds."""
    m, (height, count, _) = model.config.memory_tokens, told.ids.shape
    place = torch.arange(count, device=told.ids.device).repeat_interleave(m)
    begun = (_begins(told)[:, :-1] * torch.arange(count, device=told.ids.device)).cummax(dim=1).values
    written, halves = model.nothing(height), []
    for i, width in enumerate(told.widths):
        entering = model.enter(told.ids[:, i, :width], told.mask[:, i, :width], told.weight[:, i], write=True)
        seen = place[: i * m] >= begun[:, i, None, None]
        outputs, written = model.attend(*entering, written, seen.float())
        if told.halfway:
            halves.append(outputs[lower_half(model.layers) - 1][:, -1])
    hidden, passage = model.enter(told.questions.flatten(0, 1), None, None, write=False)
    seen = (place >= told.first[..., None]) & (place < told.last[..., None])
    outputs, _ = model.attend(hidden, passage, written, seen.float())
    return Asked(model.leave(outputs[-1], 0), torch.stack(halves, dim=1) if told.halfway else None)


def _begins(told: Pass) -> Tensor:
    """Where stretches begin, bool [B, F + 1]."""
    height, count, _ = told.ids.shape
    return torch.zeros(height, count + 1, dtype=torch.bool, device=told.ids.device).scatter(1, told.first, True)


def _picked(row: Tensor, x: Tensor) -> Tensor:
    return x[row]


def _where(begins: Tensor, fresh: State, state: State) -> State:
    return {name: x.where(begins.view(-1, *[1] * (x.dim() - 1)), state[name]) for name, x in fresh.items()}


@contextmanager
def _halfway(model: MemoryModel, wanted: bool) -> Iterator[list[Tensor]]:
    """Collects what the layer halfway up gives, [B, T, d], memory tokens last."""
    seen: list[Tensor] = []
    if not wanted:
        yield seen
        return

    def keep(layer: nn.Module, inputs: object, output: Any) -> None:
        seen.append(output[0] if isinstance(output, tuple) else output)

    layers = layer_stack(model.base).layers
    handle = layers[lower_half(len(layers)) - 1].register_forward_hook(keep)
    try:
        yield seen
    finally:
        handle.remove()
