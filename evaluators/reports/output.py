"""Where reports go: the terminal, files, or stdout alone."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from babilong import command
from babilong.errors import UsageError
from babilong.files import write_whole
from evaluators.reports.tables import Sheet, to_csv, to_markdown, to_rich
from evaluators.reports.tiles import FORMATS

STDOUT = "-"


def give(
    shown: Sequence[Sheet],
    written: Sequence[Sheet],
    rows: Sequence[Mapping[str, Any]],
    header: Sequence[str],
    csv: str | None,
    markdown: str | None,
) -> None:
    """Write what is asked for; the terminal gets the tables unless stdout is taken.

    Args:
        shown: for the terminal.
        written: for Markdown.
        rows: for CSV.
        header: the columns of CSV.
        csv: a file, `-` for stdout, or None.
        markdown: likewise.

    Raises:
        UsageError: both are to go to the same place.
        OSError: a file cannot be written.
    """
    if csv is not None and csv == markdown:
        raise UsageError(f"CSV and Markdown cannot both go to {csv}; give one of them another place.")
    if csv is not None:
        _put(csv, to_csv(rows, header))
    if markdown is not None:
        _put(markdown, "\n".join(map(to_markdown, written)))
    if STDOUT in (csv, markdown):
        return
    from rich.console import Console

    console = Console(highlight=False)
    with _reader_may_leave():
        for sheet in shown:
            console.print(to_rich(sheet))


def format_of(out: Path) -> str:
    """The format that a picture's name asks for.

    Raises:
        UsageError: there is no such format.
    """
    kind = out.suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        raise UsageError(f"The picture {out} would be of no known format; name it {out.stem}.png or {out.stem}.pdf.")
    return kind


def save(out: Path, picture: bytes) -> None:
    """Write a picture and say where.

    Raises:
        OSError: it cannot be written.
    """
    write_whole(out, picture)
    command.note(f"written: {out}")


def _put(target: str, text: str) -> None:
    if target == STDOUT:
        with _reader_may_leave():
            print(text, end="", flush=True)
    else:
        write_whole(Path(target), text.encode("utf-8", "surrogatepass"))
        command.note(f"written: {target}")


@contextmanager
def _reader_may_leave() -> Iterator[None]:
    """Let whoever reads stdout stop reading, as `head` does."""
    try:
        yield
    except BrokenPipeError:
        # Else Python says so once more when it flushes stdout at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
