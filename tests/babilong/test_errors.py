"""Errors carry an exit code and name what is near."""

from __future__ import annotations

import pytest

from babilong.errors import BabilongError, DataError, OverLengthError, UsageError, VerificationError, unknown


@pytest.mark.parametrize(
    ("error", "code"),
    [(BabilongError, 1), (DataError, 1), (UsageError, 2), (OverLengthError, 4), (VerificationError, 5)],
)
def test_exit_codes(error: type[BabilongError], code: int) -> None:
    assert error("It failed.").exit_code == code
    assert issubclass(error, BabilongError)


def test_unknown_names_the_nearest() -> None:
    error = unknown("task", "qa21", iter(["qa1", "qa2"]))
    assert isinstance(error, UsageError)
    assert str(error) == "Unknown task 'qa21'; did you mean qa2 or qa1? Known: qa1, qa2."


def test_unknown_without_anything_near() -> None:
    assert str(unknown("score", "zzz", ["v1"])) == "Unknown score 'zzz'. Known: v1."
