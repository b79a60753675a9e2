"""Many processes on one run: every sample is answered once, by one of them, whatever becomes of the others."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from babilong.errors import BabilongError, OverLengthError, UsageError
from evaluators.job import Job
from evaluators.records import Record, RecordLog, read_folder, read_records
from evaluators.runner import evaluate
from evaluators.sharding import is_mine, launched, samples_file, wait_for_everyone, within
from generators.dataset import Dataset
from generators.units import Shard
from tests.evaluators.conftest import Done

ROOT = Path(__file__).parents[2]


def run(job: Job, results: Path, shard: Shard = Shard(), **options: Any) -> Path:  # noqa: B008
    return evaluate(job, results, shard=shard, quiet=True, **options)


def answers(folder: Path) -> dict[str, Record]:
    return {key: replace(record, seconds=0.0) for key, record in read_folder(folder).items()}


@given(jobs=st.integers(1, 9), processes=st.integers(1, 9), position=st.integers(0, 500))
def test_every_place_is_one_shards(jobs: int, processes: int, position: int) -> None:
    shards = [within(Shard(j, jobs), Shard(p, processes)) for j in range(1, jobs + 1) for p in range(1, processes + 1)]
    assert sum(is_mine(shard, position) for shard in shards) == 1
    assert len({samples_file(shard) for shard in shards}) == jobs * processes


def test_names_of_files() -> None:
    assert samples_file(Shard()) == "samples.jsonl"
    assert samples_file(Shard(2, 4)) == "samples-00002-of-00004.jsonl"


@pytest.mark.parametrize(
    ("environment", "shard"),
    [
        ({}, Shard()),
        ({"RANK": "0", "WORLD_SIZE": "1"}, Shard()),
        ({"RANK": "3", "WORLD_SIZE": "8", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29500"}, Shard(4, 8)),
    ],
)
def test_the_launcher_says_who_one_is(environment: dict[str, str], shard: Shard) -> None:
    assert launched(environment) == shard


@pytest.mark.parametrize(
    "environment",
    [{"RANK": "2", "WORLD_SIZE": "2"}, {"RANK": "1"}, {"RANK": "-1", "WORLD_SIZE": "2"}, {"WORLD_SIZE": "x"}],
)
def test_an_environment_that_no_launcher_sets(environment: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="which no launcher sets"):
        launched(environment)


def test_processes_that_could_not_wait_for_each_other_do_not_begin(
    call: Callable[..., Done], dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evaluators.orders.launched", lambda: launched({"RANK": "1", "WORLD_SIZE": "2"}))
    done = call("-m", "random", "--data", dataset.folder)
    assert (done.code, done.out) == (2, "")
    assert "no MASTER_ADDR and MASTER_PORT say where its processes meet" in done.err
    assert not list(tmp_path.iterdir())


def test_a_process_alone_waits_for_nobody() -> None:
    wait_for_everyone({})


def test_a_shard_measures_its_own_prompts(job: Job, fake: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measured: list[str] = []
    monkeypatch.setattr(fake, "max_tokens", 10**6)
    monkeypatch.setattr(fake, "count", lambda request: measured.append(request.id) or 1)
    for number in (1, 2, 3):
        before = len(measured)
        folder = run(job, tmp_path, Shard(number, 3))
        path = folder / samples_file(Shard(number, 3))
        assert set(measured[before:]) == read_records(path).keys()
    assert len(measured) == len(set(measured)) == 20
    monkeypatch.setattr(fake, "count", lambda request: 10**6 + int(request.id.startswith("qa1/")))
    with pytest.raises(OverLengthError, match="6 of 10 prompts are longer than the 1,000,000 tokens"):
        run(job, tmp_path / "long", Shard(1, 2))


def test_shards_together_are_the_undivided_run(job: Job, tmp_path: Path) -> None:
    whole = run(job, tmp_path / "whole")
    for number in (3, 1, 2):
        folder = run(job, tmp_path / "parts", Shard(number, 3))
        assert folder.name == whole.name
    sizes = [len((folder / samples_file(Shard(n, 3))).read_text().splitlines()) for n in (1, 2, 3)]
    assert sizes == [7, 7, 6]
    assert answers(folder) == answers(whole)
    assert len(yaml.safe_load((folder / "run.yaml").read_text())["calls"]) == 3


def test_another_number_of_processes_finishes_it(job: Job, fake: Any, tmp_path: Path) -> None:
    folder = run(job, tmp_path, Shard(2, 2))
    before = (folder / samples_file(Shard(2, 2))).read_bytes()
    run(job, tmp_path, Shard(1, 3))
    fake.batches = []
    run(job, tmp_path)
    done = [name for batch in fake.batches for name in batch]
    assert len(done) == 20 - 10 - len((folder / samples_file(Shard(1, 3))).read_text().splitlines())
    assert len(answers(folder)) == 20
    assert (folder / samples_file(Shard(2, 2))).read_bytes() == before


def test_a_sample_that_another_process_could_not_answer(job: Job, fake: Any, tmp_path: Path) -> None:
    fake.failing = {"qa1/0k/1": MemoryError()}
    run(job, tmp_path, Shard(2, 2))
    fake.failing = {}
    folder = run(job, tmp_path)
    assert answers(folder)["qa1/0k/1"].error is None
    fake.batches = []
    run(job, tmp_path, Shard(2, 2))
    assert fake.batches == []


def test_runs_that_divide_the_samples_otherwise_are_refused(job: Job, tmp_path: Path) -> None:
    folder = run(replace(job, limit=1), tmp_path, Shard(1, 2))
    run(replace(job, limit=1), tmp_path)
    before = (folder / "samples.jsonl").read_bytes()
    with RecordLog(folder / samples_file(Shard(1, 2))):
        with pytest.raises(BabilongError, match="Another run is writing"):
            run(job, tmp_path, anew=True)
        assert (folder / "samples.jsonl").read_bytes() == before
        for other in (Shard(), Shard(1, 3), Shard(1, 2)):
            with pytest.raises(BabilongError, match="Another run is writing .*samples-00001-of-00002.jsonl; wait"):
                run(job, tmp_path, other)
        run(job, tmp_path, Shard(2, 2))
    assert len(answers(run(job, tmp_path))) == 20


def test_parts_cannot_begin_anew(job: Job, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--no-resume would forget what other processes"):
        run(job, tmp_path, Shard(1, 2), anew=True)
    folder = run(job, tmp_path, Shard(1, 2))
    run(replace(job, limit=1), tmp_path, anew=True)
    assert len(answers(folder)) == 4
    assert [file.name for file in folder.glob("samples*")] == ["samples.jsonl"]


def test_an_array_of_jobs_by_the_command(call: Callable[..., Done], dataset: Dataset, tmp_path: Path) -> None:
    words = ("-m", "random", "--data", dataset.folder, "--shard")
    assert "of the samples" not in call(*words, "1/2").err
    done = call(*words, "2/2")
    assert done.code == 0, done.err
    [folder] = tmp_path.glob("runs/*/*")
    assert len(answers(folder)) == 20
    assert done.out.count("  5  ") == 4
    assert call("-m", "random", "--data", dataset.folder).out == done.out  # nothing was left


def test_a_job_without_samples_is_done_at_once(call: Callable[..., Done], dataset: Dataset, tmp_path: Path) -> None:
    done = call("-m", "random", "--data", dataset.folder, "-t", "qa1", "-l", "0k", "-n", "2", "--shard", "8/8")
    assert done.code == 0, done.err
    assert "This job had nothing to do, and no other has an answer yet." in done.err


@pytest.mark.parametrize(
    ("shard", "says"),
    [
        ("3/2", "There is no shard 3/2"),
        ("x", "Unknown shard 'x'"),
        ("0/2", "There is no shard 0/2"),
        ("1/0", "among 0"),
    ],
)
def test_shards_that_are_none(
    call: Callable[..., Done], dataset: Dataset, tmp_path: Path, shard: str, says: str
) -> None:
    done = call("-m", "random", "--data", dataset.folder, "--shard", shard)
    assert (done.code, done.out) == (2, "")
    assert says in done.err
    assert list(tmp_path.iterdir()) == []


PROGRAM = """
import os, sys, time
from pathlib import Path
from evaluators.models.random_floor import RandomModel
answer = RandomModel.answer
def slowly(self, requests):
    for each in answer(self, requests):
        time.sleep(float(os.environ["PAUSE"]))
        yield each
