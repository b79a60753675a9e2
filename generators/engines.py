"""Engines: who makes the units of a dataset, one after the other in this process or several at once in others.

Example::

    for part in pool(workers=2)(kitchen, orders, staging):
        print(part.file.path)

An engine is a function from orders to finished parts, in any order. The bytes of a part depend on its order alone.
"""

from __future__ import annotations

import math
import multiprocessing
import os
import platform
import signal
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

from babilong.errors import DataError, UsageError
from babilong.lengths import tokens
from generators.haystack import Haystack
from generators.kitchen import Kitchen
from generators.manifest import File
from generators.recipe import Recipe
from generators.sample_files import write_samples
from generators.staging import Part, Staging
from generators.stories.story import Story
from generators.units import Unit

LARGE_FROM = 1_000_000  # tokens; a file of such texts may exceed what 32-bit offsets reach
POOLS = 4  # how often a pool of which a worker was killed is set up, all in all


@dataclass(frozen=True, slots=True)
class Order:
    """A unit to make.

    Attributes:
        unit: which.
        stories: of its rows.
        left_out: stories of the whole cell that were left out, being too long.
    """

    unit: Unit
    stories: tuple[Story, ...]
    left_out: int


Parts = Generator[Part, None, None]
Engine = Callable[[Kitchen, Sequence[Order], Staging], Parts]


def serial(kitchen: Kitchen, orders: Sequence[Order], staging: Staging) -> Parts:
    """One after the other, in this process."""
    for order in orders:
        yield make(kitchen, order, staging)


def pool(workers: int) -> Engine:
    """So many processes of this machine. When some are killed, others take over what is left.

    Raises:
        UsageError: fewer than one.
        DataError: workers are killed again and again; raised by the engine.
    """
    check_workers(workers)

    def run(kitchen: Kitchen, orders: Sequence[Order], staging: Staging) -> Parts:
        from concurrent.futures import ProcessPoolExecutor, as_completed
        from concurrent.futures.process import BrokenProcessPool

        left = {order.unit: order for order in orders}
        for _ in range(POOLS):
            if not left:
                return
            executor = ProcessPoolExecutor(
                min(workers, len(left)), multiprocessing.get_context("spawn"), initializer=_end_with_parent
            )
            try:
                with _no_interrupt():  # which the workers inherit: an interruption is this process's affair
                    futures = [
                        executor.submit(make_elsewhere, kitchen.recipe, kitchen.recipe_hash, order, staging)
                        for order in left.values()
                    ]
                for future in as_completed(futures):
                    part = future.result()
                    del left[part.unit]
                    yield part
            except BrokenProcessPool:
                continue
            finally:
                executor.shutdown(cancel_futures=True)
        raise DataError(
            f"The workers have ended {POOLS} times before their work: killed for want of memory perhaps, or the script "
            f'that calls them lacks `if __name__ == "__main__"`. {staging.out} keeps what was finished; run the same '
            "again, with fewer workers."
        )

    return run if workers > 1 else serial


def check_workers(workers: int | None) -> None:
    """Refuse fewer workers than one.

    Raises:
        UsageError: it is so.
    """
    if workers is not None and workers < 1:
        raise UsageError(f"Cannot work with {workers} workers; ask for 1 or more.")


def make(kitchen: Kitchen, order: Order, staging: Staging) -> Part:
    """Make a unit, unless another process has made it meanwhile."""
    unit = order.unit
    if there := staging.part(unit):
        return there
    counts: list[int] = []
    unique: list[float] = []

    def counted() -> Iterator[Haystack]:
        for haystack in kitchen.haystacks(unit.task, unit.length, order.stories, unit.start):
            counts.append(haystack.rest.n_tokens)
            unique.append(haystack.rest.background_unique)
            yield haystack

    written = staging.new_file(unit)
    size, sha256 = write_samples(written, counted(), staging.format, large=tokens(unit.length) >= LARGE_FROM)
    file = File(unit.path(staging.format), unit.rows, size, sha256)
    store = kitchen.store(unit.length)
    background = (store.sentences_seen, store.collisions) if store else ()
    totals = sum(counts), math.fsum(unique), min(unique)
    part = Part(unit, staging.recipe_hash, file, *totals, order.left_out, *background)
    staging.keep(part, written)
    return part


def make_elsewhere(recipe: Recipe, recipe_hash: str, order: Order, staging: Staging) -> Part:
    """Make a unit in a process that has to fetch the parts of the recipe first.

    Raises:
        DataError: what they hold here is not what they hold where the run was started.
    """
    return make(_kitchen(recipe, recipe_hash), order, staging)


@lru_cache(maxsize=1)
def _kitchen(recipe: Recipe, recipe_hash: str) -> Kitchen:
    kitchen = Kitchen(recipe)
    if kitchen.recipe_hash != recipe_hash:
        raise DataError(
            f"The parts of the recipe are others on {platform.node()} than where the run was started (recipe "
            f"{kitchen.recipe_hash[:8]}, not {recipe_hash[:8]}); give every machine the same files and packages."
        )
    return kitchen


@contextmanager
def _no_interrupt() -> Iterator[None]:
    """Let an interruption wait; processes that are started meanwhile never see one."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end_with_parent() -> None:
    """End this worker when the process that started it is killed: it would wait for work for ever."""

    def watch() -> None:
        if parent := multiprocessing.parent_process():
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
