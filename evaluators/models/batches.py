"""Requests in batches of one length, and what happens when a batch fails.

Example::

    answers = answer_in_batches(requests, size=8, answer_batch=model.answer_batch)
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from itertools import groupby, islice

from babilong.errors import BabilongError
from evaluators.models.protocol import Answer, Request

# Text, finish reason, tokens in, tokens out.
Output = tuple[str, str, int, int]
AnswerBatch = Callable[[Sequence[Request]], Sequence[Output]]

# How torch says on a CPU, where it has no class of its own for it, that there is no more memory.
_NO_MEMORY = ("can't allocate memory", "not enough memory", "out of memory")


def answer_in_batches(requests: Iterable[Request], size: int, answer_batch: AnswerBatch) -> Iterator[Answer]:
    """Answers of a model that takes batches, in order.

    A batch that fails is tried again in halves, so that only those that cannot be answered are lost; they carry the
    class of their error. Where memory was short, the rest of that length is asked in batches of what did fit.
    """
    for _, group in groupby(requests, key=lambda request: request.length):
        fits = size
        while batch := list(islice(group, fits)):
            fits = min(fits, (yield from _answer(batch, answer_batch)) or fits)


def error_class(error: BaseException) -> str:
    """The class of a failure of a model that runs here, as `Answer.error` names it: `oom`, or the exception's own.

    Example:
        >>> error_class(MemoryError())
        'oom'
    """
    name = type(error).__name__
    short = isinstance(error, MemoryError) or "OutOfMemory" in name
    if short or (isinstance(error, RuntimeError) and any(words in str(error) for words in _NO_MEMORY)):
        return "oom"
    return name


def _answer(batch: list[Request], answer_batch: AnswerBatch) -> Generator[Answer, None, int | None]:
    """The answers of a batch; returns the size that fitted in memory if this one did not."""
    started = time.perf_counter()
    outputs: Sequence[Output] = ()
    error = message = None
    try:
        outputs = answer_batch(batch)
    except BabilongError:
        raise
    except Exception as caught:
        error, message = error_class(caught), next(iter(str(caught).splitlines()), "")
    # The exception is gone here, and with it the frames that held the batch's memory.
    seconds = (time.perf_counter() - started) / len(batch)
    if error is None:
        for request, output in zip(batch, outputs, strict=True):
            yield Answer(request.id, *output, seconds=round(seconds, 4))
        return None
    if error == "oom":
        _free_cached_memory()
    if len(batch) == 1:
        yield Answer(batch[0].id, "", None, 0, 0, round(seconds, 4), error, message)
        return None
    middle = len(batch) // 2
    fitted = []
    for half in (batch[:middle], batch[middle:]):
        fitted.append((yield from _answer(half, answer_batch)) or middle)
    return min(fitted) if error == "oom" else None


def _free_cached_memory() -> None:
    torch = sys.modules.get("torch")  # whoever ran out of a GPU's memory has loaded it
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()
