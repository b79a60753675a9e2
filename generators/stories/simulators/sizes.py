"""Which box is bigger (qa18).

Five facts are told at a time, as often as it takes for a chain to be found; the way chains are looked for is read off
the en-10k files: the link that comes after a fact is the first other one that names the box between them.
"""

from __future__ import annotations

from generators.stories.forms import Event
from generators.stories.simulators.telling import QUESTIONS_PER_STORY
from generators.stories.simulators.writing import Ask, write
from generators.stories.story import Story
from generators.streams import Stream

SMALL = ("chocolate", "box of chocolates")
LARGE = ("box", "chest", "container", "suitcase")  # as big as one another before the story says otherwise
FACTS_AT_A_TIME = 5
TRIES = 50  # to find a chain before more facts are told


def sizes(stream: Stream) -> Story:
    """A question of qa18: two boxes linked by two facts (Weston et al. 2015, section 3)."""
    rising = (*SMALL, *stream.shuffled(LARGE))
    events: list[Event] = []
    asked: list[tuple[Ask, int]] = []
    since = 0
    while since < QUESTIONS_PER_STORY:
        if ask := _try(events, stream):
            asked.append((ask, len(events)))
            since += 1
        else:
            events.extend(_compare(rising, stream) for _ in range(FACTS_AT_A_TIME))
            since = 0
    ask, known = stream.choice(asked)
    return write("qa18", events[:known], ask, stream)


def _compare(rising: tuple[str, ...], stream: Stream) -> Event:
    smaller, larger = sorted(stream.sample(range(len(rising)), 2))
    return Event("bigger", what=rising[larger], other=rising[smaller])


def _try(events: list[Event], stream: Stream) -> Ask | None:
    """What is asked of a chain, if one is found from an end drawn of a fact drawn."""
    asks = _asks(events)
    for _ in range(TRIES if asks else 0):
        if ask := stream.choice(asks):
            return ask
    return None


def _asks(events: list[Event]) -> list[Ask | None]:
    """What can be asked from either end of every fact; of facts that lead to one question the last supports it."""
    asks = [_ask(events, fact, end) for fact in range(len(events)) for end in (events[fact].what, events[fact].other)]
    latest = {ask.question: ask for ask in asks if ask}
    return [ask and latest[ask.question] for ask in asks]


def _ask(events: list[Event], first: int, end: str) -> Ask | None:
    """About the chain of two links that starts with this fact at this end, if both lead down in size, or both up."""
    falls = end == events[first].what
    between = events[first].other if falls else events[first].what
    for second, link in enumerate(events):
        if second != first and between in (link.what, link.other):
            if falls != (link.what == between):
                return None
            question = Event("bigger", what=end, other=link.other if falls else link.what)
            return Ask(question, "yes" if falls else "no", (first, second))
    return None
