"""Predictions in the published form: counts as published on every file at hand, and outputs as they stand."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from babilong.errors import DataError
from evaluators.report_cli import app
from evaluators.reports.cells import is_right
from evaluators.reports.published import published_files, read_published
from evaluators.reports.runs import find_runs

PUBLISHED = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "published"
HEADER = ",target,output,question\n"


def write(path: Path, *rows: tuple[str, str, str], header: str = HEADER) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows((number, *row) for number, row in enumerate(rows))
    path.write_text(header + text.getvalue(), encoding="utf-8", newline="")
    return path


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason=f"the published predictions are not at {PUBLISHED}")
def test_the_command_gives_the_published_counts_on_every_file(capsys: pytest.CaptureFixture[str]) -> None:
    with (PUBLISHED / "all_accuracies_long.csv").open(newline="", encoding="utf-8") as file:
        published = {
            (row["model"], row["task"], row["length"], row["config"]): (int(row["n"]), int(row["n_correct"]))
            for row in csv.DictReader(file)
        }
    folder = PUBLISHED / "predictions"
    with pytest.raises(SystemExit, match="0"):
        app(["table", str(folder), "--score", "v1", "--csv", "-"])
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(rows) == len(list(folder.rglob("*.csv"))) >= 50
    for row in rows:
        key = (row["model"], row["task"], row["length"], row["config"])
        assert (int(row["n"]), int(row["correct"])) == published[key]
        assert float(row["accuracy"]) == pytest.approx(published[key][1] / published[key][0], abs=1e-6)


@pytest.mark.parametrize(
    "output", ["None", "NA", "nan", "null", "", " ", "a\nb\r\nc\u2028d", '"it", he said', "žluť ☃", "x" * 200_000]
)
def test_outputs_stay_text(tmp_path: Path, output: str) -> None:
    path = write(tmp_path / "qa7_0k_x.csv", ("none", output, "How many objects is Mary carrying? "), ("1", "2", "3"))
    records = read_published([path])
    assert [(each.id, each.output, each.target) for each in records] == [
        ("qa7/0k/0", output, "none"), ("qa7/0k/1", "2", "1"),
    ]  # fmt: skip
    assert records[0].question == "How many objects is Mary carrying? "


def test_none_scores_as_the_answer_that_it_is(tmp_path: Path) -> None:
    path = write(tmp_path / "qa7_0k.csv", ("none", "None", "How many objects is Mary carrying?"))
    assert is_right(read_published([path])[0], "v2")


def test_files_are_grouped_by_folder_and_configuration(tmp_path: Path) -> None:
    row = ("garden", "garden", "Where is Mary?")
    for name in ("a/m/qa1_0k_yes.csv", "a/m/qa10_1M_yes.csv", "a/m/qa1_0k_no_no.csv", "b/qa1_0k.csv", "b/summary.csv"):
        write(tmp_path / name, row)
    found = published_files(tmp_path)
    assert [(folder.name, config, len(files)) for (folder, config), files in found.items()] == [
        ("m", "no_no", 1), ("m", "yes", 2), ("b", "", 1),
    ]  # fmt: skip
    runs = find_runs([tmp_path, tmp_path / "b"])
    assert [(run.model, run.config, run.protocol) for run in runs] == [
        ("a/m", "no_no", "v1"), ("a/m", "yes", "v1"), ("b", "", "v1"),
    ]  # fmt: skip


def test_other_columns_and_a_byte_order_mark_do_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "qa1_128k_x.csv"
    path.write_bytes("\ufefftarget,output,result,question\ngarden,office,True,Where?\n".encode())
    assert [(each.output, each.question, each.length) for each in read_published([path])] == [
        ("office", "Where?", "128k")
    ]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("qa1_0k_x.csv", b"target,question\na,b\n", "has no column output"),
        ("qa1_0k_x.csv", b"", "has no column target or output or question"),
        ("qa1_0k_x.csv", b"target,output,question\na,b,c\na,b\n", "Line 3 of .* is cut short"),
        ("qa1_0k_x.csv", b"target,output,question\na,\xff,c\n", "is not CSV in UTF-8"),
        ("qa21_0k_x.csv", b"target,output,question\na,b,c\n", "Unknown task 'qa21'"),
        ("qa1_99M_x.csv", b"target,output,question\na,b,c\n", "over 11M"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=says) as error:
        find_runs([tmp_path])
    assert name in str(error.value)
