"""What a run goes on from: weights, optimizer and random numbers as accelerate saves them, and where it was.

OUT/state/               the last save; made in state.part and swapped, so that a kill in between loses neither
OUT/state/progress.json  where the run was, its recipe, and what that names
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from babilong.errors import BabilongError, DataError, few, first_sentence
from babilong.files import write_whole
from baselines.training.loading import make_recipe
from baselines.training.recipe import Recipe

if TYPE_CHECKING:
    from accelerate import Accelerator

# What decides neither the weights nor which of them are kept.
_HARMLESS = ("name", "text", "log_every", "checkpointing")


@dataclass(slots=True)
class Progress:
    """Where a run is.

    Attributes:
        step: the next one to do; a stage that ends early leaves out the rest of its steps.
        samples: texts read so far.
        best: best value so far of the metric that decides, in this stage.
        worse: validations since.
    """

    step: int = 0
    samples: int = 0
    best: float | None = None
    worse: int = 0


def resume(accelerator: Accelerator, recipe: Recipe, outside: dict[str, str], out: Path) -> Progress:
    """Load the last save of a run folder, or give the progress of a new run.

    Raises:
        DataError: the folder holds a run of another recipe, or its state cannot be read.
    """
    if accelerator.is_main_process:
        _finish_swap(out)
    accelerator.wait_for_everyone()
    file = out / "state" / "progress.json"
    if not file.is_file():
        return Progress()
    try:
        stored = json.loads(file.read_text("utf-8"))
        theirs, named = stored.pop("recipe"), stored.pop("outside", {})
        progress = Progress(**stored)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"Cannot read {file}: {first_sentence(error)} Delete its folder to begin anew.") from error
    different = differences(theirs, recipe, progress.step)
    different += [f"what {name} holds" for name, digest in outside.items() if named.get(name, digest) != digest]
    if different:
        raise DataError(
            f"The folder {out} holds a run of another recipe, which differs in {few(different)}; "
            "choose another one with --out."
        )
    try:
        accelerator.load_state(str(out / "state"))
    except (OSError, MemoryError):
        raise
    except Exception as error:  # torch and pickle have their own for each thing that can be wrong
        raise DataError(
            f"Cannot read the state in {out / 'state'}: {first_sentence(error)} If broken, delete it to begin anew."
        ) from error
    return progress


def save(accelerator: Accelerator, recipe: Recipe, outside: dict[str, str], progress: Progress, out: Path) -> None:
    """Save beside the old state and swap; all processes call it together.

    Args:
        accelerator: has weights, optimizer and random numbers.
        recipe: of the run.
        outside: what the recipe names, as it was when the run began; see `outside.digests`.
        progress: where the run is.
        out: the run folder.

    Raises:
        DataError: it cannot be written; the old state stays.
    """
    fresh, state, old = out / "state.part", out / "state", out / "state.old"
    if accelerator.is_main_process:
        for stale in (fresh, old):
            shutil.rmtree(stale, ignore_errors=True)
    accelerator.wait_for_everyone()
    with writing(fresh):
        accelerator.save_state(str(fresh), safe_serialization=False)
    accelerator.wait_for_everyone()
    if accelerator.is_main_process:
        content = {**asdict(progress), "recipe": _plain(recipe), "outside": outside}
        write_whole(fresh / "progress.json", json.dumps(content).encode())
        swap(fresh, state)
    accelerator.wait_for_everyone()


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """What libraries say that could not write, in one sentence; what the system says is said as it is.

    Raises:
        DataError: torch, safetensors or tokenizers could not write.
    """
    try:
        yield
    except (BabilongError, OSError):
        raise
    except Exception as error:
        raise DataError(
            f"Cannot write to {folder}: {first_sentence(error)} If the disk is full, make room; the same command goes "
            "on from the last save."
        ) from error


def swap(fresh: Path, place: Path) -> None:
    """Put a finished folder in the place of another."""
    old = place.with_name(f"{place.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if place.exists():
        place.rename(old)
    fresh.rename(place)
    shutil.rmtree(old, ignore_errors=True)


def differences(stored: dict[str, Any], recipe: Recipe, step: int) -> list[str]:
    """Keys in which a stored recipe differs from another in a way that matters to a run that has come to `step`.

    Stages that have not begun may differ: nothing was learned in them.
    """
    try:
        theirs = make_recipe(stored, "the stored recipe")
    except (BabilongError, KeyError, TypeError) as error:
        return [f"its form ({error})"]
    # Whether a stage starts from the best weights is decided at the end of the one before.
    entered = begun = len(theirs.stages) if step >= theirs.steps else theirs.place(step).stage + 1
    if step < theirs.steps and step == theirs.place(step).start:
        begun -= 1
    ours, others = _flat(_plain(recipe)), _flat(_plain(theirs))
    return [
        key
        for key in sorted(ours.keys() | others.keys())
        if ours.get(key) != others.get(key) and not _may_differ(key, begun, entered)
    ]


def _may_differ(key: str, begun: int, entered: int) -> bool:
    first, _, rest = key.partition(".")
    number, _, field = rest.partition(".")
    return first in _HARMLESS or (first == "stages" and int(number) >= (entered if field == "from_best" else begun))


def _finish_swap(out: Path) -> None:
    """If a kill came in the middle of a swap, do the rest of it."""
    if (out / "state").exists():
        return
    for name in ("state.part", "state.old"):
        # Written last, so whatever has it is whole.
        if (out / name / "progress.json").is_file():
            (out / name).rename(out / "state")
            return


def _plain(recipe: Recipe) -> dict[str, Any]:
    fields = asdict(recipe)
    del fields["text"]
    return dict(json.loads(json.dumps(fields)))


def _flat(value: Any, key: str = "") -> dict[str, Any]:
    """A nested value by dotted keys; lists count their items, but only stages are taken apart."""
    if isinstance(value, dict) and value:
        parts: Any = value.items()
    elif key == "stages":
        parts = enumerate(value)
    else:
        return {key: value}
    return {k: v for name, part in parts for k, v in _flat(part, f"{key}.{name}" if key else str(name)).items()}
