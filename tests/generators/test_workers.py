from __future__ import annotations

import hashlib
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from babilong.errors import DataError, UsageError
from generators import engines
from generators.dataset import open_dataset
from generators.engines import Order, Parts, make_elsewhere, pool, serial
from generators.kitchen import Kitchen
from generators.recipe import Recipe
from generators.staging import Staging
from generators.units import Unit
from generators.writer import generate

TASKS, LENGTHS, SAMPLES = ["qa1", "qa2", "qa4"], ["0k", "1k", "2k", "4k"], 40


@pytest.fixture(scope="module")
def recipe(books: Path) -> Recipe:
    return Recipe(background=str(books))


@pytest.fixture(scope="module")
def whole(recipe: Recipe, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    out = tmp_path_factory.mktemp("whole") / "data"
    generate(recipe, TASKS, LENGTHS, SAMPLES, out)
    return contents(out)


def contents(folder: Path) -> dict[str, str]:
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {str(f.relative_to(folder)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


def wait_until(true: Callable[[], bool], seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)


def start(recipe: Recipe, out: Path, *more: str) -> subprocess.Popen[str]:
    words = ["-t", ",".join(TASKS), "-l", ",".join(LENGTHS), "-n", str(SAMPLES), "-o", str(out)]
    words += ["--background", recipe.background, "--quiet", *more]
    command = [sys.executable, "-m", "generators.cli", *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)


def finished(out: Path) -> int:
    return sum(1 for _ in out.glob(".units/*/*.json"))


def session(leader: int) -> set[int]:
    """Processes of a session that are alive."""
    alive = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == leader and fields[0] != "Z":
            alive.add(int(stat.parent.name))
    return alive


def test_two_workers_write_the_same_bytes(recipe: Recipe, tmp_path: Path, whole: dict[str, str]) -> None:
    generate(recipe, TASKS, LENGTHS, SAMPLES, tmp_path / "data", engine=pool(2))
    assert contents(tmp_path / "data") == whole
    assert pool(1) is serial
    with pytest.raises(UsageError, match="Cannot work with 0 workers; ask for 1 or more"):
        pool(0)


def test_a_killed_worker_is_replaced(recipe: Recipe, tmp_path: Path, whole: dict[str, str]) -> None:
    killed = []

    def run(kitchen: Kitchen, orders: list[Order], staging: Staging) -> Parts:
        for part in pool(2)(kitchen, orders, staging):
            if not killed:
                killed.append(multiprocessing.active_children()[0].pid)
                os.kill(killed[0], signal.SIGKILL)
            yield part

    generate(recipe, TASKS, LENGTHS, SAMPLES, tmp_path / "data", engine=run)  # type: ignore[arg-type]
    assert killed and contents(tmp_path / "data") == whole


def test_workers_killed_again_and_again(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: dict[str, str]
) -> None:
    monkeypatch.setattr(engines, "POOLS", 1)

    def run(kitchen: Kitchen, orders: list[Order], staging: Staging) -> Parts:
        for part in pool(2)(kitchen, orders, staging):
            yield part
            for child in multiprocessing.active_children():
                os.kill(child.pid or 0, signal.SIGKILL)

    with pytest.raises(DataError, match=r"ended 1 times before their work: .* keeps what was finished.* fewer workers"):
        generate(recipe, TASKS, LENGTHS, SAMPLES, tmp_path / "data", engine=run)  # type: ignore[arg-type]
    assert open_dataset(tmp_path / "data").cells
    generate(recipe, TASKS, LENGTHS, SAMPLES, tmp_path / "data")
    assert contents(tmp_path / "data") == whole


def test_another_recipe_elsewhere_is_refused(recipe: Recipe, tmp_path: Path) -> None:
    order = Order(Unit("qa1", "0k", 1, 0), Kitchen(recipe).stories("qa1", 1).chosen, 0)
    with pytest.raises(DataError, match=r"others on .* \(recipe \w{8}, not 01234567\)"):
        make_elsewhere(recipe, "0123456789", order, Staging(tmp_path, "parquet", "0123456789"))


def test_an_error_in_a_worker_is_told_as_it_is(recipe: Recipe, tmp_path: Path) -> None:
    words = {"file": "dear"}

    def run(kitchen: Kitchen, orders: list[Order], staging: Staging) -> Parts:
        (tmp_path / "data" / ".units" / "1k").write_text(words["file"])
        return pool(2)(kitchen, orders, staging)

    with pytest.raises(DataError, match="Cannot write the dataset .*: File exists"):
        generate(recipe, ["qa1"], ["1k"], 4, tmp_path / "data", engine=run)  # type: ignore[arg-type]


def test_killed_at_any_moment(recipe: Recipe, tmp_path: Path, whole: dict[str, str]) -> None:
    """The process that was started is killed at its start, then after one file more each time; the rest end, too."""
    out = tmp_path / "data"
    done = 0
    for workers in ("2", "1", "2"):
        run = start(recipe, out, "--workers", workers)
        wait_until(lambda: finished(out) > done or run.poll() is not None)  # noqa: B023
        run.send_signal(signal.SIGKILL)
        run.communicate()
        wait_until(lambda: not session(run.pid))  # noqa: B023
        done = finished(out)
    run = start(recipe, out, "--workers", "2")
    assert (run.communicate()[1], run.returncode) == ("", 0)
    assert contents(out) == whole


def test_interrupted(recipe: Recipe, tmp_path: Path, whole: dict[str, str]) -> None:
    """Ctrl-C goes to the workers, too."""
    run = start(recipe, tmp_path / "data", "--workers", "2")
    wait_until(lambda: finished(tmp_path / "data") > 0)
    os.killpg(run.pid, signal.SIGINT)
    assert (
        run.communicate()[1] == "Interrupted; everything finished is kept, and the same command goes on from there.\n"
    )
    assert run.returncode == 130
    wait_until(lambda: not session(run.pid))
    kept = [file.stat().st_mtime_ns for file in (tmp_path / "data").rglob("qa*.parquet")]
    assert kept and not list((tmp_path / "data").rglob("*.part"))
    generate(recipe, TASKS, LENGTHS, SAMPLES, tmp_path / "data")
    assert {file.stat().st_mtime_ns for file in (tmp_path / "data").rglob("qa*.parquet")} >= set(kept)
    assert contents(tmp_path / "data") == whole


def test_shards_at_once(recipe: Recipe, tmp_path: Path, whole: dict[str, str]) -> None:
    runs = [start(recipe, tmp_path / "data", "--shard", f"{number}/2") for number in (1, 2)]
    told = [run.communicate()[1] for run in runs]
    assert [run.returncode for run in runs] == [0, 0]
    assert "" in told and all(text == "" or "wait for the other shards" in text for text in told)
    assert contents(tmp_path / "data") == whole
