from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from babilong.errors import DataError, UsageError
from generators.ray_engine import on_ray
from generators.recipe import Recipe
from generators.writer import generate

TASKS, LENGTHS, SAMPLES = ["qa1", "qa2"], ["0k", "1k", "2k", "4k"], 60


def contents(folder: Path) -> dict[str, str]:
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {str(f.relative_to(folder)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


def ray_workers(ancestor: int) -> list[int]:
    """The processes that Ray has started for a process, and that do its work."""
    parents, workers = {}, []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            command = (folder / "cmdline").read_text()
        except OSError:
            continue
        if command.startswith("ray::_make_there"):
            workers.append(int(folder.name))
    return [worker for worker in workers if ancestor in _line(worker, parents)]


def _line(process: int, parents: dict[int, int]) -> list[int]:
    line = [process]
    while line[-1] in parents:
        line.append(parents[line[-1]])
    return line


def test_two_ray_workers_one_of_which_is_killed(books: Path, tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="Ray is not installed")
    words = ["-t", ",".join(TASKS), "-l", ",".join(LENGTHS), "-n", str(SAMPLES), "--background", str(books)]
    words += ["--engine", "ray", "--workers", "2", "--out", "data", "--quiet"]
    environment = {key: value for key, value in os.environ.items() if key != "RAY_ADDRESS"}
    run = subprocess.Popen(
        [sys.executable, "-m", "generators.cli", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env=environment,
    )
    killed = 0
    while not killed and run.poll() is None:
        time.sleep(0.002)
        for worker in ray_workers(run.pid)[:1]:
            os.kill(worker, signal.SIGKILL)
            killed = worker
    told = run.communicate()[1]
    assert run.returncode == 0, told
    assert killed and told == ""
    generate(Recipe(background=str(books)), TASKS, LENGTHS, SAMPLES, tmp_path / "whole")
    assert contents(tmp_path / "data") == contents(tmp_path / "whole")


def test_no_cluster_there(books: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray", reason="Ray is not installed")
    asked = Recipe(background=str(books)), ["qa1"], ["0k"], 2, tmp_path / "data"
    with pytest.raises(UsageError, match=r"No Ray cluster at 127.0.0.1:9 \(Connection refused\); start one"):
        generate(*asked, engine=on_ray(address="127.0.0.1:9"))
    with pytest.raises(UsageError, match="A Ray cluster says itself how many processes it has; leave out --workers"):
        on_ray(workers=2, address="127.0.0.1:9")
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:7")
    with pytest.raises(UsageError, match="No Ray cluster at 127.0.0.1:7"):
        generate(*asked, engine=on_ray())
    assert not (tmp_path / "data").exists()


def test_bad_input(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="Cannot work with 0 workers"):
        on_ray(workers=0)
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UsageError, match=r"run `pip install babilong\[ray\]`"):
        on_ray()


def test_an_error_on_ray_is_told_as_it_is(books: Path, tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="Ray is not installed")
    (tmp_path / "data" / ".units").mkdir(parents=True)
    (tmp_path / "data" / ".units" / "1k").write_text("dear")
    with pytest.raises(DataError, match="Cannot write the dataset .*: File exists"):
        generate(Recipe(background=str(books)), ["qa1"], ["1k"], 2, tmp_path / "data", engine=on_ray(workers=1))
