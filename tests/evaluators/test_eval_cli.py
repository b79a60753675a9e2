"""`babilong-eval` as people call it: the result, the exit codes, and one sentence for whatever is wrong."""

from __future__ import annotations

import csv
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluators import provision
from evaluators.models import registry
from evaluators.records import RecordLog, read_folder, read_records
from generators.dataset import Dataset, open_dataset
from generators.recipe import Recipe
from generators.writer import generate as generate_data
from tests.evaluators.conftest import Done

ROOT = Path(__file__).parents[2]
HEAVY = ("torch", "transformers", "datasets", "pandas", "matplotlib", "pyarrow", "tokenizers", "numpy", "scipy")


def summary(folder: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(next(folder.glob("runs/*/*/summary.csv")).open()))


def records(folder: Path) -> dict[str, Any]:
    return read_records(next(folder.glob("runs/*/*/samples.jsonl")))


def test_a_run_gives_table_summary_and_heatmap(call: Callable[..., Done], dataset: Dataset, tmp_path: Path) -> None:
    done = call("-m", "random", "--data", dataset.folder)
    assert done.code == 0, done.err
    assert "random, score v2" in done.out
    summary_line, heatmap_line = done.out.splitlines()[-2:]
    assert Path(heatmap_line.removeprefix("heatmap: ")).read_bytes().startswith(b"\x89PNG")
    assert Path(summary_line.removeprefix("summary: ")).is_file()
    rows = summary(tmp_path)
    assert [(row["score"], row["task"], row["length"]) for row in rows] == [
        (score, task, length) for score in ("v2", "v1", "exact") for task in ("qa1", "qa2") for length in ("0k", "1k")
    ]
    assert {row["n"] for row in rows} == {"5"}


def test_the_same_command_resumes_and_more_lengths_extend(
    call: Callable[..., Done], dataset: Dataset, tmp_path: Path
) -> None:
    first = call("-m", "random", "--data", dataset.folder, "-t", "qa1", "-l", "0k", "-n", "2")
    before = next(tmp_path.glob("runs/*/*/samples.jsonl")).read_bytes()
    assert before.count(b"\n") == 2
    assert call("-m", "random", "--data", dataset.folder, "-t", "qa1", "-l", "0k", "-n", "2").out == first.out
    assert next(tmp_path.glob("runs/*/*/samples.jsonl")).read_bytes() == before
    assert call("-m", "random", "--data", dataset.folder, "--task", "qa1", "--lengths", "0k,1k").code == 0
    assert len(list(tmp_path.glob("runs/*/*"))) == 1
    assert next(tmp_path.glob("runs/*/*/samples.jsonl")).read_bytes().startswith(before)
    assert [row["n"] for row in summary(tmp_path) if row["score"] == "v2"] == ["5", "5"]
    assert call("-m", "random", "--data", dataset.folder, "-n", "1", "--no-resume", "-q").err == ""
    assert len(records(tmp_path)) == 4


def test_default_data_is_generated_once_and_extended(
    call: Callable[..., Done], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provision, "DEFAULT_LENGTHS", ("0k", "1k"))
    done = call("-m", "random", "-n", "3")
    assert "Generating 3 samples of each of qa1 at 0k, 1k in data/builtin." in done.err
    assert len(records(tmp_path)) == 6
    assert "Generating" not in call("-m", "random", "-n", "2").err
    assert "Generating 2 samples of each of qa2 at 0k, 1k" in call("-m", "random", "-t", "qa2", "-n", "2").err
    assert "Generating 4 samples of each of qa1 at 1k" in call("-m", "random", "-t", "qa1", "-l", "1k", "-n", "4").err
    done = call("-m", "random")
    assert "Generating" not in done.err
    assert {(row["task"], row["length"]): row["n"] for row in summary(tmp_path)} == {
        ("qa1", "0k"): "3", ("qa1", "1k"): "4", ("qa2", "0k"): "2", ("qa2", "1k"): "2",
    }  # fmt: skip
    assert [path.name for path in (tmp_path / "data").glob("[!.]*")] == ["builtin"]


@pytest.fixture
def killed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """`call`, killed once the first length is generated."""
    generate = provision.generate

    def at_once(recipe: Any, tasks: Any, lengths: Any, samples: int, out: Path, format: str) -> None:
        generate(recipe, tasks, lengths[:1], samples, out, format)
        raise KeyboardInterrupt

    def run(call: Callable[..., Done], *words: str) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(provision, "generate", at_once)
            assert call(*words).code == 130

    monkeypatch.setattr(provision, "DEFAULT_LENGTHS", ("0k", "1k"))
    return run


