"""The loop that speed is measured against reads what the model reads."""

import importlib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from tests.baselines.tiny import tiny_memory


@pytest.fixture
def benchmark(monkeypatch) -> ModuleType:
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "benchmarks")
    return importlib.import_module("recurrent")


@pytest.mark.parametrize("kind", ["armt", "prmt", "rmt", "bank"])
def test_the_obvious_loop_writes_what_the_model_does(benchmark, kind):
    model = tiny_memory("gpt2", kind=kind, memory_tokens=2, segment_size=16).eval()
    for association in getattr(model, "associations", ()):
        torch.nn.init.normal_(association.value.weight, std=0.1)  # a fresh one writes nothing
    segments = [np.random.default_rng(seed).integers(1, 90, length) for seed, length in enumerate((5, 16, 9))]
    with torch.inference_mode():
        wanted = model.init_state(1)
        for ids in segments:
            wanted = model.step(torch.from_numpy(ids[None]), wanted).state
        found = benchmark.obvious(model, segments)
    assert all(tensor.abs().sum() > 0 for tensor in wanted.values())
    torch.testing.assert_close(found, wanted)
