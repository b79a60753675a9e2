"""Training a memory on moments of stories: many questions about what was told until then, in one pass.

What is let in is decided by the stage's `gate`: `open`, every segment; `labels`, those with facts, which the gate
learns to tell from the labels of where facts stand; `answers`, those that the gate lets in, which learns it from the
loss of the answers and a price on every opening alone, by drawing its decisions (the concrete distribution, Maddison et
al., 1611.00712; with a `stretch`, the hard one of Louizos et al., 1712.01312, section 2.2).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from baselines.memory.model import MemoryModel
from baselines.memory.segments import IGNORE
from baselines.memory.sentences import Block
from baselines.tasks.moment_batch import Moments
from baselines.training.inputs import Inputs, inputs
from baselines.training.losses import Score, judged
from baselines.training.passes import Pass, through
from baselines.training.stage import Stage

_TEMPERATURE = 0.7  # of the drawn decisions
_HELD_WEIGHT = 2.0


class Gated(NamedTuple):
    """What the gate makes of a batch.

    Attributes:
        weight: how far each segment is let in, [B, F].
        loss: what the gate itself is to make smaller.
    """

    weight: Tensor
    loss: Tensor


class Learnt(NamedTuple):
    """What a model makes of a batch, without counts: nothing of it was waited for.

    Attributes:
        loss: to be made smaller.
        right: how many answers are right.
        opening: how far segments are let in, on average.
    """

    loss: Tensor
    right: Tensor
    opening: Tensor


def moments_loss(model: MemoryModel, made: tuple[Moments, Block], stage: Stage) -> Score:
    """Loss of the answers, with that of the state of the story and that of the gate where the stage wants them."""
    return scored(made[0], learn(model, inputs(made, model.device), stage))


def scored(batch: Moments, learnt: Learnt) -> Score:
    """What was learnt from a batch, with what there was to learn."""
    wanted = batch.labels != IGNORE
    asked = int(wanted.any(axis=-1).sum())
    tokens = int(wanted.sum())
    return Score(learnt.loss, tokens, len(wanted), int(learnt.right), asked, float(learnt.opening))


def learn(model: MemoryModel, given: Inputs, stage: Stage) -> Learnt:
    """Loss of a batch; without state heads nothing that is computed is waited for where the pass waits for nothing."""
    (height, count, size), fact = given.ids.shape, given.fact
    scores = None
    if stage.gate != "open":
        scores = model.segment_gate(given.ids.view(-1, size), given.mask.view(-1, size)).float().view(height, count)
    gated = _let_in(scores, fact, stage)
    if scores is not None and len(given.background):
        gated = gated._replace(loss=gated.loss + _on_background(model, given.background, given.lengths, stage))
    told = Pass(
        given.ids, given.mask, gated.weight, given.questions, given.first, given.last, given.widths,
        halfway=stage.state_weight > 0,
    )  # fmt: skip
    asked = through(model, told)
    loss, right = judged(model.logits(asked.hidden.flatten(0, 1)[given.wanted]), given.targets, given.begin)
    loss = loss / (given.targets != IGNORE).sum().clamp(min=1) + gated.loss
    if asked.halfway is not None:
        loss = loss + stage.state_weight * _state_loss(model, asked.halfway, given.states, given.held)
    return Learnt(loss, right, gated.weight.detach().mean())


def gate_loss(model: MemoryModel, made: tuple[Moments, Block], stage: Stage) -> Score:
    """Loss of the gate alone, from labels of where facts stand: nothing is written, nothing is asked."""
    batch, background = made
    ids, mask, fact = (torch.from_numpy(x).to(model.device) for x in (batch.segments, batch.mask, batch.fact))
    height, _, size = ids.shape
    scores = model.segment_gate(ids.view(-1, size), mask.view(-1, size)).float().view(fact.shape)
    loss = F.binary_cross_entropy_with_logits(scores, fact.float())
    if len(background.ids):
        ids, lengths = (torch.from_numpy(x).to(model.device) for x in (background.ids, background.lengths))
        loss = loss + _on_background(model, ids, lengths, stage)
    right = int(((scores > 0) == fact).sum())
    return Score(loss, fact.numel(), height, right, fact.numel(), float((scores > 0).float().mean()))


def _let_in(scores: Tensor | None, fact: Tensor, stage: Stage) -> Gated:
    """What of a batch is let in, by the stage's `gate`."""
    if scores is None:
        return Gated(torch.ones(fact.shape, device=fact.device), torch.zeros((), device=fact.device))
    if stage.gate == "labels":
        # A few sentences of books are let in all the same, so that one that slips through does no harm.
        stray = torch.rand(fact.shape, device=fact.device) < stage.stray
        return Gated((fact | stray).float(), F.binary_cross_entropy_with_logits(scores, fact.float()))
    chance = torch.rand_like(scores).clamp(1e-6, 1 - 1e-6)
    drawn = torch.sigmoid((scores + chance.logit()) / _TEMPERATURE)
    drawn = (drawn + stage.stretch * (2 * drawn - 1)).clamp(0, 1)
    # Of the score, not of the chance to be let in, which hardly falls any more where the score is high.
    return Gated(drawn, stage.write_penalty * F.softplus(scores).mean())


def _on_background(model: MemoryModel, ids: Tensor, lengths: Tensor, stage: Stage) -> Tensor:
    """The gate's loss on sentences that nothing is asked about."""
    scores = model.segment_gate(ids, torch.arange(ids.shape[1], device=ids.device) < lengths[:, None]).float()
    loss = F.softplus(scores).mean()
    return loss if stage.gate == "labels" else stage.background_price * stage.write_penalty * loss


def _state_loss(model: MemoryModel, halfway: Tensor, places: Tensor, held: Tensor) -> Tensor:
    """Cross-entropy of where people are and were, and of what they hold, wherever that is known."""
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
