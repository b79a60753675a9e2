"""Optimizers by the names that recipes give them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from babilong.errors import UsageError, first_sentence, unknown
from baselines.training.recipe import Recipe


def make_optimizer(recipe: Recipe, model: nn.Module) -> torch.optim.Optimizer:
    """The recipe's optimizer over what is to be trained; the rate is set at each step.

    Raises:
        UsageError: there is no such optimizer, or its options do not fit.
    """
    if recipe.optimizer not in _OPTIMIZERS:
        raise unknown("optimizer", recipe.optimizer, _OPTIMIZERS)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    options = {"lr": 1e-3, "weight_decay": recipe.weight_decay, **recipe.optimizer_options}
    try:
        return _OPTIMIZERS[recipe.optimizer](trained, **options)
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"The optimizer {recipe.optimizer!r} does not take these options: {first_sentence(error)}"
        ) from error


def _adamw(parameters: list[nn.Parameter], **options: Any) -> torch.optim.Optimizer:
    return torch.optim.AdamW(parameters, **{"betas": (0.9, 0.98), **options})


def _adafactor(parameters: list[nn.Parameter], **options: Any) -> torch.optim.Optimizer:
    from transformers.optimization import Adafactor

    # The rate is the recipe's, not one of its own.
    return Adafactor(parameters, **{"scale_parameter": False, "relative_step": False, **options})


_OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "adamw": _adamw,
    "adam": torch.optim.Adam,
    "sgd": torch.optim.SGD,
    "adafactor": _adafactor,
}
