"""Batches made by other processes ahead of the steps that learn from them.

    source = Ahead(source, recipe, workers=4)

A GPU learns from a batch in less time than it takes one core to make it. A batch is a pure function of the recipe and
the step, so where it is made changes nothing.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from itertools import product
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset

from babilong.errors import BabilongError
from baselines.training.recipe import Recipe, Stage
from baselines.training.shares import Share
from baselines.training.steps import Source

_EACH = 4  # batches that a worker is ahead


class Ahead:
    """A source that gives what another one gives.

    Args:
        source: makes batches.
        recipe: says which will be asked for.
        workers: processes that make them.
    """

    def __init__(self, source: Source, recipe: Recipe, workers: int) -> None:
        self.source, self.recipe, self.workers = source, recipe, workers
        self._made: Iterator[tuple[tuple[int, Share], Any]] = iter(())

    @property
    def split(self) -> str:
        """Whose streams the batches come from."""
        return getattr(self.source, "split", "train")

    def __call__(self, stage: Stage, step: int, share: Share) -> Any:
        """The share of the batch of a step; asked for another than the next one, the workers begin anew."""
        asked, batch = next(self._made, (None, None))
        if asked != (step, share):
            self._made = self._begin(step, share)
            _, batch = next(self._made)
        if isinstance(batch, BabilongError):
            raise batch
        return batch

    def _begin(self, step: int, share: Share) -> Iterator[tuple[tuple[int, Share], Any]]:
        parts = self.recipe.accumulate
        first = share.index - share.index % parts
        shares = [Share(first + part, share.of) for part in range(parts)]
        to_come = [*product(range(step, self.recipe.steps), shares)][share.index - first :]
        loader = DataLoader(
            _Batches(self.source, self.recipe, to_come),
            batch_size=None,
            num_workers=self.workers,
            prefetch_factor=_EACH,
            collate_fn=_as_it_is,
            worker_init_fn=_alone,
            # Not the global one: what is drawn in training must not depend on who makes the batches.
            generator=torch.Generator(),
            # Tasks and tokenizers need not be sent then.
            multiprocessing_context="fork",
        )
        return zip(to_come, loader, strict=True)


class _Batches(Dataset[Any]):
    """Batches by their number."""

    def __init__(self, source: Source, recipe: Recipe, which: list[tuple[int, Share]]) -> None:
        self.source, self.recipe, self.which = source, recipe, which

    def __len__(self) -> int:
        return len(self.which)

    def __getitem__(self, number: int) -> Any:
        step, share = self.which[number]
        try:
            return self.source(self.recipe.at(step)[0], step, share)
        except BabilongError as error:  # raised here, it would arrive with its traceback as its message
            return error


def _as_it_is(batch: Any) -> Any:
    return batch


def _alone(worker: int) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):  # a whole job is told to stop: who trains ends its workers itself
        signal.signal(number, signal.SIG_IGN)
    os.environ["TOKENIZERS_PARALLELISM"] = "false"  # a warning otherwise, where this process has used them
