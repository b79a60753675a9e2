"""Which splits may be learned from: their streams and their prose share nothing with those of `test`."""

from __future__ import annotations

from babilong.errors import UsageError, unknown

SPLITS = ("train", "valid")


def must_not_be_test(split: str) -> None:
    """Refuse to learn from what is measured on.

    Raises:
        UsageError: the split is not one of `SPLITS`.
    """
    if split == "test":
        raise UsageError(
            "Training on the split 'test' is refused, since what is measured on it would mean nothing then; "
            "choose train or valid."
        )
    if split not in SPLITS:
        raise unknown("split to train on", split, SPLITS)
