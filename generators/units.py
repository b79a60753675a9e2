"""Units of work: the files of a dataset, cut the same way whoever makes them, and dealt to the jobs of an array.

Example::

    units = divide("qa1", "128k", samples=100)
    [(unit.path("parquet"), unit.start, unit.stop) for unit in units]
    # [("128k/qa1-00000-of-00002.parquet", 0, 50), ("128k/qa1-00001-of-00002.parquet", 50, 100)]
    Shard(1, 4).of(units)  # what the first of four jobs makes
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from babilong.errors import UsageError
from babilong.lengths import tokens

FILE_BYTES = 32 << 20  # of text
MOST_ROWS = 1_000
_BYTES_PER_TOKEN = 4.5
_STORY_TOKENS = 500  # what a row costs besides its length: its story


@dataclass(frozen=True, slots=True)
class Unit:
    """One file of a cell. Its rows follow from length, samples and number alone, and differ by one at most in a cell.

    Attributes:
        task: `qa1` to `qa20`.
        length: name of the length.
        samples: rows of the whole cell.
        number: of the file in its cell, from 0.
    """

    task: str
    length: str
    samples: int
    number: int

    @property
    def files(self) -> int:
        """How many files the cell has."""
        return -(
            -self.samples // max(1, min(MOST_ROWS, int(FILE_BYTES / _BYTES_PER_TOKEN) // (_size(self.length) or 1)))
        )

    @property
    def start(self) -> int:
        """Index of the first sample."""
        return self.number * self.samples // self.files

    @property
    def stop(self) -> int:
        """Index after the last sample."""
        return (self.number + 1) * self.samples // self.files

    @property
    def rows(self) -> int:
        """How many samples."""
        return self.stop - self.start

    @property
    def cost(self) -> int:
        """How much work it is, in tokens or so."""
        return self.rows * (_size(self.length) + _STORY_TOKENS)

    def path(self, format: str) -> str:
        """The file in the dataset folder, with forward slashes."""
        return f"{self.length}/{self.task}-{self.number:05}-of-{self.files:05}.{suffix(format)}"


@dataclass(frozen=True, slots=True)
class Shard:
    """The part of one job of an array, counted from 1: `Shard(1, 8)` to `Shard(8, 8)`.

    Raises:
        UsageError: there is no such job.
    """

    number: int = 1
    jobs: int = 1

    def __post_init__(self) -> None:
        """Check the range."""
        if self.jobs < 1:
            raise UsageError(
                f"Cannot divide the work among {self.jobs} jobs; write --shard 1/8 for the first of eight."
            )
        if not 1 <= self.number <= self.jobs:
            first, last = f"1/{self.jobs}", f"{self.jobs}/{self.jobs}"
            raise UsageError(f"There is no shard {self.number}/{self.jobs}; they go from {first} to {last}.")

    def of(self, units: Sequence[Unit]) -> list[Unit]:
        """Every `jobs`-th unit by falling cost, so that shards are even; in the order of `units`."""
        falling = sorted(range(len(units)), key=lambda i: -units[i].cost)
        return [units[i] for i in sorted(falling[self.number - 1 :: self.jobs])]


def suffix(format: str) -> str:
    """How the names of files of a format end: those of `parquet-zstd` are parquet files."""
    return format.partition("-")[0]


@lru_cache
def _size(length: str) -> int:
    return tokens(length)


def divide(task: str, length: str, samples: int) -> list[Unit]:
    """The files of a cell, in order; each sample is in one of them."""
    return [Unit(task, length, samples, number) for number in range(Unit(task, length, samples, 0).files)]


def parse_shard(text: str) -> Shard:
    """A shard as the command line gives it.

    Example:
        >>> parse_shard("3/8")
        Shard(number=3, jobs=8)

    Raises:
        UsageError: it is not of that form, or there is no such shard.
    """
    match = re.fullmatch(r"\s*(\d+)\s*/\s*(\d+)\s*", text)
    if not match:
        raise UsageError(f"Unknown shard {text!r}; write 1/8 for the first of eight, 8/8 for the last.")
    return Shard(int(match[1]), int(match[2]))
