"""Intervals for accuracies."""

from __future__ import annotations

import math
from typing import NamedTuple


class Interval(NamedTuple):
    """A two-sided confidence interval, both ends in [0, 1]."""

    low: float
    high: float


def wilson(correct: int, total: int, z: float = 1.959963984540054) -> Interval:
    """Wilson score interval of a proportion (Wilson, 1927), 95 % by default.

    Unlike the normal approximation it stays inside [0, 1] and is right at 0 and 100 %.

    Example:
        >>> [round(end, 3) for end in wilson(100, 100)]
        [0.963, 1.0]

    Raises:
        ValueError: no samples, or more correct ones than samples.
    """
    if not 0 <= correct <= total or total == 0:
        raise ValueError(f"{correct} correct of {total} is no proportion")
    share, spread = correct / total, z * z / total
    centre = share + spread / 2
    half = z * math.sqrt(share * (1 - share) / total + spread / total / 4)
    return Interval(max(0.0, (centre - half) / (1 + spread)), min(1.0, (centre + half) / (1 + spread)))
