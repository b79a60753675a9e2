"""The oracle: the ceiling of every task, from the text alone."""

from __future__ import annotations

import pytest

from babilong.tasks import TASKS
from evaluators.models.oracle import OracleModel
from evaluators.models.protocol import Request
from generators.kitchen import Kitchen
from generators.recipe import Recipe


def answers(recipe: Recipe, task: str, length: str, count: int) -> list[tuple[str, str]]:
    samples = list(Kitchen(recipe).samples(task, length, count))
    requests = [Request(s.id, s.task, s.length, s.input, s.question) for s in samples]
    return [(a.text, s.target) for a, s in zip(OracleModel().answer(iter(requests)), samples, strict=True)]


@pytest.mark.parametrize("task", TASKS)
def test_every_answer_is_found(task: str) -> None:
    for length, count in (("0k", 30), ("4k", 10)):
        assert all(text == target for text, target in answers(Recipe(), task, length, count))
    varied = Recipe(vocabulary="open", distractors=1, max_story_tokens=2_000)
    assert all(text == target for text, target in answers(varied, task, "4k", 5))


def test_what_is_not_told_is_not_answered() -> None:
    request = Request("qa1/0k/0", "qa1", "0k", "Mary went to the garden.", "Where is John?")
    (answer,) = OracleModel().answer(iter([request]))
    assert answer.text == "" and answer.error is None and "do not tell" in (answer.message or "")
