"""Trying a model on batches it does not learn from, and what the result means for the run."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch

from babilong.errors import unknown
from baselines.memory.model import MemoryModel
from baselines.training.functions import named
from baselines.training.losses import Score, Sums
from baselines.training.recipe import Validation
from baselines.training.shares import Share
from baselines.training.stage import Stage
from baselines.training.state import Progress

MEASURED = ("loss", "accuracy", "gate")
Validate = Callable[[MemoryModel, Stage], Mapping[str, float]]


def on_batches(
    validation: Validation,
    source: Callable[[Stage, int, Share], Any],
    loss: Callable[[MemoryModel, Any, Stage], Score],
) -> Validate:
    """Validation by the loss, the accuracy and the recipe's own metrics on a few batches of a source.

    Each process takes some of the batches; all get the same result, whatever their number.
    """
    own = [named(function, "model", "batch", "stage") for function in validation.metrics]

    def validate(model: MemoryModel, stage: Stage) -> dict[str, float]:
        from accelerate import PartialState
        from accelerate.utils import gather_object

        process = PartialState()
        found: list[tuple[int, Sums, dict[str, float]]] = []
        for index in range(process.process_index, validation.batches, process.num_processes):
            batch = source(stage, index, Share())
            score = loss(model, batch, stage)
            more = {name: float(v) for metric in own for name, v in metric(model, batch, stage).items()}
            found.append((index, Sums.of(score), more))
        found = sorted(gather_object(found), key=lambda part: part[0])
        sums = [part for _, part, _ in found]
        return {
            **sum(sums, Sums()).means(),
            **{name: sum(more[name] for _, _, more in found) / len(found) for name in found[0][2]},
        }

    return validate


def run(validate: Validate, model: MemoryModel, stage: Stage) -> dict[str, float]:
    """Validate without gradient and dropout, and leave the run's random numbers as they are.

    All processes take part; what the first one found is what counts.
    """
    from accelerate.utils import broadcast_object_list

    model.eval()
    with torch.no_grad(), torch.random.fork_rng():
        metrics = dict(validate(model, stage))
    model.train()
    return dict(broadcast_object_list([metrics])[0])


class Verdict(NamedTuple):
    """What a validation means: it is the `best` of the stage so far; the stage is `over`, and `why`."""

    best: bool
    over: bool
    why: str


def judge(validation: Validation, progress: Progress, metrics: Mapping[str, float]) -> Verdict:
    """Note a validation's result in the progress and say what follows from it.

    Raises:
        UsageError: the metric that decides is not among them.
    """
    if validation.metric not in metrics:
        raise unknown("metric", validation.metric, metrics)
    value = metrics[validation.metric]
    sign = 1 if validation.mode == "max" else -1
    best = math.isfinite(value) and (progress.best is None or sign * value > sign * progress.best)
    progress.best, progress.worse = (value, 0) if best else (progress.best, progress.worse + 1)
    if validation.desired is not None and sign * value >= sign * validation.desired:
        return Verdict(best, True, f"{validation.metric} has reached {value:.4g}")
    if validation.patience is not None and progress.worse >= validation.patience:
        return Verdict(best, True, f"{validation.metric} was not better for {progress.worse} validations")
    return Verdict(best, False, "")
