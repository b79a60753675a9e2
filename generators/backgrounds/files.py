"""Files of text: a `.txt` file is one text, a `.jsonl` or `.parquet` file one a row; rows are read in bounded memory.

Example::

    with open("books.parquet", "rb") as file:
        for text in texts(file, "books.parquet", column="body"):
            print(len(text))
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from pathlib import Path, PurePath
from typing import BinaryIO

from babilong.errors import DataError, first_sentence
from generators.backgrounds.books import decode

_COLUMN = "text"
_ROWS = 16  # at once; a row may be a whole book
_BUFFER_BYTES = 1 << 20


def text_files(folder: Path) -> list[Path]:
    """The files of a folder that hold text, in the order of their names.

    Raises:
        DataError: the folder holds none.
    """
    files = sorted(file for file in folder.iterdir() if ending(file.name) in _READERS and file.is_file())
    if not files:
        raise DataError(
            f"The folder {folder} holds no {', '.join(ENDINGS)} file; add some, or use `--background builtin`."
        )
    return files


def ending(name: str) -> str:
    """What a file's name ends in, in small letters: `.txt`."""
    return PurePath(name).suffix.lower()


def texts(file: BinaryIO, name: str, column: str | None = None) -> Iterator[str]:
    """The texts of a file, empty ones among them.

    Args:
        file: opened at its beginning.
        name: tells by its ending what the file is, and is named in errors.
        column: of a row, which of its columns; None: `text`, or else the only one that holds text.

    Raises:
        DataError: the file is broken, or it does not have that column, or several and none was named.
    """
    return _READERS[ending(name)](file, name, column)


def text_column(strings: Collection[str], name: str, column: str | None) -> str:
    """Which of the columns that hold text is meant.

    Raises:
        DataError: none is, or several could be.
    """
    held = ", ".join(strings) or "none"
    if column is not None and column not in strings:
        raise DataError(f"No column {column!r} of text in {name} (its columns of text: {held}); name one as #COLUMN.")
    if column is not None or _COLUMN in strings:
        return column or _COLUMN
    if len(strings) != 1:
        raise DataError(
            f"Cannot tell which column of {name} is its text (columns of text: {held}); name one: "
            "`--background ...#COLUMN`."
        )
    return next(iter(strings))


def _whole(file: BinaryIO, name: str, column: str | None) -> Iterator[str]:
    yield decode(file.read(), name)


def _lines(file: BinaryIO, name: str, column: str | None) -> Iterator[str]:
    chosen: str | None = None
    number = 0
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            if chosen is None:
                strings = [key for key, value in row.items() if isinstance(value, str)]
                if row.get(column or _COLUMN, "") is None or not strings:
                    continue  # its text is empty; a row that has one tells the column
                chosen = text_column(strings, name, column)
            text = row.get(chosen) or ""
            text.encode()  # JSON may hold halves of characters
        except (ValueError, AttributeError) as error:
            raise DataError(f"Cannot read {name}, line {number}: no row of text in JSON; mend or remove it.") from error
        yield text
    if number and chosen is None:
        text_column([], name, column)


def _table(file: BinaryIO, name: str, column: str | None) -> Iterator[str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    broken = (pa.ArrowException, OSError, ValueError)
    is_text = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    try:
        # Read ahead by no thread of its own: one that is still reading from the hub keeps a process from ending.
        table = pq.ParquetFile(file, buffer_size=_BUFFER_BYTES, pre_buffer=False)
        strings = [field.name for field in table.schema_arrow if any(test(field.type) for test in is_text)]
        chosen = text_column(strings, name, column)
        for group in range(table.num_row_groups):
            for batch in table.iter_batches(_ROWS, [group], [chosen], use_threads=False):
                for text in batch.column(0).to_pylist():
                    yield text or ""
    except broken as error:
        raise DataError(f"Cannot read {name}: {first_sentence(error)} Mend or remove the file.") from error


_READERS: dict[str, Callable[[BinaryIO, str, str | None], Iterator[str]]] = {
    ".txt": _whole, ".jsonl": _lines, ".parquet": _table,
}  # fmt: skip
ENDINGS = tuple(_READERS)
