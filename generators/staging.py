"""Staging: where the files of unfinished cells wait, inside the dataset folder, until the cell can appear whole.

Example::

    staging = Staging(Path("data/novels"), "parquet", kitchen.recipe_hash)
    with staging.attended():
        staging.prepare(manifest)
        ...  # staging.keep(part, file), in any process, on any machine that sees the folder
        staging.publish(staging.parts())

A finished file and then a marker beside it lie in `.units/`; a marker says all that the manifest needs. Whoever
finishes a cell moves its files into place and enters it in the manifest. The last to leave sweeps. Nothing relies on a
process ending well, and where a file system cannot lock, the markers merely stay.
"""

from __future__ import annotations

import fcntl
import json
import math
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from babilong.errors import DataError, VerificationError
from babilong.files import write_whole
from generators.card import card
from generators.dataset import verify_file
from generators.guessing import guesses
from generators.manifest import NAME, Cell, File, Manifest, load_manifest
from generators.units import Unit

FOLDER = ".units"
_AT_WORK, _MANIFEST = "at-work.lock", "manifest.lock"


@dataclass(frozen=True, slots=True)
class Part:
    """A finished file, and what its cell must know of it.

    Attributes:
        unit: which it is.
        recipe_hash: of the recipe it was made by.
        file: as the manifest will list it.
        tokens: of all its contexts.
        unique: sum of its samples' `background_unique`.
        least_unique: the least of them.
        left_out: stories of the whole cell that were left out, being too long.
        sentences_seen: how many sentences the background has.
        collisions: how many of these name a person, a place or a thing of bAbI, whether or not they were left out.
    """

    unit: Unit
    recipe_hash: str
    file: File
    tokens: int
    unique: float
    least_unique: float
    left_out: int
    sentences_seen: int = 0
    collisions: int = 0


@dataclass(frozen=True, slots=True)
class Staging:
    """The staging of a dataset folder, for one recipe.

    Attributes:
        out: the dataset folder.
        format: one of `sample_files.FORMATS`.
        recipe_hash: of the recipe.
    """

    out: Path
    format: str
    recipe_hash: str

    @contextmanager
    def attended(self) -> Iterator[None]:
        """Be at work in the folder; other processes may be, too. The last to leave removes what is not needed."""
        with self._join() as handle:
            try:
                yield
            finally:
                _lock(handle, fcntl.LOCK_UN)  # so that of two who leave at once one is alone
                if _lock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB) and self._is_lock(handle):
                    with suppress(OSError, DataError):
                        self._sweep()

    def prepare(self, manifest: Manifest, damaged: Iterable[tuple[str, str]] = ()) -> None:
        """Save the manifest of a new dataset; from that of an old one take cells, by task and length, out."""
        with self._manifest_locked():
            if (self.out / NAME).is_file():
                manifest = load_manifest(self.out)
            for task, length in damaged:
                manifest = manifest.without(task, length)
            manifest.save(self.out)

    def staged(self, unit: Unit) -> Path:
        """Where the file of a unit waits."""
        return self.out / FOLDER / unit.length / f"{unit.task}-{unit.samples}-{unit.number:05}.{self.format}"

    def new_file(self, unit: Unit) -> Path:
        """Where to write the file of a unit; no other process has that name."""
        staged = self.staged(unit)
        staged.parent.mkdir(exist_ok=True)
        return staged.with_name(f"{staged.name}.{os.urandom(6).hex()}.part")

    def keep(self, part: Part, written: Path) -> None:
        """Take a written file in; from now on it is finished."""
        os.replace(written, self.staged(part.unit))
        write_whole(_marker(self.staged(part.unit)), json.dumps(asdict(part)).encode())

    def part(self, unit: Unit) -> Part | None:
        """The finished file of a unit, if there is one."""
        staged = self.staged(unit)
        part = _load(_marker(staged))
        expected = (unit, self.recipe_hash, unit.path(self.format), unit.rows)
        if part is None or (part.unit, part.recipe_hash, part.file.path, part.file.rows) != expected:
            return None
        with suppress(FileNotFoundError):
            return part if staged.stat().st_size == part.file.bytes else None
        try:  # a publisher was killed on the way
            verify_file(self.out, part.file)
        except VerificationError:
            return None
        return part

    def parts(self) -> list[Part]:
        """All finished files whose cells are not in the manifest."""
        manifest = load_manifest(self.out)
        loaded = [_load(marker) for marker in sorted((self.out / FOLDER).glob("*/*.json"))]
        waiting = [part.unit for part in loaded if part and not _holds(manifest, part.unit)]
        return [part for unit in waiting if (part := self.part(unit))]

    def publish(self, parts: Iterable[Part]) -> Manifest:
        """Put those cells in place of which every file is there, and say so in the manifest, which is returned."""
        cells = whole_cells(parts)
        with self._manifest_locked():
            # Where nothing is locked, another process may save what it had read before this one saved.
            while missing := [cell for cell in cells if not _holds(load_manifest(self.out), cell[0].unit)]:
                for cell in missing:
                    self._publish(cell)
            return load_manifest(self.out)

    def save_card(self) -> None:
        """Write README.md as the manifest stands."""
        with self._manifest_locked():
            manifest = load_manifest(self.out)
            if manifest.cells:
                write_whole(self.out / "README.md", card(manifest, guesses(self.out, manifest.cells)).encode())

    def _publish(self, parts: list[Part]) -> None:
        cell = _cell(parts)
        manifest = load_manifest(self.out)
        if manifest.cell(cell.task, cell.length):  # one of fewer samples: it goes before its files do
            manifest = manifest.without(cell.task, cell.length)
            manifest.save(self.out)
        folder = self.out / cell.length
        folder.mkdir(exist_ok=True)
        for part in parts:
            with suppress(FileNotFoundError):  # moved by a publisher that was killed, or that is at it unlocked
                os.replace(self.staged(part.unit), self.out / part.file.path)
        manifest.with_cell(cell).save(self.out)
        listed = {file.path for file in cell.files}
        for file in folder.glob(f"{cell.task}-*-of-*"):
            if f"{cell.length}/{file.name}" not in listed:
                file.unlink()

    def _join(self) -> BinaryIO:
        """The lock file, shared with whoever else is at work."""
        while True:
            (self.out / FOLDER).mkdir(parents=True, exist_ok=True)
            with suppress(FileNotFoundError):  # one who left has just removed the folder
                handle = open(self.out / FOLDER / _AT_WORK, "ab")  # noqa: SIM115
                if not _lock(handle, fcntl.LOCK_SH) or self._is_lock(handle):
                    return handle
                handle.close()

    def _is_lock(self, handle: BinaryIO) -> bool:
        """Whether a lock file is that of the folder still, and not one that was removed."""
        try:
            return os.path.samestat(os.fstat(handle.fileno()), os.stat(self.out / FOLDER / _AT_WORK))
        except FileNotFoundError:
            return False

    @contextmanager
    def _manifest_locked(self) -> Iterator[None]:
        with open(self.out / FOLDER / _MANIFEST, "ab") as handle:
            _lock(handle, fcntl.LOCK_EX)
            yield

    def _sweep(self) -> None:
        """Remove, while nobody else is at work, what killed processes have left, and what has been published."""
        folder = self.out / FOLDER
        manifest = load_manifest(self.out)
        for left in [*self.out.glob(".*.part"), *folder.glob("*/*.part")]:
            left.unlink()
        kept: set[Path] = set()
        for marker in folder.glob("*/*.json"):
            part = _load(marker)
            if part and part.recipe_hash == self.recipe_hash and not _holds(manifest, part.unit):
                kept.update((marker, self.staged(part.unit)))
        for file in folder.glob("*/*"):
            if file not in kept:
                file.unlink()
        if not kept:
            shutil.rmtree(folder)
        if not manifest.cells and [file.name for file in self.out.iterdir()] == [NAME]:  # nothing came of it
            (self.out / NAME).unlink()
            self.out.rmdir()


