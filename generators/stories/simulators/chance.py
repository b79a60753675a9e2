"""Draws with weights."""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum
from typing import TypeVar

from generators.streams import Stream

T = TypeVar("T")


def weighted(stream: Stream, items: Sequence[T], weights: Sequence[float]) -> T:
    """One item, each as likely as its weight beside the others'."""
    left = stream.random() * fsum(weights)  # `sum` rounds floats differently from Python 3.12 on
    for item, weight in zip(items, weights, strict=True):
        left -= weight
        if left < 0:
            return item
    return items[-1]
