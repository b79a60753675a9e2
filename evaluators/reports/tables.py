"""Tables of results: for the terminal, as Markdown, and as CSV.

Example::

    print(to_markdown(grid_sheet(cells, ["qa1", "qa2"], "rmt-gpt2")))

A cell without samples is empty; a mean over tasks is empty unless every task that is asked for is there.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from evaluators.reports.cells import Cell, Mean, grid, means, usual_count

if TYPE_CHECKING:
    from rich.table import Table


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table for people.

    Attributes:
        title: above it.
        caption: below it.
        header: names of the columns.
        rows: texts, as many in each as there are columns; an empty row is a line.
        names: how many columns, from the left, hold names instead of numbers.
    """

    title: str
    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    names: int = 1


def percent(share: float) -> str:
    """A share in per cent, with one decimal where there is one.

    Example:
        >>> percent(1.0), percent(0.985)
        ('100', '98.5')
    """
    return f"{100 * share:.1f}".removesuffix(".0")


def listing(cells: Sequence[Cell], tasks: Sequence[str], title: str) -> Sheet:
    """A row for every cell, and one for the mean over the tasks at every length."""
    rows: list[tuple[str, ...]] = []
    for place, cell in enumerate(cells):
        if place and cells[place - 1].task != cell.task:
            rows.append(())
        rows.append(
            (cell.task, cell.length, str(cell.n), *_shares(cell), str(cell.errors), f"{cell.tokens:,.0f}"),
        )
    found = means(cells, tasks) if len(tasks) > 1 else {}
    rows.extend([()] if found else [])
    rows.extend((f"mean of {mean.tasks}", length, "", *_shares(mean), "", "") for length, mean in found.items())
    header: tuple[str, ...] = ("task", "length", "samples", "accuracy", "interval", "errors", "tokens read")
    if not any(cell.tokens for cell in cells):  # as for published predictions, which do not say
        header, rows = header[:-1], [row[:-1] for row in rows]
    return Sheet(title, "Errors count as wrong; interval: 95 %, Wilson.", header, tuple(rows))


def grid_sheet(cells: Sequence[Cell], tasks: Sequence[str], title: str) -> Sheet:
    """Tasks down, lengths across: accuracy in per cent with its interval."""
    present, lengths = grid(cells)
    found = {(cell.task, cell.length): cell for cell in cells}
    usual = usual_count(cells)
    rows = [
        (task, *(_brief(found[task, length], usual) if (task, length) in found else "" for length in lengths))
        for task in present
    ]
    caption = (
        f"Accuracy in % by score {cells[0].score} and its 95 % Wilson interval; {usual:,} samples a cell where no n is "
        "given; errors count as wrong; empty: no samples."
    )
    if len(tasks) > 1:
        mean = means(cells, tasks)
        texts = (
            f"{percent(mean[length].accuracy)} [{100 * mean[length].low:.0f}, {100 * mean[length].high:.0f}]"
            if length in mean
            else ""
            for length in lengths
        )
        rows.append((f"mean of {len(tasks)} tasks", *texts))
        caption += " The mean is empty where a task is missing."
    return Sheet(title, caption, ("task", *lengths), tuple(rows))


def to_csv(rows: Iterable[Mapping[str, Any]], header: Sequence[str]) -> str:
    """Rows as CSV with these columns, even where there is no row."""
    text = io.StringIO()
    writer = csv.DictWriter(text, header, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def cells_csv(cells: Iterable[Cell]) -> str:
    """The cells of one run as CSV, a line each."""
    return to_csv(map(asdict, cells), [field.name for field in fields(Cell)])


def to_markdown(sheet: Sheet) -> str:
    """The table as Markdown (GitHub's), its title as a heading."""
    names = sheet.names
    ruler = ["---"] * names + ["---:"] * (len(sheet.header) - names)
    lines = [sheet.header, ruler, *(row for row in sheet.rows if row)]
    body = "\n".join(f"| {' | '.join(map(_escaped, line))} |" for line in lines)
    return f"## {_escaped(sheet.title)}\n\n{body}\n\n{sheet.caption}\n"


def to_rich(sheet: Sheet) -> Table:
    """The table for the terminal."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, title_justify="left", caption_justify="left", show_edge=False, pad_edge=False)
    table.title, table.caption = Text(sheet.title), Text(sheet.caption)
    for place, name in enumerate(sheet.header):
        table.add_column(Text(name), justify="left" if place < sheet.names else "right", overflow="fold")
    for row in sheet.rows:
        # As Text, so that square brackets in a model's output are no markup.
        table.add_row(*map(Text, row)) if row else table.add_section()
    return table


def _shares(one: Cell | Mean) -> tuple[str, str]:
    return f"{one.accuracy:.1%}", f"{one.low:.1%} - {one.high:.1%}"


def _brief(cell: Cell, usual: int) -> str:
    text = f"{percent(cell.accuracy)} [{100 * cell.low:.0f}, {100 * cell.high:.0f}]"
    text += f" n={cell.n:,}" if cell.n != usual else ""
    return text + (f", {cell.errors:,} err" if cell.errors else "")


def _escaped(text: str) -> str:
    """As one line of a Markdown table cell."""
    return " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|")