def test_generation_that_was_interrupted_is_not_taken_for_all(
    call: Callable[..., Done], tmp_path: Path, killed: Callable[..., None]
) -> None:
    killed(call, "-m", "random", "-n", "2")
    [made] = tmp_path.glob("data/*.part/0k/*.parquet")
    before = made.stat().st_mtime_ns
    assert call("-m", "random", "-n", "2").code == 0
    assert len(records(tmp_path)) == 4
    assert (tmp_path / "data" / "builtin" / "0k" / made.name).stat().st_mtime_ns == before


def test_generation_that_was_interrupted_is_not_taken_for_what_another_command_asks(
    call: Callable[..., Done], tmp_path: Path, killed: Callable[..., None]
) -> None:
    killed(call, "-m", "random", "-n", "2", "-t", "qa1,qa2")
    assert call("-m", "random", "-n", "3", "-l", "0k").code == 0
    assert open_dataset(tmp_path / "data" / "builtin").cells == (("qa1", "0k"),)
    assert len(records(tmp_path)) == 3
    assert [path.name for path in (tmp_path / "data").glob("[!.]*")] == ["builtin"]


def test_a_default_folder_of_another_format_is_extended_in_it(
    call: Callable[..., Done], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provision, "DEFAULT_LENGTHS", ("0k",))
    generate_data(Recipe(), ["qa1"], ["0k"], 2, tmp_path / "data" / "builtin", "jsonl")
    assert call("-m", "random", "-t", "qa2", "-l", "0k", "-n", "2").code == 0
    assert len(list((tmp_path / "data" / "builtin" / "0k").glob("*.jsonl"))) == 2


def test_what_a_dataset_lacks_is_said(call: Callable[..., Done], tmp_path: Path) -> None:
    """A dataset need not hold every task at every length."""
    data = tmp_path / "data" / "odd"
    generate_data(Recipe(), ["qa1"], ["0k", "1k"], 3, data)
    generate_data(Recipe(), ["qa2"], ["0k"], 2, data)
    words = ("-m", "random", "--data", "data/odd")
    lacks = "data/odd has no samples of qa2 at 1k; only the rest is asked.\n"
    for more in ((), ("--dry-run",)):
        done = call(*words, "-t", "qa1,qa2", "-l", "0k,1k", *more)
        assert (done.code, done.err) == (0, lacks)
    assert len(records(tmp_path)) == 8
    assert call(*words, "-t", "qa1,qa2", "-l", "0k,1k", "-q").err == ""
    done = call(*words, "-t", "qa2", "-l", "1k")
    assert (done.code, done.out) == (2, "")
    assert "has no samples of qa2 at 1k; it has: qa1, qa2 at 0k; qa1 at 1k." in done.err
    says = "data/odd has fewer than 3 samples of qa2 at 0k, at most 2; all of them are asked.\n"
    assert call(*words, "-n", "3").err == says
    assert call(*words, "-n", "2").err == call(*words).err == ""


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["-m", "radnom"], 2, "Unknown model 'radnom'; did you mean random?"),
        (["-m", "vlm/x"], 2, "Unknown model 'vlm/x'. Known: rmt-gpt2, armt-gpt2, rmt-gated, oracle"),
        (["-m", "hf/"], 2, "names no checkpoint"),
        (["-m", "."], 2, "is a folder; write hf/."),
        (["-m", "hf/./nowhere"], 1, "there is no such folder"),
        (["-m", "rmt/./nowhere"], 2, "nowhere"),
        (["-m", "random", "-t", "qa21"], 2, "Unknown task 'qa21'; did you mean qa2"),
        (["-m", "random", "-t", "qa3"], 2, "Unknown task of this dataset, 'qa3'; did you mean"),
        (["-m", "random", "-l", "4x"], 2, "Unknown length '4x'"),
        (["-m", "random", "-l", "4k"], 2, "Unknown length of this dataset, '4k'"),
        (["-m", "random", "--score", "v3"], 2, "Unknown score 'v3'; did you mean v"),
        (["-m", "random", "--dtype", "float8"], 2, "Unknown dtype 'float8'; did you mean float32"),
        (["-m", "random", "--prompts", "none.yaml"], 1, "Cannot read the prompts none.yaml"),
        (["-m", "random", "--state-every", "4x"], 2, "Unknown length '4x'"),
        (["-m", "random", "--retry-errors", "tiemout"], 2, "Unknown error class 'tiemout'; did you mean timeout"),
        (["-m", "random", "-n", "0"], 2, "Invalid value for '-n'"),
        (["-m", "random", "--max-error-rate", "2"], 2, "Invalid value for '--max-error-rate'"),
        (["-m", "random", "--nonsense"], 2, "--nonsense"),
        ([], 2, "--model"),
    ],
)
def test_bad_input(
    call: Callable[..., Done], dataset: Dataset, tmp_path: Path, words: list[str], code: int, says: str
) -> None:
    done = call(*words, "--data", dataset.folder)
    assert done.code == code
    assert says in done.err
    assert "Traceback" not in done.err
    assert done.out == ""
    assert list(tmp_path.iterdir()) == []


