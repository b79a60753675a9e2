"""Trying again: how long to wait, how often, and when to give up.

Example::

    patience = Patience(timeout=60, total_timeout=600, max_retries=8)
    answer, retries = await patience.spend_on(attempt, turn, Stream("retry", "qa1/128k/7"))
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TypeVar

from evaluators.models.errors import Failure
from generators.streams import Stream

T = TypeVar("T")
# The wait before the first retry is drawn from 0 to this many seconds; the bound doubles with every further one.
_FIRST_S, _LONGEST_S = 1.0, 60.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How long and how often a sample is tried.

    Attributes:
        timeout: seconds of one attempt.
        total_timeout: seconds from the first attempt on, without those in which it may not go (`--rpm`, `--tpm`).
        max_retries: the most retries after errors of one class; some classes have fewer (`ERRORS`).
    """

    timeout: float
    total_timeout: float
    max_retries: int

    async def spend_on(
        self, attempt: Callable[[float], Awaitable[T]], turn: Callable[[], Awaitable[None]], draws: Stream
    ) -> tuple[T | Failure, int]:
        """Try until it succeeds, the retries of an error's class are spent, or the time is.

        Args:
            attempt: given the seconds it may take; raises `Failure`.
            turn: waits until the next attempt may go; that time does not count.
            draws: the random stream of the waits.

        Returns:
            What the attempt gave or the last failure, and the number of retries.
        """
        await turn()
        end = time.monotonic() + self.total_timeout
        failed: Counter[str] = Counter()
        while True:
            try:
                return await attempt(min(self.timeout, end - time.monotonic())), failed.total()
            except Failure as failure:
                failed[failure.kind] += 1
                times = failed[failure.kind]
                if times > min(self.max_retries, failure.retries):
                    return failure, failed.total() - 1
                wait = backoff(draws, times, failure.wait)
                if time.monotonic() + wait >= end:
                    late = f"{failure} No time for another attempt {wait:,.0f} s later."
                    return Failure(failure.kind, late, failure.status), failed.total() - 1
            await asyncio.sleep(wait)
            asked = time.monotonic()
            await turn()
            end += time.monotonic() - asked


def backoff(draws: Stream, failures: int, asked: float | None) -> float:
    """Seconds to wait before the next attempt.

    Exponential with full jitter: anything from zero to a bound that doubles. Where the server asked for a wait, that
    and up to a tenth more, so that requests that were sent away together do not come back together.

    Args:
        draws: the random stream of the request.
        failures: how often it has failed, 1 or more.
        asked: seconds the server asked to wait, or None.
    """
    draw = draws.random()
    if asked is not None:
        return asked * (1 + 0.1 * draw)
    return draw * min(_LONGEST_S, _FIRST_S * 2.0 ** min(failures - 1, 30))


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that a response asks to wait, or None: `Retry-After` as seconds or as a date (RFC 9110, 10.2.3).

    Args:
        headers: of the response.
        now: seconds since the epoch.
    """
    value = headers.get("retry-after", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - now
        except (TypeError, ValueError, OverflowError):
            return None
    return max(0.0, seconds) if seconds < float("inf") else None
