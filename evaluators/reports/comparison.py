"""Two runs over the same samples: the difference, what it may be by chance, and what so many samples can show at all.

Example::

    comparison = compare(run_a, run_b, "v2")
    comparison.overall.difference, comparison.overall.p

A sample is a pair of verdicts. At one length pairs are independent: McNemar's exact test, Newcombe's paired interval.
Over all lengths they are not, for the story of an index is asked at every length; so the test over all is the sign
test over stories (is A right on it at more lengths, or B?), and the interval is Newcombe's for the number of
independent samples that vary as much: n / deff (Kish, "Survey Sampling", 1965, section 5.4).
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from babilong.errors import DataError, UsageError
from babilong.statistics import detectable, mcnemar, paired_difference
from evaluators.records import Record
from evaluators.reports.cells import in_order, is_right
from evaluators.reports.runs import Run
from evaluators.reports.tables import Sheet, percent

ALL = "all"
_CAPTION = (
    "A, B: accuracy in % over the samples both have. 95 %: interval of the difference (Newcombe, paired). alone: "
    "samples that A alone and B alone has right. p: McNemar's exact test, each row by itself. least: the smallest true "
    "difference that so many samples show with 80 % power (Connor, 1987). Over all, p is of the sign test over "
    "stories, and interval and least allow for stories that are asked at several lengths."
)

Pair = tuple[Record, Record]


@dataclass(frozen=True, slots=True)
class Contrast:
    """What the pairs of one cell, or of all, say.

    Attributes:
        score: name of the score.
        task: `qa1` to `qa20`, or `all`.
        length: name of the length, or `all`.
        n: pairs.
        stories: different stories among them.
        a: accuracy of A; errors count as wrong.
        b: accuracy of B.
        difference: a - b.
        low: lower end of its 95 % interval.
        high: upper end.
        only_a: pairs of which A alone is right.
        only_b: pairs of which B alone is right.
        p: two-sided p-value that both are as good.
        detectable: the smallest true difference that is found four times in five; 1 if there is none.
    """

    score: str
    task: str
    length: str
    n: int
    stories: int
    a: float
    b: float
    difference: float
    low: float
    high: float
    only_a: int
    only_b: int
    p: float
    detectable: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs, compared.

    Attributes:
        cells: a contrast for every task and length that both have.
        overall: over all their pairs.
        unpaired: samples that only one of the two has.
    """

    cells: tuple[Contrast, ...]
    overall: Contrast
    unpaired: int

    @property
    def rows(self) -> tuple[Contrast, ...]:
        """The cells, and what is over all of them."""
        return (*self.cells, self.overall)


def compare(a: Run, b: Run, score: str, *, force: bool = False) -> Comparison:
    """Compare two runs over the samples that both have.

    Args:
        a: one run.
        b: the other.
        score: name of the score.
        force: go on where protocols or datasets differ; only samples with one question and answer are paired.

    Raises:
        UsageError: protocols or datasets differ, or there is no such score.
        DataError: the two have no sample in common.
    """
    if not force:
        for what, one, other in (("protocols", a.protocol, b.protocol), ("datasets", a.samples, b.samples)):
            if one != other:
                raise UsageError(
                    f"{a.folder} and {b.folder} have different {what} ({one} and {other}); --force compares them all "
                    "the same, over the samples with the same question and answer."
                )
    pairs = _paired(a.records, b.records)
    if not pairs:
        raise DataError(f"{a.folder} and {b.folder} have no sample in common; compare runs over the same dataset.")
    groups: defaultdict[tuple[str, str], list[Pair]] = defaultdict(list)
    for pair in pairs:
        groups[pair[0].task, pair[0].length].append(pair)
    return Comparison(
        cells=tuple(_contrast(score, *cell, groups[cell]) for cell in in_order(groups)),
        overall=_contrast(score, ALL, ALL, pairs),
        unpaired=len(a.records) + len(b.records) - 2 * len(pairs),
    )


def comparison_sheet(comparison: Comparison, a: str, b: str) -> Sheet:
    """A row for every cell, and one over all."""
    rows = [_row(contrast) for contrast in comparison.cells]
    header = ("task", "length", "n", "A", "B", "A - B", "95 %", "alone", "p", "least")
    caption = _CAPTION
    if comparison.unpaired:
        caption += f" {comparison.unpaired:,} samples that only one of the two has are left out."
    return Sheet(
        f"A: {a}; B: {b}; score {comparison.overall.score}", caption, header, (*rows, (), _row(comparison.overall)), 2
    )


def _paired(a: Iterable[Record], b: Iterable[Record]) -> list[Pair]:
    """The samples both have, by id, with the same question and answer."""
    others = {record.id: record for record in b}
    return [(record, others[record.id]) for record in a if record.id in others and _same(record, others[record.id])]


def _same(one: Record, other: Record) -> bool:
    return (one.question.strip(), one.target) == (other.question.strip(), other.target)


def _contrast(score: str, task: str, length: str, pairs: Sequence[Pair]) -> Contrast:
    verdicts = [(is_right(one, score), is_right(other, score)) for one, other in pairs]
    stories: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
    for (one, _), (right_a, right_b) in zip(pairs, verdicts, strict=True):
        stories[one.task, one.index].append(right_a - right_b)
    counts, n = Counter(verdicts), len(pairs)
    both, only_a, only_b = counts[True, True], counts[True, False], counts[False, True]
    deff = _design_effect(list(stories.values()))
    low, high = paired_difference(both / deff, only_a / deff, only_b / deff, counts[False, False] / deff)
    signs = Counter((total > 0) - (total < 0) for total in map(sum, stories.values()))
    return Contrast(
        score=score,
        task=task,
        length=length,
        n=n,
        stories=len(stories),
        a=round((both + only_a) / n, 6),
        b=round((both + only_b) / n, 6),
        difference=round((only_a - only_b) / n, 6),
        low=round(low, 6),
        high=round(high, 6),
        only_a=only_a,
        only_b=only_b,
        p=mcnemar(signs[1], signs[-1]),
        detectable=round(detectable(n / deff, (only_a + only_b) / n), 6),
    )


def _design_effect(stories: Sequence[Sequence[int]]) -> float:
    """By how much the variance of the mean difference exceeds that of as many independent samples; 1 at least.

    Where nothing differs at all this cannot be seen, and a story counts as a single sample.
    """
    n = sum(map(len, stories))
    mean = sum(map(sum, stories)) / n
    alone = math.fsum((value - mean) ** 2 for story in stories for value in story)
    together = math.fsum((sum(story) - mean * len(story)) ** 2 for story in stories)
    return max(1.0, together / alone) if alone else n / len(stories)


def _row(contrast: Contrast) -> tuple[str, ...]:
    return (
        contrast.task,
        contrast.length,
        str(contrast.n),
        percent(contrast.a),
        percent(contrast.b),
        f"{100 * contrast.difference:+.1f}",
        f"{100 * contrast.low:+.1f} {100 * contrast.high:+.1f}",
        f"{contrast.only_a}:{contrast.only_b}",
        f"{contrast.p:.3f}" if contrast.p >= 0.001 else "<0.001",
        percent(contrast.detectable) if contrast.detectable < 1 else "none",
    )
