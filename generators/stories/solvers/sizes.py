"""Which of two boxes is bigger (qa18)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from generators.stories.forms import Event, Solution


def bigger(facts: list[Event], question: Event) -> Solution:
    """Whether a chain of facts leads down in size from the first box to the second, or up.

    Of several chains bAbI mostly takes that of two links whose second is the first other fact to name the box between;
    of those that are left, the one with the latest first link.
    """
    told = dict(enumerate(facts))
    chains = {chain: "yes" for chain in _falling(told, question.what, question.other)}
    chains |= {chain[::-1]: "no" for chain in _falling(told, question.other, question.what)}
    chain = max(chains, key=lambda chain: _preference(facts, chain))
    return chains[chain], chain


def _falling(facts: Mapping[int, Event], top: str, bottom: str) -> Iterator[tuple[int, ...]]:
    """The chains of facts in which something bigger than the next leads from top to bottom."""
    further = {i: fact for i, fact in facts.items() if fact.what != top}
    for i, fact in facts.items():
        if (fact.what, fact.other) == (top, bottom):
            yield (i,)
        elif fact.what == top:
            yield from ((i, *chain) for chain in _falling(further, fact.other, bottom))


def _preference(facts: list[Event], chain: tuple[int, ...]) -> tuple[bool, bool, int]:
    """How readily bAbI takes a chain: two links first, then a second link that is the first to name the box between."""
    if len(chain) != 2:
        return False, False, chain[0]
    names = [{fact.what, fact.other} for fact in facts]
    first, second = chain
    between = names[first] & names[second]
    return True, second == min(i for i, pair in enumerate(names) if i != first and between <= pair), first
