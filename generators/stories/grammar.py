"""The sentences of bAbI as tables: simulators write with them, solvers read with them.

    write(Event("get", "Mary", "milk"), FACTS["qa2"], stream)   # "Mary took the milk there."
    read("Mary took the milk there.", FACTS["qa2"])             # Event("get", "Mary", "milk")

Words, shares and forms are read off the official v1.2 files of Weston et al. 2015 (section 3 describes the tasks).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from babilong.errors import DataError
from babilong.tasks import HOUSE, OBJECTS
from generators.streams import Stream

HOUSE_ACTORS = ("Daniel", "John", "Mary", "Sandra")
GIVING_ACTORS = ("Bill", "Fred", "Jeff", "Mary")
OPPOSITE = {"north": "south", "south": "north", "east": "west", "west": "east"}

MOVE = ("went to", "went back to", "journeyed to", "travelled to", "moved to")
GET = ("got", "took", "grabbed", "picked up")
DROP = ("dropped", "discarded", "left", "put down")
GIVE = ("gave", "passed", "handed")

Words = dict[str, tuple[str, ...]]  # what may stand in each slot of a sentence
_BESIDE: Words = {"other": HOUSE, "direction": tuple(OPPOSITE)}
_THING: Words = {"what": OBJECTS}
_GIVER: Words = {"actor": GIVING_ACTORS}
_RECEIVER: Words = {"other": GIVING_ACTORS}


class Event(NamedTuple):
    """What a sentence says or asks: its kind and the words in its slots."""

    kind: str
    actor: str = ""
    what: str = ""
    other: str = ""
    direction: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """One kind of sentence.

    Attributes:
        kind: its name.
        template: the sentence, with its slots in braces.
        words: what may stand in each slot.
        verbs: what may stand in `{verb}`; all mean the same and are equally likely.
        there: the share of sentences in which `{there}` is " there" (it adds nothing to the meaning).
        asks: for a question, the slot of the fact that answers it.
        weight: for a question, how often it is asked beside the other forms.
        pattern: reads the sentence back.
    """

    kind: str
    template: str
    words: Words
    verbs: tuple[str, ...] = ()
    there: float = 0.0
    asks: str = ""
    weight: float = 1.0
    pattern: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Derive the pattern from the template."""
        groups = {slot: f"(?P<{slot}>{'|'.join(words)})" for slot, words in self.words.items()}
        body = re.sub(r"([.?])", r"\\\1", self.template)
        text = body.format(**groups, verb=f"(?:{'|'.join(self.verbs)})", there="(?: there)?" if self.there else "")
        object.__setattr__(self, "pattern", re.compile(text))


def write(event: Event, forms: Mapping[str, Form], stream: Stream) -> str:
    """One of the sentences that say this."""
    form = forms[event.kind]
    verb = stream.choice(form.verbs) if form.verbs else ""
    there = " there" if form.there and stream.random() < form.there else ""
    _, actor, what, other, direction = event
    return form.template.format(verb=verb, there=there, actor=actor, what=what, other=other, direction=direction)


def read(sentence: str, forms: Mapping[str, Form]) -> Event:
    """What a sentence says.

    Raises:
        DataError: the sentence has none of these forms.
    """
    for form in forms.values():
        if match := form.pattern.fullmatch(sentence):
            return Event(form.kind, **match.groupdict())
    raise DataError(f"{sentence!r} is no sentence of this task; it knows {', '.join(forms)}.")


def _table(*forms: Form) -> dict[str, Form]:
    return {form.kind: form for form in forms}


def _deeds(actors: tuple[str, ...], get_there: float, give: bool = False) -> dict[str, Form]:
    """Moves and what is done with things."""
    person: Words = {"actor": actors}
    forms = [
        Form("move", "{actor} {verb} the {what}.", person | {"what": HOUSE}, MOVE),
        Form("get", "{actor} {verb} the {what}{there}.", person | _THING, GET, there=get_there),
        Form("drop", "{actor} {verb} the {what}{there}.", person | _THING, DROP, there=0.2),
    ]
    if give:
        forms.append(Form("give", "{actor} {verb} the {what} to {other}.", person | _THING | {"other": actors}, GIVE))
    return _table(*forms)


FACTS: dict[str, dict[str, Form]] = {
    "qa1": _table(Form("move", "{actor} {verb} the {what}.", {"actor": HOUSE_ACTORS, "what": HOUSE}, MOVE)),
    "qa2": _deeds(HOUSE_ACTORS, get_there=1.0),
    "qa3": _deeds(HOUSE_ACTORS, get_there=0.2),
    "qa4": _table(Form("beside", "The {what} is {direction} of the {other}.", _BESIDE | {"what": HOUSE})),
    "qa5": _deeds(GIVING_ACTORS, get_there=1.0, give=True),
}

QUESTIONS: dict[str, dict[str, Form]] = {
    "qa1": _table(Form("where", "Where is {actor}?", {"actor": HOUSE_ACTORS})),
    "qa2": _table(Form("where", "Where is the {what}?", _THING)),
    "qa3": _table(Form("before", "Where was the {what} before the {other}?", _THING | {"other": HOUSE})),
    "qa4": _table(
        Form("stated", "What is {direction} of the {other}?", _BESIDE),
        Form("inverse", "What is the {other} {direction} of?", _BESIDE),
    ),
    "qa5": _table(
        Form("what", "What did {actor} give to {other}?", _GIVER | _RECEIVER, asks="what", weight=2),
        Form("gave", "Who gave the {what}?", _THING, asks="actor"),
        Form("gave to", "Who gave the {what} to {other}?", _THING | _RECEIVER, asks="actor"),
        Form("received", "Who received the {what}?", _THING, asks="other"),
        Form("to whom", "Who did {actor} give the {what} to?", _GIVER | _THING, asks="other"),
    ),
}
