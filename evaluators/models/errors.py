"""What can go wrong with a sample: a few classes, the same for every server, and what is done about each.

An answer that failed carries the name of its class in `Answer.error`::

    ERRORS["rate_limited"].retries     # how often it is tried again; `--max-retries` may say less
    of_response(400, "the prompt is longer than the context window")     # "context_overflow"
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

_AS_ASKED = 1_000  # as often as `--max-retries` says


@dataclass(frozen=True, slots=True)
class ErrorClass:
    """One class of errors.

    Attributes:
        name: what `Answer.error` says; of a model that runs here it says the class of Python's error.
        retries: at most so often the request is tried again within a run; 0 where that cannot help.
        meaning: in words.
    """

    name: str
    retries: int
    meaning: str


ERRORS: Mapping[str, ErrorClass] = MappingProxyType(
    {
        error.name: error
        for error in (
            ErrorClass(
                "context_overflow",
                0,
                "the prompt is longer than what the model or its server takes, or the server cut it",
            ),
            ErrorClass("timeout", _AS_ASKED, "no answer in time"),
            ErrorClass("rate_limited", _AS_ASKED, "more requests or tokens a minute than the server allows"),
            ErrorClass("auth", 0, "the key is missing or wrong, or its account may not do this or has no credit"),
            ErrorClass("server", _AS_ASKED, "the server failed or is overloaded"),
            ErrorClass("content_filter", 0, "a filter of the server withheld the answer"),
            ErrorClass("oom", 1, "out of memory"),
            ErrorClass("empty", 1, "the model ended without having written anything"),
            ErrorClass("length_cut", 0, "the token limit was reached before any answer was written"),
            ErrorClass("invalid", 2, "the server did not understand the request, or we not its answer"),
            ErrorClass("connection", _AS_ASKED, "the connection could not be made, or broke"),
        )
    }
)


class Failure(Exception):
    """An attempt that gave no answer.

    Attributes:
        kind: name of the class, a key of `ERRORS`.
        status: HTTP status, if a server refused the request or failed at it.
        wait: seconds the server asked to wait before the next attempt, or None.
    """

    def __init__(self, kind: str, message: str, status: int | None = None, wait: float | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.status = status
        self.wait = wait

    @property
    def retries(self) -> int:
        """How often it may be tried again: a request that was refused as such would only be refused again."""
        return 0 if self.kind == "invalid" and self.status is not None else ERRORS[self.kind].retries


_OVERFLOW = re.compile(
    r"context.?(length|window|size)|max_model_len|too many (input |prompt )?tokens"
    r"|maximum (input|prompt|sequence) length|(prompt|input)\b.{0,60}\b(too long|exceeds)|string too long",
    re.IGNORECASE | re.DOTALL,
)
_FILTER = re.compile(r"content.?(filter|management|policy)", re.IGNORECASE)
_MEMORY = re.compile(r"out of memory|outofmemory|\boom\b", re.IGNORECASE)
_CREDIT = re.compile(r"insufficient_quota|billing", re.IGNORECASE)

_STATUS = {
    401: "auth",
    402: "auth",
    403: "auth",
    408: "timeout",
    409: "server",
    413: "context_overflow",
    425: "server",
    429: "rate_limited",
    504: "timeout",
}


def of_response(status: int, message: str) -> str:
    """The class of an HTTP error.

    Args:
        status: the HTTP status, 400 or above.
        message: what the server said, error codes included; servers agree on statuses only in part.
    """
    if _MEMORY.search(message):
        return "oom"
    if status in (400, 413, 422) and _OVERFLOW.search(message):
        return "context_overflow"
    if status < 500 and _FILTER.search(message):
        return "content_filter"
    if status == 429 and _CREDIT.search(message):
        return "auth"
    return _STATUS.get(status) or ("server" if status >= 500 else "invalid")
