"""samples.jsonl keeps what is finished, whatever happens to the process that writes it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from babilong.errors import BabilongError, DataError
from evaluators.records import Record, RecordLog, fingerprint, read_folder, read_records
from generators.dataset import Dataset


def record(number: int, output: str = "garden", error: str | None = None) -> Record:
    return Record(
        id=f"qa1/1k/{number}",
        task="qa1",
        length="1k",
        index=number,
        question="Where is Mary?",
        target="garden",
        output=output,
        finish_reason=None if error else "stop",
        tokens_in=900,
        tokens_out=2,
        seconds=0.25,
        error=error,
        message="it broke" if error else None,
    )


def write(path: Path, *records: Record) -> None:
    with RecordLog(path) as log:
        for each in records:
            log.append(each)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "runs" / "samples.jsonl"


@pytest.mark.parametrize(
    "output", ["None", "NA", "nan", "null", "", " ", "a\nb\r\u2028c", '"quoted"', "žluť ☃", "\x00", "\ud800"]
)
def test_outputs_come_back_as_they_were(path: Path, output: str) -> None:
    write(path, record(1, output), record(2))
    assert read_records(path) == {"qa1/1k/1": record(1, output), "qa1/1k/2": record(2)}
    assert path.read_bytes().count(b"\n") == 2


def test_labels_come_back_and_take_no_room_where_there_are_none(path: Path) -> None:
    own = replace(record(1), labels=("attic", "cellar"), sample="0123456789abcdef")
    write(path, own, record(2))
    assert read_records(path) == {"qa1/1k/1": own, "qa1/1k/2": record(2)}
    assert ["labels" in line for line in path.read_text().splitlines()] == [True, False]


def test_all_files_of_a_folder_are_read_as_one(tmp_path: Path) -> None:
    """An answer wins over an empty one, that over an error; of equals the later file."""
    first, second = (tmp_path / f"samples-0000{number}-of-00002.jsonl" for number in (1, 2))
    write(first, record(1), record(2, error="server"), record(3, ""), record(4, "old"))
    write(second, record(1, error="server"), record(2, ""), record(3, "late"), record(4, "new"), record(5))
    write(tmp_path / "samples.jsonl", record(5, error="server"))
    found = read_folder(tmp_path)
    assert {key[-1]: each.output for key, each in found.items()} == {
        "1": "garden", "2": "", "3": "late", "4": "new", "5": "garden",
    }  # fmt: skip
    assert all(each.error is None for each in found.values())
    assert read_folder(tmp_path / "nowhere") == {}


def test_a_sample_is_told_by_its_text(dataset: Dataset) -> None:
    samples = [sample for cell in dataset.cells for sample in dataset.samples(*cell)]
    changed = [replace(samples[0], **{part: "x"}) for part in ("input", "question", "target")]
    assert len({fingerprint(sample) for sample in (*samples, *changed)}) == len(samples) + 3
    assert fingerprint(replace(samples[0], index=9, n_tokens=1)) == fingerprint(samples[0])


def test_the_last_line_of_a_sample_wins(path: Path) -> None:
    write(path, record(1, error="MemoryError"), record(2))
    write(path, record(1))
    assert read_records(path) == {"qa1/1k/1": record(1), "qa1/1k/2": record(2)}
    assert path.read_bytes().count(b"\n") == 3


def test_a_missing_file_has_no_records(path: Path) -> None:
    assert read_records(path) == {}
    assert not path.parent.exists()


def test_a_last_line_cut_anywhere_is_dropped(path: Path) -> None:
    write(path, record(1), record(2))
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    for cut in range(first, len(whole)):
        path.write_bytes(whole[:cut])
        assert set(read_records(path)) == {"qa1/1k/1"}
    write(path, record(2))
    assert path.read_bytes() == whole


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{oops}\n", "not JSON"),
        (b"\n", "not JSON"),
        (b"\xff\xfe\n", "not JSON"),
        (b"[1]\n", "keys"),
        (b'{"id": "qa1/1k/1"}\n', "keys"),
        (json.dumps({key: None for key in Record.__slots__}).encode() + b"\n", "not a text"),
        (json.dumps(asdict(record(1)) | {"tokens_in": "900"}).encode() + b"\n", "not a number"),
        (json.dumps(asdict(record(1)) | {"seconds": float("nan")}).encode() + b"\n", "not JSON"),
        (json.dumps(asdict(record(1)) | {"supporting_depths": [0.5, float("nan")]}).encode() + b"\n", "not JSON"),
        (json.dumps(asdict(record(1)) | {"supporting_depths": [0.5, -1]}).encode() + b"\n", "not between 0 and 1"),
        (json.dumps(asdict(record(1)) | {"labels": [1]}).encode() + b"\n", "not a text"),
        (json.dumps(asdict(record(1)) | {"task": "qa21"}).encode() + b"\n", "no such task or length"),
        (json.dumps(asdict(record(1)) | {"length": "4x"}).encode() + b"\n", "no such task or length"),
    ],
)
def test_a_broken_line_in_the_middle_is_named(path: Path, line: bytes, reason: str) -> None:
    write(path, record(1), record(2))
    first, second = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + line + second)
    for act in (lambda: read_records(path), lambda: RecordLog(path)):
        with pytest.raises(DataError, match=rf"Line 2 of .*samples.jsonl is broken: .*{reason}"):
            act()
    assert path.read_bytes() == first + line + second
    RecordLog(path, anew=True).__exit__()
    assert path.read_bytes() == b""


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="Cannot write .*: .*; choose another folder with --results"):
        RecordLog(tmp_path / "file" / "run" / "samples.jsonl")


def test_two_runs_cannot_share_a_file(path: Path) -> None:
    with RecordLog(path) as log:
        log.append(record(1))
        with pytest.raises(BabilongError, match="Another run is writing"):
            RecordLog(path, anew=True)
        log.append(record(2))
    assert len(read_records(path)) == 2


RUN = """
import sys, time
from pathlib import Path
from babilong.prompts import load_prompts
from evaluators.models.random_floor import RandomModel
from evaluators.job import Job
from evaluators.runner import evaluate
from generators.dataset import open_dataset

