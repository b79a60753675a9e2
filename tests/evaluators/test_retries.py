"""Waits between attempts, the pace of requests, and the table of errors."""

from __future__ import annotations

import asyncio
import time
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.models.errors import ERRORS, Failure, of_response
from evaluators.models.limits import Pace
from evaluators.models.retries import Patience, backoff, retry_after
from generators.streams import Stream

NOW = 1_700_000_000.0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("2", 2.0),
        (" 0.5 ", 0.5),
        ("0", 0.0),
        ("-3", 0.0),
        (formatdate(NOW + 90, usegmt=True), 90.0),
        (formatdate(NOW - 90, usegmt=True), 0.0),
        ("soon", None),
        ("inf", None),
        ("nan", None),
        ("", None),
    ],
)
def test_retry_after(value: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": value}, NOW) == seconds


def test_no_retry_after() -> None:
    assert retry_after({}, NOW) is None


@given(st.text(), st.integers(1, 2000))
def test_backoff_has_full_jitter_under_a_bound_that_doubles(name: str, failures: int) -> None:
    bound = min(60.0, 2.0 ** min(failures - 1, 10))
    waits = [backoff(Stream(name, draw), failures, None) for draw in range(40)]
    assert all(0 <= wait < bound for wait in waits)
    assert min(waits) < bound / 2 < max(waits)
    assert waits[0] == backoff(Stream(name, 0), failures, None)


@given(st.floats(0, 1e6), st.integers(1, 100))
def test_what_the_server_asks_for_is_the_least(asked: float, failures: int) -> None:
    assert asked <= backoff(Stream(failures), failures, asked) <= asked * 1.1


@given(st.integers(400, 599), st.text())
def test_every_response_has_a_class_of_the_table(status: int, message: str) -> None:
    assert of_response(status, message) in ERRORS


@pytest.mark.parametrize(
    "message",
    [
        "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens",
        "the request exceeds the available context size. try increasing the context size",
        "prompt is too long: 210000 tokens > 200000 maximum",
        "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096; too many input tokens",
        "Please reduce the length of the messages (context_length_exceeded)",
        "'max_tokens' or 'max_completion_tokens' is too large: 20. This model's maximum context length is 1024 tokens",
    ],
)
def test_the_many_ways_to_say_that_a_prompt_is_too_long(message: str) -> None:
    assert of_response(400, message) == "context_overflow"


@pytest.mark.parametrize("message", ["max_tokens is too large", "Unknown field: 'context'", "bad request"])
def test_what_does_not_say_so(message: str) -> None:
    assert of_response(400, message) == "invalid"


def test_the_table() -> None:
    assert " ".join(ERRORS) == (
        "context_overflow timeout rate_limited auth server content_filter oom empty length_cut invalid connection"
    )
    assert all(name == error.name and error.meaning for name, error in ERRORS.items())
    assert Failure("invalid", "refused", 400).retries == 0 < Failure("invalid", "garbage").retries


def test_waiting_for_a_turn_takes_no_time_from_a_retry() -> None:
    allowed: list[float] = []

    async def attempt(seconds: float) -> str:
        allowed.append(seconds)
        if len(allowed) == 1:
            raise Failure("server", "Try again.", 503, 0.0)
        return "garden"

    async def turn() -> None:
        await asyncio.sleep(0.2)

    patience = Patience(timeout=60, total_timeout=0.15, max_retries=3)
    assert asyncio.run(patience.spend_on(attempt, turn, Stream("test"))) == ("garden", 1)
    assert allowed[1] > 0.05


def test_pace_is_first_come_first_served_at_the_rate() -> None:
    async def run() -> list[tuple[int, float]]:
        pace, seen, start = Pace(1200), [], time.monotonic()

        async def one(number: int) -> None:
            await pace.turn()
            seen.append((number, time.monotonic() - start))

        await asyncio.gather(*map(one, range(6)))
        return seen

    seen = asyncio.run(run())
    assert [number for number, _ in seen] == list(range(6))
    assert all(at >= 0.05 * number - 1e-3 for number, at in seen)


def test_pace_charges_what_it_cost_in_the_end() -> None:
    async def run(more: float) -> float:
        pace, start = Pace(600), time.monotonic()
        await pace.turn()
        pace.correct(more)
        await pace.turn()
        return time.monotonic() - start

    assert asyncio.run(run(2)) >= 0.29
    assert asyncio.run(run(-1)) < asyncio.run(run(4))
