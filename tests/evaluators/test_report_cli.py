"""`babilong-report` as people call it: what it prints and writes, and one sentence for whatever is wrong."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evaluators import report_cli
from evaluators.job import Job
from evaluators.outcome import write_outcome
from evaluators.records import RecordLog, read_records
from evaluators.runner import evaluate

HEAVY = ("torch", "transformers", "datasets", "pandas", "matplotlib", "pyarrow", "tokenizers", "numpy", "scipy", "yaml")


@pytest.fixture
def call(command: Callable[..., Any]) -> Callable[..., Any]:
    return command("babilong-report", report_cli.main)


@pytest.fixture
def runs(job: Job, fake: Any, tmp_path: Path) -> Path:
    """Two runs over one dataset: one that always says kitchen, and one of another model that says garden."""
    evaluate(job, tmp_path / "runs", quiet=True)
    other = replace(fake, answer_text="garden", name="other")
    evaluate(replace(job, model=other), tmp_path / "runs", quiet=True)
    return tmp_path / "runs"


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_table_of_all_runs_below_a_folder(call: Callable[..., Any], runs: Path) -> None:
    done = call("table", "runs")
    assert (done.code, done.err) == (0, "")
    assert "fake, score v2" in done.out and "other, score v2" in done.out
    assert "mean of 2" in done.out


def test_csv_of_one_run_is_that_of_its_summary(call: Callable[..., Any], runs: Path) -> None:
    folder = next(runs.glob("fake/*"))
    write_outcome(folder, "v2")
    summary = [row for row in rows((folder / "summary.csv").read_text()) if row["score"] == "v1"]
    found = rows(call("table", folder, "--score", "v1", "--csv", "-").out)
    assert {(row["model"], row["config"], row["protocol"]) for row in found} == {("fake", folder.name, "v2")}
    same = ("score", "task", "length", "n", "correct", "accuracy", "low", "high", "errors")
    assert [[row[key] for key in same] for row in found] == [[row[key] for key in same] for row in summary]


def test_tasks_and_lengths_choose(call: Callable[..., Any], runs: Path) -> None:
    done = call("table", "runs", "-t", "qa2", "-l", "1k", "--csv", "-")
    assert {(row["task"], row["length"]) for row in rows(done.out)} == {("qa2", "1k")}
    done = call("table", "runs", "-t", "qa1,qa2,qa3", "--markdown", "-")
    assert done.out.count("| mean of 3 tasks |  |  |") == 2


def test_files_are_written_and_the_table_is_shown(call: Callable[..., Any], runs: Path, tmp_path: Path) -> None:
    done = call("table", "runs", "--csv", "t.csv", "--markdown", "t.md")
    assert done.err.split() == ["written:", "t.csv", "written:", "t.md"]
    assert "fake, score v2" in done.out
    assert len(rows((tmp_path / "t.csv").read_text())) == 8
    assert (tmp_path / "t.md").read_text().startswith("## fake, score v2\n")


@pytest.mark.parametrize(
    ("words", "magic"),
    [
        (("heatmap", "runs", "-o", "x.png"), b"\x89PNG"),
        (("heatmap", "runs", "-o", "x.PDF"), b"%PDF"),
        (("curves", "runs", "-o", "x.png"), b"\x89PNG"),
        (("depth", "runs", "-t", "qa1", "-o", "x.png"), b"\x89PNG"),
    ],
)
def test_pictures(call: Callable[..., Any], runs: Path, words: tuple[str, ...], magic: bytes) -> None:
    done = call(*words)
    assert (done.code, done.err) == (0, f"written: {words[-1]}\n")
    assert Path(words[-1]).read_bytes().startswith(magic)


def test_depth_of_new_and_old_runs(call: Callable[..., Any], runs: Path, job: Job) -> None:
    folder = next(runs.glob("fake/*"))
    new = call("depth", folder, "--bins", "4", "--csv", "-")
    found = rows(new.out)
    assert {row["depth_to"] for row in found} <= {"0.25", "0.5", "0.75", "1.0"}
    assert sum(int(row["n"]) for row in found if (row["task"], row["length"]) == ("qa1", "1k")) >= 5
    file = folder / "samples.jsonl"
    records = [replace(each, supporting_depths=None) for each in read_records(file).values()]
    file.unlink()
    with RecordLog(file) as log:
        for record in records:
            log.append(record)
    done = call("depth", folder)
    assert done.code == 1
    assert "name the dataset folder they are from with --data" in done.err
    assert call("depth", folder, "--data", job.dataset.folder, "--bins", "4", "--csv", "-").out == new.out


def test_compare(call: Callable[..., Any], runs: Path) -> None:
    done = call("compare", *runs.glob("*/*"))
    assert done.code == 0, done.err
    assert "all    all" in done.out
    found = rows(call("compare", "runs", "--csv", "-").out)
    assert [(row["task"], row["length"], row["n"]) for row in found] == [
        ("qa1", "0k", "5"), ("qa1", "1k", "5"), ("qa2", "0k", "5"), ("qa2", "1k", "5"), ("all", "all", "20"),
    ]  # fmt: skip
    assert {row["stories"] for row in found} == {"5", "10"}


def test_disagree(call: Callable[..., Any], runs: Path) -> None:
    assert "v2, not v1" in " ".join(call("disagree", "runs").out.split())
    assert call("disagree", "runs", "--csv", "-").out.startswith("model,config,sample,v2,v1,exact,question")


def test_half_a_character_is_shown_as_what_it_is(call: Callable[..., Any], runs: Path) -> None:
    """A server may cut an answer within a pair of surrogates."""
    file = next(runs.glob("fake/*")) / "samples.jsonl"
    records = [replace(each, output=f"{each.target} {chr(0xD83D)}") for each in read_records(file).values()]
    file.unlink()
    with RecordLog(file) as log:
        for record in records:
            log.append(record)
    for words in ((), ("--csv", "-"), ("--markdown", "-")):
        done = call("disagree", file.parent, *words)
        assert (done.code, done.err) == (0, "")
        assert "\\ud83d" in done.out


def test_protocols_are_never_mixed(call: Callable[..., Any], runs: Path, tmp_path: Path) -> None:
    (tmp_path / "published").mkdir()
    (tmp_path / "published/qa1_0k_x.csv").write_text("target,output,question\ngarden,garden,Where is Mary?\n")
    for words in (("table",), ("heatmap", "-o", "x.png"), ("curves", "-o", "x.png"), ("depth",), ("disagree",)):
        done = call(*words, "runs", "published")
        assert (done.code, done.out) == (2, "")
        assert "Results of different protocols are never mixed: published of protocol v1 and runs/" in done.err
    done = call("compare", next(runs.glob("fake/*")), "published")
    assert done.code == 2
    assert "have different protocols (v2 and v1); --force" in done.err
    file = next(runs.glob("other/*/run.yaml"))
    file.write_text(file.read_text() + "protocol: v1\n")
    assert call("table", "runs").code == 2
    assert call("table", next(runs.glob("other/*")), "published").code == 0


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("table", "nowhere"), 1, "nowhere does not exist; name a run's folder"),
        (("table", "file"), 1, "file is a file; name the folder it lies in"),
        (("table", "empty"), 1, "There is nothing to report in empty"),
        (("table",), 2, "RUN"),
        (("table", "runs", "--score", "v3"), 2, "Unknown score 'v3'; did you mean v"),
        (("table", "runs", "-t", "qa21"), 2, "Unknown task 'qa21'; did you mean qa2"),
        (("table", "runs", "-l", "4x"), 2, "Unknown length '4x'"),
        (("table", "runs", "-t", "qa9"), 2, "No run in runs has samples of the tasks and lengths"),
        (("table", "runs", "--csv", "-", "--markdown", "-"), 2, "cannot both go to -"),
        (("table", "runs", "--csv", "none/t.csv"), 1, "No such file or directory: none/t.csv"),
        (("heatmap", "runs"), 2, "--out"),
        (("heatmap", "runs", "-o", "x.gif"), 2, "no known format; name it x.png or x.pdf"),
        (("curves", "runs", "-o", "x"), 2, "no known format"),
        (("depth", "runs", "--bins", "0"), 2, "--bins"),
        (("compare", "runs/fake"), 2, "Two runs are compared, and these are 1: fake; name two"),
        (("compare", "runs", "more"), 2, "these are 3"),
        (("tabel", "runs"), 2, "tabel"),
    ],
)
def test_bad_input(
    call: Callable[..., Any], runs: Path, tmp_path: Path, words: tuple[str, ...], code: int, says: str
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "more").mkdir()
    (tmp_path / "more/qa1_0k.csv").write_text("target,output,question\na,b,c\n")
    done = call(*words)
    assert done.code == code
    assert says in done.err
    assert "Traceback" not in done.err
    assert done.out == ""


def test_broken_runs_are_named(call: Callable[..., Any], runs: Path) -> None:
    folder = next(runs.glob("fake/*"))
    lines = (folder / "samples.jsonl").read_text().splitlines(keepends=True)
    (folder / "samples.jsonl").write_text("".join([lines[0], "oops\n", *lines[1:]]))
    done = call("table", "runs")
    assert done.code == 1
    assert "Line 2 of " in done.err
    (folder / "samples.jsonl").write_text("".join(lines))
    (folder / "run.yaml").write_text("a: [b")
    assert "run.yaml is broken" in call("table", "runs").err
    (folder / "run.yaml").write_text("model: 7\ndataset: []\n")
    assert call("table", "runs").code == 0


def test_a_run_that_has_only_begun_does_not_hinder_the_others(call: Callable[..., Any], runs: Path) -> None:
    (runs / "new/id").mkdir(parents=True)
    (runs / "new/id/samples.jsonl").touch()
    assert call("table", "runs").code == 0
    assert "There is nothing to report in runs/new" in call("table", "runs/new").err


def test_the_reader_of_stdout_may_leave(runs: Path) -> None:
    code = "from evaluators.report_cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "table", str(runs), "--csv", "-"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout and process.stderr
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(30) == 0


def test_help_and_version_are_light() -> None:
    code = (
        "import sys\n"
        "from evaluators.report_cli import app\n"
        "try: app()\n"
        "except SystemExit as end: assert not end.code\n"
        f"print(*(name for name in {HEAVY} if name in sys.modules))\n"
    )
    for words, says in (
        (["--help"], "Exit codes"),
        (["--version"], "babilong-report 0."),
        (["table", "--help"], "RUN"),
    ):
        done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
        assert says in done.stdout
        assert done.stdout.splitlines()[-1].strip() == ""