def whole_cells(parts: Iterable[Part]) -> list[list[Part]]:
    """The parts of each cell of which none is missing, in order."""
    cells: dict[tuple[str, str, int], dict[int, Part]] = {}
    for part in parts:
        unit = part.unit
        cells.setdefault((unit.task, unit.length, unit.samples), {})[unit.number] = part
    return [
        [found[number] for number in sorted(found)]
        for found in cells.values()
        if len(found) == next(iter(found.values())).unit.files
    ]


def _cell(parts: list[Part]) -> Cell:
    unit = parts[0].unit
    return Cell(
        unit.task,
        unit.length,
        unit.samples,
        mean_tokens=round(sum(part.tokens for part in parts) / unit.samples, 1),
        mean_unique=round(math.fsum(part.unique for part in parts) / unit.samples, 4),
        least_unique=round(min(part.least_unique for part in parts), 4),
        left_out=parts[0].left_out,
        files=tuple(part.file for part in parts),
        sentences_seen=parts[0].sentences_seen,
        collisions=parts[0].collisions,
    )


def _holds(manifest: Manifest, unit: Unit) -> bool:
    cell = manifest.cell(unit.task, unit.length)
    return cell is not None and cell.rows >= unit.samples


def _marker(staged: Path) -> Path:
    return staged.with_name(f"{staged.name}.json")


def _load(marker: Path) -> Part | None:
    """What a marker says; None where there is none, or one that a power cut has spoilt."""
    try:
        values = json.loads(marker.read_text("utf-8"))
        return Part(**(values | {"unit": Unit(**values["unit"]), "file": File(**values["file"])}))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _lock(handle: BinaryIO, how: int) -> bool:
    """Whether a lock was got; not so where another has it, or where the file system knows no locks."""
    try:
        fcntl.flock(handle, how)
    except OSError:
        return False
    return True
