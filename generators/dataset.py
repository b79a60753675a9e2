"""Dataset folders, read: samples of a task at a length, in bounded memory, checked against the manifest.

Example::

    dataset = open_dataset("data/builtin")
    for task, length in dataset.cells:
        for sample in dataset.samples(task, length):
            print(sample.id, sample.target)
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from babilong.errors import DataError, UsageError, VerificationError
from babilong.sample import Sample
from generators.manifest import Cell, File, Manifest, load_manifest
from generators.progress import bar
from generators.recipe import Recipe, with_values

_PIECE = 1 << 20


@dataclass(frozen=True)
class Dataset:
    """A dataset folder.

    Attributes:
        folder: where it lies.
        manifest: what it holds.
    """

    folder: Path
    manifest: Manifest

    @property
    def recipe(self) -> Recipe:
        """The recipe it was made by."""
        return with_values(Recipe(), self.manifest.recipe, str(self.folder))

    @property
    def cells(self) -> tuple[tuple[str, str], ...]:
        """Task and length of every cell, short lengths first."""
        return tuple((cell.task, cell.length) for cell in self.manifest.cells)

    def rows(self, task: str, length: str) -> int:
        """How many samples a task has at a length.

        Raises:
            UsageError: there is no such cell.
        """
        return self._cell(task, length).rows

    def fingerprint(self, task: str, length: str) -> str:
        """sha256 over the files of a cell.

        Raises:
            UsageError: there is no such cell.
        """
        return hashlib.sha256("\n".join(file.sha256 for file in self._cell(task, length).files).encode()).hexdigest()

    def samples(self, task: str, length: str, limit: int | None = None) -> Iterator[Sample]:
        """The samples of a cell, the first `limit` of them at most; one row group is in memory at a time.

        Raises:
            UsageError: there is no such cell.
            VerificationError: a file cannot be read.
        """
        files = self._cell(task, length).files
        rows = chain.from_iterable(_read(self.folder / file.path) for file in files)
        yield from islice(rows, limit)

    def verify(self) -> None:
        """Check every file against the manifest.

        Raises:
            VerificationError: a file is missing or has changed; the message names it.
        """
        files = [file for cell in self.manifest.cells for file in cell.files]
        with bar(f"Checking {self.folder}", unit="B", total=sum(file.bytes for file in files)) as advance:
            for file in files:
                verify_file(self.folder, file)
                advance(file.bytes)

    def _cell(self, task: str, length: str) -> Cell:
        for cell in self.manifest.cells:
            if (cell.task, cell.length) == (task, length):
                return cell
        known = ", ".join(f"{task} at {length}" for task, length in self.cells)
        raise UsageError(f"The dataset {self.folder} has no samples of {task} at {length}; it has: {known}.")


def open_dataset(folder: Path | str, verify: bool = True) -> Dataset:
    """Open a dataset folder.

    Args:
        folder: as `babilong-generate` made it.
        verify: read every file to check its sha256; else only sizes are looked at.

    Raises:
        DataError: the folder is missing, or has no readable manifest or no samples.
        VerificationError: a file is missing or has changed since the manifest was written.
    """
    dataset = Dataset(Path(folder), load_manifest(Path(folder)))
    if not dataset.cells:
        raise DataError(f"The dataset {folder} has no finished samples yet; run its babilong-generate again.")
    for cell in dataset.manifest.cells:
        for file in cell.files:
            _check_size(dataset.folder, file)
    if verify:
        dataset.verify()
    return dataset


def _check_size(folder: Path, file: File) -> None:
    path = folder / file.path
    if not path.is_file():
        raise VerificationError(f"The file {path} is missing, though the manifest lists it; generate it again.")
    size = path.stat().st_size
    if size != file.bytes:
        raise VerificationError(f"The file {path} has {size} bytes, the manifest says {file.bytes}; generate it again.")


def verify_file(folder: Path, file: File) -> None:
    """Check a file against what the manifest says of it.

    Raises:
        VerificationError: it is missing or has changed.
    """
    _check_size(folder, file)
    digest = hashlib.sha256()
    with open(folder / file.path, "rb") as opened:
        while piece := opened.read(_PIECE):
            digest.update(piece)
    if digest.hexdigest() != file.sha256:
        raise VerificationError(f"The file {folder / file.path} is not what the manifest says; generate it again.")


def _read(path: Path) -> Iterator[Sample]:
    try:
        yield from _parquet_rows(path) if path.suffix == ".parquet" else _jsonl_rows(path)
    except (OSError, ValueError, KeyError, TypeError) as error:  # pyarrow's own are among them
        raise VerificationError(f"The file {path} cannot be read ({error}); generate it again.") from error


def _jsonl_rows(path: Path) -> Iterator[Sample]:
    with open(path, encoding="utf-8", newline="\n") as lines:
        for line in lines:
            yield Sample.from_row(json.loads(line))


def _parquet_rows(path: Path) -> Iterator[Sample]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path, pre_buffer=False) as file:
        for group in range(file.num_row_groups):
            for batch in file.iter_batches(batch_size=1, row_groups=[group], use_threads=False):
                yield Sample.from_row(batch.to_pylist()[0])
