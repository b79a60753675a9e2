"""Learning rates by the names that transformers gives them, as pure functions of the step.

    rate("linear", step=50, warmup=10, steps=100)    # share of the stage's rate

Nothing of a schedule has to be saved: a run that goes on asks for the rate of its step.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from babilong.errors import UsageError, first_sentence, unknown


def rate(name: str, step: int, warmup: int, steps: int, options: dict[str, Any]) -> float:
    """What a schedule multiplies the learning rate by.

    Args:
        name: as `transformers.get_scheduler` knows it.
        step: from 0.
        warmup: steps over which it rises from 0.
        steps: after which it ends.
        options: others of the schedule.

    Raises:
        UsageError: there is no such schedule, it depends on more than the step, or its options do not fit.
    """
    return _shape(name, warmup, steps, json.dumps(options, sort_keys=True))(step)


@lru_cache
def _shape(name: str, warmup: int, steps: int, options: str) -> Callable[[int], float]:
    import torch
    from transformers import SchedulerType, get_scheduler

    # These two look at the loss.
    known = [kind.value for kind in SchedulerType if kind.value not in ("reduce_lr_on_plateau", "greedy")]
    if name not in known:
        raise unknown("schedule", name, known)
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    try:
        schedule: Any = get_scheduler(name, optimizer, warmup, steps, json.loads(options))
        shape: Callable[[int], float] = schedule.lr_lambdas[0]
        shape(warmup)  # some options are only looked at here
    except (TypeError, ValueError) as error:
        raise UsageError(f"The schedule {name!r} does not take these options: {first_sentence(error)}") from error
    return shape
