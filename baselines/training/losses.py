"""What a model is trained to do with a batch: losses, each `loss(model, batch, stage) -> Score`."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from baselines.memory.model import MemoryModel
from baselines.memory.segments import IGNORE, Ids
from baselines.tasks.babilong import Batch
from baselines.training.stage import Stage


class Score(NamedTuple):
    """How a model did on a batch, or on its share of one.

    Attributes:
        loss: to be made smaller: the mean cross-entropy of the answer tokens, with the gate's penalty.
        weight: what the loss is a mean over, the answer tokens. Shares of a batch count in proportion to it, so that
            the gradient is that of the whole batch (a penalty in the loss, too, is weighted so).
        rows: texts read.
        correct: answers of which every token had the highest logit, the end with it: what greedy decoding would write.
        asked: questions.
        gate: mean opening of the gate.
    """

    loss: Tensor
    weight: int
    rows: int
    correct: int
    asked: int
    gate: float = 1.0


class Sums(NamedTuple):
    """What steps add up to, over all processes.

    Attributes:
        loss: times the weight.
        weight: of the batches, see `Score`.
        rows: texts.
        correct: right answers.
        asked: questions.
        gate: mean opening times rows.
        saves: how many processes asked for a save.
        stops: how many had been asked to stop.
    """

    loss: float = 0.0
    weight: float = 0.0
    rows: float = 0.0
    correct: float = 0.0
    asked: float = 0.0
    gate: float = 0.0
    saves: float = 0.0
    stops: float = 0.0

    @classmethod
    def of(cls, score: Score) -> Sums:
        """Of one batch, or one share of it."""
        loss = float(score.loss.detach()) * max(1, score.weight)
        return cls(loss, score.weight, score.rows, score.correct, score.asked, score.gate * score.rows)

    def __add__(self, other: Sums) -> Sums:  # type: ignore[override]
        """Entry by entry."""
        return Sums(*(a + b for a, b in zip(self, other, strict=True)))

    def means(self) -> dict[str, float]:
        """Loss, accuracy and gate."""
        return {
            "loss": self.loss / max(1, self.weight),
            "accuracy": self.correct / max(1, self.asked),
            "gate": self.gate / max(1, self.rows),
        }


def segmented_loss(model: MemoryModel, batch: Batch, stage: Stage) -> Score:
    """`segments_loss` with the stage's truncation and penalty."""
    return segments_loss(model, batch, stage.backprop, stage.write_penalty)


def segments_loss(model: MemoryModel, batch: Batch, backprop: int, write_penalty: float) -> Score:
    """Read a batch; ask after each of the last `backprop` segments, through which the gradient flows.

    The segments before are read without gradient: the clean form of truncated back-propagation, in which the memory is
    attached at border i of S segments iff i >= S - backprop.
    """
    device = model.device
    total, height, _ = batch.segments.shape
    state = model.init_state(height)
    losses, gates = [], []
    correct = asked = tokens = 0
    for i in range(total):
        attached = i >= total - backprop
        with torch.set_grad_enabled(attached and torch.is_grad_enabled()):
            mask = torch.from_numpy(batch.mask[i]).to(device)
            step = model.step(torch.from_numpy(batch.segments[i]).to(device), state, None if bool(mask.all()) else mask)
            state = step.state
            if not attached:
                continue
            hidden = model.read(torch.from_numpy(batch.questions[i]).to(device), state)
            loss, right, count, n = answers(model, hidden, torch.from_numpy(batch.labels[i]).to(device))
            losses.append(loss)
            if step.output.opening.numel():  # not without memory tokens
                gates.append(step.output.opening.float().mean())
            correct, asked, tokens = correct + right, asked + count, tokens + n
    gate = torch.stack(gates).mean() if gates else torch.zeros((), device=device)
    loss = torch.stack(losses).sum() / max(1, tokens) + write_penalty * gate
    return Score(loss, tokens, height, correct, asked, float(gate.detach()))


def interleaved_loss(model: MemoryModel, batch: tuple[Ids, Ids], stage: Stage) -> Score:
    """Predict the answers in text that is read at once, without memory: ids and labels, [B, L]."""
    ids, labels = (torch.from_numpy(array).to(model.device) for array in batch)
    hidden = model.base.base_model(inputs_embeds=model.embed(ids), use_cache=False).last_hidden_state
    loss, right, asked, tokens = answers(model, hidden, labels)
    return Score(loss / max(1, tokens), tokens, len(ids), right, asked, 0.0)


def answers(model: MemoryModel, hidden: Tensor, labels: Tensor) -> tuple[Tensor, int, int, int]:
    """Summed loss, right answers, answers and tokens; logits are computed where a label stands, nowhere else."""
    wanted = labels != IGNORE
    # An answer begins where none was wanted before.
    first = (wanted & ~F.pad(wanted, (1, 0))[:, :-1])[wanted]
    loss, right = judged(model.logits(hidden[wanted]), labels[wanted], first)
    return loss, int(right), int(first.sum()), len(first)


def judged(logits: Tensor, targets: Tensor, first: Tensor) -> tuple[Tensor, Tensor]:
    """Summed loss of logits [N, V], but where the target is `IGNORE`, and how many answers are right.

    Args:
        logits: at the places of targets.
        targets: tokens, [N].
        first: which of them begin an answer, bool [N].
    """
    logits = logits.float()
    missed = (logits.argmax(dim=-1) != targets) & (targets != IGNORE)
    answer = (first.cumsum(dim=0) - 1).clamp(min=0)
    misses = torch.zeros_like(answer).index_add(0, answer, missed.long())
    right = first & (misses[answer] == 0)
    return F.cross_entropy(logits, targets, ignore_index=IGNORE, reduction="sum"), right.sum()
