"""The floor draws labels evenly, and the same ones every time."""

from __future__ import annotations

from collections import Counter

import pytest

from babilong.tasks import TASKS
from evaluators.models.protocol import Request
from evaluators.models.random_floor import RandomModel


def outputs(task: str, count: int = 3000) -> list[str]:
    requests = (Request(f"{task}/1k/{index}", task, "1k", "", "") for index in range(count))
    return [answer.text for answer in RandomModel().answer(requests)]


@pytest.mark.parametrize("task", [task for task in TASKS.values() if task.form != "list"], ids=lambda task: task.name)
def test_labels_are_drawn_evenly(task) -> None:  # type: ignore[no-untyped-def]
    counts = Counter(outputs(task.name))
    assert set(counts) == set(task.labels)
    expected = 3000 / len(task.labels)
    assert all(abs(count - expected) < 5 * expected**0.5 for count in counts.values())


def test_lists_are_sets_of_objects_or_nothing() -> None:
    assert set(outputs("qa8")) == {
        "nothing", "apple", "football", "milk", "apple,football", "apple,milk", "football,milk", "apple,football,milk",
    }  # fmt: skip


def test_same_sample_same_answer() -> None:
    assert outputs("qa1", 20) == outputs("qa1", 20)
    assert outputs("qa1", 3) == ["bedroom", "kitchen", "bedroom"]
