from __future__ import annotations

import errno
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from babilong.errors import DataError, UsageError, VerificationError
from generators import engines, sample_files, staging, units
from generators.dataset import open_dataset
from generators.kitchen import Kitchen
from generators.recipe import Recipe
from generators.units import Shard
from generators.writer import generate


@pytest.fixture(scope="session")
def recipe(books: Path, babi: Path) -> Recipe:
    return Recipe(stories=str(babi), background=str(books))


def contents(folder: Path) -> dict[str, str]:
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {str(f.relative_to(folder)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


def test_a_folder_grows_and_keeps_what_it_has(recipe: Recipe, tmp_path: Path) -> None:
    grown, whole = tmp_path / "grown", tmp_path / "whole"
    generate(recipe, ["qa1"], ["1k"], 2, grown)
    first = (grown / "1k" / "qa1-00000-of-00001.parquet").stat().st_mtime_ns
    generate(recipe, ["qa1"], ["0k"], 4, grown)
    (grown / "README.md").unlink()
    generate(recipe, ["qa1"], ["1k"], 1, grown)
    assert "config_name: 1k" in (grown / "README.md").read_text("utf-8")
    assert (grown / "1k" / "qa1-00000-of-00001.parquet").stat().st_mtime_ns == first
    generate(recipe, ["qa1"], ["1k"], 4, grown)
    generate(recipe, ["qa1"], ["1k", "0k"], 4, whole)
    assert contents(grown) == contents(whole)


def fail_after(monkeypatch: pytest.MonkeyPatch, writes: int, error: BaseException) -> None:
    write = sample_files._Sink.write
    done = 0

    def failing(self: Any, data: bytes) -> int:
        nonlocal done
        done += 1
        if done > writes:
            raise error
        return write(self, data)

    monkeypatch.setattr(sample_files._Sink, "write", failing)


@pytest.mark.parametrize("format", ["parquet", "jsonl"])
@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_a_full_disk_loses_nothing_finished(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format: str, error: BaseException
) -> None:
    out, whole = tmp_path / "data", tmp_path / "whole"
    generate(recipe, ["qa1"], ["0k"], 4, out, format)
    with monkeypatch.context() as patch:
        fail_after(patch, 2, error)
        with pytest.raises(DataError if isinstance(error, OSError) else KeyboardInterrupt):
            generate(recipe, ["qa1"], ["0k", "1k"], 4, out, format)
    assert not list(out.rglob("*.part"))
    assert open_dataset(out).cells == (("qa1", "0k"),)
    generate(recipe, ["qa1"], ["0k", "1k"], 4, out, format)
    generate(recipe, ["qa1"], ["0k", "1k"], 4, whole, format)
    assert contents(out) == contents(whole)


def test_a_run_that_fails_at_once_leaves_no_folder(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_after(monkeypatch, 0, OSError(errno.ENOSPC, "No space left on device"))
    with pytest.raises(DataError, match="The disk is full"):
        generate(recipe, ["qa1"], ["1k"], 4, tmp_path / "data")
    assert not (tmp_path / "data").exists()


def test_a_killed_run_goes_on(recipe: Recipe, tmp_path: Path) -> None:
    code = (
        "import os, sys; from generators import sample_files, writer; from generators.recipe import Recipe;"
        "from pathlib import Path; close = sample_files._Sink.close;"
        "sample_files._Sink.close = lambda self: os._exit(9) if '1k' in str(self.path) else close(self);"
        "writer.generate(Recipe(sys.argv[1], background=sys.argv[2]), ['qa1'], ['0k', '1k'], 4, Path(sys.argv[3]))"
    )
    out = tmp_path / "data"
    done = subprocess.run([sys.executable, "-c", code, recipe.stories, recipe.background, out], check=False)
    assert done.returncode == 9
    assert open_dataset(out).cells == (("qa1", "0k"),) and list(out.rglob("*.part"))
    generate(recipe, ["qa1"], ["0k", "1k"], 4, out)
    generate(recipe, ["qa1"], ["0k", "1k"], 4, tmp_path / "whole")
    assert contents(out) == contents(tmp_path / "whole")


def test_another_recipe_and_other_folders_are_refused(recipe: Recipe, tmp_path: Path) -> None:
    out = tmp_path / "data"
    generate(recipe, ["qa1"], ["0k"], 2, out)
    other = Recipe(recipe.stories, background=recipe.background, seed=1)
    with pytest.raises(UsageError, match=r"recipe \w{8}, and this is recipe \w{8} \(they differ in: seed\)"):
        generate(other, ["qa1"], ["0k"], 2, out)
    with pytest.raises(UsageError, match="holds parquet files"):
        generate(recipe, ["qa1"], ["0k"], 2, out, "jsonl")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("dear")
    with pytest.raises(UsageError, match="holds other things than a dataset"):
        generate(recipe, ["qa1"], ["0k"], 2, tmp_path / "mine")
    with pytest.raises(UsageError, match="a file of that name"):
        generate(recipe, ["qa1"], ["0k"], 2, tmp_path / "mine" / "thesis.txt")
    assert [file.name for file in (tmp_path / "mine").iterdir()] == ["thesis.txt"]


def test_the_same_recipe_elsewhere_is_the_same(recipe: Recipe, tmp_path: Path) -> None:
    shutil.copytree(recipe.background, tmp_path / "moved")
    moved = Recipe(recipe.stories, background=str(tmp_path / "moved"))
    generate(recipe, ["qa1"], ["1k"], 2, tmp_path / "data")
    generate(moved, ["qa1"], ["0k"], 2, tmp_path / "data")
    assert len(open_dataset(tmp_path / "data").cells) == 2


def test_a_run_killed_before_its_manifest_goes_on(recipe: Recipe, tmp_path: Path) -> None:
    (tmp_path / ".manifest.json.7.part").write_text("{")
    generate(recipe, ["qa1"], ["0k"], 2, tmp_path)
    assert not list(tmp_path.rglob("*.part"))


def few_rows_a_file(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    monkeypatch.setattr(units, "MOST_ROWS", rows)


def test_files_are_bounded_and_stale_ones_go(recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few_rows_a_file(monkeypatch, 2)
    generate(recipe, ["qa1"], ["4k"], 4, tmp_path / "data")
    dataset = open_dataset(tmp_path / "data")
    assert [file.rows for file in dataset.manifest.cells[0].files] == [2, 2]
    expected = list(Kitchen(recipe).samples("qa1", "4k", 4))
    assert list(dataset.samples("qa1", "4k")) == expected
    assert list(dataset.samples("qa1", "4k", limit=3)) == expected[:3]
    few_rows_a_file(monkeypatch, 4)
    (tmp_path / "data" / "4k" / "qa1-00001-of-00002.parquet").write_bytes(b"")
    generate(recipe, ["qa1"], ["4k"], 4, tmp_path / "data")
    assert [file.name for file in (tmp_path / "data" / "4k").iterdir()] == ["qa1-00000-of-00001.parquet"]


@pytest.mark.parametrize("damage", ["missing", "broken"])
@pytest.mark.parametrize("format", ["parquet", "jsonl"])
def test_a_damaged_file_of_another_cell_is_named(recipe: Recipe, tmp_path: Path, format: str, damage: str) -> None:
    generate(recipe, ["qa1"], ["0k"], 2, tmp_path / "data", format)
    [file] = (tmp_path / "data" / "0k").iterdir()
    file.unlink() if damage == "missing" else file.write_bytes(b"{\n")
    with pytest.raises(VerificationError, match=f"{file.name} cannot be read .*; generate it again"):
        generate(recipe, ["qa1"], ["1k"], 2, tmp_path / "data", format)
    assert len(list((tmp_path / "data" / "1k").iterdir())) == 1  # and what was asked for is there


def test_row_groups_are_bounded(recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pyarrow.parquet as pq

    monkeypatch.setattr(sample_files, "_GROUP_BYTES", 20_000)
    generate(recipe, ["qa1"], ["4k"], 4, tmp_path / "data")
    assert pq.ParquetFile(tmp_path / "data" / "4k" / "qa1-00000-of-00001.parquet").num_row_groups == 2
    expected = list(Kitchen(recipe).samples("qa1", "4k", 4))
    assert list(open_dataset(tmp_path / "data").samples("qa1", "4k")) == expected


def test_figures_of_a_cell(recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few_rows_a_file(monkeypatch, 3)
    generate(recipe, ["qa1"], ["4k"], 4, tmp_path / "data")
    dataset = open_dataset(tmp_path / "data")
    cell, samples = dataset.manifest.cells[0], list(dataset.samples("qa1", "4k"))
    assert cell.mean_tokens == pytest.approx(sum(sample.n_tokens for sample in samples) / 4, abs=0.05)
    assert cell.mean_unique == pytest.approx(sum(sample.background_unique for sample in samples) / 4, abs=5e-5)
    assert cell.least_unique == pytest.approx(min(sample.background_unique for sample in samples), abs=5e-5)


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 1, 2), (2, 3, 1)])
def test_shards_in_any_order_give_the_same_bytes(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, order: tuple[int, ...]
) -> None:
    few_rows_a_file(monkeypatch, 1)
    asked = recipe, ["qa1"], ["0k", "2k"], 4
    generate(*asked, tmp_path / "whole")
    generate(recipe, ["qa1"], ["1k"], 2, tmp_path / "data")  # a shard joins a dataset, too
    generate(recipe, ["qa1"], ["1k"], 2, tmp_path / "whole")
    for number in order:
        held = open_dataset(tmp_path / "data")
        assert held.cells == (("qa1", "1k"),) and (tmp_path / "data" / ".units").exists() == (number != order[0])
        assert not list((tmp_path / "data").glob("[02]k/*"))  # no half cell is to be seen
        generate(*asked, tmp_path / "data", shard=Shard(number, 3))
    assert contents(tmp_path / "data") == contents(tmp_path / "whole")


def test_a_cell_stays_as_it_was_until_all_shards_of_a_larger_one_are_done(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few_rows_a_file(monkeypatch, 2)
    generate(recipe, ["qa1"], ["1k"], 3, tmp_path / "data")
    generate(recipe, ["qa1"], ["1k"], 4, tmp_path / "data", shard=Shard(1, 2))
    assert len(list(open_dataset(tmp_path / "data").samples("qa1", "1k"))) == 3
    generate(recipe, ["qa1"], ["1k"], 4, tmp_path / "data", shard=Shard(2, 2))
    generate(recipe, ["qa1"], ["1k"], 4, tmp_path / "whole")
    assert contents(tmp_path / "data") == contents(tmp_path / "whole")


@pytest.mark.parametrize("locks", [True, False])
@pytest.mark.parametrize("same", [True, False])
def test_several_runs_at_once(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, locks: bool, same: bool
) -> None:
    """Another run comes and goes while one is at work; where nothing locks, only the markers are left over."""
    few_rows_a_file(monkeypatch, 1)
    if not locks:
        monkeypatch.setattr(staging, "_lock", lambda handle, how: False)
    lengths = ["0k", "1k"]

    def with_another(*work: Any) -> engines.Parts:
        for number, part in enumerate(engines.serial(*work)):
            if number == 2:
                generate(recipe, ["qa1"], lengths if same else ["2k"], 4, tmp_path / "data")
            yield part

    generate(recipe, ["qa1"], lengths, 4, tmp_path / "data", engine=with_another)
    generate(recipe, ["qa1"], lengths if same else [*lengths, "2k"], 4, tmp_path / "whole")
    left = {path for path in contents(tmp_path / "data") if path.startswith(".units")}
    assert bool(left) != locks and not any(path.endswith(".part") for path in left)
    shutil.rmtree(tmp_path / "data" / ".units", ignore_errors=True)
    shutil.rmtree(tmp_path / "whole" / ".units", ignore_errors=True)
    assert contents(tmp_path / "data") == contents(tmp_path / "whole")


def test_a_publisher_that_was_killed(recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few_rows_a_file(monkeypatch, 1)
    replace = os.replace

    def killed(source: Any, target: Any) -> None:
        if Path(target).name == "qa1-00002-of-00004.parquet":
            raise KeyboardInterrupt
        replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            generate(recipe, ["qa1"], ["1k"], 4, tmp_path / "data")
    assert len(list((tmp_path / "data" / "1k").iterdir())) == 2
    with pytest.raises(DataError, match="no finished samples yet"):
        open_dataset(tmp_path / "data")
    monkeypatch.setattr(engines, "write_samples", None)  # nothing is made again
    generate(recipe, ["qa1"], ["1k"], 4, tmp_path / "data")
    monkeypatch.undo()
    few_rows_a_file(monkeypatch, 1)
    generate(recipe, ["qa1"], ["1k"], 4, tmp_path / "whole")
    assert contents(tmp_path / "data") == contents(tmp_path / "whole")


@pytest.mark.parametrize("harm", ["marker", "file", "other recipe"])
def test_a_spoilt_unit_is_made_again(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: str
) -> None:
    few_rows_a_file(monkeypatch, 2)
    generate(recipe, ["qa1"], ["1k"], 4, tmp_path / "data", shard=Shard(1, 2))
    marker = next((tmp_path / "data" / ".units").glob("1k/*.json"))
    if harm == "marker":
        marker.write_text("")
    elif harm == "file":
        marker.with_suffix("").write_bytes(b"PAR1")
    else:
        shutil.rmtree(tmp_path / "data" / ".units")
        generate(
            Recipe(recipe.stories, background=recipe.background, seed=1),
            ["qa1"],
            ["1k"],
            4,
            tmp_path / "other",
            shard=Shard(1, 2),
        )
        shutil.move(tmp_path / "other" / ".units", tmp_path / "data" / ".units")
    for number in (2, 1):
        generate(recipe, ["qa1"], ["1k"], 4, tmp_path / "data", shard=Shard(number, 2))
    generate(recipe, ["qa1"], ["1k"], 4, tmp_path / "whole")
    assert contents(tmp_path / "data") == contents(tmp_path / "whole")


def test_a_disk_that_is_really_full(recipe: Recipe, tmp_path: Path) -> None:
    """On a file system of 100 KiB, in a name space of its own, that is enlarged afterwards."""
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-rm", "true"], check=False).returncode:
        pytest.skip("this system does not let a user mount a file system of his own")
    script = (
        'mount -t tmpfs -o size=100k none "$0" || exit 9; "$@"; echo "code $?"; find "$0" -name "*.part";'
        'ls "$0/data"; mount -o remount,size=64m "$0"; "$@" && cp -r "$0/data" "$0.saved"'
    )
    (tmp_path / "small").mkdir()
    lengths = ["0k", "1k", "2k", "4k", "8k", "16k"]
    command = [sys.executable, "-m", "generators.cli", "-t", "qa1", "-l", ",".join(lengths), "-n", "4", "-o"]
    command += [str(tmp_path / "small" / "data"), "--stories", recipe.stories, "--background", recipe.background]
    words = ["unshare", "-rm", "sh", "-c", script, str(tmp_path / "small"), *command]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("code 1\n0k\n1k\n") and ".part" not in done.stdout
    assert "16k" not in done.stdout.partition("length")[0]
    assert done.stderr.startswith("Error: The disk is full;") and done.stderr.count("\n") == 1
    generate(recipe, ["qa1"], lengths, 4, tmp_path / "whole")
    assert contents(tmp_path / "small.saved") == contents(tmp_path / "whole")


def test_a_path_that_is_a_file(recipe: Recipe, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("dear")
    with pytest.raises(UsageError, match="there is a file of that name; choose another with --out"):
        generate(recipe, ["qa1"], ["0k"], 2, tmp_path / "file")
    with pytest.raises(DataError, match="Not a directory; choose another folder with --out"):
        generate(recipe, ["qa1"], ["0k"], 2, tmp_path / "file" / "data")
    assert (tmp_path / "file").read_text() == "dear"
