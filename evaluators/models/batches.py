"""Requests in batches of one length, and what happens when a batch fails."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby, islice

from babilong.errors import BabilongError
from evaluators.models.protocol import Answer, Request

# Text, finish reason, tokens in, tokens out.
Output = tuple[str, str, int, int]


def answer_in_batches(
    requests: Iterable[Request], size: int, answer_batch: Callable[[Sequence[Request]], Sequence[Output]]
) -> Iterator[Answer]:
    """Answers of a model that takes batches, in order.

    A batch that fails is tried again one request at a time, so that only those that cannot be answered are lost; they
    carry the class of their error.
    """
    for _, group in groupby(requests, key=lambda request: request.length):
        while batch := list(islice(group, size)):
            yield from _answer(batch, answer_batch)


def _answer(batch: list[Request], answer_batch: Callable[[Sequence[Request]], Sequence[Output]]) -> Iterator[Answer]:
    started = time.perf_counter()
    outputs: Sequence[Output] = ()
    error = message = None
    try:
        outputs = answer_batch(batch)
    except BabilongError:
        raise
    except Exception as caught:
        error, message = type(caught).__name__, next(iter(str(caught).splitlines()), "")
    # The exception is gone here, and with it the frames that held the batch's memory.
    seconds = (time.perf_counter() - started) / len(batch)
    if error is None:
        for request, output in zip(batch, outputs, strict=True):
            yield Answer(request.id, *output, seconds=round(seconds, 4))
    elif len(batch) == 1:
        yield Answer(batch[0].id, "", None, 0, 0, round(seconds, 4), error, message)
    else:
        for request in batch:
            yield from _answer([request], answer_batch)
