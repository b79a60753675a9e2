"""Where stories come from: simulated without end, or read from official bAbI files.

Example::

    source = open_source(Recipe())
    tries = source.tries("qa1")
    story = next(next(tries))  # the first try at the first story
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, repeat
from pathlib import Path
from typing import Protocol

from babilong.errors import DataError, UsageError
from babilong.tasks import TASKS
from generators.recipe import VERSION, Recipe
from generators.stories.babi_files import find_file, read_stories
from generators.stories.simulate import simulate
from generators.stories.story import Story
from generators.streams import Stream

_MOST_TRIES = 1_000


class StorySource(Protocol):
    """Gives the stories of a task, index by index."""

    @property
    def fingerprint(self) -> str:
        """sha256 of what decides the stories, the same on every machine."""
        ...

    def tries(self, task: str) -> Iterator[Iterator[Story]]:
        """For each index stories to choose from, the first that fits being taken.

        Raises:
            UsageError: the task is unknown or not simulated.
            DataError: the file of the task is missing or broken.
        """
        ...


@dataclass(frozen=True, slots=True)
class Simulated:
    """Every try at every index is a story of its own."""

    split: str
    seed: int

    @property
    def fingerprint(self) -> str:
        """A few stories of each task stand for the simulators: whoever changes how one tells, changes them."""
        told = []
        for task in TASKS:
            try:
                told.append([simulate(task, Stream("fingerprint", task, number)) for number in range(8)])
            except UsageError:
                continue  # a task that is not simulated
        return hashlib.sha256(repr(told).encode()).hexdigest()

    def tries(self, task: str) -> Iterator[Iterator[Story]]:
        """See `StorySource`."""
        for index in count():
            streams = (Stream("story", VERSION, self.split, self.seed, task, index, i) for i in range(_MOST_TRIES))
            yield (simulate(task, stream) for stream in streams)


@dataclass(frozen=True, slots=True)
class Files:
    """The stories of a file in their order; what does not fit is passed over."""

    folder: Path
    split: str

    @property
    def fingerprint(self) -> str:
        """Of the files of all tasks, so that a dataset may grow by tasks."""
        words = []
        for task in TASKS:
            try:
                file = find_file(self.folder, task, self.split)
            except DataError:
                continue  # an error once the task is asked for
            words.append(f"{task} {file.name} {hashlib.sha256(file.read_bytes()).hexdigest()}")
        return hashlib.sha256("\n".join(words).encode()).hexdigest()

    def tries(self, task: str) -> Iterator[Iterator[Story]]:
        """See `StorySource`."""
        yield from repeat(iter(read_stories(find_file(self.folder, task, self.split), task)))


def open_source(recipe: Recipe) -> StorySource:
    """The stories of a recipe.

    Raises:
        UsageError: what it names is no path, such as a misspelt `simulate`.
    """
    if recipe.stories == "simulate":
        return Simulated(recipe.split, recipe.seed)
    folder = Path(recipe.stories)
    if not folder.is_dir() and folder.name == recipe.stories:
        raise UsageError(f"Unknown stories {folder.name!r}: neither 'simulate' nor a folder of bAbI files.")
    return Files(folder, recipe.split)
