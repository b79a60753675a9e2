"""Reads the official bAbI files (v1.2 of Weston et al. 2015), all twenty tasks.

    read_stories(find_file(Path("tasks_1-20_v1-2/en-10k"), "qa1"), "qa1")   # 1,000 stories

A line is `N sentence` or `N question<TAB>answer<TAB>line numbers of the supporting facts`; N begins anew at 1 with
every story.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from babilong.errors import DataError
from babilong.tasks import get_task
from generators.stories.story import Story

_LINE = re.compile(r"([0-9]{1,9}) (\S.*)")


def find_file(folder: Path, task: str, split: str = "test") -> Path:
    """The file of a task and split in a folder of bAbI files, such as `qa1_single-supporting-fact_test.txt`.

    Raises:
        DataError: no such folder, no such file, or more than one.
        UsageError: an unknown task.
    """
    wanted = f"{get_task(task).name}_*_{split}.txt"
    advice = "give a folder of bAbI files, such as tasks_1-20_v1-2/en-10k, with --stories."
    if not folder.is_dir():
        raise DataError(f"There is no folder {folder} to look for {wanted} in; {advice}")
    files = {path: path.stem.rpartition("_")[2] for path in sorted(folder.glob(f"{task}_*.txt"))}
    found = [path for path, name in files.items() if name == split]
    if len(found) > 1:
        raise DataError(f"{folder} holds several files {wanted} ({', '.join(p.name for p in found)}); keep one.")
    if not found:
        splits = f"splits of {task} found there: {', '.join(sorted(set(files.values()))) or 'none'}"
        raise DataError(f"{folder} holds no file {wanted} ({splits}); {advice}")
    return found[0]


def read_stories(path: Path, task: str) -> list[Story]:
    """Every question of a bAbI file, each with the facts before it.

    Raises:
        DataError: the file is missing, empty or broken; the message names the line.
        UsageError: an unknown task.
    """
    get_task(task)
    stories: list[Story] = []
    facts: dict[int, str] = {}  # of the story at hand, by line number within it
    last = 0
    for row, line in enumerate(_lines(path), 1):
        where = f"{path}, line {row}"
        match = _LINE.fullmatch(line)
        if not match:
            raise DataError(f"{where}: expected a line number, a blank and a sentence, found {line[:60]!r}.")
        number, text = int(match[1]), match[2]
        if number == 1:
            facts = {}
        elif number != last + 1:
            raise DataError(f"{where}: number {number} neither goes on from {last} nor starts a story at 1.")
        last = number
        if "\t" in text:
            stories.append(_question(path, task, row, text, facts))
        elif "?" in text:
            raise DataError(f"{where}: a question, its answer and its supporting lines are kept apart by tabs.")
        else:
            facts[number] = text.rstrip()
    if not stories:
        raise DataError(f"{path} holds no question; expected a bAbI file of {task}.")
    return stories


def _lines(path: Path) -> Iterator[str]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}); is it a bAbI file?") from error
    if not content.strip():
        raise DataError(f"{path} is empty; expected a bAbI file.")
    for row, line in enumerate(content.splitlines(), 1):
        try:
            yield line.decode()
        except UnicodeDecodeError as error:
            raise DataError(f"{path}, line {row}: not UTF-8 text (byte {error.start + 1}).") from error


def _question(path: Path, task: str, row: int, text: str, facts: dict[int, str]) -> Story:
    where = f"{path}, line {row}"
    fields = [field.strip() for field in text.split("\t")]
    if len(fields) != 3 or not all(fields):
        raise DataError(
            f"{where}: a question has 3 fields (question, answer, supporting lines), this has {len(fields)}"
            f"{', one of them empty' if '' in fields else ''}."
        )
    question, answer, lines = fields
    places = {str(number): index for index, number in enumerate(facts)}
    for line in lines.split():
        if line not in places:
            raise DataError(f"{where}: supporting line {line} is no earlier fact of this story.")
    supporting = tuple(places[line] for line in lines.split())
    return Story(task, tuple(facts.values()), question, answer, supporting, f"{path.name}#{row}")