RandomModel.answer = slowly
Path("pid-" + os.environ["RANK"]).write_text(str(os.getpid()))
from evaluators.cli import main
main()
"""


def launch(folder: Path, data: Path, pause: float) -> subprocess.Popen[str]:
    """Two processes of `babilong-eval`, started by accelerate; it calls them GPUs, but they need none."""
    (folder / "program.py").write_text(PROGRAM)
    words = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2"]
    words += ["--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", "0"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PAUSE": str(pause), "OMP_NUM_THREADS": "1"}
    words += [str(folder / "program.py"), "-m", "random", "--data", str(data)]
    return subprocess.Popen(
        words, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def lines(folder: Path) -> list[int]:
    files = [path for name in ("1", "2") for path in folder.glob(f"runs/*/*/samples-0000{name}-of-00002.jsonl")]
    return [file.read_bytes().count(b"\n") for file in files]


def test_two_processes_one_of_them_killed(call: Callable[..., Done], dataset: Dataset, tmp_path: Path) -> None:
    assert call("-m", "random", "--data", dataset.folder, "-o", "whole").code == 0
    process = launch(tmp_path, dataset.folder, 0.5)
    deadline = time.monotonic() + 120
    while (len(counts := lines(tmp_path)) < 2 or min(counts) < 2) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(int((tmp_path / "pid-1").read_text()), signal.SIGKILL)
    out, _ = process.communicate(timeout=120)
    assert process.returncode != 0
    assert out == ""
    kept = lines(tmp_path)
    assert min(kept) >= 2 and sum(kept) < 20
    process = launch(tmp_path, dataset.folder, 0)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert lines(tmp_path) == [10, 10]
    assert out.count("random, score v2") == 1  # one of them speaks for both
    [whole], [folder] = tmp_path.glob("whole/*/*"), tmp_path.glob("runs/*/*")
    assert answers(folder) == answers(whole) and len(answers(whole)) == 20
    assert (folder / "summary.csv").read_bytes() == (whole / "summary.csv").read_bytes()
