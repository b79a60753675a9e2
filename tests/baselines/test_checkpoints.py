"""Checkpoints on disk, whole and broken."""

import json
import math

import pytest
import torch
from safetensors.torch import load_file, save_file

from babilong.errors import DataError, UsageError
from babilong.tokenizers import load_tokenizer
from baselines import checkpoints
from baselines.memory.sequences import read
from tests.baselines.tiny import tiny_memory


@pytest.fixture
def folder(tmp_path):
    tokenizer = load_tokenizer()
    model = tiny_memory(vocab=tokenizer.vocab_size, slot_embeddings=True, gate=True, token_shift=2)
    checkpoints.save(tmp_path / "tiny", model, tokenizer, ("qa1",), "name: tiny\n")
    return tmp_path / "tiny"


def test_what_was_saved_is_loaded(folder, kind):
    tokenizer = load_tokenizer()
    model = tiny_memory(kind, vocab=tokenizer.vocab_size, gate=True)
    checkpoints.save(folder, model, tokenizer, ("qa1", "qa2"), "name: tiny\n")
    loaded = checkpoints.load(str(folder))
    assert loaded.tasks == ("qa1", "qa2")
    assert loaded.tokenizer.fingerprint == tokenizer.fingerprint
    assert loaded.model.config == model.config
    assert not list(folder.glob("*.part"))
    ids, state = torch.randint(1, 100, (1, 16)), {"memory": torch.randn(1, 4, 32)}
    ours, theirs = (m.step(ids, state) for m in (model, loaded.model))
    torch.testing.assert_close(ours.state, theirs.state)
    torch.testing.assert_close(model.logits(ours.output.hidden), loaded.model.logits(theirs.output.hidden))


def test_tied_weights_are_stored_once(folder):
    tied = ("wte.weight", "lm_head.weight")
    assert len([name for name in load_file(folder / "model.safetensors") if name.endswith(tied)]) == 1


def test_an_unknown_name_is_answered_with_the_bundled_ones(tmp_path):
    with pytest.raises(UsageError, match="did you mean rmt-gpt2"):
        checkpoints.load("rmt-gtp2")
    with pytest.raises(UsageError, match="No checkpoint folder at"):
        checkpoints.load(str(tmp_path / "nothing"))


def test_an_empty_folder_is_no_checkpoint(tmp_path):
    with pytest.raises(DataError, match="has no model.safetensors and no config.json and no memory.json"):
        checkpoints.load(str(tmp_path))


def test_shapes_that_do_not_fit_are_named(folder):
    settings = json.loads((folder / "memory.json").read_text())
    settings["memory"]["memory_tokens"] = 5
    (folder / "memory.json").write_text(json.dumps(settings))
    with pytest.raises(DataError, match=r"memory is \[4, 32\], but should be \[5, 32\]"):
        checkpoints.load(str(folder))


def test_missing_and_foreign_weights_are_named(folder):
    tensors = load_file(folder / "model.safetensors")
    del tensors["gate.bias"]
    save_file({**tensors, "foreign": torch.zeros(1)}, folder / "model.safetensors")
    with pytest.raises(DataError, match=r"missing gate\.bias; unexpected foreign"):
        checkpoints.load(str(folder))


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("model.safetensors", b"garbage", "Cannot read the weights"),
        ("config.json", b"{", "Cannot read .*config.json"),
        ("config.json", b'{"model_type": "no-such-model"}', "is not one of a recurrent-memory model"),
        ("config.json", b'{"model_type": "gpt2", "n_head": "x"}', "is not one of a recurrent-memory model"),
        ("memory.json", b'{"memory": {"slots": 4}, "tasks": []}', "is not one of a recurrent-memory model"),
        ("memory.json", b"{}", "is not one of a recurrent-memory model"),
        ("tokenizer.json", b"{}", "Cannot read the tokenizer"),
    ],
)
def test_broken_files_are_named(folder, file, content, message):
    (folder / file).write_bytes(content)
    with pytest.raises(DataError, match=message):
        checkpoints.load(str(folder))


def test_a_tokenizer_with_more_words_than_the_model_is_refused(tmp_path):
    checkpoints.save(tmp_path, tiny_memory(vocab=100), load_tokenizer(), ("qa1",), "name: tiny\n")
    with pytest.raises(DataError, match="has 16384 tokens, but the checkpoint knows 100"):
        checkpoints.load(str(tmp_path))


def test_a_grown_state_is_read_by_the_loaded_model_as_by_the_saved(tmp_path):
    tokenizer = load_tokenizer()
    settings = {"kind": "rmt-r", "mask": "neurips", "retrieval": "top_1"}
    model = tiny_memory(vocab=tokenizer.vocab_size, **settings)
    checkpoints.save(tmp_path, model, tokenizer, ("qa1",), "name: tiny\n")
    loaded = checkpoints.load(str(tmp_path)).model
    assert loaded.config == model.config
    ids = torch.randint(1, 100, (1, 40))
    torch.testing.assert_close(read(loaded, ids), read(model, ids))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda said: said.pop("tasks"), "`tasks` is missing"),
        (lambda said: said.pop("memory"), "`memory` is missing"),
        (lambda said: said.update(tasks=[1]), "`tasks` is 1. Input should be a valid string"),
        (lambda said: said.update(tasks="qa1"), "`tasks` is 'qa1'"),
        (lambda said: said.update(memory=[1]), "`memory` is .1.. Input should be a valid dictionary"),
        (lambda said: said["memory"].update(gate_threshold=math.nan), "`gate_threshold` is nan"),
        (lambda said: said["memory"].update(recency=[math.inf]), "`recency` is inf"),
        (lambda said: said["memory"].update(gate_floor=2), "`gate_floor` is 2"),
    ],
)
def test_a_memory_json_that_is_none_is_named(folder, change, message):
    said = json.loads((folder / "memory.json").read_text())
    change(said)
    (folder / "memory.json").write_text(json.dumps(said))
    with pytest.raises(DataError, match=message):
        checkpoints.load(str(folder))
