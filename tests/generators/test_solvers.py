"""Solvers: right on every official question, and plain about what they cannot answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from babilong.errors import DataError, UsageError
from generators.stories.babi_files import read_stories
from generators.stories.solve import SOLVERS, solve

BABI = Path(__file__).parents[3] / "shared" / "data" / "babi" / "tasks_1-20_v1-2"
# "What did A give to B?" after A gave B two things, each for the last time: bAbI takes now the one, now the other.
# So it does with the facts that support qa18 where several chains of them link two boxes; the answer is the same.
UNDECIDABLE = {
    "qa5_three-arg-relations_test.txt": 2,
    "qa5_three-arg-relations_train.txt": 18,
    "qa18_size-reasoning_test.txt": 42,
    "qa18_size-reasoning_train.txt": 446,
}


@pytest.mark.skipif(not BABI.is_dir(), reason=f"the official bAbI files are not at {BABI}")
@pytest.mark.parametrize("task", SOLVERS)
def test_every_official_question_is_solved(task: str) -> None:
    paths = sorted(BABI.glob(f"en*/{task}_*.txt"))
    assert paths
    for path in paths:
        wrong = [s for s in read_stories(path, task) if solve(task, s.facts, s.question) != (s.answer, s.supporting)]
        assert len(wrong) == UNDECIDABLE.get(path.name, 0)
        assert all(
            story.question.startswith("What did") or solve(task, story.facts, story.question)[0] == story.answer
            for story in wrong
        )


@pytest.mark.parametrize(
    ("task", "facts", "question", "answer", "supporting"),
    [
        (
            "qa1",
            "Mary went to the garden.|John went to the office.|Mary moved to the kitchen.",
            "Where is Mary?",
            "kitchen",
            (2,),
        ),
        (
            "qa2",
            "Mary got the milk there.|Mary went to the office.|Mary put down the milk.|Mary went to the garden.",
            "Where is the milk?",
            "office",
            (2, 1),
        ),
        (
            "qa3",
            "Mary took the milk.|Mary went to the office.|Mary went to the garden.|Mary went to the office.",
            "Where was the milk before the office?",
            "garden",
            (0, 3, 2),
        ),
        (
            "qa4",
            "The hallway is east of the bathroom.|The bedroom is west of the bathroom.",
            "What is the bathroom east of?",
            "bedroom",
            (1,),
        ),
        (
            "qa4",
            "The hallway is east of the bathroom.|The bedroom is west of the bathroom.",
            "What is west of the hallway?",
            "bathroom",
            (0,),
        ),
        (
            "qa5",
            "Bill got the milk there.|Bill gave the milk to Fred.|Fred passed the milk to Bill.",
            "Who received the milk?",
            "Bill",
            (2,),
        ),
    ],
)
def test_small_stories(task: str, facts: str, question: str, answer: str, supporting: tuple[int, ...]) -> None:
    assert solve(task, facts.split("|"), question) == (answer, supporting)


@pytest.mark.parametrize(
    ("task", "facts", "question"),
    [
        ("qa1", "John went to the office.", "Where is Mary?"),
        ("qa2", "Mary got the milk there.", "Where is the milk?"),
        ("qa3", "Mary took the milk.|Mary went to the office.", "Where was the milk before the office?"),
        ("qa4", "The hallway is east of the bathroom.", "What is north of the bathroom?"),
        ("qa5", "Bill got the milk there.", "Who gave the milk?"),
    ],
)
def test_what_the_facts_do_not_tell_is_an_error(task: str, facts: str, question: str) -> None:
    with pytest.raises(DataError, match="do not tell the answer"):
        solve(task, facts.split("|"), question)


def test_foreign_sentences_and_tasks_are_errors() -> None:
    with pytest.raises(DataError, match="no sentence of this task"):
        solve("qa1", ["Levin went to the nursery."], "Where is Mary?")
    with pytest.raises(DataError, match="no sentence of this task"):
        solve("qa1", ["Mary went to the garden."], "Where is Levin?")
    with pytest.raises(UsageError, match="Unknown task 'qa21'"):
        solve("qa21", [], "")
