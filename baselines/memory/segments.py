"""How a sequence is cut into segments: from the left, each starting with the last tokens of the one before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray


def count(length: int, size: int, overlap: int) -> int:
    """Number of segments of a sequence of `length` tokens; an empty sequence has one, empty, segment."""
    return max(1, -(-(length - overlap) // (size - overlap)))


def bounds(length: int, size: int, overlap: int) -> list[tuple[int, int]]:
    """Start and end of each segment in tokens; only the last one may be short.

    Example:
        >>> bounds(10, size=4, overlap=1)
        [(0, 4), (3, 7), (6, 10)]
    """
    step = size - overlap
    return [(i * step, min(i * step + size, length)) for i in range(count(length, size, overlap))]


def stream(pieces: Iterable[Sequence[int] | NDArray[np.int64]], size: int, overlap: int) -> Iterator[NDArray[np.int64]]:
    """Segments of a sequence that arrives in pieces, at most a piece and a segment in memory at a time."""
    held = np.empty(0, dtype=np.int64)
    first = True
    for piece in pieces:
        held = np.concatenate((held, np.asarray(piece, dtype=np.int64)))
        start = 0
        # A full segment is given out only when more is known to follow, so that the last one is never empty.
        while len(held) - start > size:
            yield held[start : start + size]
            start += size - overlap
            first = False
        held = held[start:]
    if first or len(held) > overlap:
        yield held
