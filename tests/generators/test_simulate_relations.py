"""Simulated stories of qa15 to qa20: true to their own facts, never open to two answers, and spread as bAbI's.

What is counted here is read off the official files; how the facts are understood is written out anew, with no help
from simulators or solvers.
"""

from __future__ import annotations

from collections import Counter
from functools import cache, lru_cache
from itertools import permutations, product
from statistics import mean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from babilong.errors import UsageError
from babilong.tasks import TASKS
from generators.stories import grammar
from generators.stories.forms import Event
from generators.stories.simulate import simulate
from generators.stories.simulators.rooms import way
from generators.stories.solve import solve
from generators.stories.story import Story
from generators.streams import Stream

SEEDS = st.integers(0, 2**64)
NORTH, EAST = {"north": 1, "south": -1, "above": 1, "below": -1}, {"east": 1, "west": -1}
EAST |= {"to the right of": 1, "to the left of": -1}


@lru_cache
def sample(task: str, count: int = 1500) -> list[Story]:
    return [simulate(task, Stream("likeness", task, index)) for index in range(count)]


def read(story: Story) -> tuple[list[Event], Event]:
    told = grammar.facts(story.task)
    return [told.read(fact) for fact in story.facts], grammar.questions(story.task).read(story.question)


def shares(items: list[object]) -> dict[object, float]:
    return {item: count / len(items) for item, count in Counter(items).items()}


def placed(facts: list[Event]) -> dict[str, tuple[int, int]]:
    """Where everything lies, by setting things down until nothing moves; facts that clash fail."""
    at = {facts[0].what: (0, 0)}
    while any({fact.what, fact.other} - at.keys() for fact in facts):
        for fact in facts:
            x, y = EAST.get(fact.relation, 0), NORTH.get(fact.relation, 0)
            if fact.other in at:
                at.setdefault(fact.what, (at[fact.other][0] + x, at[fact.other][1] + y))
            elif fact.what in at:
                at[fact.other] = (at[fact.what][0] - x, at[fact.what][1] - y)
    for fact in facts:
        apart = tuple(a - b for a, b in zip(at[fact.what], at[fact.other], strict=True))
        assert apart == (EAST.get(fact.relation, 0), NORTH.get(fact.relation, 0))
    return at


@settings(max_examples=100, deadline=None)
@given(seed=SEEDS)
def test_qa15_every_kind_fears_one_other_and_comes_before_its_actors(seed: int) -> None:
    facts, _ = read(simulate("qa15", Stream(seed)))
    fears = [fact for fact in facts if fact.kind == "fear"]
    assert sorted(fact.what for fact in fears) == ["cat", "mouse", "sheep", "wolf"]
    assert all(fact.what != fact.other for fact in fears)
    assert len({fact.actor for fact in facts if fact.kind == "is a"}) == 4
    for i, fact in enumerate(facts):
        assert fact.kind == "fear" or fact.what in [earlier.what for earlier in facts[:i] if earlier.kind == "fear"]


@settings(max_examples=100, deadline=None)
@given(seed=SEEDS)
def test_qa16_all_of_the_kind_asked_about_have_one_colour(seed: int) -> None:
    story = simulate("qa16", Stream(seed))
    facts, question = read(story)
    kind = {fact.actor: fact.what for fact in facts if fact.kind == "is a"}
    colour = {fact.actor: fact.what for fact in facts if fact.kind == "is"}
    assert len(kind) == 5 and kind.keys() - colour.keys() == {question.actor}
    assert {colour[a] for a in colour if kind[a] == kind[question.actor]} == {story.answer}
    for i, fact in enumerate(facts):
        assert fact.kind == "is a" or Event("is a", fact.actor, kind[fact.actor]) in facts[:i]


@settings(max_examples=100, deadline=None)
@given(seed=SEEDS)
def test_qa17_the_map_gives_the_answer(seed: int) -> None:
    story = simulate("qa17", Stream(seed))
    facts, question = read(story)
    at = placed(facts)
    assert len(at) == len(set(at.values())) == 3
    (x, y), (u, v) = at[question.what], at[question.other]
    side = (x - u) * EAST.get(question.relation, 0) + (y - v) * NORTH.get(question.relation, 0)
    assert story.answer == ("yes" if side > 0 else "no")
    assert question.what in facts[story.supporting[0]] and question.other in facts[story.supporting[1]]


