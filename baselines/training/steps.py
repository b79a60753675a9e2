"""One optimizer step: shares of a batch read, their gradients summed and clipped, the weights changed."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn import utils

from babilong.errors import DataError
from baselines.memory.model import MemoryModel
from baselines.training.checkpointing import recomputed
from baselines.training.functions import named
from baselines.training.losses import Score, Sums
from baselines.training.recipe import Recipe
from baselines.training.shares import Share, sum_gradients
from baselines.training.stage import Stage

if TYPE_CHECKING:
    from accelerate import Accelerator

# The share of the batch of a stage and a step (from 0): a pure function.
Source = Callable[[Stage, int, Share], Any]
# What a model makes of such a share in a stage.
Loss = Callable[[MemoryModel, Any, Stage], Score]

_OVERFLOWS = 50  # in a row; a scale that is halved so often is zero


class Learner:
    """Changes a model's weights step by step.

    Args:
        recipe: says how.
        accelerator: runs it.
        model: what is trained.
        optimizer: over its parameters.
        source: gives batches.
        loss: of them.
        out: where a batch is kept that broke the run.
    """

    def __init__(
        self,
        recipe: Recipe,
        accelerator: Accelerator,
        model: MemoryModel,
        optimizer: Any,
        source: Source,
        loss: Loss,
        out: Path,
    ) -> None:
        self.recipe, self.accelerator, self.optimizer = recipe, accelerator, optimizer
        self.source, self.loss, self.out = source, loss, out
        self.parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
        self.model = recomputed(model) if recipe.checkpointing else model
        self.transform = named(recipe.transform, "batch", "stage", "step") if recipe.transform else None
        self.skipped = 0

    def step(self, stage: Stage, step: int, rate: float, *, save: bool, stop: bool) -> tuple[Sums, float]:
        """Learn from the batch of a step.

        Args:
            stage: of the step.
            step: names the batch.
            rate: learning rate.
            save: this process asks for a save; handed to all with the sums.
            stop: this process was asked to stop; handed to all likewise.

        Returns:
            The sums over all processes, and the norm of the gradient before clipping.

        Raises:
            DataError: the loss or the gradient is no number any more; the batch is kept.
        """
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        local, reference = Sums(saves=float(save), stops=float(stop)), 0
        read: list[Any] = []
        parts = self.recipe.accumulate
        for part in range(parts):
            share = Share(
                self.accelerator.process_index * parts + part,
                self.accelerator.num_processes * parts,
            )
            batch = self.source(stage, step, share)
            if self.transform is not None:
                batch = self.transform(batch, stage, step)
            read.append(batch)
            with self.accelerator.autocast():
                score = self.loss(self.model, batch, stage)
            local += Sums.of(score)
            if not math.isfinite(local.loss):
                break
            # Relative to the first share's, so that the numbers of the backward pass stay as large as of one share.
            reference = reference or max(1, score.weight)
            self.accelerator.backward(score.loss * (score.weight / reference))
        total = self._over_all(local)
        if not math.isfinite(total.loss):
            raise self._stop("loss", total.loss, step, [] if math.isfinite(local.loss) else read[-1:])
        sum_gradients(self.accelerator, self.parameters, reference / max(1, total.weight))
        norm = self._clip()
        # In fp16 gradients overflow now and then; the scaler sees to it and skips the step.
        self.skipped = 0 if math.isfinite(norm) else self.skipped + 1
        if self.skipped > (0 if self.accelerator.scaler is None else _OVERFLOWS):
            raise self._stop("gradient", norm, step, read)
        self.optimizer.step()
        self.optimizer.zero_grad()
        return total, norm

    def _over_all(self, local: Sums) -> Sums:
        if self.accelerator.num_processes == 1:
            return local
        numbers = torch.tensor(local, dtype=torch.float64, device=self.accelerator.device)
        return Sums(*self.accelerator.reduce(numbers, "sum").tolist())

    def _clip(self) -> float:
        """Clip by norm or by value, as the recipe says; the norm before."""
        self.accelerator.unscale_gradients()
        norm = utils.get_total_norm([p.grad for p in self.parameters if p.grad is not None])
        if self.recipe.clip is not None:
            utils.clip_grads_with_norm_(self.parameters, self.recipe.clip, norm)
        if self.recipe.clip_value is not None:
            utils.clip_grad_value_(self.parameters, self.recipe.clip_value)
        return float(norm)

    def _stop(self, what: str, value: float, step: int, batches: list[Any]) -> DataError:
        """The error for a step that went wrong; it keeps the batches, one of which may be to blame."""
        where = "the batch is kept by the process that read it"
        if batches:
            file = self.out / f"bad-batch-{step}-{self.accelerator.process_index}.pt"
            self.out.mkdir(parents=True, exist_ok=True)
            torch.save({"step": step, "batches": _tensors(batches)}, file)
            where = f"what it read is kept in {file}"
        state = self.out / "state"
        saved = f"the last state before it is in {state}" if state.exists() else "nothing was saved before"
        return DataError(
            f"The {what} became {value} at step {step}; {where}, and {saved}. Look at what was read, or begin anew in "
            "another folder with a lower `learning_rate` or `clip`."
        )


def _tensors(batch: Any) -> Any:
    """A batch in terms that `torch.load` reads safely: dictionaries, lists and tensors."""
    if dataclasses.is_dataclass(batch):
        return {field.name: _tensors(getattr(batch, field.name)) for field in dataclasses.fields(batch)}
    if isinstance(batch, dict):
        return {key: _tensors(value) for key, value in batch.items()}
    if isinstance(batch, tuple | list):
        return [_tensors(value) for value in batch]
    return torch.from_numpy(batch) if isinstance(batch, np.ndarray) else batch
