"""Batches made by other processes ahead of the steps that learn from them.

    with Prefetch(source, recipe, workers=4) as ahead:
        train(recipe, tokenizer, ahead, loss, out)

A GPU learns from a batch in less time than it takes one core to make it. A batch is a pure function of the recipe and
the step, so where it is made changes nothing.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice, product
from multiprocessing import get_context, parent_process
from typing import Any, Self

import torch

from babilong.errors import BabilongError
from baselines.training.recipe import Recipe
from baselines.training.shares import Share
from baselines.training.stage import Stage
from baselines.training.steps import Source

_EACH = 4  # batches that a worker is ahead
_makes: tuple[Source, Recipe]  # what a worker makes batches with


class Prefetch:
    """A source that gives what another one gives, until the end of its `with`.

    Args:
        source: makes batches.
        recipe: says which will be asked for.
        workers: processes that make them.
    """

    def __init__(self, source: Source, recipe: Recipe, workers: int) -> None:
        self.source, self.recipe, self.workers = source, recipe, workers
        # Forked, so that tasks and tokenizers need not be sent.
        self._pool = ProcessPoolExecutor(workers, get_context("fork"), _begin, (source, recipe))
        self._to_come: Iterator[tuple[int, Share]] = iter(())
        self._under_way: deque[tuple[tuple[int, Share], Future[Any]]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    @property
    def split(self) -> str:
        """Whose streams the batches come from."""
        return getattr(self.source, "split", "train")

    def __call__(self, stage: Stage, step: int, share: Share) -> Any:
        """The share of the batch of a step, of the stage that the recipe has there.

        Asked for another one than the next, the workers go on from that.

        Raises:
            BabilongError: what the source raises, or a worker was killed.
        """
        if not self._under_way or self._under_way[0][0] != (step, share):
            self._go_on_from(step, share)
        _, batch = self._under_way.popleft()
        try:
            self._fill()
            return batch.result()
        except BrokenProcessPool as error:
            raise BabilongError(
                "A process that makes batches was killed, perhaps for want of memory; go on with fewer --workers."
            ) from error

    def _go_on_from(self, step: int, share: Share) -> None:
        for _, batch in self._under_way:
            batch.cancel()
        self._under_way.clear()
        parts = self.recipe.accumulate
        first = share.index - share.index % parts
        shares = [Share(first + part, share.of) for part in range(parts)]
        self._to_come = islice(product(range(step, self.recipe.steps), shares), share.index - first, None)
        self._fill()

    def _fill(self) -> None:
        for which in islice(self._to_come, self.workers * _EACH - len(self._under_way)):
            self._under_way.append((which, self._pool.submit(_make, *which)))


def _begin(source: Source, recipe: Recipe) -> None:
    global _makes
    _makes = source, recipe
    for number in (signal.SIGINT, signal.SIGTERM):  # a whole job is told to stop: who trains ends its workers itself
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_end_with_its_parent, daemon=True).start()
    torch.set_num_threads(1)
    os.environ["TOKENIZERS_PARALLELISM"] = "false"  # a warning otherwise, where this process has used them


def _end_with_its_parent() -> None:
    parent = parent_process()
    assert parent is not None
    parent.join()  # it cannot end its workers if it is killed
    os._exit(1)


def _make(step: int, share: Share) -> Any:
    source, recipe = _makes
    return source(recipe.stage(step), step, share)
