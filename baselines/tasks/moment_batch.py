"""What a batch of moments holds: segments, questions about stretches of them, and what is known after each fact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.memory.segments import IGNORE, Ids

LONGEST = 20  # tokens of a question with its answer: one width, so that shares of a batch are padded alike


@dataclass(frozen=True, slots=True)
class Moments:
    """Segments and the questions about stretches of them.

    Attributes:
        segments: token ids [B, F, L].
        mask: False at padding, [B, F, L].
        fact: whether a segment holds a fact, [B, F].
        questions: token ids of questions with their answers [B, K, Q].
        labels: the token that each place of `questions` should predict next, `IGNORE` where none is wanted.
        first: the first segment that a question sees, [B, K].
        last: the one behind the last, [B, K].
        states: what a fact's person is known of, as tokens: where he is and where he was before, [B, F, 2]; `IGNORE`
            where it is not known or not asked.
        held: whether he holds each of the things, [B, F, 3]; `IGNORE` likewise.
    """

    segments: Ids
    mask: NDArray[np.bool_]
    fact: NDArray[np.bool_]
    questions: Ids
    labels: Ids
    first: Ids
    last: Ids
    states: Ids
    held: Ids


def blank(total: int, size: int, questions: int) -> Moments:
    """One row of `total` segments of `size` tokens with nothing in it."""
    sizes: dict[str, Any] = {
        "segments": np.zeros((total, size), dtype=np.int64),
        "mask": np.zeros((total, size), dtype=np.bool_),
        "fact": np.zeros(total, dtype=np.bool_),
        "questions": np.zeros((questions, LONGEST), dtype=np.int64),
        "labels": np.full((questions, LONGEST), IGNORE, dtype=np.int64),
        "first": np.zeros(questions, dtype=np.int64),
        "last": np.zeros(questions, dtype=np.int64),
        "states": np.full((total, 2), IGNORE, dtype=np.int64),
        "held": np.full((total, 3), IGNORE, dtype=np.int64),
    }
    return Moments(**sizes)
