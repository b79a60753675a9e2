"""The published BABILong sets: which bAbI questions they ask, and what of them no generator gives again.

The published data (RMT-team/babilong-1k-samples) was read against bAbI's en-10k test files::

    asked = published_stories(stories, "qa3", "1k", reserve=300)   # 862 of 1,000 stories, as published

They ask the questions in file order. At each length they leave out the stories that have more sentences, the question
among them, than an eighth of the tokens for the context; then, for most tasks, the last question that is left.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from babilong.errors import DataError, UsageError, unknown
from babilong.lengths import tokens
from babilong.tasks import TASKS
from generators.stories.story import Story

_TOKENS_PER_SENTENCE = 8
# Where the last question is there: these sets were uploaded after the loader's count had been put right.
_COMPLETE_TASKS = ("qa1", "qa6", "qa7", "qa8", "qa9", "qa10")
_COMPLETE_CELLS = (("qa2", "1k"),)

NOT_REPRODUCED = (
    "the background of each sample and the places of its facts, which were drawn without a seed",
    "the text after decoding tokens: no blank before punctuation, quotes joined",
    "the last sentence of a context, cut off in the middle where the budget ended",
    "sentences as an untrained splitter cuts them, those under 10 tokens left out",
    "the blank after most questions",
    "14 of the 100 questions of qa3 and 1 of qa5 in the set of 100, which are not those of its published index list",
)


def published_stories(
    stories: Sequence[Story], task: str, length: str, reserve: int, *, listed: bool = False
) -> list[Story]:
    """The stories that the published set of a task asks at a length, in order.

    Args:
        stories: every question of the task's file, or of a list.
        task: `qa1` to `qa20`.
        length: name of the length; `0k` asks stories of any size.
        reserve: tokens of the length that are not for the context; 300 in the published sets.
        listed: whether the stories are those of a list, of which none is dropped for being the last.
    """
    size = tokens(length)
    most = (size - reserve) // _TOKENS_PER_SENTENCE - 1
    short = [story for story in stories if not size or len(story.facts) <= most]
    return short if listed or task in _COMPLETE_TASKS or (task, length) in _COMPLETE_CELLS else short[:-1]


def load_questions(path: Path) -> dict[str, tuple[int, ...]]:
    """A list of questions to ask: the numbers of each task's questions in its bAbI file, from 0.

    Args:
        path: a JSON file such as `{"qa1": [1, 4, 10]}`; the published set of 100 comes with one.

    Raises:
        DataError: it cannot be read, or is not of that form.
        UsageError: it names a task that does not exist.
    """
    where = f"Cannot use the questions {path}"
    try:
        listed = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise DataError(f"{where}: {error.strerror}.") from error
    except ValueError as error:
        raise DataError(f"{where}: not JSON ({error}).") from error
    if not isinstance(listed, dict):
        raise DataError(f'{where}: it must map tasks to lists, as {{"qa1": [1, 4, 10]}} does.')
    for task, numbers in listed.items():
        if task not in TASKS:
            raise unknown(f"task in {path}:", task, TASKS)
        if not isinstance(numbers, list) or not all(type(number) is int and number >= 0 for number in numbers):
            raise DataError(f"{where}: {task} must have a list of whole numbers from 0 on, not {str(numbers)[:60]}.")
    return {task: tuple(numbers) for task, numbers in listed.items()}


def pick(stories: Sequence[Story], task: str, path: Path) -> list[Story]:
    """The stories of a task that a list of questions names, in its order.

    Raises:
        DataError: the list cannot be read.
        UsageError: it has no questions of the task, or numbers beyond its file.
    """
    listed = load_questions(path)
    if task not in listed:
        raise UsageError(f"The questions {path} list none of {task}; they list {', '.join(listed) or 'nothing'}.")
    for number in listed[task]:
        if number >= len(stories):
            raise UsageError(
                f"The questions {path} ask for question {number} of {task}, whose file has {len(stories)}, "
                f"0 to {len(stories) - 1}; are they for another split?"
            )
    return [stories[number] for number in listed[task]]
