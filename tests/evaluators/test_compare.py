"""Two runs over the same samples: what is paired, what is counted, and what must not be compared."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babilong.errors import DataError, UsageError
from babilong.statistics import detectable, mcnemar, paired_difference
from evaluators.records import Record
from evaluators.reports.comparison import compare, comparison_sheet
from evaluators.reports.runs import Run
from evaluators.reports.tables import to_markdown


def record(length: str, index: int, right: bool, task: str = "qa1") -> Record:
    answer = "garden" if right else "office"
    return Record(f"{task}/{length}/{index}", task, length, index, "Where?", "garden", answer, "stop", 9, 1, 0.1)


def run(verdicts: dict[str, str], model: str = "m", task: str = "qa1") -> Run:
    """A run from lengths and verdicts such as `{"1k": "110"}`."""
    records = [
        record(length, index, verdict == "1", task)
        for length, word in verdicts.items()
        for index, verdict in enumerate(word)
    ]
    return Run(model, "id", "v2", "hash", "", Path(model), tuple(records))


def test_counts_difference_and_test_of_a_cell() -> None:
    a, b = run({"1k": "1" * 12 + "0" * 3 + "1" * 5}), run({"1k": "0" * 12 + "1" * 3 + "1" * 5}, "n")
    comparison = compare(a, b, "v2")
    (cell,) = comparison.cells
    assert (cell.n, cell.stories, cell.only_a, cell.only_b) == (20, 20, 12, 3)
    assert (cell.a, cell.b, cell.difference) == (0.85, 0.4, 0.45)
    assert cell.p == mcnemar(12, 3)
    assert (cell.low, cell.high) == pytest.approx(paired_difference(5, 12, 3, 0), abs=1e-6)
    assert cell.detectable == pytest.approx(detectable(20, 0.75), abs=1e-6)
    assert replace(cell, task="all", length="all") == comparison.overall  # at one length stories are samples
    assert comparison.unpaired == 0


def test_swapping_the_runs_mirrors_the_difference() -> None:
    a, b = run({"1k": "1101011", "2k": "1100000"}), run({"1k": "1110001", "2k": "1000001"})
    there, back = compare(a, b, "v2").overall, compare(b, a, "v2").overall
    assert (there.difference, there.low, there.high) == pytest.approx((-back.difference, -back.high, -back.low))
    assert (there.p, there.detectable) == (back.p, back.detectable)


def test_a_story_that_is_asked_at_many_lengths_counts_as_one() -> None:
    """The same five stories at ten lengths, always with the same outcome, say no more than at one length."""
    once = compare(run({"1k": "11111"}), run({"1k": "00000"}), "v2").overall
    lengths = [f"{number}k" for number in range(1, 11)]
    often = compare(run(dict.fromkeys(lengths, "11110")), run(dict.fromkeys(lengths, "00001")), "v2").overall
    five = compare(run({"1k": "11110"}), run({"1k": "00001"}), "v2").overall
    assert (often.n, often.stories, often.p) == (50, 5, five.p)
    assert (often.low, often.high) == pytest.approx((five.low, five.high), abs=1e-6)
    assert often.detectable == pytest.approx(five.detectable, abs=1e-6)
    same = compare(run(dict.fromkeys(lengths, "11111")), run(dict.fromkeys(lengths, "00000")), "v2").overall
    assert (same.low, same.high) == (once.low, once.high)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60))
def test_whatever_the_verdicts_the_interval_holds_the_difference(verdicts: list[tuple[bool, bool]]) -> None:
    a = Run("a", "", "v2", None, "", Path("a"), tuple(record("1k", i, one) for i, (one, _) in enumerate(verdicts)))
    b = replace(a, records=tuple(record("1k", i, other) for i, (_, other) in enumerate(verdicts)))
    found = compare(a, b, "v2").overall
    assert -1 <= found.low <= found.difference + 1e-6 and found.difference - 1e-6 <= found.high <= 1
    assert 0 < found.p <= 1
    assert 0 < found.detectable <= 1


def test_only_the_samples_both_have_are_compared() -> None:
    a, b = run({"1k": "111", "2k": "11"}), run({"1k": "1011", "4k": "1"})
    other = replace(b.records[0], question="Where else?")
    comparison = compare(a, replace(b, records=(other, *b.records[1:])), "v2")
    assert [(cell.length, cell.n, cell.only_a) for cell in comparison.cells] == [("1k", 2, 1)]
    assert comparison.unpaired == 1 + 2 + 2 + 1
    assert "6 samples that only one of the two has are left out" in comparison_sheet(comparison, "a", "b").caption


def test_an_error_is_wrong() -> None:
    a, b = run({"1k": "11"}), run({"1k": "11"})
    failed = replace(b.records[0], error="MemoryError")
    assert compare(a, replace(b, records=(failed, b.records[1])), "v2").overall.only_a == 1


@pytest.mark.parametrize(
    ("change", "what"), [({"protocol": "v1"}, r"protocols \(v2 and v1\)"), ({"samples": "x"}, r"datasets \(hash and x")]
)
def test_what_differs_is_refused_unless_forced(change: dict[str, str], what: str) -> None:
    a, b = run({"1k": "10"}), replace(run({"1k": "11"}, "n"), **change)
    with pytest.raises(UsageError, match=f"m and n have different {what}.*--force"):
        compare(a, b, "v2")
    assert compare(a, b, "v2", force=True).overall.n == 2


def test_nothing_in_common() -> None:
    with pytest.raises(DataError, match="m and n have no sample in common"):
        compare(run({"1k": "1"}), run({"2k": "1"}, "n"), "v2")


def test_the_table() -> None:
    comparison = compare(run({"1k": "1" * 30}), run({"1k": "0" * 20 + "1" * 10}), "v2")
    lines = to_markdown(comparison_sheet(comparison, "one", "two")).splitlines()
    assert lines[0] == "## A: one; B: two; score v2"
    assert lines[4] == "| qa1 | 1k | 30 | 100 | 33.3 | +66.7 | +45.5 +80.8 | 20:0 | <0.001 | 40.1 |"