def test_prompts_for_a_model_that_reads_none(call: Callable[..., Done], dataset: Dataset, tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    shutil.copy(ROOT / "babilong/data/prompts.yaml", mine)
    done = call("-m", "random", "--data", dataset.folder, "--prompts", mine)
    assert done.code == 2
    assert "leave --prompts away" in done.err


def test_missing_and_empty_data(call: Callable[..., Done], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name, says in (("nowhere", "No dataset folder at nowhere"), ("empty", "holds no dataset")):
        done = call("-m", "random", "--data", name)
        assert (done.code, done.out) == (1, "")
        assert says in done.err
    assert not (tmp_path / "runs").exists()


def test_data_changed_since_its_manifest(call: Callable[..., Done], dataset: Dataset, tmp_path: Path) -> None:
    folder = shutil.copytree(dataset.folder, tmp_path / "changed")
    file = next(folder.glob("1k/qa1-*"))
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    done = call("-m", "random", "--data", folder)
    assert done.code == 5
    assert file.name in done.err
    assert not (tmp_path / "runs").exists()


def test_broken_samples_file(call: Callable[..., Done], dataset: Dataset, tmp_path: Path) -> None:
    call("-m", "random", "--data", dataset.folder)
    path = next(tmp_path.glob("runs/*/*/samples.jsonl"))
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:3], "oops\n", *lines[3:-1], lines[-1][:20]]))
    done = call("-m", "random", "--data", dataset.folder)
    assert done.code == 1
    assert f"Line 4 of {path.relative_to(tmp_path)} is broken" in done.err
    path.write_text("".join([*lines[:-1], lines[-1][:20]]))
    assert call("-m", "random", "--data", dataset.folder).code == 0
    assert len(records(tmp_path)) == 20


def test_broken_run_file(call: Callable[..., Done], dataset: Dataset, tmp_path: Path) -> None:
    call("-m", "random", "--data", dataset.folder)
    path = next(tmp_path.glob("runs/*/*/run.yaml"))
    path.write_text("a: [b")
    done = call("-m", "random", "--data", dataset.folder)
    assert (done.code, done.out) == (1, "")
    assert f"{path.relative_to(tmp_path)} is broken; delete it" in done.err
    path.unlink()
    assert call("-m", "random", "--data", dataset.folder).code == 0


def test_error_rate(
    call: Callable[..., Done], dataset: Dataset, tmp_path: Path, fake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "make_model", lambda name, options: fake)
    fake.failing = {"qa1/0k/0": MemoryError("no room"), "qa1/1k/0": MemoryError("no room")}
    words = ("-m", "random", "--data", dataset.folder)
    done = call(*words)
    assert done.code == 3
    assert "10.0% of the samples errored, most of them with oom (no room)" in done.err
    assert "heatmap: " in done.out
    assert [row["errors"] for row in summary(tmp_path)[:4]] == ["1", "1", "0", "0"]
    assert call(*words, "--max-error-rate", "0.1").code == 0
    del fake.failing["qa1/1k/0"]
    assert "5.0% of the samples errored" in call(*words).err  # one is too many, unless one says otherwise
    fake.failing = {}
    assert call(*words).code == 0
    assert {row["errors"] for row in summary(tmp_path)} == {"0"}


def test_a_model_is_asked_what_it_was_not_trained_on(
    call: Callable[..., Done], dataset: Dataset, tmp_path: Path, recurrent: Path
) -> None:
    done = call("-m", f"rmt/{recurrent}", "--data", dataset.folder, "-n", "1", "--max-new-tokens", "2")
    assert done.code == 0, done.err
    assert "rmt/tiny was trained on qa1, not on qa2; asked all the same." in done.err
    assert len(records(tmp_path)) == 4


def test_prompts_over_the_limit(
    call: Callable[..., Done], dataset: Dataset, tmp_path: Path, make_llm: Callable[..., Path]
) -> None:
    model = make_llm(tmp_path / "small", positions=800)
    done = call("-m", f"hf/{model}", "--data", dataset.folder, "--dtype", "float32")
    assert done.code == 4
    assert "10 of 20 prompts are longer than the 780 tokens that hf/small can read" in done.err
    assert not (tmp_path / "runs").exists()
    done = call("-m", f"hf/{model}", "--data", dataset.folder, "-l", "0k", "-n", "2", "--max-new-tokens", "3")
    assert done.code == 0, done.err
    assert {record.tokens_out for record in records(tmp_path).values()} <= {1, 2, 3}


