from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from babilong.errors import DataError, UsageError, VerificationError
from generators import engines
from generators.dataset import open_dataset
from generators.kitchen import Kitchen
from generators.recipe import Recipe
from generators.writer import generate


@pytest.fixture(scope="session")
def recipe(books: Path, babi: Path) -> Recipe:
    return Recipe(stories=str(babi), background=str(books))


@pytest.mark.parametrize("format", ["parquet", "parquet-zstd", "jsonl"])
def test_what_is_written_is_read(recipe: Recipe, tmp_path: Path, format: str) -> None:
    out = tmp_path / "data"
    generate(recipe, ["qa1"], ["2k", "0k"], 4, out, format)
    dataset = open_dataset(out)
    assert dataset.cells == (("qa1", "0k"), ("qa1", "2k"))
    assert dataset.recipe == recipe and dataset.rows("qa1", "2k") == 4
    expected = list(Kitchen(recipe).samples("qa1", "2k", 4))
    assert list(dataset.samples("qa1", "2k")) == expected
    assert list(dataset.samples("qa1", "2k", limit=2)) == expected[:2]
    assert list(dataset.samples("qa1", "2k", limit=0)) == []
    with pytest.raises(UsageError, match="no samples of qa2 at 2k; it has: qa1 at 0k, qa1 at 2k"):
        dataset.rows("qa2", "2k")


@pytest.mark.parametrize("format", ["parquet", "parquet-zstd", "jsonl"])
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
    assert digest.hexdigest() == "43e322807c20e54a788400044a42fa7d5e8f23e4e7a86e87713b1931882d13be"


def test_very_long_texts_have_large_columns(recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pyarrow.parquet as pq

    monkeypatch.setattr(engines, "LARGE_FROM", 4_000)
    generate(recipe, ["qa1"], ["4k"], 3, tmp_path / "data")
    file = pq.ParquetFile(tmp_path / "data" / "4k" / "qa1-00000-of-00001.parquet")
    assert file.schema_arrow.field("input").type == "large_string" and file.num_row_groups == 3
    assert list(open_dataset(tmp_path / "data").samples("qa1", "4k")) == list(Kitchen(recipe).samples("qa1", "4k", 3))


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
