"""A batch read by several processes, or in several parts one after the other, with the gradient of the whole.

A loop of segments calls a model's parts rather than its `forward`, which is all that torch's own data parallelism
watches; so gradients are summed here, once a step and all at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from babilong.errors import UsageError

if TYPE_CHECKING:
    from accelerate import Accelerator


@dataclass(frozen=True, slots=True)
class Share:
    """One of equal parts of a batch's rows.

    Attributes:
        index: which, from 0.
        of: how many there are.
    """

    index: int = 0
    of: int = 1

    def rows(self, total: int) -> range:
        """Its rows of a batch of `total`.

        Example:
            >>> [list(Share(i, 2).rows(5)) for i in range(2)]
            [[0, 1], [2, 3, 4]]

        Raises:
            UsageError: there are fewer rows than shares.
        """
        if total < self.of:
            raise UsageError(
                f"A batch of {total} rows cannot be read by {self.of} (processes times `accumulate`); "
                "use fewer, or raise `rows`."
            )
        return range(total * self.index // self.of, total * (self.index + 1) // self.of)


def sum_gradients(accelerator: Accelerator, parameters: Sequence[nn.Parameter], factor: float) -> None:
    """Scale the gradients of this process and sum them over all.

    A parameter that no process has a gradient of keeps none, so that no weight decay touches it.
    """
    if factor != 1.0:
        for parameter in parameters:
            if parameter.grad is not None:
                parameter.grad.mul_(factor)
    if accelerator.num_processes == 1:
        return
    has = torch.tensor([p.grad is not None for p in parameters], dtype=torch.float32, device=accelerator.device)
    wanted = [p for p, n in zip(parameters, accelerator.reduce(has, "sum").tolist(), strict=True) if n]
    for parameter in wanted:
        if parameter.grad is None:
            parameter.grad = torch.zeros_like(parameter)
    gradients: list[Tensor] = [p.grad for p in wanted if p.grad is not None]
    if not gradients:
        return
    flat = accelerator.reduce(torch.cat([gradient.flatten() for gradient in gradients]), "sum")
    for gradient, part in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
        gradient.copy_(part.view_as(gradient))


def same_weights(accelerator: Accelerator, model: nn.Module) -> None:
    """Give all processes the weights of the first."""
    from accelerate.utils import broadcast

    if accelerator.num_processes > 1:
        for tensor in (*model.parameters(), *model.buffers()):
            tensor.data.copy_(broadcast(tensor.data))
