"""Being asked to stop (Ctrl-C, or the SIGTERM of a batch system) between two steps, so that none is lost."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_ONCE = 2.0  # seconds in which signals are one: Ctrl-C reaches every process, and a launcher hands it on to them


@contextmanager
def stop_asked() -> Iterator[threading.Event]:
    """Within it the first signal only sets the event, and one that comes later interrupts.

    Elsewhere than in the main thread signals are left as they are.
    """
    asked, since = threading.Event(), 0.0
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return

    def ask(number: int, frame: FrameType | None) -> None:
        nonlocal since
        if not asked.is_set():
            since = time.monotonic()
        elif time.monotonic() - since > _ONCE:
            raise KeyboardInterrupt
        asked.set()

    # A shell's background jobs ignore them; and a handler that Python did not install it could not put back.
    heeded = [number for number in _SIGNALS if signal.getsignal(number) not in (signal.SIG_IGN, None)]
    before = {number: signal.signal(number, ask) for number in heeded}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
