"""A batch of moments as tensors where it is learnt from, its shapes its own or the same in all batches of a stage."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from baselines.memory.segments import IGNORE
from baselines.memory.sentences import Block
from baselines.tasks.moment_batch import Moments


class Inputs(NamedTuple):
    """A batch where it is learnt from.

    Attributes:
        ids: token ids of segments, [B, F, L].
        mask: bool, False at padding, [B, F, L].
        fact: whether a segment holds a fact, [B, F].
        questions: token ids of questions with their answers, [B, K, Q].
        first: the first segment that a question sees, [B, K].
        last: the one behind the last, [B, K].
        wanted: the places among B K Q from which a token of an answer is predicted, [N].
        targets: these tokens, `IGNORE` where there is none, [N].
        begin: which of them begin an answer, bool [N].
        states: what is known after each fact, as in `Moments`, [B, F, 2].
        held: likewise, [B, F, 3].
        background: sentences that nothing is asked about, [n, L].
        lengths: tokens in each of these, [n].
        widths: how many tokens of each segment are read, F numbers.
    """

    ids: Tensor
    mask: Tensor
    fact: Tensor
    questions: Tensor
    first: Tensor
    last: Tensor
    wanted: Tensor
    targets: Tensor
    begin: Tensor
    states: Tensor
    held: Tensor
    background: Tensor
    lengths: Tensor
    widths: tuple[int, ...]


def inputs(made: tuple[Moments, Block], device: torch.device, alike: bool = False) -> Inputs:
    """A batch as tensors on a device.

    Args:
        made: the batch and its background.
        device: where it is wanted.
        alike: that those of all batches of a stage be of the same shapes, with more padding; `wanted` and what goes
            with it are then a whole number for each question, nearly always the same one.
    """
    batch, background = made
    ids, mask, questions, labels = batch.segments, batch.mask, batch.questions, batch.labels
    if not alike:
        (ids, mask), (questions, labels) = _trimmed(mask, ids, mask), _trimmed(labels != IGNORE, questions, labels)
    widths = (mask.shape[2],) * mask.shape[1] if alike else tuple(mask.sum(axis=2).max(axis=0).clip(1).tolist())
    answer = labels != IGNORE
    begin = answer & ~np.pad(answer, ((0, 0), (0, 0), (1, 0)))[..., :-1]
    wanted = np.flatnonzero(answer)
    padding = (0, -len(wanted) % (len(answer) * answer.shape[1]) if alike else 0)
    arrays = (
        ids,
        mask,
        batch.fact,
        questions,
        batch.first,
        batch.last,
        np.pad(wanted, padding),
        np.pad(labels.ravel()[wanted], padding, constant_values=IGNORE),
        np.pad(begin.ravel()[wanted], padding),
        batch.states,
        batch.held,
        background.ids,
        background.lengths,
    )
    return Inputs._make([*(torch.from_numpy(array).to(device) for array in arrays), widths])


def _trimmed(of: NDArray[np.bool_], *arrays: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    """Arrays [B, F, L] without the last places, at which `of` is False everywhere."""
    width = int(np.flatnonzero(of.any(axis=(0, 1))).max(initial=0)) + 1
    return tuple(array[..., :width] for array in arrays)
