"""The files of a released checkpoint: on the hub, in a folder, as tensors. Nothing in them is ever executed."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from babilong.errors import DataError, first_sentence
from babilong.hub import is_out_of_reach

if TYPE_CHECKING:
    from torch import Tensor

# In the order in which they are looked for.
_WEIGHTS = ("model.safetensors", "model-*-of-*.safetensors", "pytorch_model.bin", "pytorch_model-*-of-*.bin")
_WORDS = ("tokenizer.json", "vocab.json")


def fetch(id: str) -> Path:
    """The folder of a checkpoint on the hub, downloaded or from the local cache.

    Raises:
        DataError: the hub does not give it, and it is not in the cache.
    """
    import huggingface_hub

    try:
        wanted = [*_WEIGHTS, "*.json", "merges.txt"]
        return Path(huggingface_hub.snapshot_download(id, allow_patterns=wanted, local_files_only=is_out_of_reach(id)))
    except Exception as error:  # the client in use raises what it likes
        raise DataError(
            f"Cannot load the checkpoint {id}: there is no such folder, and the hub did not give it: "
            f"{first_sentence(error)}"
        ) from error


def weights(folder: Path) -> list[Path]:
    """The files that hold the weights; none if there are no weights here."""
    return next((found for pattern in _WEIGHTS if (found := sorted(folder.glob(pattern)))), [])


def has_words(folder: Path) -> bool:
    """Whether a tokenizer lies here."""
    return any((folder / name).is_file() for name in _WORDS)


def tensors(folder: Path) -> dict[str, Tensor]:
    """The weights by their names, mapped from disk where the format allows it.

    Raises:
        DataError: a file is broken, or holds something else than tensors by name.
    """
    return {name: tensor for file in weights(folder) for name, tensor in _read(file).items()}


def settings(folder: Path) -> dict[str, Any]:
    """What `config.json` says; empty if there is none.

    Raises:
        DataError: it is no JSON object.
    """
    file = folder / "config.json"
    return json_object(file) if file.is_file() else {}


def json_object(file: Path) -> dict[str, Any]:
    """What a JSON file holds.

    Raises:
        DataError: it is no JSON object, or cannot be read.
    """
    try:
        said = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"Cannot read {file}: {error}.") from error
    if not isinstance(said, dict):
        raise DataError(f"Cannot read {file}: it should hold a JSON object.")
    return said


def digest(folder: Path) -> str:
    """Sha256 of the weights; of several files, of all their digests."""
    found = []
    for file in weights(folder):
        with file.open("rb") as opened:
            found.append(hashlib.file_digest(opened, "sha256").hexdigest())
    return found[0] if len(found) == 1 else hashlib.sha256("".join(found).encode()).hexdigest()


def _read(file: Path) -> dict[str, Tensor]:
    import pickle

    import torch
    from safetensors.torch import load_file

    try:
        if file.suffix == ".safetensors":
            return load_file(file)
        # Old files are no archives, and cannot be mapped.
        found = torch.load(file, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(file))
    except pickle.UnpicklingError as error:
        raise DataError(
            f"Cannot read the weights {file}: it is broken, or holds more than tensors, which is never run; "
            "only a state dictionary is accepted."
        ) from error
    except Exception as error:  # each reader raises its own, some of them bare
        raise DataError(f"Cannot read the weights {file}: {first_sentence(error)}") from error
    if not isinstance(found, dict) or not all(isinstance(item, torch.Tensor) for item in found.values()):
        raise DataError(f"Cannot read the weights {file}: it holds no state dictionary, tensors by their names.")
    return found