def test_ctrl_c_keeps_what_is_finished(
    call: Callable[..., Done], dataset: Dataset, tmp_path: Path, fake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "make_model", lambda name, options: fake)
    fake.failing = {"qa1/1k/0": KeyboardInterrupt()}
    done = call("-m", "random", "--data", dataset.folder)
    assert (done.code, done.out) == (130, "")
    assert "everything finished is kept" in done.err
    assert len(records(tmp_path)) == 10
    fake.failing = {}
    assert call("-m", "random", "--data", dataset.folder).code == 0
    assert len(records(tmp_path)) == 20


def command(*words: str | Path) -> list[str]:
    return [sys.executable, "-c", "from evaluators.cli import main; main()", *map(str, words)]


@pytest.fixture
def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


SLOWLY = """
import time
from evaluators.models.random_floor import RandomModel
answer = RandomModel.answer
def slowly(self, requests):
    for each in answer(self, requests):
        time.sleep(0.2)
        yield each
RandomModel.answer = slowly
"""


def test_sigint_ends_with_130(dataset: Dataset, tmp_path: Path, environment: dict[str, str]) -> None:
    program = command("-m", "random", "--data", dataset.folder)
    program[2] = SLOWLY + program[2]
    process = subprocess.Popen(program, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True)
    for _ in range(1200):
        files = list(tmp_path.glob("runs/*/*/samples.jsonl"))
        if files and files[0].read_bytes().count(b"\n"):
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err.strip().splitlines()[-1].startswith("Interrupted; everything finished is kept")
    assert 0 < len(records(tmp_path)) < 20


def test_a_full_disk_loses_nothing_finished(dataset: Dataset, tmp_path: Path, environment: dict[str, str]) -> None:
    """No file may grow beyond 2,500 bytes: samples.jsonl stops in the middle of a line."""
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (2500, 2500))\n"
    program = command("-m", "random", "--data", dataset.folder)
    program[2] = limited + program[2]
    done = subprocess.run(program, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: File too large: runs/random/")
    assert len(done.stderr.splitlines()) == 1
    path = next(tmp_path.glob("runs/*/*/samples.jsonl"))
    before = path.read_bytes()
    assert len(before) == 2500
    done = subprocess.run(command("-m", "random", "--data", dataset.folder), cwd=tmp_path, env=environment)
    assert done.returncode == 0
    assert path.read_bytes().startswith(before[: before.rindex(b"\n") + 1])
    assert len(records(tmp_path)) == 20


def test_jobs_that_start_together_make_the_data_once(tmp_path: Path, environment: dict[str, str]) -> None:
    words = ("-m", "random", "-l", "0k", "-n", "4", "--shard")
    jobs = [
        subprocess.Popen(
            command(*words, f"{number}/2"), cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True
        )
        for number in (1, 2)
    ]
    for job in jobs:
        _, err = job.communicate(timeout=120)
        assert job.returncode == 0, err
    [folder] = tmp_path.glob("runs/*/*")
    assert len(read_folder(folder)) == 4
    assert [path.name for path in (tmp_path / "data").glob("[!.]*")] == ["builtin"]


def test_two_runs_on_one_folder(
    call: Callable[..., Done], dataset: Dataset, tmp_path: Path, fake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "make_model", lambda name, options: fake)
    words = ("-m", "random", "--data", dataset.folder)
    assert call(*words, "-l", "0k").code == 0
    with RecordLog(next(tmp_path.glob("runs/*/*/samples.jsonl"))):
        for shard in ("1/1", "1/2"):
            done = call(*words, "--shard", shard)
            assert (done.code, done.out) == (1, "")
            assert "Another run is writing runs/fake/" in done.err
    assert call(*words).code == 0
    assert len(records(tmp_path)) == 20


def test_the_module_is_the_command(environment: dict[str, str]) -> None:
    words = [sys.executable, "-m", "evaluators.cli", "--version"]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("babilong-eval ")


def test_help_and_version_are_light(environment: dict[str, str]) -> None:
    code = (
        "import sys\n"
        "from evaluators.cli import app\n"
        "try: app()\n"
        "except SystemExit as end: assert not end.code\n"
        f"print(*(name for name in {HEAVY} if name in sys.modules))\n"
    )
    for flag, says in (("--help", "Exit codes"), ("--version", "babilong-eval 0.")):
        done = subprocess.run([sys.executable, "-c", code, flag], env=environment, capture_output=True, text=True)
        assert says in done.stdout
        assert done.stdout.splitlines()[-1].strip() == ""
