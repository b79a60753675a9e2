"""Intervals for accuracies, and what two runs over the same samples tell of each other.

Example::

    wilson(90, 100)                      # Interval(low=0.8256..., high=0.9447...)
    mcnemar(only_a=12, only_b=3)         # 0.035...
    paired_difference(80, 12, 3, 5)      # of 0.09: Interval(low=0.0125..., high=0.1722...)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

# Of the normal distribution: 97.5 % lie below the one, 80 % below the other.
_Z_95, _Z_POWER = 1.959963984540054, 0.8416212335729143


class Interval(NamedTuple):
    """A two-sided confidence interval, both ends in [0, 1]."""

    low: float
    high: float


def wilson(correct: float, total: float, z: float = _Z_95) -> Interval:
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


def mean_interval(counts: Sequence[tuple[int, int]]) -> Interval:
    """95 % interval of the mean of independent proportions, each weighing the same (accuracy over tasks).

    The distances of the Wilson limits from their proportions are added in squares (Zou, Huang and Zhang, 2009, "A note
    on confidence interval estimation for a linear function of binomial proportions", equation 5).

    Args:
        counts: correct and total of each proportion.

    Raises:
        ValueError: there is none, or one of them is no proportion.
    """
    if not counts:
        raise ValueError("the mean of no proportions")
    shares = [correct / total for correct, total in counts]
    limits = [wilson(correct, total) for correct, total in counts]
    mean, k = math.fsum(shares) / len(shares), len(shares)
    down = math.sqrt(math.fsum((share - limit.low) ** 2 for share, limit in zip(shares, limits, strict=True))) / k
    up = math.sqrt(math.fsum((limit.high - share) ** 2 for share, limit in zip(shares, limits, strict=True))) / k
    return Interval(max(0.0, mean - down), min(1.0, mean + up))


def mcnemar(only_a: int, only_b: int) -> float:
    """Two-sided exact p-value that two paired accuracies are the same (McNemar, 1947; the sign test).

    Args:
        only_a: pairs of which A alone is right.
        only_b: pairs of which B alone is right.

    Example:
        >>> mcnemar(6, 0), mcnemar(3, 3)
        (0.03125, 1.0)
    """
    n = only_a + only_b
    whole = math.lgamma(n + 1) - n * math.log(2)
    tail = math.fsum(
        math.exp(whole - math.lgamma(k + 1) - math.lgamma(n - k + 1)) for k in range(min(only_a, only_b) + 1)
    )
    return min(1.0, round(2 * tail, 12))


def paired_difference(both: float, only_a: float, only_b: float, neither: float) -> Interval:
    """95 % interval of the difference of two paired accuracies, A less B, in [-1, 1].

    Newcombe's square-and-add of Wilson limits with the correlation of the pairs (Newcombe, 1998, "Improved confidence
    intervals for the difference between binomial proportions based on paired data", method 10).

    Args:
        both: pairs of which both are right.
        only_a: pairs of which A alone is right.
        only_b: pairs of which B alone is right.
        neither: pairs of which both are wrong.

    Raises:
        ValueError: there is no pair.
    """
    n = both + only_a + only_b + neither
    a, b = (both + only_a), (both + only_b)
    (low_a, high_a), (low_b, high_b) = wilson(a, n), wilson(b, n)
    share_a, share_b = a / n, b / n
    product = both * neither - only_a * only_b
    root = math.sqrt(a * (n - a) * b * (n - b))
    corrected = max(0.0, product - n / 2) if product > 0 else product
    phi = corrected / root if root else 0.0

    def distance(one: float, other: float) -> float:
        return math.sqrt(max(0.0, one * one - 2 * phi * one * other + other * other))

    difference = share_a - share_b
    low = difference - distance(share_a - low_a, high_b - share_b)
    high = difference + distance(high_a - share_a, share_b - low_b)
    return Interval(max(-1.0, low), min(1.0, high))


def detectable(n: float, discordant: float) -> float:
    """The smallest true difference of two paired accuracies that `n` pairs show four times in five.

    Two-sided at 5 %, power 80 %: the d at which n = (z_a sqrt(s) + z_b sqrt(s - d^2))^2 / d^2, where s is the share of
    pairs that differ (Connor, 1987, "Sample size for testing differences in proportions for the paired-sample design",
    Biometrics 43). As s cannot be smaller than d, the larger of the two is taken.

    Args:
        n: pairs.
        discordant: share of pairs of which one is right and the other wrong.

    Returns:
        The difference, at most 1 (which no difference reaches).
    """
    low, high = 0.0, 1.0
    for _ in range(50):
        d = (low + high) / 2
        share = max(discordant, d)
        needed = (_Z_95 * math.sqrt(share) + _Z_POWER * math.sqrt(max(0.0, share - d * d))) ** 2
        low, high = (low, d) if n * d * d >= needed else (d, high)
    return high
