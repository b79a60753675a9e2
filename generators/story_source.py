"""Where stories come from: simulated without end, or read from official bAbI files.

Example::

    source = open_source(Recipe())
    tries = source.tries("qa1")
    story = next(next(tries))  # the first try at the first story
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import count, repeat
from pathlib import Path
from typing import Protocol

from babilong.errors import DataError, UsageError
from babilong.tasks import TASKS
from generators.published import load_questions, pick
from generators.recipe import VERSION, Recipe
from generators.stories.babi_files import find_file, read_stories
from generators.stories.open_words import fingerprint as open_words_fingerprint
from generators.stories.simulate import simulate
from generators.stories.story import Story
from generators.stories.variants import OpenWords, with_distractors
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
            UsageError: the task is unknown.
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
        told = [[simulate(task, Stream("fingerprint", task, number)) for number in range(8)] for task in TASKS]
        return hashlib.sha256(repr(told).encode()).hexdigest()

    def tries(self, task: str) -> Iterator[Iterator[Story]]:
        """See `StorySource`."""
        for index in count():
            streams = (Stream("story", VERSION, self.split, self.seed, task, index, i) for i in range(_MOST_TRIES))
            yield (simulate(task, stream) for stream in streams)


@dataclass(frozen=True, slots=True)
class Files:
    """The stories of a file in their order, or those that a list picks; what does not fit is passed over."""

    folder: Path
    split: str
    questions: Path | None = None

    @property
    def fingerprint(self) -> str:
        """Of the files of all tasks, so that a dataset may grow by tasks, and of the list.

        Raises:
            DataError: there is no such folder, no file of any task in it, or the list cannot be read.
        """
        if not self.folder.is_dir():
            raise DataError(
                f"There is no folder {self.folder} of bAbI files; get bAbI v1.2 (https://research.facebook.com/downloads/"
                "babi/) and give its folder tasks_1-20_v1-2/en-10k with --stories."
            )
        words = []
        for task in TASKS:
            with suppress(DataError):  # an error once the task is asked for
                file = find_file(self.folder, task, self.split)
                words.append(f"{task} {file.name} {hashlib.sha256(file.read_bytes()).hexdigest()}")
        if not words:
            find_file(self.folder, "qa1", self.split)  # says what is missing
        if self.questions:
            words.append(json.dumps(load_questions(self.questions), sort_keys=True))
        return hashlib.sha256("\n".join(words).encode()).hexdigest()

    def tries(self, task: str) -> Iterator[Iterator[Story]]:
        """See `StorySource`."""
        stories = read_stories(find_file(self.folder, task, self.split), task)
        yield from repeat(iter(pick(stories, task, self.questions) if self.questions else stories))


@dataclass(frozen=True, slots=True)
class Varied:
    """The stories of a source in other words, or with other stories among them, or both."""

    source: StorySource
    split: str
    seed: int
    vocabulary: str
    distractors: int

    @property
    def fingerprint(self) -> str:
        """Of the source and of the words that take the place of its own."""
        # "each": which stories are short enough is asked of each of those in a sample, which once was asked of all.
        counted = " each" if self.distractors else ""
        return hashlib.sha256(f"{self.source.fingerprint} {open_words_fingerprint()}{counted}".encode()).hexdigest()

    def tries(self, task: str) -> Iterator[Iterator[Story]]:
        """See `StorySource`."""
        for index, tries in enumerate(self.source.tries(task)):
            yield (self._vary(story, index, number) for number, story in enumerate(tries))

    def _vary(self, story: Story, index: int, number: int) -> Story:
        stream = Stream("variant", VERSION, self.split, self.seed, story.task, index, number)
        words = OpenWords(self.split, stream)
        if self.vocabulary == "open":
            story = words.retell(story)
        others = [words.retell(simulate(story.task, stream)) for _ in range(self.distractors)]
        return with_distractors(story, others, stream) if others else story


def open_source(recipe: Recipe) -> StorySource:
    """The stories of a recipe.

    Raises:
        UsageError: what it names is no path, such as a misspelt `simulate`.
    """
    source = _plain_source(recipe)
    if recipe.vocabulary == "closed" and not recipe.distractors:
        return source
    return Varied(source, recipe.split, recipe.seed, recipe.vocabulary, recipe.distractors)


def _plain_source(recipe: Recipe) -> StorySource:
    if recipe.stories == "simulate":
        return Simulated(recipe.split, recipe.seed)
    folder = Path(recipe.stories)
    if not folder.is_dir() and folder.name == recipe.stories:
        raise UsageError(f"Unknown stories {folder.name!r}: neither 'simulate' nor a folder of bAbI files.")
    return Files(folder, recipe.split, Path(recipe.questions) if recipe.questions else None)
