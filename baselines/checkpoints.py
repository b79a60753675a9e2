"""Checkpoints of recurrent-memory models: a folder that holds all that is needed to read and answer.

    model.safetensors    weights
    config.json          configuration of the base model, as transformers writes it
    memory.json          memory configuration, and what the model was trained for
    tokenizer.json       its tokenizer
    training.yaml        the recipe it was trained by

Bundled ones lie in `baselines/bundled/` and are named by their folder.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from babilong.errors import BabilongError, DataError, UsageError, first_sentence, unknown
from babilong.tokenizers import Tokenizer, load_tokenizer
from baselines.reading import BARE, Convention

if TYPE_CHECKING:
    from baselines.memory.model import MemoryModel

BUNDLED = ("rmt-gpt2",)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A loaded checkpoint.

    Attributes:
        name: what was asked for.
        model: on the CPU, in float32, ready to read.
        tokenizer: its own.
        tasks: tasks it was trained on.
        sha256: of the weights.
        reading: how it was trained to read a context and a question.
    """

    name: str
    model: MemoryModel
    tokenizer: Tokenizer
    tasks: tuple[str, ...]
    sha256: str
    reading: Convention = BARE


def find(name: str) -> Path:
    """The folder of a bundled checkpoint or of a path.

    Raises:
        UsageError: neither a bundled name nor a folder.
        DataError: the folder is no checkpoint.
    """
    folder = Path(str(files("baselines").joinpath("bundled", name))) if name in BUNDLED else Path(name)
    if not folder.is_dir():
        if "/" in name or folder.exists():
            raise UsageError(f"No checkpoint folder at {name}; bundled ones are {', '.join(BUNDLED)}.")
        raise unknown("checkpoint", name, BUNDLED)
    missing = [file for file in ("model.safetensors", "config.json", "memory.json") if not (folder / file).is_file()]
    if missing:
        raise DataError(f"The folder {folder} is no recurrent-memory checkpoint: it has no {' and no '.join(missing)}.")
    return folder


def load(name: str) -> Checkpoint:
    """Load a checkpoint, bundled or from a folder.

    Raises:
        UsageError: there is no such checkpoint.
        DataError: a file is broken, or the weights do not fit the configuration.
    """
    folder = find(name)
    config, settings = _json(folder / "config.json"), _json(folder / "memory.json")
    try:
        model = build(config, settings["memory"])
        tasks = tuple(settings["tasks"])
    except BabilongError:
        raise
    except Exception as error:  # transformers has its own for each thing that can be wrong
        raise DataError(
            f"The configuration in {folder} is not one of a recurrent-memory model: {first_sentence(error)}"
        ) from error
    weights = folder / "model.safetensors"
    _fit(model, weights)
    tokenizer = load_tokenizer(str(folder))
    return Checkpoint(name, model.eval(), tokenizer, tasks, hashlib.sha256(weights.read_bytes()).hexdigest())


def save(folder: Path, model: MemoryModel, tokenizer: Tokenizer, tasks: tuple[str, ...], recipe: str) -> None:
    """Write a checkpoint, the weights last and all at once."""
    from safetensors.torch import save_model

    folder.mkdir(parents=True, exist_ok=True)
    model.base.config.to_json_file(folder / "config.json")
    settings = {"memory": model.config.to_dict(), "tasks": list(tasks)}
    (folder / "memory.json").write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
    tokenizer.backend.save(str(folder / "tokenizer.json"), pretty=False)
    (folder / "training.yaml").write_text(recipe, encoding="utf-8")
    part = folder / "model.safetensors.part"
    save_model(model, str(part), metadata={"format": "pt"})
    part.replace(folder / "model.safetensors")


def build(config: dict[str, Any], memory: dict[str, Any]) -> MemoryModel:
    """A recurrent memory with fresh weights from its two configurations."""
    from transformers import AutoConfig, AutoModelForCausalLM

    from baselines.memory.config import MemoryConfig
    from baselines.memory.kinds import remember

    settings = dict(config)
    base = AutoModelForCausalLM.from_config(AutoConfig.for_model(settings.pop("model_type"), **settings))
    return remember(base, MemoryConfig(**memory))


def _fit(model: MemoryModel, weights: Path) -> None:
    """Load weights that must fit exactly; tied ones are stored once."""
    from safetensors import SafetensorError, safe_open
    from safetensors.torch import load_model

    wanted = {name: list(tensor.shape) for name, tensor in model.state_dict().items()}
    try:
        with safe_open(weights, framework="pt") as file:
            shapes = {name: file.get_slice(name).get_shape() for name in file.keys()}  # noqa: SIM118 (no mapping)
        for name, shape in shapes.items():
            if shape != wanted.get(name, shape):
                raise DataError(
                    f"The weights {weights} do not fit their configuration: {name} is {shape}, "
                    f"but should be {wanted[name]}."
                )
        missing, unexpected = load_model(model, weights, strict=False)
    except (SafetensorError, OSError) as error:
        raise DataError(f"Cannot read the weights {weights}: {error}.") from error
    if missing or unexpected:
        raise DataError(
            f"The weights {weights} do not fit their configuration: "
            f"missing {', '.join(missing) or 'none'}; unexpected {', '.join(unexpected) or 'none'}."
        )


def _json(file: Path) -> dict[str, Any]:
    try:
        value = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"Cannot read {file}: {error}.") from error
    if not isinstance(value, dict):
        raise DataError(f"Cannot read {file}: it should hold a JSON object.")
    return value
