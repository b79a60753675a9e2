"""Stories of other people: everybody by another's name."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from babilong.tasks import TASKS
from baselines.tasks.renaming import PEOPLE, as_told, renaming
from generators.stories.simulate import simulate
from generators.streams import Stream


@given(seed=st.integers(0, 10**6))
@settings(max_examples=50, deadline=None)
def test_no_two_people_get_one_name(seed):
    rename = renaming(Stream("train", "names", seed))
    assert sorted(map(rename, PEOPLE)) == list(PEOPLE)
    assert [rename(name.lower()) for name in PEOPLE] == [rename(name).lower() for name in PEOPLE]


def test_all_but_names_stays():
    rename = renaming(Stream("train", "names", 0))
    assert re.fullmatch(r"([A-Z][a-z]+) gave the milk to ([A-Z][a-z]+)\.", rename("Bill gave the milk to Jeff."))
    assert rename("Bill gave the milk to Jeff.") != "Bill gave the milk to Jeff."
    assert rename("Wolves are afraid of cats.") == as_told("Wolves are afraid of cats.") == "Wolves are afraid of cats."


def test_all_of_babis_people_are_there():
    told = {word for task in TASKS for i in range(40) for word in _words(task, i)}
    assert set(PEOPLE) <= told


def _words(task, number):
    story = simulate(task, Stream("train", "people", task, number))
    return re.findall("[A-Za-z]+", " ".join((*story.facts, story.question)))
