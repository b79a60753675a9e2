"""Whole sequences read segment by segment: rows of unequal lengths, the loss of the tokens wanted, its gradient.

    state = read(model, context)                                    # [B, T] token ids, T as large as you like
    score = sequence_loss(model, ids, next_tokens(labels), borders=2)
    score.loss.backward()

Rows are padded on the right, cut each for itself, and end together: what a row lacks in segments it lacks at the
beginning, where it keeps its state. So the last borders between segments are the last ones of every row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from babilong.errors import UsageError, unknown
from baselines.memory.config import MemoryConfig
from baselines.memory.model import MemoryModel, State, Step, rows
from baselines.memory.segments import IGNORE, ORDERS, bounds


class Reads(Protocol):
    """What reads segments: a `MemoryModel` or an `EncoderMemory`."""

    @property
    def config(self) -> MemoryConfig:
        """How text is cut."""

    def init_state(self, batch: int) -> State:
        """The memory before anything was read."""

    def step(self, input_ids: Tensor, state: State, mask: Tensor | None = None) -> Step:
        """Read one segment."""


class Segments(NamedTuple):
    """B sequences as S segments of at most W tokens.

    Attributes:
        ids: token ids [S, B, W].
        places: where in its row each token stands, -1 at padding, [S, B, W].
    """

    ids: Tensor
    places: Tensor


class SequenceLoss(NamedTuple):
    """What reading sequences for their loss gives.

    Attributes:
        loss: mean cross-entropy of the wanted tokens; 0 where none is wanted.
        right: how many of them have the highest logit.
        tokens: how many are wanted.
        state: the memory afterwards.
    """

    loss: Tensor
    right: int
    tokens: int
    state: State


def next_tokens(labels: Tensor) -> Tensor:
    """Labels as transformers takes them, one for each token itself, as the token each place should predict next.

    Args:
        labels: [B, T], `IGNORE` where no loss is wanted. Nothing predicts the first token of a row.
    """
    return F.pad(labels[:, 1:], (0, 1), value=IGNORE)


def cut(
    ids: Tensor, mask: Tensor | None, config: MemoryConfig, alignment: str = "left", order: str = "regular"
) -> Segments:
    """Cut the rows of a batch into segments; a row without tokens has none.

    Args:
        ids: token ids [B, T].
        mask: bool [B, T], False at padding, which stands at the right. None: no padding.
        config: size of segments and what they share.
        alignment: of `segments.bounds`.
        order: one of `segments.ORDERS`.

    Raises:
        UsageError: an unknown alignment or order, or padding that is not at the right.
    """
    if order not in ORDERS:
        raise unknown("order of segments", order, ORDERS)
    if mask is not None and bool((mask[:, 1:] & ~mask[:, :-1]).any()):
        raise UsageError(
            "A row has padding before its tokens; pad rows at the right, where segments are not cut by it."
        )
    lengths = [ids.shape[1]] * len(ids) if mask is None else mask.sum(dim=1).tolist()
    cuts = []
    for length in lengths:
        spans = bounds(length, config.segment_size, config.overlap, alignment)
        cuts.append([spans[i] for i in ORDERS[order](len(spans))] if length else [])
    total = max(map(len, cuts), default=0)
    width = max((end - start for spans in cuts for start, end in spans), default=0)
    places = np.full((total, len(ids), width), -1)
    for row, spans in enumerate(cuts):
        for i, (start, end) in enumerate(spans, start=total - len(spans)):
            places[i, row, : end - start] = np.arange(start, end)
    at = torch.from_numpy(places).to(ids.device)
    return Segments(_pick(ids, at), at)


def steps(
    model: Reads,
    segments: Segments,
    state: State,
    borders: int | None = None,
    wanted: Sequence[bool] | None = None,
) -> Iterator[Step]:
    """Read segments one after the other.

    Args:
        model: what reads.
        segments: of `cut`.
        state: the memory of B texts.
        borders: k of truncated back-propagation; the gradient crosses the last k borders between segments: border i of
            S segments, behind segment i, iff i >= S - 1 - k. None: all of them.
        wanted: whether the loss looks at the hidden states of each segment; None: at all of them. Segments that the
            gradient does not reach are read without it.
    """
    total, masks = len(segments.ids), segments.places >= 0
    full = masks.flatten(1).all(dim=1).tolist()
    for i, (ids, mask) in enumerate(zip(segments.ids, masks, strict=True)):
        crosses = borders is None or i >= total - 1 - borders
        padding = None if full[i] else mask
        with torch.set_grad_enabled(torch.is_grad_enabled() and (crosses or wanted is None or wanted[i])):
            step = model.step(ids, state, padding)
        state = step.state if crosses or i == total - 1 else rows(step.state, torch.Tensor.detach)
        yield step._replace(state=state)


def read(
    model: Reads,
    ids: Tensor,
    state: State | None = None,
    mask: Tensor | None = None,
    alignment: str = "left",
    order: str = "regular",
) -> State:
    """The memory after sequences [B, T] were read; what it was, if they are empty.

    Args:
        model: what reads.
        ids: token ids [B, T].
        state: the memory to go on from; fresh if None. A text may be read in several calls, cut between segments.
        mask: bool [B, T], False at padding at the right.
        alignment: of segments.
        order: of segments.

    Raises:
        UsageError: a model whose segments end where sentences do.
    """
    _must_count_tokens(model.config)
    state = model.init_state(len(ids)) if state is None else state
    for step in steps(model, cut(ids, mask, model.config, alignment, order), state):
        state = step.state
    return state


def sequence_loss(
    model: MemoryModel,
    ids: Tensor,
    targets: Tensor,
    mask: Tensor | None = None,
    state: State | None = None,
    alignment: str = "left",
    borders: int | None = None,
) -> SequenceLoss:
    """Cross-entropy of the wanted tokens of sequences; logits are computed for these alone, a segment at a time.

    Args:
        model: a language model with a memory; `recomputed` of baselines.training.checkpointing keeps less of it.
        ids: token ids [B, T].
        targets: the token that each place should predict next, `IGNORE` where none is wanted, [B, T]. The first token
            of a segment is predicted at the end of the one before; places that segments share count once.
        mask: bool [B, T], False at padding at the right.
        state: the memory to go on from; fresh if None.
        alignment: of segments.
        borders: that the gradient crosses, from the last one on; None: all.

    Raises:
        UsageError: a model whose segments end where sentences do.
    """
    _must_count_tokens(model.config)
    state = model.init_state(len(ids)) if state is None else state
    segments = cut(ids, mask, model.config, alignment)
    answers = _pick(targets, segments.places, IGNORE).masked_fill(_seen_before(segments.places), IGNORE)
    asked = answers != IGNORE
    loss, right = torch.zeros((), device=ids.device), torch.zeros((), dtype=torch.long, device=ids.device)
    reading = steps(model, segments, state, borders, asked.flatten(1).any(dim=1).tolist())
    for step, here, answer in zip(reading, asked, answers, strict=True):
        state = step.state
        logits, expected = model.logits(step.output.hidden[here]).float(), answer[here]
        loss = loss + F.cross_entropy(logits, expected, reduction="sum")
        right = right + (logits.argmax(dim=-1) == expected).sum()
    tokens = int(asked.sum())
    return SequenceLoss(loss / max(1, tokens), int(right), tokens, state)


def _must_count_tokens(config: MemoryConfig) -> None:
    if config.cut != "tokens":
        raise UsageError(
            "This memory reads a sentence at a time, and a gate may choose which; rows of token ids are cut after a "
            "number of tokens. Read it with load_reader of baselines.reader, or hand its sentences to `step`."
        )


def _pick(values: Tensor, places: Tensor, padding: int = 0) -> Tensor:
    """Values [B, T] at places [S, B, W]."""
    picked = values.expand(len(places), -1, -1).gather(2, places.clamp(min=0))
    return picked.masked_fill(places < 0, padding)


def _seen_before(places: Tensor) -> Tensor:
    """Bool [S, B, W]: True at tokens that stood in an earlier segment of their row."""
    if not places.numel():
        return places.bool()
    last = places.amax(dim=2).cummax(dim=0).values
    before = F.pad(last[:-1], (0, 0, 1, 0), value=-1)
    return places <= before[..., None]
