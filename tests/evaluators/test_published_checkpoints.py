"""Checkpoints that the authors of RMT and ARMT released, through the evaluator: a folder, the hub, and neither."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from babilong.errors import DataError
from babilong.tokenizers import load_tokenizer
from baselines import checkpoints
from baselines.reading import PUBLISHED
from evaluators.models.protocol import ModelOptions
from evaluators.models.registry import make_model
from evaluators.records import read_records
from generators.dataset import Dataset
from tests.baselines import released
from tests.evaluators.conftest import Done
from tests.generators.hub_server import Hub

WORDS = ("-t", "qa1", "-l", "0k", "-n", "2", "--max-new-tokens", "3", "--dtype", "float32")


def files(kind: str = "rmt", words: bool = True) -> dict[str, bytes]:
    tokenizer = load_tokenizer()
    config = released.base_config("gpt2", tokenizer.vocab_size)
    weights = getattr(released, kind)(released.base_model(config))
    held = io.BytesIO()
    torch.save({**weights, "cross_attn.weight": torch.zeros(1)}, held)
    found = {"pytorch_model.bin": held.getvalue(), "config.json": json.dumps(config | {"segment_size": 16}).encode()}
    return found | ({"tokenizer.json": tokenizer.backend.to_str().encode()} if words else {})


def lay(folder: Path, held: dict[str, bytes]) -> Path:
    folder.mkdir()
    for name, data in held.items():
        (folder / name).write_bytes(data)
    return folder


@pytest.mark.parametrize("kind", ["rmt", "armt"])
def test_a_released_checkpoint_answers(call: Callable[..., Done], dataset: Dataset, tmp_path: Path, kind: str) -> None:
    folder = lay(tmp_path / "qa1", files(kind))
    done = call("-m", f"rmt/{folder}", "--data", dataset.folder, *WORDS)
    assert done.code == 0, done.err
    assert "not used are cross_attn.weight" in done.err
    [run] = tmp_path.glob("runs/rmt-qa1/*/run.yaml")
    assert "prompt: published" in run.read_text()
    records = read_records(run.with_name("samples.jsonl"))
    assert len(records) == 2
    reading, tokenizer = checkpoints.load(str(folder)).reading, load_tokenizer()
    for sample in list(dataset.samples("qa1", "0k"))[:2]:
        assert records[sample.id].error is None
        assert records[sample.id].tokens_in == reading.count(tokenizer, sample.input, sample.question)


def test_a_dry_run_counts_what_is_read(call: Callable[..., Done], dataset: Dataset, tmp_path: Path) -> None:
    folder = lay(tmp_path / "qa1", files())
    reading, tokenizer = checkpoints.load(str(folder)).reading, load_tokenizer()
    wanted = [reading.count(tokenizer, s.input, s.question) for s in list(dataset.samples("qa1", "0k"))[:2]]
    done = call("-m", f"rmt/{folder}", "--data", dataset.folder, *WORDS, "--dry-run")
    assert f"tokens in: {sum(wanted):,}, counted by the tokenizer of {folder}" in done.out
    on_hub = call("-m", "rmt/someone/qa1", "--data", dataset.folder, *WORDS, "--dry-run")
    assert "counted by the dataset" in on_hub.out


def test_a_folder_without_a_tokenizer_says_what_to_put_there(tmp_path: Path) -> None:
    folder = lay(tmp_path / "qa1", files(words=False))
    with pytest.raises(DataError, match=r"put the tokenizer\.json of openai-community/gpt2 into the folder"):
        make_model(f"rmt/{folder}", ModelOptions())


def test_the_tokenizer_of_another_model_is_refused(tmp_path: Path) -> None:
    held = files()
    config = released.base_config("gpt2", 100)
    torch.save(released.rmt(released.base_model(config)), stored := io.BytesIO())
    config["segment_size"] = 16
    held |= {"pytorch_model.bin": stored.getvalue(), "config.json": json.dumps(config).encode()}
    with pytest.raises(DataError, match="has [0-9]+ tokens, but the checkpoint knows 100"):
        make_model(f"rmt/{lay(tmp_path / 'qa1', held)}", ModelOptions())


def test_an_empty_folder_is_refused(call: Callable[..., Done], dataset: Dataset, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = call("-m", "rmt/empty", "--data", dataset.folder, *WORDS)
    assert (done.code, done.out) == (1, "")
    assert "is no recurrent-memory checkpoint: it has no model.safetensors" in done.err


LOAD = """
import sys
from baselines.checkpoints import load
found = load(sys.argv[1])
print(found.sha256, found.reading.name, found.tokenizer.vocab_size)
"""


def test_the_hub_gives_it_and_later_the_cache(tmp_path: Path) -> None:
    def loaded(**environment: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", LOAD, "someone/rmt-qa1"],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **environment},
            capture_output=True, text=True, timeout=200,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    held = files()
    with Hub() as hub:
        hub.add("someone/rmt-qa1", "main", held | {"optimizer/huge.bin": bytes(1_000)})
        home = hub.environment(tmp_path / "home")
        first = loaded(**home)
        assert not any("huge" in path for path in hub.requests if "resolve" in path)
    assert first.split()[:2] == [hashlib.sha256(held["pytorch_model.bin"]).hexdigest(), "published"]
    assert loaded(**home, HF_HUB_OFFLINE="1") == first


def test_one_of_the_hub_without_a_tokenizer_is_read_with_that_of_its_base_model(
    dataset: Dataset, tmp_path: Path
) -> None:
    """As the released RMT on GPT-2 are: weights alone."""
    tokenizer = load_tokenizer()
    command = [sys.executable, "-m", "evaluators.cli", "-m", "rmt/someone/rmt-qa1", "--data", dataset.folder, *WORDS]
    with Hub() as hub:
        hub.add("someone/rmt-qa1", "main", files(words=False))
        hub.add("openai-community/gpt2", "main", {"tokenizer.json": tokenizer.backend.to_str().encode()})
        done = subprocess.run(
            [*map(str, command), "-o", str(tmp_path / "runs")],
            env={**os.environ, **hub.environment(tmp_path / "home")},
            capture_output=True, text=True, timeout=200,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert any("openai-community/gpt2" in path for path in hub.requests)
    [file] = tmp_path.glob("runs/**/samples.jsonl")
    records = read_records(file)
    sample = next(iter(dataset.samples("qa1", "0k")))
    assert records[sample.id].tokens_in == PUBLISHED.count(tokenizer, sample.input, sample.question)
    assert all(record.error is None for record in records.values())


def test_a_hub_out_of_reach_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    def unreachable(*_: object, **__: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(huggingface_hub, "get_hf_file_metadata", unreachable)
    with pytest.raises(DataError, match="someone/rmt-qa1: there is no such folder, and the hub did not") as caught:
        make_model("rmt/someone/rmt-qa1", ModelOptions())
    assert "\n" not in str(caught.value)
