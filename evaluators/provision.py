"""The samples a run needs: a dataset folder as it is, or the default one, in which what is missing is generated."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from babilong.errors import UsageError, unknown
from babilong.locks import waiting_for
from generators.dataset import Dataset, open_dataset
from generators.manifest import load_manifest
from generators.recipe import Recipe
from generators.writer import generate

DEFAULT_DATA = Path("data/builtin")
DEFAULT_TASKS = ("qa1",)
DEFAULT_LENGTHS = ("0k", "1k", "2k", "4k", "8k", "16k")
DEFAULT_SAMPLES = 100

CellName = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Plan:
    """Which cells are evaluated, and which of them have to be generated first.

    Attributes:
        folder: the dataset folder.
        cells: pairs of task and length.
        missing: those of them that the folder lacks, or of which it has too few samples.
        samples: how many samples of each missing cell to generate.
        recipe: by which to generate them.
        notes: what was asked for and is not to be had.
    """

    folder: Path
    cells: tuple[CellName, ...]
    missing: tuple[CellName, ...] = ()
    samples: int = DEFAULT_SAMPLES
    recipe: Recipe = Recipe()
    notes: tuple[str, ...] = ()

    @property
    def gaps(self) -> list[tuple[list[str], list[str]]]:
        """The missing cells as few blocks of tasks x lengths."""
        return _blocks(self.missing)

    @property
    def tokenizer(self) -> str | None:
        """Fingerprint of the tokenizer by which the samples that are there were counted; None without any."""
        there = _there(self.folder)
        return there.manifest.fingerprints.get("tokenizer") if there else None

    def fetch(self) -> Dataset:
        """The dataset, with what was missing generated, and every file checked against its manifest.

        Raises:
            VerificationError: a file has changed since it was generated.
            BabilongError: what is missing cannot be generated; what was finished is kept.
        """
        if self.missing:
            with waiting_for(self.folder.with_name(f".{self.folder.name}.lock")):
                # Whoever had the lock before may have made it all.
                replace(self, missing=_missing(_there(self.folder), self.missing, self.samples))._generate()
        return open_dataset(self.folder)

    def _generate(self) -> None:
        # A folder that comes into being does so under another name until it is whole: what is there when this is
        # interrupted must not pass for all that was wanted, nor for what another command wants.
        new = not self.folder.exists()
        asked = hashlib.sha256(repr((self.missing, self.samples)).encode()).hexdigest()[:8]
        folder = self.folder.with_name(f"{self.folder.name}.{asked}.part") if new else self.folder
        format = "parquet" if new else load_manifest(folder).format
        for tasks, lengths in self.gaps:
            generate(self.recipe, tasks, lengths, self.samples, folder, format)
        if new:
            folder.rename(self.folder)
            for left in self.folder.parent.glob(f"{self.folder.name}.*.part"):  # by others, interrupted
                shutil.rmtree(left, ignore_errors=True)


def choose(data: Path | None, tasks: Sequence[str] | None, lengths: Sequence[str] | None, samples: int | None) -> Plan:
    """What to evaluate; nothing is written yet.

    Args:
        data: a dataset folder, or None for the default one.
        tasks: those asked for, or None for all of the dataset.
        lengths: likewise.
        samples: how many of each cell, or None for all.

    Raises:
        DataError: `data` is no dataset.
        UsageError: `data` has not the task or length asked for, or no task at a length asked for.
    """
    if data is not None:
        dataset = open_dataset(data, verify=False)
        cells = _cells(dataset, tasks, lengths)
        return Plan(data, cells, notes=tuple(_notes(dataset, cells, tasks, lengths, samples)))
    there = _there(DEFAULT_DATA)
    cells = there.cells if there else ()
    if tasks or lengths or not cells:
        tasks = tasks or tuple(dict.fromkeys(task for task, _ in cells)) or DEFAULT_TASKS
        lengths = lengths or tuple(dict.fromkeys(length for _, length in cells)) or DEFAULT_LENGTHS
        cells = tuple((task, length) for length in lengths for task in tasks)
    missing = _missing(there, cells, samples or 0)
    return Plan(DEFAULT_DATA, cells, missing, samples or DEFAULT_SAMPLES, there.recipe if there else Recipe())


def _there(folder: Path) -> Dataset | None:
    return Dataset(folder, load_manifest(folder)) if folder.exists() else None


def _missing(there: Dataset | None, cells: Sequence[CellName], samples: int) -> tuple[CellName, ...]:
    """The cells that a folder lacks, or of which it has too few samples."""
    return tuple(cell for cell in cells if not there or cell not in there.cells or there.rows(*cell) < samples)


def _cells(dataset: Dataset, tasks: Sequence[str] | None, lengths: Sequence[str] | None) -> tuple[CellName, ...]:
    """The cells of a dataset that are asked for."""
    for kind, asked, place in (("task", tasks, 0), ("length", lengths, 1)):
        known = list(dict.fromkeys(cell[place] for cell in dataset.cells))
        for name in asked or ():
            if name not in known:
                raise unknown(f"{kind} of this dataset,", name, known)
    cells = tuple(
        (task, length)
        for task, length in dataset.cells
        if (not tasks or task in tasks) and (not lengths or length in lengths)
    )
    if not cells:
        asked = f"{', '.join(tasks or ())} at {', '.join(lengths or ())}"
        raise UsageError(
            f"The dataset {dataset.folder} has no samples of {asked}; it has: {in_words(_blocks(dataset.cells))}."
        )
    return cells


def _notes(
    dataset: Dataset,
    cells: Sequence[CellName],
    tasks: Sequence[str] | None,
    lengths: Sequence[str] | None,
    samples: int | None,
) -> Iterator[str]:
    """What was asked for and is not in a dataset, which need not hold every task at every length."""
    if absent := [(task, length) for length in lengths or () for task in tasks or () if (task, length) not in cells]:
        yield f"{dataset.folder} has no samples of {in_words(_blocks(absent))}; only the rest is asked."
    if short := [cell for cell in cells if dataset.rows(*cell) < (samples or 0)]:
        most = max(dataset.rows(*cell) for cell in short)
        yield (
            f"{dataset.folder} has fewer than {samples:,} samples of {in_words(_blocks(short))}, at most {most:,}; "
            f"all of them are asked."
        )


def _blocks(cells: Iterable[CellName]) -> list[tuple[list[str], list[str]]]:
    """Cells as few blocks of tasks x lengths."""
    by_length: dict[str, list[str]] = {}
    for task, length in cells:
        by_length.setdefault(length, []).append(task)
    blocks: dict[tuple[str, ...], list[str]] = {}
    for length, tasks in by_length.items():
        blocks.setdefault(tuple(tasks), []).append(length)
    return [(list(tasks), lengths) for tasks, lengths in blocks.items()]


def in_words(blocks: Iterable[tuple[Sequence[str], Sequence[str]]]) -> str:
    """Blocks of tasks x lengths for people.

    Example:
        >>> in_words([(["qa1", "qa2"], ["0k"]), (["qa1"], ["1k", "4k"])])
        'qa1, qa2 at 0k; qa1 at 1k, 4k'
    """
    return "; ".join(f"{', '.join(tasks)} at {', '.join(lengths)}" for tasks, lengths in blocks)
