"""How well a task's answers can be guessed without reading: what accuracy means little.

Example::

    guess("qa1", [("Where is Mary?", "garden"), ("Where is John?", "office")] * 50).majority   # 0.5

The classifier that sees the question alone is naive Bayes over its words, scored on rows it was not trained on. It is
our own, in whole numbers and thus the same everywhere; nltk's takes three seconds to import.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from babilong.errors import VerificationError
from babilong.tasks import get_task
from generators.manifest import Cell

_FOLDS = 5
_LEAST_ROWS = 20  # fewer say nothing about a classifier


@dataclass(frozen=True, slots=True)
class Guess:
    """Shares in [0, 1] over the rows of a task.

    Attributes:
        n: rows.
        answers: different answers among them.
        chance: accuracy of drawing one of the answers that are possible.
        balance: entropy of the answers over that of as many equally frequent ones; 1 where all are as frequent.
        majority: accuracy of always giving the most frequent answer.
        question_only: accuracy of the classifier; None with too few rows.
    """

    n: int
    answers: int
    chance: float
    balance: float
    majority: float
    question_only: float | None


def guess(task: str, rows: Sequence[tuple[str, str]], labels: Sequence[Sequence[str]] = ()) -> Guess:
    """How well the answers of some rows can be guessed.

    Args:
        task: `qa1` to `qa20`.
        rows: questions and answers, one at least.
        labels: for each row the answers that are possible, the task's own where there are none.
    """
    possible = [len(own) or len(get_task(task).labels) for own in labels or [()]]
    counts = Counter(answer for _, answer in rows)
    shares = [count / len(rows) for count in counts.values()]
    entropy = -math.fsum(share * math.log(share) for share in shares)
    return Guess(
        len(rows),
        len(counts),
        math.fsum(1 / count for count in possible) / len(possible),
        entropy / math.log(len(counts)) if len(counts) > 1 else 0.0,
        max(shares),
        question_only(rows) if len(rows) >= _LEAST_ROWS else None,
    )


def question_only(rows: Sequence[tuple[str, str]]) -> float:
    """Accuracy of naive Bayes over the words of the question; row i is tested in fold i modulo 5."""
    right = 0
    for fold in range(_FOLDS):
        answer_to = _learn([row for i, row in enumerate(rows) if i % _FOLDS != fold])
        right += sum(answer_to(question) == answer for question, answer in rows[fold::_FOLDS])
    return right / len(rows)


def _learn(rows: Sequence[tuple[str, str]]) -> Callable[[str], str]:
    """The likeliest answer to a question, where P(word | answer) is (rows with both + 1/2) / (rows with answer + 1)."""
    answers = Counter(answer for _, answer in rows)
    both = Counter((word, answer) for question, answer in rows for word in _words(question))

    @cache
    def answer_to(question: str) -> str:
        def likelihood(answer: str) -> tuple[Fraction, str]:
            n = answers[answer]
            of_words = (Fraction(2 * both[word, answer] + 1, 2 * n + 2) for word in _words(question))
            return math.prod(of_words, start=Fraction(n)), answer

        return max(answers, key=likelihood)

    return answer_to


def _words(question: str) -> list[str]:
    return sorted(set(re.findall(r"\w+", question.lower())))


def guesses(folder: Path, cells: Sequence[Cell]) -> dict[str, Guess]:
    """What can be guessed in each task of a dataset folder; of lengths with as many rows, the shortest is looked at."""
    looked_at: dict[str, Cell] = {}
    for cell in cells:
        if cell.task not in looked_at or cell.rows > looked_at[cell.task].rows:
            looked_at[cell.task] = cell
    found = {}
    for task, cell in looked_at.items():
        rows = _answers([folder / file.path for file in cell.files])
        found[task] = guess(task, [(question, answer) for question, answer, _ in rows], [labels for *_, labels in rows])
    return found


def _answers(files: Sequence[Path]) -> list[tuple[str, str, Sequence[str]]]:
    """The questions, answers and possible answers in some files of a dataset; contexts are not kept.

    Raises:
        VerificationError: a file is missing or damaged.
    """
    rows: list[tuple[str, str, Sequence[str]]] = []
    for file in files:
        try:
            rows += _rows(file)
        except (OSError, ValueError, KeyError, TypeError) as error:  # pyarrow's own are among them
            raise VerificationError(f"The file {file} cannot be read ({error}); generate it again.") from error
    return rows


def _rows(file: Path) -> Iterator[tuple[str, str, Sequence[str]]]:
    """Of the rows of a file; those of older files have no labels."""
    for row in _columns(file):
        yield row["question"], row["target"], row.get("labels", ())


def _columns(file: Path) -> Iterator[dict[str, Any]]:
    if file.suffix == ".parquet":
        import pyarrow.parquet as pq

        wanted = {"question", "target", "labels"} & set(pq.read_schema(file).names)
        yield from pq.read_table(file, columns=sorted(wanted)).to_pylist()
        return
    with open(file, encoding="utf-8", newline="\n") as lines:
        yield from map(json.loads, lines)
