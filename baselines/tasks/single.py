"""Questions about a single fact, which bAbI does not ask: what there is to know before facts can be put together.

    asked_singly("qa15", [Event("is a", "Winona", "wolf")], stream)      # ((Question("What is winona?", "wolf"),),)

Of a story whose only questions put two facts together, little is learnt until both can be found; each is asked for
by itself in training, never in a test.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from generators.stories.forms import Event, Form
from generators.stories.grammar import Language
from generators.stories.lexicon import CLOSED, OPPOSITE
from generators.streams import Stream


class Question(NamedTuple):
    """A question and its answer, as bAbI writes them."""

    text: str
    answer: str


_SHAPES = {"what": "shapes", "other": "shapes"}
_BESIDE = {"relation": "directions", "other": "house"}
_TURNED = {
    **OPPOSITE,
    "above": "below", "below": "above", "to the left of": "to the right of", "to the right of": "to the left of",
}  # fmt: skip
# By task, the questions that a kind of fact answers with its slot `asks`; no other fact of the story answers them.
_FORMS: dict[str, tuple[Form, ...]] = {
    "qa14": (
        Form("move", ("Where was {actor} {when}?",), {"actor": "town people", "when": "times"}, asks="what"),
    ),
    "qa15": (
        Form("is a", ("What is {actor}?",), {"actor": "fearing people, small"}, asks="what"),
        Form("fear", ("What are {what} afraid of?",), {"what": "animals, many"}, asks="other"),
    ),
    "qa16": (
        Form("is a", ("What is {actor}?",), {"actor": "coloured people"}, asks="what"),
        Form("is", ("What color is {actor}?",), {"actor": "coloured people"}, asks="what"),
    ),
    "qa17": (
        Form("lies", ("How does the {what} lie to the {other}?",), _SHAPES, asks="relation"),
    ),
    "qa19": (
        Form("beside", ("What is {relation} of the {other}?",), _BESIDE, asks="what"),
    ),
    "qa20": (
        Form("feels", ("What is {actor}?",), {"actor": "motive people, small"}, asks="what"),
    ),
}  # fmt: skip


def asked_singly(task: str, events: Sequence[Event], stream: Stream) -> tuple[tuple[Question, ...], ...]:
    """For each fact the questions of this kind that it and those before it answer; none where bAbI asks them itself.

    Args:
        task: `qa1` to `qa20`.
        events: what the facts of a story say.
        stream: what wordings are drawn from.
    """
    forms = _language(task)
    asked: tuple[Question, ...] = ()
    along = []
    for event in events:
        for said in (event, *_turned(event)) if event.kind in forms else ():
            answer = said._asdict()[forms[said.kind].asks]
            asked = (*asked, Question(forms.write(said, stream), answer))
        along.append(asked)
    return tuple(along)


def _turned(event: Event) -> tuple[Event, ...]:
    """The same said of the other of two places or shapes; nothing of anything else."""
    if event.relation not in _TURNED:
        return ()
    return (event._replace(what=event.other, relation=_TURNED[event.relation], other=event.what),)


@cache
def _language(task: str) -> Language:
    return Language(_FORMS.get(task, ()), CLOSED)
