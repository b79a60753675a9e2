"""Lessons: questions asked on the way have the answers that the facts give."""

import pytest

from babilong.tasks import OBJECTS, TASKS
from baselines.tasks.lessons import FEWEST, Lesson, State, lesson
from baselines.tasks.single import Question
from generators.stories import grammar
from generators.stories.forms import Event
from generators.stories.simulators.rooms import way
from generators.stories.solve import solve
from generators.streams import Stream

# Whose questions are asked of whose stories, own ones first.
ALONG = {"qa1": ["qa1"], "qa2": ["qa2", "qa1"], "qa3": ["qa3", "qa2", "qa1"], "qa5": ["qa5", "qa2", "qa1"]}


def told(task: str, seed: int, facts: int = 30) -> Lesson:
    return lesson(task, Stream("train", "lessons", task, seed), facts)


def questions(task: str, group: int, lessons: int = 3) -> list[tuple[list[Event], list[str], Question]]:
    """All questions of a group with the events and facts so far."""
    found = []
    for seed in range(lessons):
        story = told(task, seed)
        events = [grammar.facts(task).read(fact) for fact in story.facts]
        for i, asked in enumerate(story.asked, start=1):
            found += [(events[:i], list(story.facts[:i]), question) for question in asked[group]]
    return found


def places(events: list[Event], thing: str) -> tuple[dict[str, str], str | None]:
    """Where people are, as far as was told, and where a thing is."""
    at: dict[str, str] = {}
    holder, lies = None, None
    for event in events:
        if event.kind == "move":
            at[event.actor] = event.what
        elif event.what == thing:
            holder, lies = event.actor, at.get(event.actor, lies)
            if event.kind == "give":
                holder = event.other
                # They stand in one room, which may have been told of one of them alone.
                lies = at.get(event.other, lies)
            elif event.kind == "drop":
                holder = None
        if holder is not None and event.kind == "move" and event.actor == holder:
            lies = event.what
    return at, lies


@pytest.mark.parametrize("task", ["qa1", "qa2", "qa3", "qa5", "qa6", "qa7", "qa8"])
def test_own_questions_are_answered_as_the_solver_does(task):
    asked = questions(task, 0)
    assert len(asked) > 5
    for _, facts, question in asked:
        assert solve(task, facts, question.text)[0] == question.answer


@pytest.mark.parametrize("task", ["qa2", "qa3", "qa5"])
def test_people_are_where_they_moved_last(task):
    asked = questions(task, ALONG[task].index("qa1"))
    assert len(asked) > 20
    for events, _, question in asked:
        person = question.text.removeprefix("Where is ").removesuffix("?")
        assert [event.what for event in events if event.kind == "move" and event.actor == person][-1] == question.answer


@pytest.mark.parametrize("task", ["qa3", "qa5"])
def test_things_are_where_they_were_carried(task):
    asked = questions(task, ALONG[task].index("qa2"))
    assert len(asked) > 20
    for events, facts, question in asked:
        (thing,) = (thing for thing in OBJECTS if question.text == f"Where is the {thing}?")
        assert places(events, thing)[1] == question.answer
        if task == "qa3":  # qa2 knows nothing of gives
            assert solve("qa2", facts, question.text)[0] == question.answer


@pytest.mark.parametrize("task", sorted(FEWEST))
def test_states_are_what_the_facts_tell_of_their_person(task):
    for seed in range(2):
        story = told(task, seed)
        rooms: dict[str, list[str]] = {}
        holder: dict[str, str] = {}
        for fact, state in zip(story.facts, story.states, strict=True):
            event = grammar.facts(task).read(fact)
            person = event.other or event.actor
            if event.kind == "move":
                rooms.setdefault(person, []).append(event.what)
            elif event.kind == "drop":
                del holder[event.what]
            else:
                holder[event.what] = person
            been = ["", "", *rooms.get(person, [])]
            held = None if task == "qa1" else tuple(holder.get(thing) == person for thing in OBJECTS)
            assert state == State(been[-1], been[-2], held)


@pytest.mark.parametrize("task", TASKS)
def test_every_task_gives_a_lesson(task):
    story = told(task, seed=1, facts=12)
    assert len(story.facts) == len(story.asked) == len(story.states)
    assert len({len(asked) for asked in story.asked}) == 1
    assert any(any(asked) for asked in story.asked)
    if task in FEWEST:
        assert len(story.facts) == 12
    else:
        question = story.asked[-1][0][-1]
        assert solve(task, story.facts, question.text)[0] == question.answer
        assert any(any(asked) for asked in story.asked[:-1])
        assert set(story.states) == {State()}


def test_ways_are_learnt_where_rooms_that_no_fact_links_may_lie_side_by_side():
    alike = 0
    for seed in range(20):
        free, strict = (way(Stream("train", "lessons", "qa19", seed), apart=apart).facts for apart in (False, True))
        assert told("qa19", seed).facts == free
        alike += free == strict
    assert alike < 20


def test_a_story_that_goes_on_begins_alike():
    # What is asked draws words, too, so that only the first fact is the same whatever is asked after it.
    assert told("qa1", seed=3, facts=4).facts == told("qa1", seed=3, facts=9).facts[:4]


@pytest.mark.parametrize("task", TASKS)
def test_all_is_drawn_from_the_stream_that_is_handed_in(task, monkeypatch):
    stream, twin = (Stream("train", "one", task) for _ in range(2))

    def refuse(self, *words):
        raise AssertionError(f"drew from {words}")

    monkeypatch.setattr(Stream, "__init__", refuse)
    assert lesson(task, stream, 10) == lesson(task, twin, 10)
