"""The ceiling: finds the facts in the haystack by their grammar, and answers by reasoning over them.

It reads the same context and question as any model, and is told neither where the facts stand nor which they are. What
it misses nobody can be asked for; that it misses so little says that the benchmark can be gamed by whoever knows bAbI's
words, which is what the open vocabulary is for.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from babilong.errors import DataError
from evaluators.models.protocol import Answer, Request
from generators.stories.find import find_facts, vocabulary_of
from generators.stories.solve import solve


class OracleModel:
    """Extracts, then solves."""

    name = "oracle"
    prompted = False
    max_tokens = None

    def describe(self) -> dict[str, Any]:
        """It has no weights and no settings."""
        return {"model": self.name}

    def count(self, request: Request) -> int:
        """It has no limit."""
        return 0

    def answer(self, requests: Iterator[Request]) -> Iterator[Answer]:
        """The solver's answer for every request; where the facts that were found tell none, nothing."""
        for request in requests:
            started = time.perf_counter()
            text, message = "", None
            try:
                found = find_facts(request.task, request.context, vocabulary_of(request.task, request.question))
                text, _ = solve(request.task, [fact for _, fact in found], request.question)
            except DataError as error:
                message = str(error)
            seconds = round(time.perf_counter() - started, 4)
            yield Answer(request.id, text, "stop", 0, len(text.split(",")), seconds, message=message)
