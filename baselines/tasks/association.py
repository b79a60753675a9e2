"""Associative retrieval: pairs of keys and values, a pair a segment, and a key to answer with its value.

    task = AssociationTask("remember", pairs=5)
    batch = task.batch(rows=64, step=0)             # segments [5, 64, 4]: key SEP value EOS

`remember`: all keys of a text differ. `rewrite`: keys come again, and the latest value counts. As in the evaluation of
ARMT (2407.04841, section 4.1, released script): 16 symbols, loss on the value and EOS after `key GEN`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from babilong.errors import UsageError
from baselines.memory.segments import IGNORE
from baselines.tasks.babilong import Batch
from generators.streams import Stream

if TYPE_CHECKING:
    from baselines.memory.model import MemoryModel

SYMBOLS = 16
SEP, GEN, EOS = 100, 101, 102
VOCABULARY = 128

Word = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AssociationTask:
    """Makes batches of one kind of retrieval.

    Attributes:
        kind: `remember` or `rewrite`.
        pairs: of a text, each a segment.
        key: symbols in a key.
        value: symbols in a value.
        seed: names the random streams.
        split: names them too: `train`, `valid` or `test`.

    Raises:
        UsageError: there are not so many different keys.
    """

    kind: Literal["remember", "rewrite"]
    pairs: int
    key: int = 1
    value: int = 1
    seed: int = 0
    split: str = "train"

    def __post_init__(self) -> None:
        if self.kind == "remember" and self.pairs > SYMBOLS**self.key:
            raise UsageError(
                f"There are {SYMBOLS**self.key} different keys of {self.key} symbols, fewer than {self.pairs} pairs; "
                f"choose longer keys."
            )

    @property
    def segment_size(self) -> int:
        """Tokens in a segment."""
        return self.key + self.value + 2

    def batch(self, rows: int, step: int, along: bool = False) -> Batch:
        """Texts and a question about each.

        Args:
            rows: B, texts.
            step: names the random streams with the row.
            along: ask after every segment about the pairs so far, from which a model learns sooner; otherwise after
                the last, as published, and other questions are not scored.
        """
        segments = np.zeros((self.pairs, rows, self.segment_size), dtype=np.int64)
        questions = np.zeros((self.pairs, rows, self.key + 1 + self.value), dtype=np.int64)
        labels = np.full(questions.shape, IGNORE, dtype=np.int64)
        for row in range(rows):
            stream = Stream(self.split, "association", self.kind, self.key, self.value, self.seed, step, row)
            known: dict[Word, Word] = {}
            for i, (key, value) in enumerate(self._text(stream)):
                known[key] = value
                segments[i, row] = (*key, SEP, *value, EOS)
                asked = stream.choice(list(known))
                questions[i, row] = (*asked, GEN, *known[asked])
                if along or i == self.pairs - 1:
                    labels[i, row, self.key :] = (*known[asked], EOS)
        return Batch(segments, np.ones(segments.shape, dtype=np.bool_), questions, labels)

    def _text(self, stream: Stream) -> list[tuple[Word, Word]]:
        keys: list[Word] = []
        while len(keys) < self.pairs:
            key = _word(self.key, stream)
            if self.kind == "rewrite" or key not in keys:
                keys.append(key)
        return [(key, _word(self.value, stream)) for key in keys]


def exact_match(model: MemoryModel, batch: Batch) -> float:
    """Share of texts whose last question is answered right to the end token.

    The value is shown to the model as it answers; it is right all along just when what it writes by itself is.
    """
    import torch

    with torch.no_grad():
        state = model.init_state(batch.segments.shape[1])
        for segment in batch.segments:
            state = model.step(torch.from_numpy(segment).to(model.device), state).state
        hidden = model.read(torch.from_numpy(batch.questions[-1]).to(model.device), state)
        written = model.logits(hidden).argmax(dim=-1).cpu().numpy()
    wanted = batch.labels[-1]
    return float(((written == wanted) | (wanted == IGNORE)).all(axis=1).mean())


def _word(length: int, stream: Stream) -> Word:
    return tuple(stream.below(SYMBOLS) for _ in range(length))
