"""How rooms lie beside one another (qa4), and the way from one to another (qa19)."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

from babilong.errors import UsageError
from babilong.tasks import HOUSE
from generators.stories.forms import Event
from generators.stories.lexicon import OPPOSITE, STEPS
from generators.stories.simulators.chance import weighted
from generators.stories.simulators.writing import Ask, write
from generators.stories.story import Story
from generators.streams import Stream

AXES = (("west", "east"), ("south", "north"))
# The shares of the four ways to say it: is the middle room named second in the fact about one end, and the other end?
_MIDDLE_SECOND = {(True, True): 0.437, (True, False): 0.228, (False, True): 0.228, (False, False): 0.107}


def two_neighbours(stream: Stream) -> Story:
    """A question of qa4: three rooms in a row, two facts (Weston et al. 2015, section 3.2)."""
    first, middle, last = stream.sample(HOUSE, 3)
    sides = stream.choice(AXES)
    seconds = weighted(stream, [*_MIDDLE_SECOND], [*_MIDDLE_SECOND.values()])
    events = stream.shuffled(
        [
            Event("beside", what=end, relation=side, other=middle)
            if second
            else Event("beside", what=middle, relation=OPPOSITE[side], other=end)
            for end, side, second in zip((first, last), sides, seconds, strict=True)
        ]
    )
    supporting = stream.below(2)
    said = events[supporting]
    question = stream.choice(
        [
            Event("stated", relation=said.relation, other=said.other),
            Event("inverse", relation=OPPOSITE[said.relation], other=said.other),
        ]
    )
    return write("qa4", events, Ask(question, said.what, (supporting,)), stream)


def way(stream: Stream, length: int = 2, decoys: int = 3, *, apart: bool = True) -> Story:
    """A question of qa19: the way from one room to another, and rooms beside it (Weston et al. 2015, section 3).

    In bAbI two rooms may come to lie side by side, or in one place, though no fact says so: each room beside the way
    is linked to any free side of any of its rooms. Here, unless asked for, that never happens along the way: the way
    asked for is the shortest also for those who draw a map.

    Args:
        stream: what is drawn from.
        length: how many links lead from the one to the other.
        decoys: rooms off the way, each linked to one room of it.
        apart: whether rooms lie side by side on the map only where a fact says so; if not, only links are the way.

    Raises:
        UsageError: there are not that many rooms.
    """
    if length < 1 or decoys < 0 or length + 1 + decoys > len(HOUSE):
        raise UsageError(
            f"There is no way of {length} links with {decoys} rooms beside it: a house has {len(HOUSE)} rooms; "
            "take at least one link and fewer rooms."
        )
    rooms = stream.sample(HOUSE, length + 1 + decoys)
    at = {rooms[0]: (0, 0)}
    beside: dict[str, dict[str, str]] = {room: {} for room in rooms}
    for number, room in enumerate(rooms[1:], 1):
        along = rooms[: min(number, length + 1)]
        hosts = along[-1:] if number <= length else along
        free = partial(_free_sides, at=at, along=along) if apart or number <= length else partial(_open_sides, beside)
        host, side = stream.choice([(host, side) for host in hosts for side in free(host)])
        at[room] = _place(at[host], side)
        beside[room][host], beside[host][room] = side, OPPOSITE[side]
    links: dict[frozenset[str], Event] = {}
    while len(links) < len(rooms) - 1:
        room = stream.choice(rooms)
        other = stream.choice(list(beside[room]))
        event = Event("beside", what=room, relation=beside[room][other], other=other)
        links.setdefault(frozenset((room, other)), event)
    steps = list(pairwise(rooms[: length + 1]))
    ask = Ask(
        Event("way", what=rooms[0], other=rooms[length]),
        ",".join(beside[there][here][0] for here, there in steps),
        tuple(list(links).index(frozenset(step)) for step in steps),
    )
    return write("qa19", links.values(), ask, stream)


def _free_sides(room: str, at: dict[str, tuple[int, int]], along: list[str]) -> list[str]:
    """The sides of a room of the way where nothing is, and from where no step leads to another room of the way."""
    shut = {*at.values(), *(_place(at[other], side) for other in along if other != room for side in OPPOSITE)}
    return [side for side in OPPOSITE if _place(at[room], side) not in shut]


def _open_sides(beside: dict[str, dict[str, str]], room: str) -> list[str]:
    """The sides of a room on which it is linked to none."""
    return [side for side in OPPOSITE if OPPOSITE[side] not in beside[room].values()]


def _place(place: tuple[int, int], side: str) -> tuple[int, int]:
    x, y = STEPS[side]
    return place[0] + x, place[1] + y
