"""Random streams addressed by words, the same on every machine.

A stream is a pure function of the words that name it::

    Stream("recipe-hash", "story", "qa1", 7).choice(["Mary", "John"])

NumPy promises that `SeedSequence` and the raw output of `PCG64` never change; it makes no such promise for the
methods of `Generator`. So everything here is derived from raw 64-bit words.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")
_BATCH = 256


class Stream:
    """Draws from one named random stream. Not thread-safe: make one where it is used."""

    def __init__(self, *words: str | int) -> None:
        digest = hashlib.sha256("\x1f".join(str(word) for word in words).encode()).digest()
        entropy = np.frombuffer(digest, dtype="<u4").tolist()
        self._bits = np.random.PCG64(np.random.SeedSequence(entropy))
        self._raw = self._words()

    def _words(self) -> Iterator[int]:
        while True:
            yield from self._bits.random_raw(_BATCH).tolist()

    def random(self) -> float:
        """A float in [0, 1)."""
        return (next(self._raw) >> 11) * 2.0**-53

    def below(self, n: int) -> int:
        """An integer in [0, n), for n up to 2**40 (the bias is below 2**-24)."""
        return (next(self._raw) * n) >> 64

    def choice(self, items: Sequence[T]) -> T:
        """One item, each as likely as the others."""
        return items[self.below(len(items))]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """The items in random order (Fisher-Yates)."""
        order = list(items)
        for last in range(len(order) - 1, 0, -1):
            other = self.below(last + 1)
            order[last], order[other] = order[other], order[last]
        return order

    def sample(self, items: Sequence[T], k: int) -> list[T]:
        """`k` different items in random order."""
        return self.shuffled(items)[:k]