@settings(max_examples=100, deadline=None)
@given(seed=SEEDS)
def test_qa18_every_order_of_sizes_that_fits_the_facts_gives_the_answer(seed: int) -> None:
    story = simulate("qa18", Stream(seed))
    facts, question = read(story)
    boxes = ("box", "box of chocolates", "chest", "chocolate", "container", "suitcase")
    orders = [dict(zip(boxes, sizes, strict=True)) for sizes in permutations(range(6))]
    fitting = [size for size in orders if all(size[fact.what] > size[fact.other] for fact in facts)]
    assert {size[question.what] > size[question.other] for size in fitting} == {story.answer == "yes"}
    first, second = (facts[i] for i in story.supporting)
    assert {question.what, question.other} == {first.what, first.other} ^ {second.what, second.other}


@cache
def walks(length: int) -> list[tuple[str, ...]]:
    return list(product("nesw", repeat=length))


@settings(max_examples=150, deadline=None)
@given(seed=SEEDS, length=st.integers(1, 5), decoys=st.integers(0, 4))
def test_qa19_the_way_is_the_only_one_on_the_map_and_over_the_links(seed: int, length: int, decoys: int) -> None:
    if length + 1 + decoys > 6:
        with pytest.raises(UsageError, match="a house has 6 rooms"):
            way(Stream(seed), length, decoys)
        return
    story = way(Stream(seed), length, decoys)
    facts, question = read(story)
    assert solve("qa19", story.facts, story.question) == (story.answer, story.supporting)
    at = placed(facts)
    assert len(at) == len(set(at.values())) == len(facts) + 1 == length + 1 + decoys
    for linked in (False, True):
        assert [",".join(walk) for walk in walks(length) if arrives(walk, question, at, facts, linked)] == [
            story.answer
        ]
        assert not any(arrives(walk, question, at, facts, linked) for n in range(1, length) for walk in walks(n))


@settings(max_examples=100, deadline=None)
@given(seed=SEEDS, length=st.integers(1, 5), decoys=st.integers(0, 4))
def test_qa19_the_way_is_the_only_one_over_the_links_wherever_rooms_come_to_lie(
    seed: int, length: int, decoys: int
) -> None:
    length = min(length, 5 - decoys)
    story = way(Stream(seed), length, decoys, apart=False)
    facts, question = read(story)
    assert solve("qa19", story.facts, story.question) == (story.answer, story.supporting)
    at = placed(facts)
    assert len(at) == len(facts) + 1 == length + 1 + decoys
    for n in range(1, length + 1):
        found = [",".join(walk) for walk in walks(n) if arrives(walk, question, at, facts, linked=True)]
        assert found == [story.answer] * (n == length)


def arrives(
    walk: tuple[str, ...], question: Event, at: dict[str, tuple[int, int]], facts: list[Event], linked: bool
) -> bool:
    """Whether a walk leads from room to room to the goal: over links alone, or wherever rooms lie side by side."""
    links = {frozenset((fact.what, fact.other)) for fact in facts}
    here = question.what
    for letter in walk:
        x, y = at[here]
        beyond = {"n": (x, y + 1), "s": (x, y - 1), "e": (x + 1, y), "w": (x - 1, y)}[letter]
        there = [room for room, place in at.items() if place == beyond]
        there = [room for room in there if not linked or {room, here} in links]
        if not there:
            return False
        here = there[0]
    return here == question.other


@settings(max_examples=100, deadline=None)
@given(seed=SEEDS)
def test_qa20_everyone_does_what_his_motive_bids_in_order(seed: int) -> None:
    story = simulate("qa20", Stream(seed))
    facts, question = read(story)
    wants = {"bored": ("garden", "football"), "hungry": ("kitchen", "apple"), "tired": ("bedroom", "pajamas")}
    wants["thirsty"] = ("kitchen", "milk")
    deeds: dict[str, list[Event]] = {}
    for fact in facts:
        deeds.setdefault(fact.actor, []).append(fact)
    for done in deeds.values():
        assert [fact.kind for fact in done] == ["feels", "move", "get"][: len(done)]
        assert tuple(fact.what for fact in done[1:]) == wants[done[0].what][: len(done) - 1]
    taken = [fact.what for fact in facts if fact.kind == "get"]
    assert len(taken) == len(set(taken))
    assert question.actor == facts[-1].actor
    assert story.answer == (wants[facts[-1].what][0] if facts[-1].kind == "feels" else deeds[question.actor][0].what)


