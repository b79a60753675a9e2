"""The writer: a recipe's samples as a dataset folder that grows cell by cell and survives a kill at any moment.

Example::

    generate(Recipe(), ["qa1"], ["0k", "128k"], samples=100, out=Path("data/builtin"))

A cell (a task at a length) is in the manifest once all its files are in place. The same command goes on where it was
stopped; other tasks, lengths or more samples of the same recipe extend the folder.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from babilong import __version__
from babilong.errors import BabilongError, DataError, UsageError, VerificationError, unknown
from babilong.files import write_whole
from babilong.lengths import tokens
from babilong.tasks import get_task
from generators.card import card
from generators.dataset import Dataset, verify_file
from generators.kitchen import Kitchen, Stories
from generators.manifest import NAME, Cell, File, Manifest, load_manifest
from generators.progress import bar
from generators.recipe import Recipe, identity
from generators.shards import FORMATS, ShardWriter

_LARGE_FROM = 1_000_000  # tokens; a shard of such texts may exceed what 32-bit offsets reach


def generate(
    recipe: Recipe, tasks: Sequence[str], lengths: Sequence[str], samples: int, out: Path, format: str = "parquet"
) -> Dataset:
    """Make a dataset, or extend the one in `out`.

    Args:
        recipe: what to make.
        tasks: such as `["qa1", "qa2"]`.
        lengths: such as `["0k", "128k"]`.
        samples: how many of each task at each length.
        out: the dataset folder.
        format: `parquet` or `jsonl`.

    Raises:
        UsageError: something asked for does not exist or does not fit; nothing has been written.
        DataError: a part of the recipe cannot be read, or the disk is full; finished cells are kept.
        BabilongError: another run is writing to the folder.
    """
    if samples < 1:
        raise UsageError(f"Cannot make {samples} samples; ask for 1 or more.")
    if format not in FORMATS:
        raise unknown("format", format, FORMATS)
    kitchen = Kitchen(recipe)
    manifest = _manifest_for(out, kitchen, format)
    stories = {get_task(task).name: kitchen.stories(task, samples) for task in tasks}
    for length in lengths:
        for task in stories:
            kitchen.check(task, length, stories[task])
    asked = [(task, length) for length in lengths for task in stories]
    missing = [cell for cell in asked if not _finished(out, manifest, *cell, samples)]
    for _, length in missing:
        kitchen.store(length)
    try:
        out.mkdir(parents=True, exist_ok=True)
        with _locked(out):
            manifest = _manifest_for(out, kitchen, format)  # another run may have been at it meanwhile
            missing = [cell for cell in missing if not _finished(out, manifest, *cell, samples)]
            try:
                _prepare(out, manifest)
                total = samples * sum(tokens(length) for _, length in missing)
                with bar("Generating", unit="tok", total=total) as advance:
                    for task, length in missing:
                        cell = _write_cell(kitchen, stories[task], task, length, out, format, advance)
                        manifest = manifest.with_cell(cell)
                        _save(out, manifest)
                        _remove_stale(out, cell)
            finally:
                if not manifest.cells:
                    _remove_empty(out)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise DataError(
                f"The disk is full; {out} keeps what was finished. Free some space and run the same command again."
            ) from error
        reason = error.strerror or error
        raise DataError(f"Cannot write the dataset {out}: {reason}; choose another folder with --out.") from error
    return Dataset(out, manifest)


def _manifest_for(out: Path, kitchen: Kitchen, format: str) -> Manifest:
    """The manifest of the dataset already there, or of a new one.

    Raises:
        UsageError: the folder holds another dataset or other things.
    """
    new = Manifest(__version__, format, kitchen.recipe.to_dict(), kitchen.fingerprints, kitchen.recipe_hash)
    if out.exists() and not out.is_dir():
        raise UsageError(f"Cannot make the folder {out}: there is a file of that name; choose another with --out.")
    if not out.exists() or all(file.suffix == ".part" for file in out.iterdir()):  # what a killed run has left
        return new
    if not (out / NAME).is_file():
        raise UsageError(f"The folder {out} holds other things than a dataset; choose another with --out.")
    old = load_manifest(out)
    if old.recipe_hash != new.recipe_hash:
        theirs, ours = identity(old.recipe, old.fingerprints), identity(new.recipe, new.fingerprints)
        differ = [key for key in ours if theirs.get(key) != ours[key]]
        raise UsageError(
            f"The folder {out} holds a dataset of recipe {old.recipe_hash[:8]}, and this is recipe "
            f"{new.recipe_hash[:8]} (they differ in: {', '.join(differ)}); choose another folder with --out."
        )
    if old.format != format:
        raise UsageError(
            f"The folder {out} holds {old.format} files; ask for --format {old.format} or choose another with --out."
        )
    return old


def _finished(out: Path, manifest: Manifest, task: str, length: str, samples: int) -> bool:
    return any(
        (cell.task, cell.length) == (task, length)
        and cell.rows >= samples
        and all(_is_whole(out, file) for file in cell.files)
        for cell in manifest.cells
    )


def _is_whole(out: Path, file: File) -> bool:
    try:
        verify_file(out, file)
    except VerificationError:
        return False
    return True


@contextmanager
def _locked(out: Path) -> Iterator[None]:
    """Keep other runs out of a folder; the system lets go of it when the process ends, however it ends."""
    handle = os.open(out, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BabilongError(
                f"Another run is writing the dataset {out}; wait for it to end, then run the same command again."
            ) from error
        except OSError:
            pass  # some network file systems do not lock folders
        yield
    finally:
        os.close(handle)


def _prepare(out: Path, manifest: Manifest) -> None:
    """Make the folder ours, and rid it of what a killed run has left."""
    for part in out.glob("**/*.part"):
        part.unlink()
    _save(out, manifest)


def _save(out: Path, manifest: Manifest) -> None:
    manifest.save(out)
    if manifest.cells:
        write_whole(out / "README.md", card(manifest).encode())


def _write_cell(
    kitchen: Kitchen, stories: Stories, task: str, length: str, out: Path, format: str, advance: Callable[[int], object]
) -> Cell:
    folder = out / length
    total = 0
    with ShardWriter(folder, task, large=tokens(length) >= _LARGE_FROM, format=format) as shards:
        for haystack in kitchen.haystacks(task, length, stories.chosen):
            folder.mkdir(exist_ok=True)
            shards.add(haystack)
            total += haystack.rest.n_tokens
            advance(tokens(length))
        files = shards.finish()
    rows = len(stories.chosen)
    return Cell(task, length, rows, round(total / rows, 1), stories.left_out, tuple(files))


def _remove_stale(out: Path, cell: Cell) -> None:
    """Remove shards of an earlier, shorter version of the cell."""
    listed = {file.path for file in cell.files}
    for file in (out / cell.length).glob(f"{cell.task}-*-of-*"):
        if f"{cell.length}/{file.name}" not in listed:
            file.unlink()


def _remove_empty(out: Path) -> None:
    """Remove what was prepared when nothing came of it."""
    with suppress(OSError):
        (out / NAME).unlink(missing_ok=True)
        for folder in out.iterdir():
            folder.rmdir()
        out.rmdir()
