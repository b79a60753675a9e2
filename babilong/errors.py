"""Errors that are shown to people: one sentence that says what, where and what to do next.

Each class carries the exit code with which a command ends (see the README, "Exit codes").
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence


class BabilongError(Exception):
    """Something failed that the user can understand and mend."""

    exit_code = 1


class UsageError(BabilongError):
    """What was asked for does not exist or does not fit together."""

    exit_code = 2


class DataError(BabilongError):
    """An input (a file, a folder, a checkpoint) is missing, broken or has changed."""


class OverLengthError(BabilongError):
    """Prompts are longer than the model can read; they are refused, never cut."""

    exit_code = 4


class VerificationError(BabilongError):
    """A dataset is not what its manifest says."""

    exit_code = 5


def first_sentence(error: BaseException) -> str:
    """The first sentence of what a library said, which may be pages."""
    words = " ".join(str(error).split()) or type(error).__name__
    return re.split(r"(?<=[.!?])\s", words)[0][:300].rstrip(".") + "."


def few(names: Sequence[str], most: int = 3) -> str:
    """The first of many names, and how many more there are.

    Example:
        >>> few(["a", "b", "c", "d", "e"])
        'a, b, c and 2 more'
    """
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def unknown(kind: str, name: str, known: Iterable[str]) -> UsageError:
    """The error for a name nobody knows, with the nearest names that exist.

    Example:
        >>> str(unknown("task", "qa21", ["qa1", "qa2"]))
        "Unknown task 'qa21'; did you mean qa2 or qa1? Known: qa1, qa2."
    """
    names = list(known)
    near = difflib.get_close_matches(name, names, n=2, cutoff=0.5)
    hint = f"; did you mean {' or '.join(near)}?" if near else "."
    return UsageError(f"Unknown {kind} {name!r}{hint} Known: {', '.join(names)}.")
