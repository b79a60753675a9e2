"""Who is where and holds what (qa1, qa2, qa3, qa5, qa7, qa8)."""

from __future__ import annotations

from generators.stories.forms import Event, Solution
from generators.stories.grammar import questions

COUNTS = ("none", "one", "two", "three")


def where_is_actor(facts: list[Event], question: Event) -> Solution:
    """Where the actor moved last."""
    last = max(i for i, fact in enumerate(facts) if fact.actor == question.actor)
    return facts[last].what, (last,)


def where_is_thing(facts: list[Event], question: Event) -> Solution:
    """Where its holder, or who dropped it, had moved."""
    touch = max(i for i, fact in enumerate(facts) if fact.what == question.what)
    until = len(facts) if facts[touch].kind == "get" else touch
    moves = (i for i, fact in enumerate(facts[:until]) if fact.kind == "move" and fact.actor == facts[touch].actor)
    move = max(moves)
    return facts[move].what, (touch, move)


def where_was_thing(facts: list[Event], question: Event) -> Solution:
    """The thing's path through the rooms; what counts is its last stay in the room asked."""
    arrived: dict[str, int] = {}
    path: list[int] = []
    holder, touch = "", -1
    for i, fact in enumerate(facts):
        if fact.kind == "move":
            arrived[fact.actor] = i
            if fact.actor == holder:
                path.append(i)
        elif fact.what == question.what:
            touch, holder = i, fact.actor if fact.kind == "get" else ""
            came = arrived.get(fact.actor)
            if came is not None and not (path and facts[path[-1]].what == facts[came].what):
                path.append(came)
    stay = max(j for j in range(1, len(path)) if facts[path[j]].what == question.other)
    return facts[path[stay - 1]].what, (touch, path[stay], path[stay - 1])


def who_gave_what(facts: list[Event], question: Event) -> Solution:
    """The latest give that fits, among those since which the thing was not given again."""
    final = {fact.what: i for i, fact in enumerate(facts) if fact.kind == "give"}
    asked = [(slot, word) for slot, word in question._asdict().items() if word and slot != "kind"]
    give = max(i for i in final.values() if all(getattr(facts[i], slot) == word for slot, word in asked))
    return getattr(facts[give], questions("qa5")[question.kind].asks), (give,)


def how_many_things(facts: list[Event], question: Event) -> Solution:
    """What is in someone's hands; all that told what came into them or left them is support."""
    touches = _touches(facts, question.actor)
    held = [thing for thing in touches if _is_held(facts[touches[thing][-1]], question.actor)]
    if len(held) >= len(COUNTS):
        raise ValueError
    return COUNTS[len(held)], tuple(sorted(i for told in touches.values() for i in told))


def which_things(facts: list[Event], question: Event) -> Solution:
    """The same thing by thing, in the order in which each was first got."""
    touches = _touches(facts, question.actor)
    held = [thing for thing in touches if _is_held(facts[touches[thing][-1]], question.actor)]
    return ",".join(held) or "nothing", tuple(i for told in touches.values() for i in told)


def _touches(facts: list[Event], person: str) -> dict[str, list[int]]:
    """For each thing that someone had in hand the facts that say so, the things in the order in which they came."""
    touches: dict[str, list[int]] = {}
    for i, fact in enumerate(facts):
        if fact.kind != "move" and person in (fact.actor, fact.other):
            touches.setdefault(fact.what, []).append(i)
    if not touches:
        raise ValueError  # nothing is told of the person's hands
    return touches


def _is_held(last: Event, person: str) -> bool:
    return last.kind == "get" or last.other == person