class Slow(RandomModel):
    def answer(self, requests):
        for answer in super().answer(requests):
            time.sleep(float(sys.argv[3]))
            yield answer

dataset = open_dataset(sys.argv[1])
evaluate(Job(Slow(), dataset, dataset.cells, load_prompts()), Path(sys.argv[2]), quiet=True)
"""


def start(dataset: Dataset, results: Path, pause: float) -> subprocess.Popen[bytes]:
    code = textwrap.dedent(RUN)
    return subprocess.Popen([sys.executable, "-c", code, str(dataset.folder), str(results), str(pause)])


def lines(results: Path) -> list[Record]:
    found = read_records(next(results.glob("*/*/samples.jsonl"))).values()
    return sorted((replace(each, seconds=0.0) for each in found), key=lambda each: each.id)


def test_kill_minus_nine_and_resume_gives_the_undisturbed_file(dataset: Dataset, tmp_path: Path) -> None:
    assert start(dataset, tmp_path / "whole", 0).wait(60) == 0
    process = start(dataset, tmp_path / "killed", 0.2)
    for _ in range(600):
        files = list((tmp_path / "killed").glob("*/*/samples.jsonl"))
        if files and files[0].read_bytes().count(b"\n") >= 3:
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    assert process.wait(10) == -signal.SIGKILL
    done = files[0].read_bytes()
    assert 3 <= done.count(b"\n") < 20
    files[0].write_bytes(done + done[:57])  # and the kill came in the middle of a line
    assert start(dataset, tmp_path / "killed", 0).wait(60) == 0
    assert files[0].read_bytes().startswith(done)
    assert files[0].read_bytes().count(b"\n") == 20
    assert lines(tmp_path / "killed") == lines(tmp_path / "whole")
