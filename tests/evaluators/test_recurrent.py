"""Recurrent-memory checkpoints through the evaluator: bare text, batches, and one sentence for a broken folder."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from babilong.errors import DataError, UsageError
from babilong.prompts import load_prompts
from evaluators.models.protocol import ModelOptions
from evaluators.models.registry import make_model
from evaluators.records import read_records
from evaluators.runner import Job, evaluate
from generators.dataset import Dataset

OPTIONS = ModelOptions(batch_size=3, max_new_tokens=4, dtype="float32")


def test_a_run_reads_the_bare_text(recurrent: Path, dataset: Dataset, tmp_path: Path) -> None:
    model = make_model(f"rmt/{recurrent}", OPTIONS)
    assert (model.name, model.prompted, model.max_tokens) == ("rmt/tiny", False, None)
    folder = evaluate(Job(model, dataset, dataset.cells, load_prompts()), tmp_path, quiet=True)
    assert folder.parent.name == "rmt-tiny"
    assert "prompt: bare" in (folder / "run.yaml").read_text()
    records = read_records(folder / "samples.jsonl")
    assert len(records) == 20
    assert all(record.error is None for record in records.values())
    for sample in dataset.samples("qa1", "1k"):
        assert abs(records[sample.id].tokens_in - sample.n_tokens) < 20  # the question, and no instruction


def test_batches_change_no_answer(recurrent: Path, dataset: Dataset, tmp_path: Path) -> None:
    outputs = []
    for size in (1, 4):
        model = make_model(f"rmt/{recurrent}", ModelOptions(batch_size=size, max_new_tokens=4, dtype="float32"))
        folder = evaluate(Job(model, dataset, dataset.cells, load_prompts()), tmp_path / str(size), quiet=True)
        outputs.append({key: record.output for key, record in read_records(folder / "samples.jsonl").items()})
    assert outputs[0] == outputs[1]


@pytest.mark.parametrize(
    ("breakage", "error"),
    [
        (lambda folder: (folder / "model.safetensors").unlink(), DataError),
        (lambda folder: (folder / "model.safetensors").write_bytes(b"{}"), DataError),
        (lambda folder: _wider(folder / "config.json"), DataError),
        (lambda folder: shutil.rmtree(folder), UsageError),
    ],
)
def test_broken_checkpoints(
    recurrent: Path, tmp_path: Path, breakage: Callable[[Path], object], error: type[Exception]
) -> None:
    folder = shutil.copytree(recurrent, tmp_path / "broken")
    breakage(folder)
    with pytest.raises(error) as caught:
        make_model(f"rmt/{folder}", OPTIONS)
    assert "\n" not in str(caught.value)


def _wider(file: Path) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | {"n_embd": 64}))
