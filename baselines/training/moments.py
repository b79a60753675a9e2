"""Training a memory on moments of stories: many questions about what was told until then, in one pass.

What is let in is decided by the stage's `gate`: `open`, every segment; `labels`, those with facts, which the gate
learns to tell from the labels of where facts stand; `answers`, those that the gate lets in, which learns it from the
loss of the answers and a price on every opening alone, by drawing its decisions (the concrete distribution, Maddison et
al., 1611.00712; with a `stretch`, the hard one of Louizos et al., 1712.01312, section 2.2).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from baselines.memory.model import MemoryModel
from baselines.memory.segments import IGNORE
from baselines.memory.sentences import Block
from baselines.tasks.moment_batch import Moments
from baselines.training.losses import Score, answers
from baselines.training.passes import Pass, through
from baselines.training.recipe import Stage

_SHARPNESS = 0.7  # temperature of the drawn decisions
_HELD_WEIGHT = 2.0


class Gated(NamedTuple):
    """What the gate makes of a batch.

    Attributes:
        weight: how far each segment is let in, [B, F].
        loss: what the gate itself is to make smaller.
    """

    weight: Tensor
    loss: Tensor


def moments_loss(model: MemoryModel, made: tuple[Moments, Block], stage: Stage) -> Score:
    """Loss of the answers, with that of the state of the story and that of the gate where the stage wants them."""
    batch, background = made
    device = model.device
    ids, mask, fact = (torch.from_numpy(x).to(device) for x in (*_trimmed(batch.segments, batch.mask), batch.fact))
    height, _, size = ids.shape
    scores = None
    if stage.gate != "open":
        scores = model.segment_gate(ids.view(-1, size), mask.view(-1, size)).float().view(fact.shape)
    gated = _let_in(scores, fact, stage)
    if scores is not None and len(background.ids):
        gated = gated._replace(loss=gated.loss + _on_background(model, background, stage))
    asking = _trimmed(batch.questions, batch.labels, batch.labels != IGNORE)
    questions, labels, first, last = (torch.from_numpy(x).to(device) for x in (*asking[:2], batch.first, batch.last))
    told = Pass(ids, mask, gated.weight, questions, first, last, stage.state_weight > 0)
    asked = through(model, told)
    loss, right, n, tokens = answers(model, asked.hidden, labels.flatten(0, 1))
    loss = loss / max(1, tokens) + gated.loss
    if asked.halfway is not None:
        loss = loss + stage.state_weight * _state_loss(model, asked.halfway, batch)
    return Score(loss, tokens, height, right, n, float(gated.weight.detach().mean()))


def gate_loss(model: MemoryModel, made: tuple[Moments, Block], stage: Stage) -> Score:
    """Loss of the gate alone, from labels of where facts stand: nothing is written, nothing is asked."""
    batch, background = made
    ids, mask, fact = (torch.from_numpy(x).to(model.device) for x in (batch.segments, batch.mask, batch.fact))
    height, _, size = ids.shape
    scores = model.segment_gate(ids.view(-1, size), mask.view(-1, size)).float().view(fact.shape)
    loss = F.binary_cross_entropy_with_logits(scores, fact.float())
    if len(background.ids):
        loss = loss + _on_background(model, background, stage)
    right = int(((scores > 0) == fact).sum())
    return Score(loss, fact.numel(), height, right, fact.numel(), float((scores > 0).float().mean()))


def _trimmed(*arrays: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    """Arrays [B, F, L] without the last places, at which the last of them is False everywhere."""
    width = int(np.flatnonzero(arrays[-1].any(axis=(0, 1))).max(initial=0)) + 1
    return tuple(array[..., :width] for array in arrays)


def _let_in(scores: Tensor | None, fact: Tensor, stage: Stage) -> Gated:
    """What of a batch is let in, by the stage's `gate`."""
    if scores is None:
        return Gated(torch.ones(fact.shape, device=fact.device), torch.zeros((), device=fact.device))
    if stage.gate == "labels":
        # A few sentences of books are let in all the same, so that one that slips through does no harm.
        stray = torch.rand(fact.shape, device=fact.device) < stage.stray
        return Gated((fact | stray).float(), F.binary_cross_entropy_with_logits(scores, fact.float()))
    chance = torch.rand_like(scores).clamp(1e-6, 1 - 1e-6)
    drawn = torch.sigmoid((scores + chance.logit()) / _SHARPNESS)
    drawn = (drawn + stage.stretch * (2 * drawn - 1)).clamp(0, 1)
    # Of the score, not of the chance to be let in, which hardly falls any more where the score is high.
    return Gated(drawn, stage.write_penalty * F.softplus(scores).mean())


def _on_background(model: MemoryModel, background: Block, stage: Stage) -> Tensor:
    """The gate's loss on sentences that nothing is asked about."""
    ids, lengths = (torch.from_numpy(x).to(model.device) for x in (background.ids, background.lengths))
    scores = model.segment_gate(ids, torch.arange(ids.shape[1], device=ids.device) < lengths[:, None]).float()
    loss = F.softplus(scores).mean()
    return loss if stage.gate == "labels" else stage.background_price * stage.write_penalty * loss


def _state_loss(model: MemoryModel, halfway: Tensor, batch: Moments) -> Tensor:
    """Cross-entropy of where people are and were, and of what they hold, wherever that is known."""
    places, held = (torch.from_numpy(x).to(halfway.device) for x in (batch.states, batch.held))
    told = (places != IGNORE).any(dim=-1) | (held != IGNORE).any(dim=-1)
    if not bool(told.any()):
        return halfway.sum() * 0
    of_places, of_things = model.states(halfway[told])
    loss = halfway.sum() * 0
    for i in range(2):
        known = places[told][:, i] != IGNORE
        if bool(known.any()):
            loss = loss + F.cross_entropy(model.logits(of_places[known, i]).float(), places[told][known, i])
    known = held[told][:, 0] != IGNORE
    if bool(known.any()):
        things = F.binary_cross_entropy_with_logits(of_things[known].float(), held[told][known].float())
        loss = loss + _HELD_WEIGHT * things
    return loss
