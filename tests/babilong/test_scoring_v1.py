"""The score `v1`: flaws and all as published, against every published verdict at hand."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from babilong.scoring import score

PUBLISHED = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "published"


@pytest.mark.parametrize(
    ("task", "question", "target", "output", "right"),
    [
        ("qa7", "How many objects is Mary carrying? ", "none", "none", False),  # M1
        ("qa6", "Is Mary in the kitchen? ", "no", "I do not know", True),  # M2
        ("qa6", "Is Mary in the kitchen? ", "yes", "Yes, I know it", False),  # M2
        ("qa1", "Where is Mary? ", "garden", "garden Question: Where is the office?", False),  # M3
        ("qa1", "Where is Mary? ", "garden", "garden <example> office", True),
        ("qa1", "Where is Mary? ", "garden", "1. garden", False),  # M4
        ("qa8", "What is Mary carrying? ", "apple,milk", "milk and apple", True),
        ("qa8", "What is Mary carrying? ", "milk", "milk and nothing else", False),  # M6
        ("qa19", "How do you go from the kitchen to the garden?", "s,e", "s, e", False),  # M6
        ("qa19", "How do you go from the kitchen to the garden?", "s,e", "yes,e", True),  # M6
        ("qa15", "What is emily afraid of?", "wolf", "wolves", False),  # M7
        ("qa15", "What is emily afraid of?", "cat", "It is located", True),  # M7
    ],
)
def test_v1_keeps_the_flaws_of_the_published_rule(
    task: str, question: str, target: str, output: str, right: bool
) -> None:
    assert score("v1", task, output, target, question) is right


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason=f"the published predictions are not at {PUBLISHED}")
def test_v1_agrees_with_the_published_predictions() -> None:
    with open(PUBLISHED / "all_accuracies_long.csv", newline="", encoding="utf-8") as file:
        published = {
            (row["model"], row["task"], row["length"], row["config"]): (int(row["n"]), int(row["n_correct"]))
            for row in csv.DictReader(file)
        }
    paths = sorted((PUBLISHED / "predictions").rglob("*.csv"))
    assert len(paths) >= 50
    for path in paths:
        task, length, config = path.stem.split("_", 2)
        with open(path, newline="", encoding="utf-8") as file:
            verdicts = [
                score("v1", task, row["output"], row["target"], row["question"]) for row in csv.DictReader(file)
            ]
        model = path.parent.relative_to(PUBLISHED / "predictions").as_posix()
        assert (len(verdicts), sum(verdicts)) == published[model, task, length, config], path.name
