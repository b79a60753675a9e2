"""samples.jsonl: a line a finished sample, appended whole and flushed at once, so that nothing finished is ever lost.

Example::

    with RecordLog(folder / "samples.jsonl") as log:
        log.append(record)
    read_records(folder / "samples.jsonl")["qa1/128k/7"].output
"""

from __future__ import annotations

import errno
import fcntl
import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from babilong.errors import BabilongError, DataError, UsageError
from babilong.lengths import tokens
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


_KEYS = tuple(field.name for field in fields(Record))
_TEXT = ("id", "task", "length", "question", "target", "output")
_NUMBERS = ("index", "tokens_in", "tokens_out", "seconds")


class RecordLog:
    """The samples.jsonl of a run, open for appending and locked against a second run.

    Attributes:
        records: what the file held when it was opened, by sample id; the last line of an id wins.
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
            self._lock()
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
        rest = memoryview(json.dumps(asdict(record), ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n")
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self.path)) from error

    def __enter__(self) -> RecordLog:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def _lock(self) -> None:
        # The system releases this lock when the process ends, however it ends.
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BabilongError(
                f"Another run is writing {self.path}; wait for it to end, or choose another folder with --results."
            ) from error


def read_records(path: Path) -> dict[str, Record]:
    """The records of a samples.jsonl by sample id, without changing it; none where there is no file.

    Raises:
        DataError: a line in the middle is broken; the message names it.
    """
    return _read(path)[0] if path.is_file() else {}


def _read(path: Path) -> tuple[dict[str, Record], int]:
    """The records, and the bytes of the lines that are whole."""
    records: dict[str, Record] = {}
    whole = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                break
            record = _parse(line, path, number)
            records[record.id] = record
            whole += len(line)
    return records, whole


def _parse(line: bytes, path: Path, number: int) -> Record:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise _broken(path, number, "it is not JSON") from error
    if not isinstance(row, dict) or set(row) != set(_KEYS):
        raise _broken(path, number, "its keys are not those of a sample")
    if not all(isinstance(row[key], str) for key in _TEXT):
        raise _broken(path, number, "one of its texts is not a text")
    if not all(isinstance(row[key], int | float) for key in _NUMBERS):
        raise _broken(path, number, "one of its numbers is not a number")
    try:
        get_task(row["task"])
        tokens(row["length"])
    except UsageError as error:
        raise _broken(path, number, "there is no such task or length") from error
    return Record(**row)


def _broken(path: Path, number: int, what: str) -> DataError:
    return DataError(
        f"Line {number} of {path} is broken: {what}; mend or delete that line, or start anew with --no-resume."
    )
