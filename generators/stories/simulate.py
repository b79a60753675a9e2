"""Simulated bAbI stories: `simulate("qa1", stream("seed", 7))` is one question with the facts before it.

One call draws one whole story of the bAbI kind and one of its questions, so that many calls are spread as the
questions of a bAbI file are. A new task joins by a line in `SIMULATORS`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from babilong.errors import UsageError
from babilong.tasks import get_task
from generators.stories.simulators.carrying import ERRANDS, tell
from generators.stories.simulators.rooms import two_neighbours
from generators.stories.story import Story
from generators.streams import Stream

SIMULATORS: dict[str, Callable[[Stream], Story]] = {
    **{task: partial(tell, task) for task in ERRANDS},
    "qa4": two_neighbours,
}


def simulate(task: str, stream: Stream) -> Story:
    """One random question of a task (Weston et al. 2015, section 3) and the facts before it.

    Raises:
        UsageError: an unknown task, or one that is not simulated.
    """
    if get_task(task).name not in SIMULATORS:
        known = ", ".join(sorted(SIMULATORS, key=lambda name: get_task(name).number))
        raise UsageError(
            f"Stories of {task} are not simulated yet ({known} are); read bAbI's own files with --stories DIR instead."
        )
    return SIMULATORS[task](stream)
