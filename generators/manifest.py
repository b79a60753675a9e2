"""The manifest of a dataset folder: its recipe, its finished cells, and the sha256 of every file.

A cell (a task at a length) is in it once all its files are in place, never before::

    load_manifest(Path("data/builtin")).cell("qa1", "128k")
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from babilong.errors import BabilongError, DataError
from babilong.files import write_whole
from babilong.lengths import tokens
from babilong.tasks import get_task

NAME = "manifest.json"
FORMAT_VERSION = 2


@dataclass(frozen=True, slots=True)
class File:
    """A finished file of a dataset.

    Attributes:
        path: inside the dataset folder, with forward slashes.
        rows: how many samples it holds.
        bytes: its size.
        sha256: of its content.
    """

    path: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Cell:
    """The samples of one task at one length.

    Attributes:
        task: `qa1` to `qa20`.
        length: name of the length.
        rows: how many samples.
        mean_tokens: mean tokens of a context.
        mean_unique: mean share of a context's background that occurs for the first time in it.
        least_unique: the least such share.
        left_out: stories that were left out on the way, being too long.
        files: in order.
        sentences_seen: how many sentences the background has.
        collisions: how many of these name a person, a place or a thing of bAbI, whether or not they were left out.
    """

    task: str
    length: str
    rows: int
    mean_tokens: float
    mean_unique: float
    least_unique: float
    left_out: int
    files: tuple[File, ...]
    sentences_seen: int = 0
    collisions: int = 0


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a dataset folder holds.

    Attributes:
        version: of the package that made it.
        format: `parquet`, `parquet-zstd` or `jsonl`.
        recipe: the recipe as it was given.
        fingerprints: what each of its parts held.
        recipe_hash: of all that decides a sample; the same on every machine.
        cells: by length, then by task.
    """

    version: str
    format: str
    recipe: Mapping[str, Any]
    fingerprints: Mapping[str, str]
    recipe_hash: str
    cells: tuple[Cell, ...] = ()

    def cell(self, task: str, length: str) -> Cell | None:
        """The samples of a task at a length, if there are any."""
        return next((cell for cell in self.cells if (cell.task, cell.length) == (task, length)), None)

    def with_cell(self, cell: Cell) -> Manifest:
        """The manifest with this cell in the place of one of the same task and length."""
        others = self.without(cell.task, cell.length).cells
        ordered = sorted([*others, cell], key=lambda c: (tokens(c.length), get_task(c.task).number))
        return replace(self, cells=tuple(ordered))

    def without(self, task: str, length: str) -> Manifest:
        """The manifest less the samples of a task at a length."""
        return replace(self, cells=tuple(cell for cell in self.cells if (cell.task, cell.length) != (task, length)))

    def save(self, folder: Path) -> None:
        """Write it into the folder, whole or not at all."""
        values = {"manifest": FORMAT_VERSION} | asdict(self)
        text = json.dumps(values, indent=1, ensure_ascii=False) + "\n"
        write_whole(folder / NAME, text.encode())


def load_manifest(folder: Path) -> Manifest:
    """The manifest of a dataset folder.

    Raises:
        DataError: there is no such folder, no manifest in it, or a broken one.
    """
    file = folder / NAME
    again = "generate it with babilong-generate"
    if not folder.is_dir():
        raise DataError(f"No dataset folder at {folder}; {again}.")
    if not file.is_file():
        raise DataError(f"The folder {folder} holds no dataset (there is no {NAME}); {again}.")
    try:
        values = json.loads(file.read_text("utf-8"))
        if values.pop("manifest") != FORMAT_VERSION:
            raise DataError(f"The manifest {file} is of another version of babilong; generate the dataset again.")
        return Manifest(**(values | {"cells": tuple(map(_cell, values["cells"]))}))
    except DataError:
        raise
    except (BabilongError, ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        raise DataError(f"The manifest {file} is broken ({error}); generate the dataset again.") from error


def _cell(values: dict[str, Any]) -> Cell:
    """A cell of a manifest, which anyone may have edited."""
    cell = Cell(**(values | {"files": tuple(File(**file) for file in values["files"])}))
    get_task(cell.task)
    tokens(cell.length)
    counts = [cell.rows, cell.left_out, cell.sentences_seen, cell.collisions]
    counts += [count for file in cell.files for count in (file.rows, file.bytes)]
    means = (cell.mean_tokens, cell.mean_unique, cell.least_unique)
    if not all(isinstance(n, int) for n in counts) or not all(isinstance(n, int | float) for n in means):
        raise ValueError(f"a number of {cell.task} at {cell.length} is not a number")
    if any(Path(file.path).is_absolute() or ".." in Path(file.path).parts for file in cell.files):
        raise ValueError("a file lies outside the folder")
    return cell
