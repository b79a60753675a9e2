"""Predictions as the published BABILong results hold them: `{task}_{length}_{config}.csv`.

Example::

    for (folder, config), files in published_files(Path("predictions")).items():
        records = read_published(files)

The columns are target, output and question; others are passed over. Outputs such as "None", "NA" and empty ones are
text like any other.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from babilong import lengths
from babilong.errors import DataError, UsageError
from babilong.tasks import get_task
from evaluators.records import Record

_NAME = re.compile(r"(qa\d+)_(\d+(?:\.\d+)?[km]?)(?:_(.+))?\.csv", re.IGNORECASE)
_COLUMNS = ("target", "output", "question")
# An output may be longer than the 128 KiB that the csv module takes for a mistake; a C long has 32 bits at least.
_LONGEST = 2**31 - 1


def published_files(folder: Path) -> dict[tuple[Path, str], list[Path]]:
    """The files below a folder whose names are of this form, by their folder and configuration."""
    found: defaultdict[tuple[Path, str], list[Path]] = defaultdict(list)
    for path in sorted(folder.rglob("*.csv")):
        if match := _NAME.fullmatch(path.name):
            found[path.parent, match[3] or ""].append(path)
    return dict(sorted(found.items()))


def read_published(files: Iterable[Path]) -> list[Record]:
    """The rows of such files as records; the number of a row is the sample's index.

    Tokens, times and errors are not known: they are 0 and None.

    Raises:
        DataError: a file cannot be read, lacks a column, or its name has a task or length that does not exist.
    """
    return [record for path in files for record in _read(path)]


def _read(path: Path) -> Iterator[Record]:
    task, length = _cell(path)
    csv.field_size_limit(_LONGEST)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            missing = [name for name in _COLUMNS if name not in (rows.fieldnames or ())]
            if missing:
                raise DataError(f"The file {path} has no column {' or '.join(missing)}; mend it or move it away.")
            for index, row in enumerate(rows):
                target, output, question = (row[name] for name in _COLUMNS)
                if target is None or output is None or question is None:
                    raise DataError(f"Line {rows.line_num} of {path} is cut short; mend it or move the file away.")
                yield Record(
                    id=f"{task}/{length}/{index}",
                    task=task,
                    length=length,
                    index=index,
                    question=question,
                    target=target,
                    output=output,
                    finish_reason=None,
                    tokens_in=0,
                    tokens_out=0,
                    seconds=0.0,
                )
    except (csv.Error, UnicodeDecodeError) as error:
        raise DataError(f"The file {path} is not CSV in UTF-8 ({error}); mend it or move it away.") from error


def _cell(path: Path) -> tuple[str, str]:
    match = _NAME.fullmatch(path.name)
    try:
        if match:
            return get_task(match[1].lower()).name, lengths.name(lengths.tokens(match[2]))
    except UsageError as error:
        raise DataError(f"The name of {path} says what does not exist: {error}") from error
    raise DataError(f"The file {path} is not named as published predictions are, {{task}}_{{length}}_{{config}}.csv.")
