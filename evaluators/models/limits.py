"""Requests and tokens a minute: when the next request may go.

Example::

    pace = Pace(per_minute=60)
    await pace.turn()      # at once
    await pace.turn()      # after a second
"""

from __future__ import annotations

import asyncio
import time


class Pace:
    """A token bucket that holds one request: each waits until those before it are paid for at the given rate.

    So no minute sees more than the rate and one request, and a request that costs more than a whole minute's worth
    still goes, with a long silence after it.
    """

    def __init__(self, per_minute: float | None) -> None:
        self._seconds = 60.0 / per_minute if per_minute else 0.0
        self._free = 0.0

    async def turn(self, cost: float = 1) -> None:
        """Wait for one's turn, first come, first served."""
        if self._seconds:
            now = time.monotonic()
            start = max(now, self._free)
            self._free = start + cost * self._seconds
            await asyncio.sleep(start - now)

    def correct(self, more: float) -> None:
        """Charge what a request cost beyond what was thought, or give back what it cost less."""
        self._free += more * self._seconds
