"""How a sequence is cut into segments, and the order they are read in; each starts with the end of the one before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from babilong.errors import unknown

ALIGNMENTS = ("left", "right", "center")

# Orders in which n segments are read (released code of 2304.11062, branch rmt_experiments).
ORDERS: dict[str, Callable[[int], list[int]]] = {
    "regular": lambda n: list(range(n)),
    "reversed": lambda n: list(range(n))[::-1],
    "bidirectional": lambda n: [*range(n), *range(n - 1)[::-1]],
    "repeat_first": lambda n: [*range(n), 0],
}

Ids = NDArray[np.int64]
IGNORE = -100  # label of tokens that carry no loss


def count(length: int, size: int, overlap: int) -> int:
    """Number of segments of a sequence of `length` tokens; an empty sequence has one, empty, segment."""
    return max(1, -(-(length - overlap) // (size - overlap)))


def bounds(length: int, size: int, overlap: int, alignment: str = "left") -> list[tuple[int, int]]:
    """Start and end of each segment in tokens.

    Args:
        length: of the sequence.
        size: of a segment.
        overlap: tokens that a segment shares with the one before.
        alignment: `left`: only the last segment may be short; `right`: only the first (the default of the encoders of
            2304.11062); `center`: all are as long as each other, to within a token.

    Raises:
        UsageError: an unknown alignment.

    Example:
        >>> bounds(10, size=4, overlap=1)
        [(0, 4), (3, 7), (6, 10)]
        >>> bounds(9, size=4, overlap=0, alignment="right")
        [(0, 1), (1, 5), (5, 9)]
    """
    step, n = size - overlap, count(length, size, overlap)
    if alignment == "left":
        return [(i * step, min(i * step + size, length)) for i in range(n)]
    if alignment == "right":
        return [(length - end, length - start) for start, end in bounds(length, size, overlap)[::-1]]
    if alignment == "center":
        starts = [i * (length - overlap) // n for i in range(n + 1)]
        return [(start, end + overlap) for start, end in zip(starts, starts[1:], strict=False)]
    raise unknown("alignment of segments", alignment, ALIGNMENTS)


def stream(pieces: Iterable[list[int]], size: int, overlap: int) -> Iterator[NDArray[np.int64]]:
    """Segments of a sequence that arrives in pieces, at most a piece and a segment in memory at a time."""
    held = np.empty(0, dtype=np.int64)
    for piece in pieces:
        held = np.concatenate((held, np.asarray(piece, dtype=np.int64)))
        start = 0
        # A full segment is given out only when more is known to follow, so that the last one is never empty.
        while len(held) - start > size:
            yield held[start : start + size]
            start += size - overlap
        held = held[start:]
    yield held
