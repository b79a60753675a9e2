"""Recurrent-memory models: read segment by segment, in memory that does not grow with the length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from evaluators.models.batches import Output, answer_in_batches
from evaluators.models.protocol import Answer, ModelOptions, Request

if TYPE_CHECKING:
    from baselines.reader import RecurrentReader


class RecurrentModel:
    """A trained recurrent-memory checkpoint: the bundled one or a folder.

    It was fine-tuned to read the bare context and question, as in the RMT papers, so it sees no instructions.
    """

    prompted = False
    max_tokens = None

    def __init__(self, name: str, reader: RecurrentReader, options: ModelOptions) -> None:
        self.name = name
        self.reader = reader
        self.options = options

    @classmethod
    def load(cls, name: str, source: str, options: ModelOptions) -> RecurrentModel:
        """The checkpoint of a bundled name or of a folder.

        Raises:
            DataError: no such checkpoint, or one that cannot be read.
        """
        from baselines.reader import load_reader

        return cls(name, load_reader(source, dtype=options.dtype), options)

    def describe(self) -> dict[str, Any]:
        """Weights, architecture and decoding; the same wherever the checkpoint lies."""
        reader = {key: value for key, value in self.reader.describe().items() if key != "checkpoint"}
        return {
            "model": self.name,
            **reader,
            "trained_on": list(self.reader.tasks),
            "prompt": "bare",
            "decoding": self.options.decoding,
        }

    def count(self, request: Request) -> int:
        """Nothing to count: there is no limit."""
        return 0

    def answer(self, requests: Iterator[Request]) -> Iterator[Answer]:
        """Answers batch by batch, each of one length."""
        return answer_in_batches(requests, self.options.batch_size, self._answer_batch)

    def _answer_batch(self, batch: Sequence[Request]) -> Sequence[Output]:
        pairs = [(request.context, request.question) for request in batch]
        return self.reader.answer(pairs, self.options.max_new_tokens)
