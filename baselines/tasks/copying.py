"""Copying and reversing: what a memory must carry word for word from one segment to the next.

A row is `x 1 x x` (copy) or `x 1 reversed(x)` for n random symbols x, without its last token, which nothing follows;
with segments of n tokens each copy has to be made from memory (Bulatov et al. 2022, 2207.06881, section 4.1 and its
released code). Symbols that are guessed are right one time in eight.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from babilong.errors import unknown
from baselines.memory.segments import IGNORE, Ids
from generators.streams import Stream

START = 1  # begins the answer
SYMBOLS = range(2, 10)
VOCABULARY = 10

_ANSWERS: dict[str, Callable[[Ids], tuple[Ids, ...]]] = {
    "copy": lambda x: (x, x),
    "reverse": lambda x: (x[:, ::-1],),
}


class Batch(NamedTuple):
    """Rows to read.

    Attributes:
        ids: token ids [B, T]; T is 3 n for copying and 2 n for reversing.
        targets: the token that each place should predict next, `IGNORE` where none is wanted, [B, T].
    """

    ids: Ids
    targets: Ids


def copying(task: str, symbols: int, batch: int, seed: int, step: int) -> Batch:
    """A batch as a function of its step.

    Args:
        task: `copy` or `reverse`.
        symbols: n, to copy.
        batch: B, rows.
        seed: names the random stream.
        step: names it, too.

    Raises:
        UsageError: an unknown task.
    """
    if task not in _ANSWERS:
        raise unknown("copying task", task, _ANSWERS)
    stream = Stream("train", "copying", seed, task, step)
    draw = np.random.Generator(np.random.PCG64(stream.below(1 << 30)))
    x = draw.integers(SYMBOLS.start, SYMBOLS.stop, (batch, symbols))
    start = np.full((batch, 1), START)
    row = np.concatenate((x, start, *_ANSWERS[task](x)), axis=1)
    targets = row[:, 1:].copy()
    targets[:, :symbols] = IGNORE
    return Batch(row[:, :-1], targets)
