"""The floor: a model that reads nothing and answers with one of the task's labels."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from typing import Any

from babilong.tasks import get_task
from evaluators.models.protocol import Answer, Request


class RandomModel:
    """Draws an answer from the labels of the task; the same sample always gets the same one."""

    name = "random"
    prompted = False
    max_tokens = None

    def describe(self) -> dict[str, Any]:
        """It has no weights and no settings."""
        return {"model": self.name}

    def count(self, request: Request) -> int:
        """It reads nothing."""
        return 0

    def answer(self, requests: Iterator[Request]) -> Iterator[Answer]:
        """One label for every request; for lists, one to three of them."""
        for request in requests:
            started = time.perf_counter()
            text = _draw(request)
            yield Answer(request.id, text, "stop", 0, len(text.split(",")), round(time.perf_counter() - started, 4))


def _draw(request: Request) -> str:
    task = get_task(request.task)
    labels = request.labels or task.labels
    number = int.from_bytes(hashlib.sha256(request.id.encode()).digest()[:8], "big")
    if task.form != "list":
        return labels[number % len(labels)]
    nothing = task.labels[-1]
    things = [label for label in labels if label != nothing]
    chosen = [thing for place, thing in enumerate(things) if number >> place & 1]
    return ",".join(chosen) or nothing
