"""What holds of an actor because of the kind he is of (qa15, qa16)."""

from __future__ import annotations

from generators.stories.forms import Event, Solution


def feared(facts: list[Event], question: Event) -> Solution:
    """What the actor's kind fears."""
    of_kind = max(i for i, fact in enumerate(facts) if fact.actor == question.actor)
    fear = max(i for i, fact in enumerate(facts) if fact.kind == "fear" and fact.what == facts[of_kind].what)
    return facts[fear].other, (of_kind, fear)


def colour(facts: list[Event], question: Event) -> Solution:
    """The colour of another of the actor's kind: of the one who was last said to be of it."""
    kinds = {fact.actor: i for i, fact in enumerate(facts) if fact.kind == "is a"}
    colours = {fact.actor: i for i, fact in enumerate(facts) if fact.kind == "is"}
    kind = kinds.pop(question.actor, -1)
    if kind < 0:
        raise ValueError
    like = max(i for actor, i in kinds.items() if facts[i].what == facts[kind].what and actor in colours)
    shown = colours[facts[like].actor]
    return facts[shown].what, (kind, like, shown)
