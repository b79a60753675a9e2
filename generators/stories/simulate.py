"""Simulated bAbI stories: `simulate("qa1", Stream("seed", 7))` is one question with the facts before it.

One call draws one whole story of the bAbI kind and one of its questions, so that many calls are spread as the
questions of a bAbI file are.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from babilong.tasks import get_task
from generators.stories.simulators.carrying import ERRANDS, tell
from generators.stories.simulators.company import compound_coreference, conjunction, coreference
from generators.stories.simulators.kinds import colours, fears
from generators.stories.simulators.motives import motives
from generators.stories.simulators.rooms import two_neighbours, way
from generators.stories.simulators.shapes import positions
from generators.stories.simulators.sizes import sizes
from generators.stories.simulators.times import where_before
from generators.stories.simulators.whereabouts import denied, either_of_two
from generators.stories.story import Story
from generators.streams import Stream

SIMULATORS: dict[str, Callable[[Stream], Story]] = {
    **{task: partial(tell, task) for task in ERRANDS},
    "qa4": two_neighbours,
    "qa9": denied,
    "qa10": either_of_two,
    "qa11": coreference,
    "qa12": conjunction,
    "qa13": compound_coreference,
    "qa14": where_before,
    "qa15": fears,
    "qa16": colours,
    "qa17": positions,
    "qa18": sizes,
    "qa19": way,
    "qa20": motives,
}


def simulate(task: str, stream: Stream) -> Story:
    """One random question of a task (Weston et al. 2015, section 3) and the facts before it.

    Raises:
        UsageError: an unknown task.
    """
    return SIMULATORS[get_task(task).name](stream)
