"""Actors and the kinds they are of: what a kind fears (qa15), what colour it has (qa16).

Both tasks draw until something new can be told, which gives the order of bAbI's facts. Read off the en-10k files.
"""

from __future__ import annotations

from generators.stories.forms import Event
from generators.stories.lexicon import ANIMALS, COLOURED_PEOPLE, COLOURS, FEARING_PEOPLE, KINDS
from generators.stories.simulators.writing import Ask, write
from generators.stories.story import Story
from generators.streams import Stream

# How many actors are of the kind asked about: bAbI has never one (nothing to go by), and never three.
ASKED_ALIKE = (2, 4, 5)


def fears(stream: Stream) -> Story:
    """A question of qa15: four kinds each fear another, four actors are of kinds (Weston et al. 2015, section 3)."""
    events: list[Event] = []
    feared: dict[str, int] = {}
    told: dict[str, int] = {}
    while len(events) < len(ANIMALS) + len(FEARING_PEOPLE):
        kind = stream.choice(ANIMALS)  # what it fears is told first, so that early kinds get the most actors
        if kind not in feared:
            feared[kind] = len(events)
            others = [other for other in ANIMALS if other != kind]
            events.append(Event("fear", what=kind, other=stream.choice(others)))
            continue
        actor = stream.choice(FEARING_PEOPLE)
        if actor not in told:
            told[actor] = len(events)
            events.append(Event("is a", actor, kind))
    actor = stream.choice(FEARING_PEOPLE)
    support = (told[actor], feared[events[told[actor]].what])
    return write("qa15", events, Ask(Event("fears", actor), events[support[1]].other, support), stream)


def colours(stream: Stream) -> Story:
    """A question of qa16: the colour of the one actor whose colour is not told (Weston et al. 2015, section 3).

    bAbI takes the actor of the same kind who was named last, also where others of that kind have another colour. Here
    all of the kind asked about have one colour, so that there is nothing to choose.
    """
    while True:
        kinds = {actor: stream.choice(KINDS) for actor in COLOURED_PEOPLE}
        order, asked = _colours_order(stream)
        alike = [actor for actor, kind in kinds.items() if kind == kinds[asked]]
        if len(alike) in ASKED_ALIKE:
            break
    answer = stream.choice(COLOURS)
    events: list[Event] = []
    shown: dict[str, str] = {kinds[asked]: answer}
    named: dict[str, int] = {}
    coloured: dict[str, int] = {}
    for actor in order:
        kind = kinds[actor]
        if actor not in named:
            named[actor] = len(events)
            events.append(Event("is a", actor, kind))
            if kind != kinds[asked]:
                shown.pop(kind, None)  # in bAbI a kind's colour holds for those named before it was shown
        else:
            coloured[actor] = len(events)
            events.append(Event("is", actor, shown.setdefault(kind, stream.choice(COLOURS))))
    like = max((actor for actor in alike if actor != asked), key=named.__getitem__)
    support = (named[asked], named[like], coloured[like])
    return write("qa16", events, Ask(Event("colour", asked), answer, support), stream)


def _colours_order(stream: Stream) -> tuple[list[str], str]:
    """Who is spoken of, twice each: first the kind, then the colour. The one left without a colour is asked about."""
    order: list[str] = []
    while True:
        left = [actor for actor in COLOURED_PEOPLE if order.count(actor) < 2]
        if len(left) == 1 and left[0] in order:
            return order, left[0]
        order.append(stream.choice(left))
