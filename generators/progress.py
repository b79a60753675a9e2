"""Progress on stderr for whatever takes over two seconds."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_quiet = False


def silence() -> None:
    """Show no progress from now on, in this process (`--quiet`)."""
    global _quiet
    _quiet = True


@contextmanager
def bar(label: str, unit: str, total: int | None = None) -> Iterator[Callable[[int], object]]:
    """A progress bar; call what it gives with the amount done since the last call.

    A terminal shows a bar; elsewhere a line is written every half minute.
    """
    from tqdm import tqdm  # type: ignore[import-untyped]

    every = 0.2 if sys.stderr.isatty() else 30.0
    with tqdm(
        desc=label, total=total, unit=unit, unit_scale=True, delay=2.0, mininterval=every, leave=False, disable=_quiet
    ) as shown:
        yield shown.update
