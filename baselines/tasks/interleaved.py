"""Facts with questions and answers between them, nothing else: the plainest form of the tasks.

From it a model learns to read facts before it learns to remember them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from baselines.memory.segments import IGNORE, Ids
from baselines.tasks.lessons import Lessons
from baselines.tasks.single import Question
from generators.streams import Stream

_ASK_HERE = 0.6  # share of facts after which something is asked


def interleaved(
    lessons: Lessons, encode: Callable[[str], tuple[int, ...]], end: int, streams: Iterable[Stream], length: int
) -> tuple[Ids, Ids]:
    """Ids and labels, [B, length].

    Args:
        lessons: stories, and what may be asked of them.
        encode: token ids of a text, with the blank before it.
        end: token id that ends an answer.
        streams: what each of B rows is drawn from.
        length: of a row in tokens.
    """
    rows = []
    for stream in streams:
        part: list[int] = []
        targets: list[int] = []
        while len(part) < length:
            story = lessons.draw(stream)
            for fact, asked in zip(story.facts, story.asked, strict=True):
                part += encode(fact)
                targets += [IGNORE] * (len(part) - len(targets))
                for _ in range(2 if any(asked) and stream.random() < _ASK_HERE else 0):
                    question = anything(asked, stream)
                    words, answer = encode(question.text), (*encode(question.answer), end)
                    part += (*words, *answer)
                    targets += (*[IGNORE] * (len(words) - 1), *answer, IGNORE)
        rows.append((part[:length], targets[:length]))
    ids, labels = zip(*rows, strict=True)
    return np.array(ids, dtype=np.int64), np.array(labels, dtype=np.int64)


def anything(asked: Sequence[Sequence[Question]], stream: Stream) -> Question:
    """One of the questions that may be asked, of each group that has any as often."""
    return stream.choice(stream.choice([group for group in asked if group]))
