"""A tiny recipe and what it takes to train it in a test."""

import dataclasses
from functools import lru_cache

from babilong.tokenizers import load_tokenizer
from baselines.memory.config import MemoryConfig
from baselines.tasks.babilong import StoryTask, prose_noise
from baselines.training import kinds, trainer
from baselines.training.recipe import Recipe
from baselines.training.stage import Stage

TINY = Recipe(
    name="tiny",
    task="qa1",
    model={"model_type": "gpt2", "n_layer": 1, "n_embd": 16, "n_head": 2, "n_positions": 160},
    memory={"memory_tokens": 4, "segment_size": 64, "overlap": 8, "gate": True, "token_shift": 2},
    warmup=2,
    gate_floor=0.05,
    stages=(
        Stage("stories", 2, kind="interleaved", rows=4),
        Stage("facts", 2, kind="facts", rows=4),
        Stage("noise", 3, segments=(2, 3), backprop=2, rows=16, garble=0.2, write_penalty=0.1, decay=0.5),
    ),
    text="name: tiny\n",
)
STILL = {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0}


def changed(**fields) -> Recipe:
    return dataclasses.replace(TINY, **fields)


def one_stage(steps: int, **fields) -> Recipe:
    stage = {key: fields.pop(key) for key in ("rows", "kind", "schedule", "learning_rate") if key in fields}
    return changed(stages=(Stage("facts", steps, **{"kind": "facts", "rows": 4, **stage}),), **fields)


@lru_cache
def story_task(split: str = "train") -> StoryTask:
    tokenizer = load_tokenizer()
    return StoryTask({"qa1": 1}, tokenizer, 0, prose_noise(tokenizer, "train", 1), seed=1, split=split)


def batches(recipe: Recipe = TINY, split: str = "train") -> kinds.Batches:
    return kinds.Batches(story_task(split), MemoryConfig(**recipe.memory))


def run(recipe, out, loss=kinds.loss, source=None, **options):
    options.setdefault("save_minutes", 1000)
    return trainer.train(recipe, story_task().tokenizer, source or batches(recipe), loss, out, **options)


class Killed(Exception):
    pass


def dying_loss(calls: int):
    """The loss that all stages have, until it has been asked for so often."""
    left = [calls]

    def loss(model, batch, stage):
        left[0] -= 1
        if left[0] < 0:
            raise Killed
        return kinds.loss(model, batch, stage)

    return loss
