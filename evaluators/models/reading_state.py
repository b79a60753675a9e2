"""How far a recurrent-memory model has read a context, kept in a file so that a kill costs little at 1M and more.

Example::

    save_place(file, Place(state, segments=2000, tokens=1_000_000), context)
    load_place(file, context)       # the same; None if there is no such file, or it is of another context
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from babilong.errors import DataError

if TYPE_CHECKING:
    from baselines.memory.model import MemoryModel, State


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a context.

    Attributes:
        state: the memory of one text.
        segments: how many were read.
        tokens: how many were read.
    """

    state: State
    segments: int
    tokens: int


def fresh_place(model: MemoryModel) -> Place:
    """The beginning of a context."""
    return Place({name: tensor.detach() for name, tensor in model.init_state(1).items()}, 0, 0)


def save_place(file: Path, place: Place, context: str) -> None:
    """Write a place, whole or not at all.

    Raises:
        OSError: it cannot be written; what was there before still is.
    """
    from baselines.memory.state_files import save_state

    about = {"context": _digest(context), "segments": str(place.segments), "tokens": str(place.tokens)}
    save_state(file, place.state, about)


def load_place(file: Path, context: str) -> Place | None:
    """The place that was saved for a context; None, to begin anew, where there is no such file or a broken one."""
    from baselines.memory.state_files import load_state

    try:
        state, about = load_state(file)
        if about["context"] != _digest(context):
            return None
        return Place(state, int(about["segments"]), int(about["tokens"]))
    except (DataError, KeyError, ValueError):
        return None


def _digest(context: str) -> str:
    return hashlib.sha256(context.encode("utf-8", "surrogatepass")).hexdigest()
