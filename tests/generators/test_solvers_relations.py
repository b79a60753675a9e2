"""Solvers of the tasks on kinds, places, sizes, ways and motives (qa15 to qa20): small stories made by hand."""

from __future__ import annotations

import pytest

from babilong.errors import DataError
from generators.stories.solve import solve

ANIMALS = "Mice are afraid of wolves.|Emily is a cat.|Cats are afraid of mice.|Jessica is a mouse."
FROGS = "Lily is a frog.|Greg is a frog.|Julius is a swan.|Brian is a frog.|Brian is green.|Greg is gray."
SQUARES = "The triangle is above the red square.|The blue square is to the left of the triangle."
COLUMN = "The triangle is above the red square.|The triangle is below the blue square."
BOXES = "The box is bigger than the chest.|The chocolate fits inside the chest."
ROOMS = "The office is east of the hallway.|The office is south of the kitchen.|The garden is west of the kitchen."
TIRED = "Yann is tired.|Jason is hungry.|Yann went to the bedroom.|Jason moved to the kitchen."


@pytest.mark.parametrize(
    ("task", "facts", "question", "answer", "supporting"),
    [
        ("qa15", ANIMALS, "What is emily afraid of?", "mouse", (1, 2)),
        ("qa15", ANIMALS, "What is jessica afraid of?", "wolf", (3, 0)),
        # The one of the kind who was named last, whoever's colour was told last.
        ("qa16", FROGS, "What color is Lily?", "green", (0, 3, 4)),
        ("qa17", SQUARES, "Is the blue square above the red square?", "yes", (1, 0)),
        ("qa17", SQUARES, "Is the red square to the right of the blue square?", "yes", (0, 1)),
        ("qa17", SQUARES, "Is the red square to the left of the blue square?", "no", (0, 1)),
        ("qa17", COLUMN, "Is the blue square above the red square?", "yes", (1, 0)),
        ("qa17", COLUMN, "Is the blue square to the left of the red square?", "no", (1, 0)),
        ("qa18", BOXES, "Is the box bigger than the chocolate?", "yes", (0, 1)),
        ("qa18", BOXES, "Does the box fit in the chocolate?", "no", (1, 0)),
        ("qa18", BOXES, "Does the chest fit in the box?", "yes", (0,)),
        # Two links are taken though one would do, and the longer chain only where there is no other.
        ("qa18", BOXES + "|The box is bigger than the chocolate.", "Does the chocolate fit in the box?", "yes", (0, 1)),
        (
            "qa18",
            BOXES + "|The box fits inside the suitcase.",
            "Is the chocolate bigger than the suitcase?",
            "no",
            (1, 0, 2),
        ),
        # The second link is the first other fact to name the chest; of first links the latest is taken.
        (
            "qa18",
            "The box is bigger than the chest.|The chest is bigger than the chocolate.|The chest fits inside the box.",
            "Does the chocolate fit in the box?",
            "yes",
            (0, 1),
        ),
        (
            "qa18",
            "The chest is bigger than the chocolate.|The box is bigger than the chest.|The chest fits inside the box.",
            "Does the chocolate fit in the box?",
            "yes",
            (2, 0),
        ),
        ("qa19", ROOMS, "How do you go from the hallway to the kitchen?", "e,n", (0, 1)),
        ("qa19", ROOMS, "How do you go from the garden to the office?", "e,s", (2, 1)),
        ("qa19", ROOMS, "How do you go from the garden to the hallway?", "e,s,w", (2, 1, 0)),
        ("qa20", TIRED, "Where will yann go?", "bedroom", (0,)),
        ("qa20", TIRED, "Why did jason go to the kitchen?", "hungry", (1,)),
        ("qa20", TIRED + "|Jason grabbed the apple there.", "Why did jason get the apple?", "hungry", (1,)),
    ],
)
def test_small_stories(task: str, facts: str, question: str, answer: str, supporting: tuple[int, ...]) -> None:
    assert solve(task, facts.split("|"), question) == (answer, supporting)


@pytest.mark.parametrize(
    ("task", "facts", "question"),
    [
        ("qa15", ANIMALS, "What is winona afraid of?"),
        ("qa15", "Winona is a sheep.|" + ANIMALS, "What is winona afraid of?"),
        ("qa16", "Greg is a frog.|Greg is gray.", "What color is Lily?"),
        ("qa16", "Greg is a frog.|Lily is a frog.", "What color is Lily?"),
        ("qa16", "Greg is a frog.|Greg is gray.|Lily is a swan.", "What color is Lily?"),
        ("qa17", SQUARES, "Is the triangle above the pink rectangle?"),
        ("qa17", SQUARES, "Is the triangle above the triangle?"),
        ("qa18", BOXES, "Is the box bigger than the suitcase?"),
        (
            "qa18",
            "The box is bigger than the chest.|The suitcase is bigger than the chest.",
            "Does the box fit in the suitcase?",
        ),
        ("qa19", ROOMS, "How do you go from the hallway to the bathroom?"),
        ("qa19", ROOMS, "How do you go from the hallway to the hallway?"),
        ("qa20", TIRED, "Where will sumit go?"),
        ("qa20", "Sumit went to the garden.", "Why did sumit go to the garden?"),
    ],
)
def test_what_the_facts_do_not_tell_is_an_error(task: str, facts: str, question: str) -> None:
    with pytest.raises(DataError, match="do not tell the answer"):
        solve(task, facts.split("|"), question)


def test_boxes_in_a_circle_end() -> None:
    circle = ["The box is bigger than the chest.", "The chest is bigger than the box."]
    with pytest.raises(DataError, match="do not tell the answer"):
        solve("qa18", circle, "Is the box bigger than the suitcase?")
