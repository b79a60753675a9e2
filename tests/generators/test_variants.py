"""Open words and distractors: other words, the same logic."""

from __future__ import annotations

import hashlib
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from babilong.errors import UsageError
from babilong.tasks import TASKS
from generators.kitchen import Kitchen
from generators.recipe import Recipe
from generators.stories.lexicon import CLOSED
from generators.stories.open_words import LISTS, WOMEN, WORDINGS, open_lexicon, open_list
from generators.stories.simulate import SIMULATORS, simulate
from generators.stories.solve import solve
from generators.stories.story import Story
from generators.stories.variants import OpenWords, with_distractors
from generators.streams import Stream

GOLDEN = "e99adf9fb6774458d78e0d36f7fb623280ef67d653a76f815e6dc0f6753498a9"
BABI_WORDS = {word for words in CLOSED.values() for pair in words.items() for word in pair}
SPLITS = ("train", "valid", "test")
ENTITIES = sorted({name for kind, name in LISTS.items() if kind not in WORDINGS})


def varied(task: str, seed: int, distractors: int) -> Story:
    stream = Stream("varied", task, seed)
    words = OpenWords("test", stream)
    story = words.retell(simulate(task, stream))
    return with_distractors(story, [words.retell(simulate(task, stream)) for _ in range(distractors)], stream)


def test_the_same_bytes_for_ever() -> None:
    text = "\n".join(repr(varied(task, 0, 2)) for task in TASKS)
    assert hashlib.sha256(text.encode()).hexdigest() == GOLDEN


@pytest.mark.parametrize("name", [*ENTITIES, *WORDINGS, "men", "women"])
def test_lists_are_large_apart_and_none_of_babi(name: str) -> None:
    lists = [open_list(name, split) for split in SPLITS]
    words = [word for split in lists for word in split]
    assert len(words) == len(set(words))
    assert not set(words) & BABI_WORDS
    assert len(lists[0]) > len(lists[1]) >= len(lists[2]) >= 4
    if name in ("people", "places", "objects", "shapes", "containers"):
        assert len(words) >= 200


@pytest.mark.parametrize("name", ENTITIES)
def test_words_fit_their_sentences(name: str) -> None:
    words = [word for split in SPLITS for word in open_list(name, split)]
    if name == "animals":  # "A is a K."
        assert not [word for word in words if word[0] in "aeiou" or re.search("(s|x|z|ch|sh|[^aeo]y)$", word)]
    assert all(word[0].isupper() == (name == "people") for word in words)


@settings(max_examples=150, deadline=None)
@given(task=st.sampled_from([*SIMULATORS]), seed=st.integers(0, 2**32), distractors=st.integers(0, 3))
def test_solvers_answer_from_the_text(task: str, seed: int, distractors: int) -> None:
    story = varied(task, seed, distractors)
    assert solve(task, story.facts, story.question) == (story.answer, story.supporting)
    assert set(story.answer.split(",")) <= set(story.labels) or story.answer in story.labels


@settings(max_examples=100, deadline=None)
@given(task=st.sampled_from([*SIMULATORS]), seed=st.integers(0, 2**32), split=st.sampled_from(SPLITS))
def test_no_word_of_babi_is_left_but_what_stays(task: str, seed: int, split: str) -> None:
    stream = Stream("left", seed)
    story = simulate(task, stream)
    told = OpenWords(split, stream).retell(story)
    assert len(told.facts) == len(story.facts)
    assert told.supporting == story.supporting
    gone = {word.lower() for name in LISTS if name not in WORDINGS for word in CLOSED[name]}
    kept = set(CLOSED["motive rooms"]) if task == "qa20" else set()
    told_words = set(re.findall(r"\w+", " ".join((*told.facts, told.question)).lower()))
    assert not told_words & (gone - kept)
    spoken = open_lexicon(split)
    assert (
        not set(told.labels) - {word for words in spoken.values() for word in words.values()} - set(TASKS[task].labels)
    )


def test_whoever_is_a_she_stays_a_she() -> None:
    for seed in range(20):
        stream = Stream("she", seed)
        story = Story("qa11", ("Mary went to the garden.", "Then she moved to the office."), "Where is Mary?", "office",
                      (0, 1), "test")  # fmt: skip
        name = OpenWords("train", stream).retell(story).question.removeprefix("Where is ").removesuffix("?")
        assert name in open_list("women", "train")
    assert "Mary" in WOMEN


@settings(max_examples=60, deadline=None)
@given(task=st.sampled_from([*SIMULATORS]), seed=st.integers(0, 2**32))
def test_distractors_keep_the_order_of_every_story(task: str, seed: int) -> None:
    stream = Stream("order", seed)
    words = OpenWords("valid", stream)
    stories = [words.retell(simulate(task, stream)) for _ in range(3)]
    mixed = with_distractors(stories[0], stories[1:], stream)
    assert len(mixed.facts) == sum(len(story.facts) for story in stories)
    assert [mixed.facts[i] for i in mixed.supporting] == [stories[0].facts[i] for i in stories[0].supporting]
    for story in stories:
        rest = iter(mixed.facts)
        assert all(fact in rest for fact in story.facts)


def test_distractors_alone_leave_the_story_in_babis_words() -> None:
    plain = next(Kitchen(Recipe()).samples("qa1", "0k", 1))
    among = next(Kitchen(Recipe(distractors=3)).samples("qa1", "0k", 1))
    assert among.question == plain.question and among.target == plain.target
    assert [fact for fact in among.facts if fact in plain.facts] == [*plain.facts]
    assert len(among.facts) > len(plain.facts)
    assert set(TASKS["qa1"].labels) < set(among.labels) and plain.labels == ()


def test_more_distractors_than_there_are_words() -> None:
    with pytest.raises(UsageError, match="no more .* ask for fewer --distractors"):
        varied("qa15", 0, 30)


def test_samples_of_every_kind_are_told_apart_by_their_recipe() -> None:
    recipes = [Recipe(), Recipe(vocabulary="open"), Recipe(distractors=2), Recipe(vocabulary="open", distractors=2)]
    assert len({Kitchen(recipe).recipe_hash for recipe in recipes}) == 4


@pytest.mark.parametrize(
    ("values", "says"), [({"vocabulary": "opne"}, "did you mean open"), ({"distractors": -1}, "counts stories")]
)
def test_bad_values(values: dict[str, object], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        Recipe(**values)  # type: ignore[arg-type]
