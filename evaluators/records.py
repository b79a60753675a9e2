"""samples.jsonl: a line a finished sample, appended whole and flushed at once, so that nothing finished is ever lost.

Example::

    with RecordLog(folder / "samples.jsonl") as log:
        log.append(record)
    read_records(folder / "samples.jsonl")["qa1/128k/7"].output

A run of several processes has a file for each, and `read_folder` reads them as one.
"""

from __future__ import annotations

import errno
import hashlib
import json
from collections.abc import Iterable
from dataclasses import MISSING, asdict, dataclass, fields
from functools import lru_cache
from operator import itemgetter
from pathlib import Path

from babilong.errors import BabilongError, DataError, UsageError
from babilong.lengths import tokens
from babilong.locks import take
from babilong.sample import Sample
from babilong.tasks import get_task


@dataclass(frozen=True, slots=True)
class Record:
    """One finished sample: what was asked, what came back, and what it took.

    Attributes:
        id: the sample's id, such as `qa1/128k/7`.
        task: `qa1` to `qa20`.
        length: name of the length.
        index: number of the sample in its task.
        question: the question.
        target: the right answer.
        output: the raw output; empty after an error.
        finish_reason: `stop`, `length` (cut at the token limit), or None after an error.
        tokens_in: tokens the model read.
        tokens_out: tokens the model wrote.
        seconds: wall time; for a batch, its time divided by its size.
        error: class name of the error, or None.
        message: what the error said, or None.
        retries: attempts before the one that this is the outcome of; 0 in files written before this was kept.
        supporting_depths: where in the context the facts stand that the answer follows from, each in [0, 1); None in
            files written before this was kept.
        labels: every possible answer, where the sample has its own rather than those of its task.
        sample: what `fingerprint` gives for the sample; empty in files written before this was kept.
    """

    id: str
    task: str
    length: str
    index: int
    question: str
    target: str
    output: str
    finish_reason: str | None
    tokens_in: int
    tokens_out: int
    seconds: float
    error: str | None = None
    message: str | None = None
    retries: int = 0
    supporting_depths: tuple[float, ...] | None = None
    labels: tuple[str, ...] = ()
    sample: str = ""


_KEYS = frozenset(field.name for field in fields(Record))
_NEEDED = frozenset(field.name for field in fields(Record) if field.default is MISSING)
_FILES = "samples*.jsonl"
_texts = itemgetter("id", "task", "length", "question", "target", "output")
_numbers = itemgetter("index", "tokens_in", "tokens_out", "seconds")


class RecordLog:
    """The samples.jsonl of a run, open for appending and locked against a second run.

    Attributes:
        records: what the file held when it was opened, by sample id; see `merge`.
    """

    def __init__(self, path: Path, *, anew: bool = False) -> None:
        """Open the log; a cut-off last line is dropped, and with `anew` every line.

        Raises:
            DataError: the file cannot be written, or a line in the middle is broken.
            BabilongError: another run has the file open.
        """
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("ab", buffering=0)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise
            reason = error.strerror or error
            raise DataError(f"Cannot write {path}: {reason}; choose another folder with --results.") from error
        try:
            if not take(self._file):
                raise being_written(path)
            if anew:
                self._file.truncate(0)
            self.records, whole = _read(path)
            self._file.truncate(whole)
        except BaseException:
            self._file.close()
            raise

    def append(self, record: Record) -> None:
        """Write one record as one line, at once.

        Raises:
            OSError: it cannot be written; what was is dropped when the log is opened again.
        """
        row = asdict(record)
        if not record.labels:
            del row["labels"]
        rest = memoryview(json.dumps(row, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n")
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self.path)) from error

    def __enter__(self) -> RecordLog:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()


def being_written(path: Path) -> BabilongError:
    """The error for a file that another run has open."""
    return BabilongError(f"Another run is writing {path}; wait for it to end, or choose another folder with --results.")


def fingerprint(sample: Sample) -> str:
    """16 digits that tell a sample's context, question and answer from all others."""
    text = "\0".join((sample.question, sample.target, sample.input))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def supporting_depths(sample: Sample) -> tuple[float, ...]:
    """Where a sample's supporting facts stand in its context, in order, to six digits."""
    return tuple(round(sample.fact_depths[fact], 6) for fact in sample.supporting)


def read_records(path: Path) -> dict[str, Record]:
    """The records of a samples.jsonl by sample id, without changing it; none where there is no file.

    Raises:
        DataError: a line in the middle is broken; the message names it.
    """
    return _read(path)[0] if path.is_file() else {}


def sample_files(folder: Path) -> list[Path]:
    """The files of a run folder that hold samples: one, or one for each process that worked on it."""
    return sorted(folder.glob(_FILES))


def read_folder(folder: Path) -> dict[str, Record]:
    """The records of all files of a run folder by sample id; none where there is no folder.

    Raises:
        DataError: a line in the middle of a file is broken; the message names it.
    """
    return merge(record for path in sample_files(folder) for record in read_records(path).values())


def merge(records: Iterable[Record]) -> dict[str, Record]:
    """By sample id: an answer wins over an empty one, that over an error, and of equals the later."""
    best: dict[str, Record] = {}
    for record in records:
        old = best.get(record.id)
        if old is None or _worth(record) >= _worth(old):
            best[record.id] = record
    return best


def _worth(record: Record) -> int:
    return 0 if record.error is not None else 2 if record.output.strip() else 1


def _read(path: Path) -> tuple[dict[str, Record], int]:
    """The records, and the bytes of the lines that are whole."""
    records: list[Record] = []
    whole = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                break
            records.append(_parse(line, path, number))
            whole += len(line)
    return merge(records), whole


def _parse(line: bytes, path: Path, number: int) -> Record:
    try:
        row = json.loads(line.decode("utf-8", "surrogatepass"), parse_constant=_refuse)
    except ValueError as error:
        raise _broken(path, number, "it is not JSON") from error
    if not isinstance(row, dict) or not _NEEDED <= row.keys() <= _KEYS:
        raise _broken(path, number, "its keys are not those of a sample")
    if not {*map(type, _texts(row))} <= {str}:
        raise _broken(path, number, "one of its texts is not a text")
    if not {*map(type, _numbers(row)), type(row.get("retries", 0))} <= {int, float}:
        raise _broken(path, number, "one of its numbers is not a number")
    if (depths := row.get("supporting_depths")) is not None:
        if not isinstance(depths, list) or not {*map(type, depths)} <= {int, float}:
            raise _broken(path, number, "one of its numbers is not a number")
        if not all(0 <= depth <= 1 for depth in depths):
            raise _broken(path, number, "one of its depths is not between 0 and 1")
        row["supporting_depths"] = tuple(depths)
    if (labels := row.get("labels")) is not None:
        if not isinstance(labels, list) or not {*map(type, labels)} <= {str}:
            raise _broken(path, number, "one of its texts is not a text")
        row["labels"] = tuple(labels)
    try:
        _check_cell(row["task"], row["length"])
    except UsageError as error:
        raise _broken(path, number, "there is no such task or length") from error
    return Record(**row)


def _refuse(constant: str) -> None:
    """Take no NaN or Infinity, which Python reads, but JSON has not."""
    raise ValueError(constant)


@lru_cache(maxsize=1024)
def _check_cell(task: str, length: str) -> None:
    """Check the names of a cell, which thousands of lines share."""
    get_task(task)
    tokens(length)


def _broken(path: Path, number: int, what: str) -> DataError:
    return DataError(
        f"Line {number} of {path} is broken: {what}; mend or delete that line, or start anew with --no-resume."
    )
