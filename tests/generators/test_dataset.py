from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from babilong.errors import BabilongError, DataError, UsageError, VerificationError
from generators import shards, writer
from generators.dataset import open_dataset
from generators.kitchen import Kitchen
from generators.recipe import Recipe
from generators.writer import generate


@pytest.fixture(scope="session")
def recipe(books: Path, babi: Path) -> Recipe:
    return Recipe(stories=str(babi), background=str(books))


def contents(folder: Path) -> dict[str, str]:
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {str(f.relative_to(folder)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


@pytest.mark.parametrize("format", ["parquet", "jsonl"])
def test_what_is_written_is_read(recipe: Recipe, tmp_path: Path, format: str) -> None:
    out = tmp_path / "data"
    generate(recipe, ["qa1"], ["2k", "0k"], 4, out, format)
    dataset = open_dataset(out)
    assert dataset.cells == (("qa1", "0k"), ("qa1", "2k"))
    assert dataset.recipe == recipe and dataset.rows("qa1", "2k") == 4
    expected = list(Kitchen(recipe).samples("qa1", "2k", 4))
    assert list(dataset.samples("qa1", "2k")) == expected
    assert list(dataset.samples("qa1", "2k", limit=2, start=1)) == expected[1:3]
    assert list(dataset.samples("qa1", "2k", start=4)) == list(dataset.samples("qa1", "2k", limit=0)) == []
    with pytest.raises(UsageError, match="no samples of qa2 at 2k; it has: qa1 at 0k, qa1 at 2k"):
        dataset.rows("qa2", "2k")


@pytest.mark.parametrize("format", ["parquet", "jsonl"])
def test_datasets_reads_it_offline(recipe: Recipe, tmp_path: Path, format: str) -> None:
    generate(recipe, ["qa1"], ["0k", "1k"], 4, tmp_path / "data", format)
    code = (
        "import datasets, sys; rows = datasets.load_dataset(sys.argv[1], '1k', split='qa1');"
        "print(rows.column_names[:3], len(rows), rows[2]['input'])"
    )
    environment = os.environ | {"HF_HOME": str(tmp_path / "hf"), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "data"], env=environment, capture_output=True, text=True, check=True
    )
    expected = list(Kitchen(recipe).samples("qa1", "1k", 3))[2]
    assert done.stdout.strip() == f"['input', 'question', 'target'] 4 {expected.input}"


def test_golden(recipe: Recipe, tmp_path: Path) -> None:
    """The same bytes on every machine. Whoever has to change this hash raises `generators.recipe.VERSION`."""
    (tmp_path / "prompts.yaml").write_text(
        "name: golden\nsystem: null\n"
        "template: '{instruction} {examples} {answer_format} <c>{context}</c> {question}'\n"
        "tasks: {qa1: {instruction: 'Where?', examples: [], answer_format: One word.}}\n"
    )
    golden = Recipe(recipe.stories, background=recipe.background, prompts=str(tmp_path / "prompts.yaml"), seed=7)
    generate(golden, ["qa1"], ["0k", "1k", "4k"], 4, tmp_path / "data", "jsonl")
    digest = hashlib.sha256()
    for length in ("0k", "1k", "4k"):
        digest.update((tmp_path / "data" / length / "qa1-00000-of-00001.jsonl").read_bytes())
    assert digest.hexdigest() == "3d90da68bcf3dde4b3aa7ce004a9cbb10b9d2e8a83b63de171b2be566652746c"


def test_shards_are_bounded(recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "SHARD_BYTES", 40_000)
    monkeypatch.setattr(shards, "_GROUP_BYTES", 1)
    generate(recipe, ["qa1"], ["4k"], 4, tmp_path / "data")
    dataset = open_dataset(tmp_path / "data")
    assert [file.rows for file in dataset.manifest.cells[0].files] == [2, 2]
    expected = list(Kitchen(recipe).samples("qa1", "4k", 4))
    assert list(dataset.samples("qa1", "4k")) == expected
    assert list(dataset.samples("qa1", "4k", start=3)) == expected[3:]
    # More samples make other shards; the old ones go.
    monkeypatch.setattr(shards, "SHARD_BYTES", 1 << 20)
    cell = tmp_path / "data" / "4k" / "qa1-00001-of-00002.parquet"
    cell.write_bytes(b"")
    generate(recipe, ["qa1"], ["4k"], 4, tmp_path / "data")
    assert [file.name for file in (tmp_path / "data" / "4k").iterdir()] == ["qa1-00000-of-00001.parquet"]


def test_very_long_texts_have_large_columns(recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pyarrow.parquet as pq

    monkeypatch.setattr(writer, "_LARGE_FROM", 4_000)
    generate(recipe, ["qa1"], ["4k"], 3, tmp_path / "data")
    file = pq.ParquetFile(tmp_path / "data" / "4k" / "qa1-00000-of-00001.parquet")
    assert file.schema_arrow.field("input").type == "large_string" and file.num_row_groups == 3
    assert list(open_dataset(tmp_path / "data").samples("qa1", "4k")) == list(Kitchen(recipe).samples("qa1", "4k", 3))


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
    write = shards._Sink.write
    done = 0

    def failing(self: Any, data: bytes) -> int:
        nonlocal done
        done += 1
        if done > writes:
            raise error
        return write(self, data)

    monkeypatch.setattr(shards._Sink, "write", failing)


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
        "import os, sys; from generators import shards, writer; from generators.recipe import Recipe;"
        "from pathlib import Path; close = shards._Sink.close;"
        "shards._Sink.close = lambda self: os._exit(9) if '1k' in str(self.path) else close(self);"
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


def test_two_runs_cannot_write_one_folder(recipe: Recipe, tmp_path: Path) -> None:
    generate(recipe, ["qa1"], ["0k"], 2, tmp_path / "data")
    before = contents(tmp_path)
    with writer._locked(tmp_path / "data"), pytest.raises(BabilongError, match="Another run is writing the dataset"):
        generate(recipe, ["qa1"], ["1k"], 2, tmp_path / "data")
    assert contents(tmp_path) == before


def test_what_another_run_has_finished_meanwhile_is_kept(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = writer._locked

    def late(out: Path) -> Any:
        monkeypatch.setattr(writer, "_locked", locked)
        generate(recipe, ["qa1"], ["1k"], 2, out)
        return locked(out)

    monkeypatch.setattr(writer, "_locked", late)
    generate(recipe, ["qa1"], ["0k"], 2, tmp_path / "data")
    assert open_dataset(tmp_path / "data").cells == (("qa1", "0k"), ("qa1", "1k"))


def test_a_run_killed_before_its_manifest_goes_on(recipe: Recipe, tmp_path: Path) -> None:
    (tmp_path / ".manifest.json.7.part").write_text("{")
    generate(recipe, ["qa1"], ["0k"], 2, tmp_path)
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize("harm", ["changed", "cut", "missing"])
def test_a_changed_dataset_is_noticed(recipe: Recipe, tmp_path: Path, harm: str) -> None:
    generate(recipe, ["qa1"], ["1k"], 4, tmp_path)
    file = tmp_path / "1k" / "qa1-00000-of-00001.parquet"
    raw = bytearray(file.read_bytes())
    raw[100] ^= 1
    if harm == "missing":
        file.unlink()
    else:
        file.write_bytes(raw if harm == "changed" else raw[:-1])
    with pytest.raises(VerificationError, match="qa1-00000-of-00001.parquet") as caught:
        open_dataset(tmp_path)
    assert caught.value.exit_code == 5
    generate(recipe, ["qa1"], ["1k"], 4, tmp_path)  # as the message says
    assert len(list(open_dataset(tmp_path).samples("qa1", "1k"))) == 4


def test_broken_folders(recipe: Recipe, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No dataset folder"):
        open_dataset(tmp_path / "nowhere")
    with pytest.raises(DataError, match="holds no dataset"):
        open_dataset(tmp_path)
    generate(recipe, ["qa1"], ["0k"], 4, tmp_path / "data")
    manifest = tmp_path / "data" / "manifest.json"
    whole = manifest.read_text("utf-8")
    changes = {'"sha256"': '"md5"', "0k/": "../", '"rows": 4': '"rows": "4"', '"qa1"': '"qa21"', '"0k"': '"4x"'}
    for broken in ("", "{}", "[]", whole[:-20], *(whole.replace(*change) for change in changes.items())):
        manifest.write_text(broken, "utf-8")
        with pytest.raises(DataError, match="is broken"):
            open_dataset(tmp_path / "data")
    manifest.write_text(json.dumps(json.loads(whole) | {"cells": []}), "utf-8")
    with pytest.raises(DataError, match="no finished samples yet"):
        open_dataset(tmp_path / "data")
