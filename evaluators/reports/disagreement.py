"""Where the scores disagree: samples that one score calls right and another wrong, with what the model wrote.

Example::

    found = disputed(judge(run.records))
    print(found[0].record.output, found[0].verdicts)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from babilong.scoring import SCORES
from babilong.tasks import get_task
from evaluators.records import Record
from evaluators.reports.cells import is_right
from evaluators.reports.tables import Sheet

HEADER = ("sample", *SCORES, "question", "target", "output")
# The default score against each of the others: how often it alone is right, and how often it alone is wrong.
_AGAINST = [(one, other) for rival in SCORES[1:] for one, other in ((SCORES[0], rival), (rival, SCORES[0]))]
_WIDEST = 60  # letters of an output that a table shows


@dataclass(frozen=True, slots=True)
class Judged:
    """A sample with the verdict of every score.

    Attributes:
        record: the sample.
        verdicts: whether it is right, by score.
    """

    record: Record
    verdicts: Mapping[str, bool]

    @property
    def disputed(self) -> bool:
        """Whether the scores differ."""
        return len(set(self.verdicts.values())) > 1

    def to_row(self) -> dict[str, Any]:
        """The sample as a row with the columns of `HEADER`."""
        record = self.record
        return {
            "sample": record.id,
            **{score: int(verdict) for score, verdict in self.verdicts.items()},
            "question": record.question,
            "target": record.target,
            "output": record.output,
        }


def judge(records: Iterable[Record]) -> list[Judged]:
    """Every sample by every score."""
    return [Judged(record, {score: is_right(record, score) for score in SCORES}) for record in records]


def disputed(judged: Iterable[Judged]) -> list[Judged]:
    """Those on which the scores differ, first where the first two of them do."""
    found = [each for each in judged if each.disputed]
    return sorted(found, key=lambda each: each.verdicts[SCORES[0]] == each.verdicts[SCORES[1]])


def counts_sheet(judged: Sequence[Judged], title: str) -> Sheet:
    """How often each score says right, and how often they differ, by task and over all."""
    tasks = sorted({each.record.task for each in judged}, key=lambda task: get_task(task).number)
    groups: Mapping[str, Sequence[Judged]] = {
        task: [each for each in judged if each.record.task == task] for task in tasks
    }
    rows = [_counts(task, group) for task, group in groups.items()]
    if len(tasks) > 1:
        rows += [(), _counts("all", judged)]
    header = ("task", "samples", *SCORES, *(f"{one}, not {other}" for one, other in _AGAINST))
    caption = "Samples that are right by each score, and by one but not by another; errors are wrong by every score."
    return Sheet(title, caption, header, tuple(rows))


def samples_sheet(found: Sequence[Judged], title: str, most: int) -> Sheet:
    """The first of these samples: 1 is right, 0 is wrong."""
    rows = tuple(tuple(_short(str(value)) for value in each.to_row().values()) for each in found[:most])
    left = f"; {len(found) - most:,} more with --csv" if len(found) > most else ""
    return Sheet(title, f"1: right, 0: wrong{left}.", HEADER, rows, names=len(HEADER))


def _counts(name: str, judged: Sequence[Judged]) -> tuple[str, ...]:
    right = (sum(each.verdicts[score] for each in judged) for score in SCORES)
    apart = (sum(each.verdicts[one] and not each.verdicts[other] for each in judged) for one, other in _AGAINST)
    return (name, *(f"{count:,}" for count in (len(judged), *right, *apart)))


def _short(text: str) -> str:
    """One line, its middle left out where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= _WIDEST else f"{line[: _WIDEST - 21]} ... {line[-16:]}"
