"""People who carry, are sought, keep company and keep time (qa6 to qa14): true to their facts, spread as bAbI's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise
from statistics import mean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generators.stories import grammar
from generators.stories.forms import Event
from generators.stories.lexicon import PRONOUN, TIMES
from generators.stories.simulate import simulate
from generators.stories.simulators.chance import cycled
from generators.stories.simulators.company import compound_coreference, coreference
from generators.stories.solve import solve
from generators.stories.story import Story
from generators.streams import Stream


@lru_cache
def sample(task: str, count: int = 1000) -> list[Story]:
    return [simulate(task, Stream("people", task, index)) for index in range(count)]


def read(story: Story) -> tuple[list[Event], Event]:
    events = [grammar.facts(story.task).read(fact) for fact in story.facts]
    return events, grammar.questions(story.task).read(story.question)


def shares(items: list[object]) -> dict[object, float]:
    return {item: count / len(items) for item, count in Counter(items).items()}


seeds = st.integers(0, 2**64)


@settings(max_examples=60, deadline=None)
@given(task=st.sampled_from(["qa9", "qa10"]), seed=seeds)
def test_nobody_goes_where_he_is_and_only_a_room_that_was_left_is_denied(task: str, seed: int) -> None:
    known: dict[str, str] = {}
    for event in read(simulate(task, Stream(seed)))[0]:
        if event.kind == "not in":
            assert known.pop(event.actor, event.what) == event.what
        elif event.kind == "either":
            assert {event.what, event.other} != {known.pop(event.actor, "")}
        else:
            assert known.get(event.actor) != event.what
            known[event.actor] = event.what


@settings(max_examples=60, deadline=None)
@given(task=st.sampled_from(["qa11", "qa12", "qa13"]), seed=seeds)
def test_all_who_move_are_new_to_the_room(task: str, seed: int) -> None:
    room: dict[str, str] = {}
    who: list[str] = []
    for number, event in enumerate(read(simulate(task, Stream(seed)))[0]):
        assert (event.kind == "then") == (task != "qa12" and number % 2 == 1)
        if event.kind == "then":
            assert len(who) == 2 or event.actor == PRONOUN[who[0]]
        else:
            who = [person for person in (event.actor, event.other) if person]
            assert len(set(who)) == (1 if task == "qa11" else 2)
        assert event.what not in [room.get(person) for person in who]
        room.update(dict.fromkeys(who, event.what))


@settings(max_examples=60, deadline=None)
@given(seed=seeds)
def test_a_day_has_no_gaps_and_nobody_stays_where_he_is(seed: int) -> None:
    day: dict[str, dict[int, str]] = {}
    for event in read(simulate("qa14", Stream(seed)))[0]:
        times = day.setdefault(event.actor, {})
        assert TIMES.index(event.when) not in times
        times[TIMES.index(event.when)] = event.what
    for times in day.values():
        assert sorted(times) == [*range(len(times))]
        assert all(times[time] != times[time - 1] for time in times if time)


@settings(max_examples=60, deadline=None)
@given(seed=seeds)
def test_lists_are_in_the_order_of_the_first_and_of_the_last_get(seed: int) -> None:
    story = simulate("qa8", Stream(seed))
    events, question = read(story)
    got = [event.what for event in events if event.actor == question.actor and event.kind == "get"]
    lost = Counter(event.what for event in events if event.actor == question.actor and event.kind == "drop")
    held = [thing for thing in dict.fromkeys(got) if got.count(thing) > lost[thing]]
    assert story.answer == (",".join(held) or "nothing")
    assert held == [thing for thing in reversed(dict.fromkeys(reversed(got))) if thing in held]


@settings(max_examples=60, deadline=None)
@given(task=st.sampled_from(["qa6", "qa9", "qa10"]), seed=seeds)
def test_whether_someone_is_there_is_asked_only_where_it_was_told(task: str, seed: int) -> None:
    story = simulate(task, Stream(seed))
    events, question = read(story)
    told = [event for event in events if event.actor == question.actor and event.kind not in ("get", "drop")][-1]
    if told.kind == "not in":
        assert (told.what, story.answer) == (question.what, "no")
    elif told.kind == "either":
        assert told.what != told.other
        assert story.answer == ("maybe" if question.what in (told.what, told.other) else "no")
    else:
        assert story.answer == ("yes" if question.what == told.what else "no")


@settings(max_examples=60, deadline=None)
@given(seed=seeds)
def test_every_stay_asked_about_has_the_same_room_before_it(seed: int) -> None:
    story = simulate("qa14", Stream(seed))
    events, question = read(story)
    path = [event.what for time in TIMES for event in events if (event.actor, event.when) == (question.actor, time)]
    assert {before for before, room in zip(path, path[1:], strict=False) if room == question.what} == {story.answer}


@pytest.mark.parametrize(
    ("task", "answers"),
    [
        ("qa6", {"yes": 0.5, "no": 0.5}),
        ("qa7", {"one": 0.49, "none": 0.47, "two": 0.04, "three": 0.0}),
        ("qa9", {"yes": 0.37, "no": 0.63}),
        ("qa10", {"yes": 0.38, "no": 0.48, "maybe": 0.14}),
    ],
)
def test_answers_are_spread_as_in_babi(task: str, answers: dict[str, float]) -> None:
    spread = shares([story.answer for story in sample(task)])
    assert {answer: spread.get(answer, 0.0) for answer in answers} == pytest.approx(answers, abs=0.04)


def test_lists_are_as_long_as_in_babi() -> None:
    lengths = shares([0 if story.answer == "nothing" else len(story.answer.split(",")) for story in sample("qa8")])
    assert {length: lengths[length] for length in range(3)} == pytest.approx({0: 0.34, 1: 0.6, 2: 0.06}, abs=0.04)


@pytest.mark.parametrize(("task", "facts"), [("qa6", 6.3), ("qa7", 8.6), ("qa8", 8.8), ("qa12", 6.0), ("qa14", 7.7)])
def test_stories_are_as_long_as_in_babi(task: str, facts: float) -> None:
    assert mean(len(story.facts) for story in sample(task)) == pytest.approx(facts, rel=0.08)


@pytest.mark.parametrize(
    ("task", "ages"),
    [
        ("qa6", (0.37, 0.29, 0.16, 0.12, 0.07)),
        ("qa7", (0.44, 0.26, 0.14, 0.10, 0.06)),
        ("qa8", (0.36, 0.28, 0.16, 0.13, 0.07)),
        ("qa9", (0.46, 0.29, 0.14, 0.08, 0.04)),
        ("qa10", (0.45, 0.29, 0.14, 0.08, 0.04)),
        ("qa12", (0.72, 0.24, 0.04)),
    ],
)
def test_what_is_asked_is_as_recent_as_in_babi(task: str, ages: tuple[float, ...]) -> None:
    spread = shares([len(story.facts) - 1 - max(story.supporting) for story in sample(task)])
    assert spread == pytest.approx(dict(enumerate(ages)), abs=0.045)


def test_facts_between_two_questions_change_places() -> None:
    assert {tuple(cycled(Stream(seed), "ab")) for seed in range(9)} == {("b", "a")}
    assert all(order[i] != i for seed in range(50) for order in [cycled(Stream(seed), range(5))] for i in range(5))
    for story in sample("qa14"):
        events, _ = read(story)
        if len(events) == 2:
            assert [event.when for event in events] == ["this morning", "yesterday"]


@pytest.mark.parametrize("then", [0.0, 0.5])
@pytest.mark.parametrize("simulator", [coreference, compound_coreference])
def test_pronouns_may_be_fewer(simulator: Callable[..., Story], then: float) -> None:
    stories = [simulator(Stream("fewer", index), then=then) for index in range(200)]
    kinds = [[event.kind for event in read(story)[0]] for story in stories]
    followed = [kind == "then" for told in kinds for before, kind in pairwise(told) if before != "then"]
    assert mean(followed) == pytest.approx(then, abs=0.06)
    assert all(solve(s.task, s.facts, s.question) == (s.answer, s.supporting) for s in stories)
