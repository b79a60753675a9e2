"""The last step of every simulator: events and a question become sentences."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from generators.stories import grammar
from generators.stories.forms import Event
from generators.stories.story import Story
from generators.streams import Stream


class Ask(NamedTuple):
    """A question that can be asked, its answer and support (indices of events), and its weight beside the others."""

    question: Event
    answer: str
    supporting: tuple[int, ...]
    weight: float = 1.0


def write(task: str, events: Iterable[Event], ask: Ask, stream: Stream) -> Story:
    """The story in words; the support of `ask` counts the events in the order given."""
    facts = tuple(grammar.facts(task).write(event, stream) for event in events)
    question = grammar.questions(task).write(ask.question, stream)
    return Story(task, facts, question, ask.answer, ask.supporting, "simulate")
