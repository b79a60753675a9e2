"""People who feel something, go where that leads them and get what they wanted (qa20)."""

from __future__ import annotations

from generators.stories.forms import Event
from generators.stories.lexicon import MOTIVE_PEOPLE, WANTS
from generators.stories.simulators.writing import Ask, write
from generators.stories.story import Story
from generators.streams import Stream

ASKED_AFTER = {"feels": "will go", "move": "why go", "get": "why get"}
MOST_FACTS = len(MOTIVE_PEOPLE) * 2 + len(WANTS)


def motives(stream: Stream) -> Story:
    """A question of qa20: one follows every fact, about what the fact says (Weston et al. 2015, section 3)."""
    while True:
        events = _lives(stream)
        asked = stream.below(MOST_FACTS)  # so that a story is asked from as often as it has questions
        if asked < len(events):
            break
    kind, actor, what, *_ = events[asked]
    felt = next(i for i, event in enumerate(events) if event.actor == actor)
    feeling = events[felt].what
    question = Event(ASKED_AFTER[kind], actor, "" if kind == "feels" else what)
    answer = WANTS[feeling][0] if kind == "feels" else feeling
    return write("qa20", events[: asked + 1], Ask(question, answer, (felt,)), stream)


def _lives(stream: Stream) -> list[Event]:
    """Whoever is drawn does what comes next for him, till all have arrived and all that is wanted is taken."""
    feelings = {actor: stream.choice(tuple(WANTS)) for actor in MOTIVE_PEOPLE}
    deeds: dict[str, list[Event]] = {}
    for actor, feeling in feelings.items():
        room, thing = WANTS[feeling]
        deeds[actor] = [Event("feels", actor, feeling), Event("move", actor, room), Event("get", actor, thing)]
    events: list[Event] = []
    taken: set[str] = set()
    while doers := [actor for actor in MOTIVE_PEOPLE if deeds[actor] and deeds[actor][0].what not in taken]:
        event = deeds[stream.choice(doers)].pop(0)
        events.append(event)
        if event.kind == "get":
            taken.add(event.what)
    return events
