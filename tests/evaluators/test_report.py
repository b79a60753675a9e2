"""The table: counts, intervals, errors as wrong, and nothing invented for cells that are missing."""

from __future__ import annotations

import csv
import io

import pytest
from rich.console import Console

from evaluators.records import Record
from evaluators.report import Cell, summarise, to_csv, to_table


def record(task: str, length: str, index: int, output: str, target: str, error: str | None = None) -> Record:
    question = "Where is Mary?" if task == "qa1" else "How many objects is Mary carrying?"
    return Record(f"{task}/{length}/{index}", task, length, index, question, target, output, "stop", 100, 3, 0.1, error)


RECORDS = [
    record("qa7", "1M", 0, "none", "none"),
    record("qa7", "1M", 1, "None", "none"),
    record("qa1", "128k", 0, "Mary is in the garden.", "garden"),
    record("qa1", "128k", 1, "kitchen", "garden"),
    record("qa1", "2k", 0, "garden", "garden"),
    record("qa1", "2k", 1, "", "garden", error="MemoryError"),
]


def test_cells_in_order_with_errors_counted_as_wrong() -> None:
    cells = summarise(RECORDS, "v2")
    assert [(c.task, c.length, c.n, c.correct, c.errors) for c in cells] == [
        ("qa1", "2k", 2, 1, 1), ("qa1", "128k", 2, 1, 0), ("qa7", "1M", 2, 2, 0),
    ]  # fmt: skip
    assert cells[0].accuracy == 0.5
    assert cells[0].tokens == 100
    assert (cells[0].low, cells[0].high) == (pytest.approx(0.0945, abs=1e-3), pytest.approx(0.9055, abs=1e-3))


@pytest.mark.parametrize(("score", "right"), [("v2", [1, 1, 2]), ("v1", [1, 1, 0]), ("exact", [1, 0, 2])])
def test_scores_differ_and_are_named(score: str, right: list[int]) -> None:
    cells = summarise(RECORDS, score)
    assert [cell.correct for cell in cells] == right
    assert {cell.score for cell in cells} == {score}


def test_csv_has_a_line_a_cell() -> None:
    cells = summarise(RECORDS, "v2")
    rows = list(csv.DictReader(io.StringIO(to_csv(cells))))
    assert list(rows[0]) == list(Cell.__slots__)
    assert [row["length"] for row in rows] == ["2k", "128k", "1M"]
    assert rows[2]["accuracy"] == "1.0"


def test_table_fits_a_terminal_and_names_its_score() -> None:
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(to_table(summarise(RECORDS, "v2"), "fake, score v2"))
    text = console.export_text()
    assert "fake, score v2" in text
    assert "50.0%" in text
    assert "9.5% - 90.5%" in text
    assert "0k" not in text


def test_no_records_no_cells() -> None:
    assert summarise([], "v2") == []