def test_a_way_needs_a_link() -> None:
    with pytest.raises(UsageError, match="no way of 0 links"):
        way(Stream("short"), length=0)
    with pytest.raises(UsageError, match="-1 rooms beside"):
        way(Stream("few"), decoys=-1)


@pytest.mark.parametrize("task", ["qa15", "qa16", "qa17", "qa18", "qa19"])
def test_answers_are_spread_evenly(task: str) -> None:
    labels = TASKS[task].labels
    assert shares([s.answer for s in sample(task)]) == pytest.approx(dict.fromkeys(labels, 1 / len(labels)), abs=0.05)


def test_qa15_actors_are_often_of_one_kind() -> None:
    kinds = [tuple(sorted(Counter(f.what for f in read(s)[0] if f.kind == "is a").values())) for s in sample("qa15")]
    expected = {(1, 1, 2): 0.49, (1, 3): 0.25, (2, 2): 0.17, (1, 1, 1, 1): 0.06, (4,): 0.03}
    assert shares([*kinds]) == pytest.approx(expected, abs=0.05)


def test_qa16_asks_of_two_of_a_kind_and_mostly_of_the_one_named_last() -> None:
    alike, turns = [], []
    for story in sample("qa16"):
        facts, question = read(story)
        named = {fact.actor: fact.what for fact in facts if fact.kind == "is a"}
        alike.append([*named.values()].count(named[question.actor]))
        turns.append([*named].index(question.actor))
    assert shares([*alike]) == pytest.approx({2: 0.89, 4: 0.1, 5: 0.01}, abs=0.04)
    assert shares([*turns]) == pytest.approx({4: 0.57, 3: 0.18, 2: 0.11, 1: 0.08, 0: 0.06}, abs=0.05)


def test_qa17_a_third_of_the_shapes_are_in_one_line() -> None:
    lines = [len({fact.relation in EAST for fact in read(story)[0]}) for story in sample("qa17")]
    assert shares([*lines]) == pytest.approx({2: 0.66, 1: 0.34}, abs=0.05)


def test_qa18_asks_after_five_facts_and_more_where_no_chain_is() -> None:
    lengths = shares([len(story.facts) for story in sample("qa18")])
    assert {n: lengths[n] for n in (5, 10, 15)} == pytest.approx({5: 0.765, 10: 0.21, 15: 0.02}, abs=0.05)


def test_qa19_decoys_are_told_first_and_named_first() -> None:
    stories = sample("qa19")
    assert mean(len(story.facts) - 1 in story.supporting for story in stories) == pytest.approx(0.57, abs=0.05)
    ends = []
    for story in stories:
        facts, _ = read(story)
        seen = Counter(room for fact in facts for room in (fact.what, fact.other))
        ends.extend(seen[fact.what] == 1 for fact in facts if min(seen[fact.what], seen[fact.other]) == 1)
    assert mean(ends) == pytest.approx(0.74, abs=0.04)


def test_qa19_rooms_lie_beside_the_way_as_in_babi_where_they_may_meet() -> None:
    joined, met = [], []
    for index in range(1500):
        story = way(Stream("likeness", "met", index), apart=False)
        facts, _ = read(story)
        seen = Counter(room for fact in facts for room in (fact.what, fact.other))
        first, second = ({facts[i].what, facts[i].other} for i in story.supporting)
        joined.append(seen[(first & second).pop()])
        met.append(len(set(placed(facts).values())) < len(facts) + 1)
    assert shares([*joined]) == pytest.approx({2: 0.365, 3: 0.533, 4: 0.102}, abs=0.04)
    assert mean(met) == pytest.approx(0.073, abs=0.02)


def test_qa20_asks_as_often_after_a_feeling_as_after_a_move() -> None:
    kinds = shares([read(story)[1].kind for story in sample("qa20")])
    assert kinds == pytest.approx({"will go": 0.373, "why go": 0.373, "why get": 0.254}, abs=0.05)
    assert mean(len(story.facts) for story in sample("qa20")) == pytest.approx(5.9, abs=0.3)
