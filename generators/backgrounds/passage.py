"""The background of one sample: an endless passage through the books of a store.

It starts at a token drawn uniformly and runs to the end of that document; the other documents follow in an order drawn
for the sample, then what of the first stands before the start, then all again.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import cycle
from typing import Any

from numpy.typing import NDArray

from generators.backgrounds.store import Store
from generators.streams import Stream


class Passage:
    """Whole sentences in reading order, counted from 0; nothing is copied before `utf8` is asked for."""

    def __init__(self, store: Store, stream: Stream) -> None:
        self.store = store
        self._coming = cycle(_once_around(store, stream))
        # Of each run taken so far: its first sentence in the store, and sentences, tokens, characters before it.
        self._starts: list[int] = []
        self._sentences, self._tokens, self._chars = [0], [0], [0]

    def within(self, tokens: int) -> int:
        """How many sentences fit into so many tokens."""
        while self._tokens[-1] <= tokens:
            self._take()
        run = bisect_right(self._tokens, tokens) - 1
        start, bounds = self._starts[run], self.store.token_bounds
        end = int(bounds.searchsorted(bounds[start] + (tokens - self._tokens[run]), side="right")) - 1
        return self._sentences[run] + end - start

    def tokens(self, count: int) -> int:
        """Tokens of the first `count` sentences, each with the blank before it."""
        return self._until(count, self._tokens, self.store.token_bounds)

    def chars(self, count: int) -> int:
        """Characters of the first `count` sentences, each with the blank before it."""
        return self._until(count, self._chars, self.store.char_bounds)

    def sentence(self, number: int) -> str:
        """A sentence, without the blank before it."""
        return b"".join(self.utf8(number, number + 1))[1:].decode()

    def utf8(self, start: int, stop: int) -> Iterator[memoryview]:
        """The text of sentences `start` to `stop`, each after one blank, in as few slices as can be."""
        text, bounds = memoryview(self.store.text.data), self.store.byte_bounds
        while start < stop:
            run = self._run(start + 1)
            offset = self._starts[run] - self._sentences[run]
            end = min(stop, self._sentences[run + 1])
            yield text[int(bounds[start + offset]) : int(bounds[end + offset])]
            start = end

    def unique(self, count: int) -> float:
        """The share of the first `count` sentences that the passage has not shown before; 1 where there are none."""
        return min(1.0, self.store.n_sentences / count) if count else 1.0

    def _take(self) -> None:
        start, stop = next(self._coming)
        self._starts.append(start)
        self._sentences.append(self._sentences[-1] + stop - start)
        for totals, bounds in ((self._tokens, self.store.token_bounds), (self._chars, self.store.char_bounds)):
            totals.append(totals[-1] + int(bounds[stop] - bounds[start]))

    def _run(self, count: int) -> int:
        """The run in which the first `count` sentences end, `count` being at least 1."""
        while self._sentences[-1] < count:
            self._take()
        return bisect_left(self._sentences, count) - 1

    def _until(self, count: int, totals: list[int], bounds: NDArray[Any]) -> int:
        if count == 0:
            return 0
        run = self._run(count)
        start = self._starts[run]
        return totals[run] + int(bounds[start + count - self._sentences[run]] - bounds[start])


def _once_around(store: Store, stream: Stream) -> Iterator[tuple[int, int]]:
    """Runs of sentences that show every sentence of the store once."""
    token = stream.below(store.n_tokens)
    start = int(store.token_bounds.searchsorted(token, side="right")) - 1
    document = int(store.document_bounds.searchsorted(start, side="right")) - 1
    yield start, int(store.document_bounds[document + 1])
    for other in _shuffled(len(store.document_bounds) - 2, stream):
        other += other >= document
        yield int(store.document_bounds[other]), int(store.document_bounds[other + 1])
    if start > store.document_bounds[document]:
        yield int(store.document_bounds[document]), start


def _shuffled(n: int, stream: Stream) -> Iterator[int]:
    """0 to n - 1 in random order, drawn one by one: a short sample needs a few of very many documents."""
    moved: dict[int, int] = {}
    for first in range(n):
        other = first + stream.below(n - first)
        yield moved.get(other, other)
        moved[other] = moved.pop(first, first)
