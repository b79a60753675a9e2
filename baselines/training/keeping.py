"""What is kept of a run: the finished checkpoint, the best one, and the best weights to train on from."""

from __future__ import annotations

import copy
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from babilong.tokenizers import Tokenizer
from baselines import checkpoints
from baselines.memory.config import MemoryConfig
from baselines.memory.model import MemoryModel
from baselines.training.recipe import Recipe
from baselines.training.state import swap, writing

_TRAINED = "trained.pt"


def keep(folder: Path, model: MemoryModel, tokenizer: Tokenizer, recipe: Recipe) -> None:
    """Write a checkpoint that loads like any other: the recipe's gate, adapters merged, no heads for training alone."""
    if recipe.lora is None:
        kept = copy.copy(model)
    else:
        from baselines.training.lora import merged

        kept = merged(model)
    # What is for training alone.
    kept._modules = {name: module for name, module in kept._modules.items() if name != "states"}
    kept.config = finished(kept.config, recipe)
    with writing(folder):
        checkpoints.save(folder, kept, tokenizer, recipe.all_tasks, recipe.text)


def finished(config: MemoryConfig, recipe: Recipe) -> MemoryConfig:
    """The configuration of a checkpoint whose training is over.

    Raises:
        UsageError: the recipe sets for it what its kind has not.
    """
    labelled = any(stage.gate == "labels" for stage in recipe.stages)
    return replace(
        config,
        gate_floor=recipe.gate_floor,
        gate_threshold=recipe.gate_threshold,
        # Once told where facts stand, a gate never forgets it.
        gate_from="labels" if labelled else config.gate_from,
        state_heads=False,
    )


def keep_best(out: Path, model: MemoryModel, tokenizer: Tokenizer, recipe: Recipe) -> None:
    """Put a checkpoint in `best/`, with the bare weights beside it, which a later stage may start from."""
    fresh = out / "best.part"
    shutil.rmtree(fresh, ignore_errors=True)
    keep(fresh, model, tokenizer, recipe)
    with writing(fresh):
        torch.save(model.state_dict(), fresh / _TRAINED)
    swap(fresh, out / "best")


def load_best(out: Path, model: MemoryModel, optimizer: Any) -> None:
    """Take the best weights, and let the optimizer forget what it gathered on the way to others."""
    model.load_state_dict(torch.load(out / "best" / _TRAINED, map_location=model.device, weights_only=True))
    optimizer.state.clear()
