"""What a sentence says, and the forms in which it is said: the types of the tables in `sentences`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

Solution = tuple[str, tuple[int, ...]]  # the answer, and the supporting facts in bAbI's order for the task


class Event(NamedTuple):
    """What a sentence says or asks: its kind and the words in its slots.

    Attributes:
        kind: such as `move`.
        actor: who does it, or of whom something is said.
        what: the place, thing, kind or state it is about.
        other: the second person, place or thing.
        relation: how `what` lies to `other`.
        when: the time of day.
    """

    kind: str
    actor: str = ""
    what: str = ""
    other: str = ""
    relation: str = ""
    when: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """One kind of sentence.

    Attributes:
        kind: its name.
        templates: ways to say it, each as likely as the others, with slots in braces.
        slots: the class of words for each slot; slots that are no field of `Event` are free wording.
        there: the share of sentences in which `{there}` is " there" (it adds nothing to the meaning).
        asks: for a question, the slot of the fact that answers it.
        weight: for a question, how often it is asked beside the other forms.
    """

    kind: str
    templates: tuple[str, ...]
    slots: Mapping[str, str]
    there: float = 0.0
    asks: str = ""
    weight: float = 1.0
