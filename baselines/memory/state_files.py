"""States in files: what was read today is gone on with tomorrow.

save_state(Path("novel.safetensors"), state, {"tokens": "100000"})
state, about = load_state(Path("novel.safetensors"))
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from babilong.errors import DataError, first_sentence
from babilong.files import write_whole
from baselines.memory.model import State


def save_state(file: Path, state: State, about: Mapping[str, str] | None = None) -> None:
    """Write a state with words about it, whole or not at all; its folder is made.

    Raises:
        OSError: it cannot be written; what was there before still is.
    """
    from safetensors.torch import save

    file.parent.mkdir(parents=True, exist_ok=True)
    tensors = {name: tensor.detach().contiguous() for name, tensor in state.items()}
    write_whole(file, save(tensors, metadata=dict(about or {})))


def load_state(file: Path) -> tuple[State, dict[str, str]]:
    """A state, on the CPU, and the words about it.

    Raises:
        DataError: there is no such file, or it is broken.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework="pt") as opened:
            state = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 (no mapping)
            return state, opened.metadata() or {}
    except (OSError, SafetensorError) as error:
        raise DataError(f"Cannot read the state {file}: {first_sentence(error)} Read the text anew.") from error
