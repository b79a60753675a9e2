"""Small stories of qa6 to qa14, and what their facts leave open."""

from __future__ import annotations

import pytest

from babilong.errors import DataError
from generators.stories.solve import solve


@pytest.mark.parametrize(
    ("task", "facts", "question", "answer", "supporting"),
    [
        ("qa6", "Mary moved to the office.|Mary got the milk there.", "Is Mary in the office?", "yes", (0,)),
        ("qa6", "Mary moved to the office.|Mary went to the garden.", "Is Mary in the office?", "no", (1,)),
        (
            "qa7",
            "Mary got the milk there.|John took the apple there.|John gave the apple to Mary.|Mary left the milk.",
            "How many objects is Mary carrying?",
            "one",
            (0, 2, 3),
        ),
        (
            "qa7",
            "John took the apple there.|John passed the apple to Mary.",
            "How many objects is John carrying?",
            "none",
            (0, 1),
        ),
        (
            "qa8",
            "Mary got the milk there.|Mary took the apple there.|Mary dropped the milk.|Mary grabbed the milk there.",
            "What is Mary carrying?",
            "milk,apple",
            (0, 2, 3, 1),
        ),
        ("qa8", "Mary got the milk there.|Mary discarded the milk there.", "What is Mary carrying?", "nothing", (0, 1)),
        ("qa9", "Mary is in the office.|Mary is no longer in the office.", "Is Mary in the office?", "no", (1,)),
        ("qa9", "Mary is not in the office.|Mary is in the garden.", "Is Mary in the garden?", "yes", (1,)),
        ("qa10", "Bill is either in the park or the school.", "Is Bill in the school?", "maybe", (0,)),
        ("qa10", "Bill is either in the park or the school.", "Is Bill in the cinema?", "no", (0,)),
        ("qa10", "Bill is either in the park or the park.", "Is Bill in the park?", "maybe", (0,)),
        ("qa10", "Bill is either in the park or the school.|Bill is in the park.", "Is Bill in the park?", "yes", (1,)),
        (
            "qa11",
            "Mary went to the office.|Then she moved to the garden.|John went to the office.",
            "Where is Mary?",
            "garden",
            (0, 1),
        ),
        (
            "qa11",
            "Mary went to the office.|John went to the garden.|Then he moved to the kitchen.",
            "Where is Mary?",
            "office",
            (0,),
        ),
        (
            "qa12",
            "Mary and John went to the office.|John and Daniel moved to the garden.",
            "Where is Mary?",
            "office",
            (0,),
        ),
        (
            "qa13",
            "Mary and John went to the office.|Afterwards they moved to the garden.",
            "Where is John?",
            "garden",
            (0, 1),
        ),
        (
            "qa14",
            "Bill went to the park this afternoon.|This morning Bill moved to the school."
            "|Yesterday Bill went to the park.",
            "Where was Bill before the park?",
            "school",
            (0, 1),
        ),
    ],
)
def test_small_stories(task: str, facts: str, question: str, answer: str, supporting: tuple[int, ...]) -> None:
    assert solve(task, facts.split("|"), question) == (answer, supporting)


@pytest.mark.parametrize(
    ("task", "facts", "question"),
    [
        ("qa6", "Mary got the milk there.", "Is Mary in the office?"),
        ("qa7", "Mary went to the office.", "How many objects is Mary carrying?"),
        ("qa8", "John got the milk there.", "What is Mary carrying?"),
        ("qa9", "Mary is not in the office.", "Is Mary in the garden?"),
        ("qa10", "Fred is in the park.", "Is Bill in the park?"),
        ("qa11", "John went to the office.|Then he moved to the garden.", "Where is Mary?"),
        ("qa12", "Mary and John went to the office.", "Where is Daniel?"),
        ("qa13", "Mary and John went to the office.|Then they moved to the garden.", "Where is Daniel?"),
        ("qa14", "Yesterday Bill went to the park.", "Where was Bill before the park?"),
        (
            "qa14",
            "Yesterday Bill went to the park.|This morning Bill went to the school.",
            "Where was Bill before the office?",
        ),
    ],
)
def test_what_the_facts_do_not_tell_is_an_error(task: str, facts: str, question: str) -> None:
    with pytest.raises(DataError, match="do not tell the answer"):
        solve(task, facts.split("|"), question)


def test_more_things_than_there_are_numbers_for_is_an_error() -> None:
    facts = [f"Mary got the {thing} there." for thing in ("milk", "apple", "football")]
    assert solve("qa7", facts, "How many objects is Mary carrying?") == ("three", (0, 1, 2))
