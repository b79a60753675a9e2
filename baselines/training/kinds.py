"""The kinds of stages by name: how a batch is made and what is to be learned from it.

A new kind is a line in `KINDS`. A maker is a pure function of the split, the stage, the step and the share; shares
together are the whole batch, padded alike.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from babilong.tokenizers import Tokenizer
from baselines.memory.config import MemoryConfig
from baselines.memory.model import MemoryModel
from baselines.memory.segments import Ids
from baselines.memory.sentences import Block
from baselines.tasks.babilong import Batch, StoryTask, prose_noise
from baselines.tasks.moment_batch import Moments
from baselines.tasks.moments import MomentTask, Telling
from baselines.tasks.noise import sentences_of
from baselines.training.losses import Score, interleaved_loss, segmented_loss
from baselines.training.moments import gate_loss, moments_loss
from baselines.training.recipe import Recipe
from baselines.training.shares import Share
from baselines.training.stage import Stage
from generators.streams import Stream

# Reading a segment without gradient costs about a third of reading it with.
_UNTRAINED_COST = 1 / 3
INTERLEAVED_LENGTH = 128
OF_MOMENTS = ("moments", "gate")
_OF_CONTEXTS = ("facts", "noise")


class Kind(NamedTuple):
    """A kind of stage.

    Attributes:
        make: a batch from a task, the memory's configuration, the stage, the step and the share of it.
        loss: what the model makes of it.
        settings: those of a stage that it heeds, of those that not every kind does.
    """

    make: Callable[[Any, MemoryConfig, Stage, int, Share], Any]
    loss: Callable[[MemoryModel, Any, Stage], Score]
    settings: frozenset[str]


@dataclass(frozen=True, slots=True)
class Batches:
    """Batches of a task, for any kind of stage: a source for the trainer.

    Attributes:
        task: makes them.
        config: of the memory they are for.
    """

    task: StoryTask | MomentTask
    config: MemoryConfig

    @property
    def split(self) -> str:
        """Whose streams the batches come from."""
        return self.task.split

    def __call__(self, stage: Stage, step: int, share: Share) -> Any:
        """The share of the batch of a step."""
        return KINDS[stage.kind].make(self.task, self.config, stage, step, share)


def batches(recipe: Recipe, tokenizer: Tokenizer, end: int, split: str, volumes: int) -> Batches:
    """A source of batches for a recipe.

    Args:
        recipe: whose tasks and memory they are for.
        tokenizer: encodes.
        end: token that ends an answer.
        split: `train` or `valid`.
        volumes: of built-in prose as noise.

    Raises:
        UsageError: the split is the one that is measured on.
        DataError: the folder of books cannot be read.
    """
    config = MemoryConfig.from_dict(recipe.memory)
    if any(stage.kind in OF_MOMENTS for stage in recipe.stages):
        sentences = sentences_of(tokenizer, config.segment_size, split, volumes, recipe.noise_books)
        return Batches(MomentTask(recipe.tasks, tokenizer, end, sentences, recipe.seed, split), config)
    noise = prose_noise(tokenizer, split, volumes)
    return Batches(StoryTask(recipe.tasks, tokenizer, end, noise, recipe.seed, split), config)


def loss(model: MemoryModel, batch: Any, stage: Stage) -> Score:
    """The loss of the stage's kind."""
    return KINDS[stage.kind].loss(model, batch, stage)


def _interleaved(
    task: StoryTask | MomentTask, config: MemoryConfig, stage: Stage, step: int, share: Share
) -> tuple[Ids, Ids]:
    rows = share.rows(stage.rows)
    ids, labels = task.interleaved(stage.rows, INTERLEAVED_LENGTH, step, stage.task)
    return ids[rows.start : rows.stop], labels[rows.start : rows.stop]


def fewest_rows(stage: Stage) -> int:
    """How many rows the smallest batch of a stage has."""
    if stage.kind not in _OF_CONTEXTS:
        return stage.rows
    return _height(stage, 1 if stage.kind == "facts" else stage.segments[1])


def _height(stage: Stage, total: int) -> int:
    """Rows of a batch of contexts of `total` segments, which cost about as much as `stage.rows` of one."""
    attached = min(total, stage.backprop)
    cost = attached + (total - attached) * _UNTRAINED_COST
    return max(8, min(96, round(stage.rows / cost)))


def _segmented(task: StoryTask, config: MemoryConfig, stage: Stage, step: int, share: Share) -> Batch:
    stream = Stream(task.split, "lengths", task.seed, step)
    size, overlap = stage.segment_size or config.segment_size, config.overlap
    least, most = stage.segments
    if stage.kind == "facts" or stream.random() < stage.short / 2:
        total, tokens = 1, 0
    elif stream.random() < stage.short / 2:
        total, tokens = 1, size // 4 + stream.below(size * 3 // 4)
    else:
        total = round(math.exp(math.log(least) + stream.random() * math.log(most / least)))
        tokens = total * (size - overlap) - stream.below(size // 2)
    batch = task.segmented(
        batch=_height(stage, total),
        tokens=tokens,
        size=size,
        overlap=overlap,
        questions=stage.questions,
        step=step,
        garble=stage.garble if stream.random() < 0.5 else 0.0,
        tasks=stage.task,
        own=stage.own,
    )
    # Made whole and cut, so that all shares have as many segments.
    height = batch.segments.shape[1]
    rows, asked = share.rows(height), batch.questions.shape[1] // height
    texts, questions = slice(rows.start, rows.stop), slice(rows.start * asked, rows.stop * asked)
    return Batch(
        batch.segments[:, texts], batch.mask[:, texts], batch.questions[:, questions], batch.labels[:, questions]
    )


def _moments(task: MomentTask, config: MemoryConfig, stage: Stage, step: int, share: Share) -> tuple[Moments, Block]:
    rows = share.rows(stage.rows)
    size = stage.segment_size or config.segment_size
    of_noise = stage.prefix, stage.near, stage.near_tokens
    telling = Telling(stage.facts, stage.noise, stage.questions, size, *of_noise, stage.renamed, stage.own)
    moments = task.moments(rows, step, telling, stage.task)
    # A price on these by themselves would tell that they are no facts, which only labels may.
    near = stage.near if stage.gate == "labels" else 0.0
    return moments, task.background(rows, step, stage.background, near, stage.task, stage.near_tokens)


_ASKED = frozenset(("segment_size", "questions", "own", "write_penalty"))
_TOLD = frozenset(
    ("segment_size", "questions", "facts", "noise", "background", "near", "near_tokens", "renamed", "prefix", "gate")
)

KINDS: dict[str, Kind] = {
    "interleaved": Kind(_interleaved, interleaved_loss, frozenset()),
    "facts": Kind(_segmented, segmented_loss, _ASKED),
    "noise": Kind(_segmented, segmented_loss, _ASKED | {"segments", "backprop", "short", "garble"}),
    "moments": Kind(_moments, moments_loss, _ASKED | _TOLD | {"background_price", "stretch", "stray", "state_weight"}),
    "gate": Kind(_moments, gate_loss, _TOLD),
}
