"""The writer: a recipe's samples as a dataset folder that grows file by file and survives a kill at any moment.

Example::

    generate(Recipe(), ["qa1"], ["0k", "128k"], samples=100, out=Path("data/builtin"))

A cell (a task at a length) appears, in folder and manifest, once all its files are finished. The same command
goes on where it was stopped; other tasks or lengths of the same recipe extend the folder, more samples replace a cell.
Several commands may be at work in one folder: the shards of a job array, or the same one twice.
"""

from __future__ import annotations

import errno
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from babilong import __version__
from babilong.errors import DataError, UsageError, VerificationError, unknown
from babilong.lengths import tokens
from babilong.tasks import get_task
from generators.dataset import Dataset, verify_file
from generators.engines import Engine, Order, serial
from generators.kitchen import Kitchen
from generators.manifest import NAME, Cell, Manifest, load_manifest
from generators.progress import bar
from generators.recipe import Recipe, identity
from generators.sample_files import FORMATS
from generators.staging import FOLDER, Staging
from generators.units import Shard, Unit, divide


def generate(
    recipe: Recipe,
    tasks: Sequence[str],
    lengths: Sequence[str],
    samples: int,
    out: Path,
    format: str = "parquet",
    *,
    shard: Shard = Shard(),  # noqa: B008 (frozen)
    engine: Engine = serial,
    allow_repeats: bool = False,
) -> Dataset:
    """Make a dataset, or extend the one in `out`.

    Args:
        recipe: what to make.
        tasks: such as `["qa1", "qa2"]`.
        lengths: such as `["0k", "128k"]`.
        samples: how many of each task at each length.
        out: the dataset folder.
        format: `parquet`, `parquet-zstd` (compressed) or `jsonl`.
        shard: the part of the work that is this call's; a cell appears once all its shards are done.
        engine: who does the work; the bytes do not depend on it.
        allow_repeats: whether a sample may show a sentence of the background again, where it has too few.

    Raises:
        UsageError: something asked for does not exist or does not fit; nothing has been written.
        DataError: a part of the recipe cannot be read, the disk is full or workers are killed; finished files are kept.
    """
    if samples < 1:
        raise UsageError(f"Cannot make {samples} samples; ask for 1 or more.")
    if format not in FORMATS:
        raise unknown("format", format, FORMATS)
    kitchen = Kitchen(recipe)
    manifest = _manifest_for(out, kitchen, format)
    asked = list(dict.fromkeys((get_task(task).name, length) for length in lengths for task in tasks))
    stories = {(task, length): kitchen.stories(task, samples, length) for task, length in asked}
    rows = {cell: len(chosen.chosen) for cell, chosen in stories.items()}
    for cell in asked:
        kitchen.check(*cell, stories[cell])
    held = {cell: manifest.cell(*cell) for cell in asked}
    enough = {cell: there for cell, there in held.items() if there and there.rows >= rows[cell]}
    damaged = [cell for cell, there in enough.items() if not _is_whole(out, there)]
    units = [
        unit
        for unit in shard.of([unit for cell in asked for unit in divide(*cell, rows[cell])])
        if (unit.task, unit.length) not in enough or (unit.task, unit.length) in damaged
    ]
    for length in dict.fromkeys(unit.length for unit in units):
        kitchen.store(length)
        if not allow_repeats:
            kitchen.check_background(length)

    staging = Staging(out, format, kitchen.recipe_hash)
    with _disk_errors(out), staging.attended():
        staging.prepare(_manifest_for(out, kitchen, format), damaged)  # another run may have been at it meanwhile
        orders = [
            Order(unit, stories[_cell(unit)].chosen[unit.start : unit.stop], stories[_cell(unit)].left_out)
            for unit in units
            if not staging.part(unit)
        ]
        try:
            _work(kitchen, orders, staging, engine)
            manifest = staging.publish(staging.parts())
        finally:
            staging.save_card()
    return Dataset(out, manifest)


def _work(kitchen: Kitchen, orders: Sequence[Order], staging: Staging, engine: Engine) -> None:
    """Have the orders made, and publish every cell as soon as it is whole."""
    to_do = Counter(_cell(order.unit) for order in orders)
    total = sum(order.unit.rows * tokens(order.unit.length) for order in orders)
    with (
        bar("Generating", unit="tok", total=total) as advance,
        closing(engine(kitchen, orders, staging)) as parts,
    ):
        for part in parts:
            unit = part.unit
            advance(unit.rows * tokens(unit.length))
            to_do[_cell(unit)] -= 1
            if not to_do[_cell(unit)]:  # of this shard; others may have theirs to do
                staging.publish(filter(None, map(staging.part, divide(*_cell(unit), unit.samples))))


def _cell(unit: Unit) -> tuple[str, str]:
    return unit.task, unit.length


@contextmanager
def _disk_errors(out: Path) -> Iterator[None]:
    """Say what a failure to write means for the user."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise DataError(
                f"The disk is full; {out} keeps what was finished. Free some space and run the same command again."
            ) from error
        reason = error.strerror or error
        raise DataError(f"Cannot write the dataset {out}: {reason}; choose another folder with --out.") from error


def _manifest_for(out: Path, kitchen: Kitchen, format: str) -> Manifest:
    """The manifest of the dataset already there, or of a new one.

    Raises:
        UsageError: the folder holds another dataset or other things.
    """
    new = Manifest(__version__, format, kitchen.recipe.to_dict(), kitchen.fingerprints, kitchen.recipe_hash)
    if out.exists() and not out.is_dir():
        raise UsageError(f"Cannot make the folder {out}: there is a file of that name; choose another with --out.")
    if not out.exists() or all(file.name == FOLDER or file.suffix == ".part" for file in out.iterdir()):
        # Not there, or what a run has left that was killed at once.
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


def _is_whole(out: Path, cell: Cell) -> bool:
    with suppress(VerificationError):
        for file in cell.files:
            verify_file(out, file)
        return True
    return False
