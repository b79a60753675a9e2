"""Tables: counts, intervals, errors as wrong, means that cover what they say, nothing invented for what is missing."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from babilong.errors import DataError
from evaluators.job import Job
from evaluators.records import Record
from evaluators.reports.cells import Cell, is_right, means, summarise
from evaluators.reports.depth import by_depth, depth_sheet, with_depths
from evaluators.reports.disagreement import counts_sheet, disputed, judge, samples_sheet
from evaluators.reports.runs import Run, open_run
from evaluators.reports.tables import Sheet, cells_csv, grid_sheet, listing, to_markdown, to_rich
from evaluators.runner import evaluate


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
BOTH = [*RECORDS, record("qa7", "2k", 0, "one", "one")]


def shown(sheet: Sheet, width: int = 80) -> str:
    console = Console(width=width, record=True, file=io.StringIO())
    console.print(to_rich(sheet))
    return console.export_text()


def test_cells_in_order_with_errors_counted_as_wrong() -> None:
    cells = summarise(RECORDS, "v2")
    assert [(c.task, c.length, c.n, c.correct, c.errors) for c in cells] == [
        ("qa1", "2k", 2, 1, 1), ("qa1", "128k", 2, 1, 0), ("qa7", "1M", 2, 2, 0),
    ]  # fmt: skip
    assert cells[0].accuracy == 0.5
    assert cells[0].tokens == 100
    assert (cells[0].low, cells[0].high) == (pytest.approx(0.0945, abs=1e-3), pytest.approx(0.9055, abs=1e-3))


def test_an_error_is_wrong_whatever_came_before_it() -> None:
    assert is_right(record("qa1", "2k", 0, "garden", "garden"), "v2")
    assert not is_right(record("qa1", "2k", 0, "garden", "garden", error="TimeoutError"), "v2")


@pytest.mark.parametrize(("score", "right"), [("v2", [1, 1, 2]), ("v1", [1, 1, 0]), ("exact", [1, 0, 2])])
def test_scores_differ_and_are_named(score: str, right: list[int]) -> None:
    cells = summarise(RECORDS, score)
    assert [cell.correct for cell in cells] == right
    assert {cell.score for cell in cells} == {score}


@pytest.mark.parametrize(
    ("memory", "name"),
    [
        ("{segment_gate: 64, gate_from: labels}", "mine (gate from labels)"),
        ("{segment_gate: 64, gate_from: answers}", "mine"),
        ("{segment_gate: 0, gate_from: labels}", "mine"),
        ("7", "mine"),
    ],
)
def test_a_gate_that_was_told_where_facts_stand_is_named_with_its_model(memory: str, name: str, tmp_path: Path) -> None:
    (tmp_path / "run.yaml").write_text(f"model: {{model: mine, memory: {memory}}}\n")
    (tmp_path / "samples.jsonl").write_text("")
    assert open_run(tmp_path).model == name


def test_csv_has_a_line_a_cell() -> None:
    rows = list(csv.DictReader(io.StringIO(cells_csv(summarise(RECORDS, "v2")))))
    assert list(rows[0]) == list(Cell.__slots__)
    assert [row["length"] for row in rows] == ["2k", "128k", "1M"]
    assert rows[2]["accuracy"] == "1.0"


def test_table_fits_a_terminal_and_names_its_score() -> None:
    text = shown(listing(summarise(RECORDS, "v2"), ["qa1", "qa7"], "fake, score v2"))
    assert "fake, score v2" in text
    assert "50.0%" in text
    assert "9.5% - 90.5%" in text
    assert "0k" not in text
    assert "mean" not in text  # no length has both tasks


def test_no_records_no_cells() -> None:
    assert summarise([], "v2") == []
    assert means([], ["qa1"]) == {}


def test_a_mean_covers_all_tasks_that_are_asked_or_is_not_there() -> None:
    cells = summarise(BOTH, "v2")
    assert list(means(cells, ["qa1", "qa7"])) == ["2k"]
    mean = means(cells, ["qa1", "qa7"])["2k"]
    assert (mean.tasks, mean.accuracy) == (2, 0.75)
    assert 0 < mean.low < mean.accuracy < mean.high <= 1
    assert list(means(cells, ["qa1"])) == ["2k", "128k"]
    assert means(cells, ["qa1", "qa7", "qa9"]) == {}
    assert "mean of 2" in shown(listing(cells, ["qa1", "qa7"], "m"))


@given(
    st.lists(st.sampled_from([(t, n) for t in ("qa1", "qa2", "qa3") for n in ("0k", "1k", "2k")]), unique=True),
    st.lists(st.sampled_from(["qa1", "qa2", "qa3", "qa4"]), min_size=1, unique=True),
)
def test_a_mean_is_never_of_fewer_tasks(present: list[tuple[str, str]], asked: list[str]) -> None:
    cells = summarise([record(task, length, 0, "x", "x") for task, length in present], "exact")
    found = means(cells, asked)
    assert set(found) == {n for n in ("0k", "1k", "2k") if all((task, n) in present for task in asked)}
    assert all(mean.tasks == len(asked) for mean in found.values())


def test_markdown_grid_leaves_missing_cells_empty_and_says_counts() -> None:
    lines = to_markdown(grid_sheet(summarise(BOTH, "v2"), ["qa1", "qa7"], "a|b, score v2")).splitlines()
    assert lines[0] == "## a\\|b, score v2"
    assert lines[2:] == [
        "| task | 2k | 128k | 1M |",
        "| --- | ---: | ---: | ---: |",
        "| qa1 | 50 [9, 91], 1 err | 50 [9, 91] |  |",
        "| qa7 | 100 [21, 100] n=1 |  | 100 [34, 100] |",
        "| mean of 2 tasks | 75 [30, 95] |  |  |",
        "",
        "Accuracy in % by score v2 and its 95 % Wilson interval; 2 samples a cell where no n is given; errors count as "
        "wrong; empty: no samples. The mean is empty where a task is missing.",
    ]


def test_disagreement_counts_and_shows_the_outputs() -> None:
    judged = judge([*BOTH, record("qa1", "2k", 2, "[bold]kitchen[/bold] | it is\nthe garden", "garden")])
    assert [each.record.id for each in disputed(judged)] == ["qa7/1M/0", "qa7/1M/1", "qa1/128k/0"]
    counts = counts_sheet(judged, "fake")
    assert counts.rows[0] == ("qa1", "5", "2", "2", "1", "0", "0", "1", "0")
    assert counts.rows[-1] == ("all", "8", "5", "3", "4", "2", "0", "1", "0")
    sheet = samples_sheet(disputed(judged), "fake", 1)
    assert sheet.rows == (("qa7/1M/0", "1", "0", "1", "How many objects is Mary carrying?", "none", "none"),)
    assert "2 more with --csv" in sheet.caption
    assert "[bold]kitchen" in shown(samples_sheet(judge([judged[-1].record]), "fake", 1), 200)


def test_depth_counts_a_sample_once_in_every_part_with_a_supporting_fact() -> None:
    depths = [(0.05, 0.1), (0.1, 0.95), (0.999999,), (0.5,)]
    records = [
        replace(record("qa1", "2k", index, "garden" if index else "office", "garden"), supporting_depths=where)
        for index, where in enumerate(depths)
    ]
    cells = by_depth(records, "v2", 4)
    assert [(cell.part, cell.n, cell.correct) for cell in cells] == [
        ("0–25 %", 2, 1), ("50–75 %", 1, 1), ("75–100 %", 2, 2),
    ]  # fmt: skip
    assert "50–75 %" in shown(depth_sheet(cells, "m"))
    assert [cell.part for cell in by_depth(records, "v2", 1)] == ["0–100 %"]


def test_depths_are_kept_by_a_run_and_else_read_from_its_dataset(job: Job, tmp_path: Path) -> None:
    from evaluators.reports.runs import open_run

    run = open_run(evaluate(job, tmp_path, quiet=True))
    samples = {sample.id: sample for cell in job.dataset.cells for sample in job.dataset.samples(*cell)}
    for found in run.records:
        sample = samples[found.id]
        expected = [sample.fact_depths[fact] for fact in sample.supporting]
        assert found.supporting_depths == pytest.approx(expected, abs=1e-6)
    assert with_depths(run, None) is run
    old = replace(run, records=tuple(replace(each, supporting_depths=None) for each in run.records))
    assert with_depths(old, job.dataset.folder).records == run.records
    with pytest.raises(DataError, match="do not say where .* with --data"):
        with_depths(old, None)
    with pytest.raises(DataError, match="is not the one that"):
        with_depths(replace(old, samples="another"), job.dataset.folder)
    stranger = replace(old.records[0], id="qa1/0k/77", index=77)
    with pytest.raises(DataError, match="has no sample qa1/0k/77"):
        with_depths(replace(old, records=(stranger,)), job.dataset.folder)


def test_runs_are_told_apart_as_far_as_needed() -> None:
    from evaluators.reports.runs import labels

    one = Run("m", "a", "v2", None, "", Path("x"), ())
    assert labels([one, replace(one, model="n")]) == ["m", "n"]
    assert labels([one, replace(one, config="b")]) == ["m (a)", "m (b)"]
    assert labels([one, replace(one, folder=Path("y"))]) == ["m (x a)", "m (y a)"]
