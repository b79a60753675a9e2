"""Locks between processes on a shared folder; the system releases them when their holder ends, however it ends.

Example::

    with waiting_for(folder / ".lock"):     # others wait here
        rewrite(folder / "run.yaml")
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


def take(file: IO[bytes]) -> bool:
    """Lock an open file until it is closed; False if somebody else has it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def take_alone(file: IO[bytes]) -> bool:
    """The same between processes, but those that are forked do not hold the lock on when their parent is killed."""
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def is_taken(path: Path) -> bool:
    """Whether somebody holds the lock of a file; not where there is no file."""
    try:
        with path.open("ab") if path.is_file() else path.open("rb") as file:
            return not take(file)
    except FileNotFoundError:
        return False


@contextmanager
def waiting_for(path: Path) -> Iterator[None]:
    """Hold the lock of a file, which is made if it is not there, once whoever has it is done."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
