"""Samples done and tokens a second, on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress(label: str, total: int, *, quiet: bool = False) -> Iterator[Callable[[int], None]]:
    """A bar over `total` samples; call what it gives with the tokens of each sample that is done.

    A terminal shows a bar; elsewhere a line is written every half minute. Work under two seconds shows nothing.
    """
    from tqdm import tqdm

    started = time.perf_counter()
    tokens = 0
    every = 0.2 if sys.stderr.isatty() else 30.0
    with tqdm(
        desc=label, total=total, unit=" samples", delay=2.0, mininterval=every, leave=False, disable=quiet
    ) as bar:

        def done(count: int) -> None:
            nonlocal tokens
            tokens += count
            if tokens:
                speed = tokens / (time.perf_counter() - started)
                bar.set_postfix_str(f"{speed:,.0f} tokens/s", refresh=False)
            bar.update(1)

        yield done
