"""The finder: every fact of a haystack, nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from babilong.errors import DataError
from babilong.tasks import TASKS
from generators.kitchen import Kitchen
from generators.recipe import Recipe
from generators.stories.find import Found, find_facts, vocabulary_of

BOOKS = Path(__file__).parents[3] / "shared" / "data" / "books"


def test_whole_sentences_only() -> None:
    text = 'Rain. Mary went\n to  the garden. "John went to the office." Mary went to the gardens. Bill ran.'
    assert find_facts("qa1", text) == (Found(6, "Mary went to the garden."),)
    assert find_facts("qa1", "Mary went to the garden.") == (Found(0, "Mary went to the garden."),)
    assert find_facts("qa1", "") == ()
    assert find_facts("qa18", "The chocolate fits inside the box of chocolates.") != ()


def test_the_vocabulary_of_a_question() -> None:
    assert vocabulary_of("qa1", "Where is Mary?") == "closed"
    assert vocabulary_of("qa1", "Where is Akiko?") == "open"
    with pytest.raises(DataError, match="no sentence of this task"):
        vocabulary_of("qa1", "Where is nobody?")


@settings(max_examples=40, deadline=None)
@given(
    task=st.sampled_from([*TASKS]),
    seed=st.integers(0, 2**16),
    vocabulary=st.sampled_from(["closed", "open"]),
    distractors=st.sampled_from([0, 2]),
)
def test_every_fact_is_found_where_it_stands(task: str, seed: int, vocabulary: str, distractors: int) -> None:
    recipe = Recipe(seed=seed, vocabulary=vocabulary, distractors=distractors, max_story_tokens=4_000)
    sample = next(Kitchen(recipe).samples(task, "8k", 1))
    found = find_facts(task, sample.input, "open")
    assert tuple(fact for _, fact in found) == sample.facts
    assert tuple(offset for offset, _ in found) == sample.fact_offsets


@pytest.mark.skipif(not BOOKS.is_dir(), reason=f"the novels are not at {BOOKS}")
def test_novels_hold_no_fact() -> None:
    text = " ".join(" ".join(path.read_bytes().decode("latin-1").split()) for path in sorted(BOOKS.glob("*.txt"))[:6])
    assert all(find_facts(task, text) == () for task in TASKS)
