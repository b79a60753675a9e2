"""The benchmark of copying trains what it says, and stops when it is solved."""

import importlib
import re
from pathlib import Path

import pytest


@pytest.mark.parametrize("task", ["copy", "reverse"])
def test_both_arrangements_are_trained_and_only_one_learns(monkeypatch, capsys, task):
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "benchmarks")
    benchmark = importlib.import_module("copying")
    monkeypatch.setattr("sys.argv", ["copying.py", "--task", task, "--symbols", "2", "--steps", "200", "--batch", "16"])
    monkeypatch.setattr(benchmark, "SIZES", {"n_embd": 32, "n_layer": 2, "n_head": 2})
    monkeypatch.setattr(benchmark, "WEIGHTS", 0.1)
    monkeypatch.setattr(benchmark, "LEARNING_RATE", 5e-3)
    benchmark.main()
    behind, before = capsys.readouterr().out.split(f"{task} 2, memory before the text")
    shares = [[float(share) for share in re.findall(r"step \d+: ([\d.]+)% right", part)] for part in (behind, before)]
    assert len(shares[1]) == 2
    assert max(shares[0]) > max(shares[1]) + 20
