"""Draws with weights, and orders in which nothing keeps its place."""

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


def cycled(stream: Stream, items: Sequence[T]) -> list[T]:
    """The items in an order that moves them round in one cycle, so that two always change places (Sattolo 1986)."""
    order = list(items)
    for last in range(len(order) - 1, 0, -1):
        other = stream.below(last)
        order[last], order[other] = order[other], order[last]
    return order
