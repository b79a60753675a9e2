"""Checkpoints of recurrent-memory models: a folder that holds all that is needed to read and answer.

    model.safetensors    weights
    config.json          configuration of the base model, as transformers writes it
    memory.json          memory configuration, and what the model was trained for
    tokenizer.json       its tokenizer
    training.yaml        the recipe it was trained by; of the bundled ones what was done otherwise stands in results/
    training-gate.yaml   of a bundled one the recipe by which its gate was learnt in the end

Bundled ones lie in `baselines/bundled/` and are named by their folder. Checkpoints that the authors of RMT and ARMT
released, which have no memory.json, are read by `baselines.published`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from babilong.command import note
from babilong.errors import BabilongError, DataError, UsageError, first_sentence, unknown
from babilong.fields import made
from babilong.hub import is_hub_id
from babilong.tokenizers import Tokenizer, load_tokenizer
from baselines.bundled import BUNDLED
from baselines.published.families import Family
from baselines.published.files import digest, fetch, has_words, json_object, tensors, weights
from baselines.published.infer import identify
from baselines.published.load import load as load_released
from baselines.published.names import unwrap
from baselines.reading import BARE, Convention

if TYPE_CHECKING:
    from baselines.memory.model import MemoryModel


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
        adapted: the scale that low-rank adapters were merged with; None without any.
    """

    name: str
    model: MemoryModel
    tokenizer: Tokenizer
    tasks: tuple[str, ...]
    sha256: str
    reading: Convention = BARE
    adapted: float | None = None


@dataclass(frozen=True, slots=True)
class _Settings:
    """What memory.json holds."""

    memory: dict[str, Any]
    tasks: tuple[str, ...]


def is_on_hub(name: str) -> bool:
    """Whether a name stands for a checkpoint on the hub, `owner/name`: there is no such folder."""
    return "/" in name and is_hub_id(name) and not Path(name).exists()


def find(name: str) -> Path:
    """The folder of a bundled checkpoint, of a path, or of a hub id, which is downloaded.

    Raises:
        UsageError: neither a bundled name nor a folder.
        DataError: the folder is no checkpoint, or the hub does not give it.
    """
    folder = Path(str(files("baselines").joinpath("bundled", name))) if name in BUNDLED else Path(name)
    if is_on_hub(name):
        folder = fetch(name)
    if not folder.is_dir():
        if "/" in name or folder.exists():
            raise UsageError(f"No checkpoint folder at {name}; bundled ones are {', '.join(BUNDLED)}.")
        raise unknown("checkpoint", name, BUNDLED)
    missing = [file for file in ("model.safetensors", "config.json", "memory.json") if not (folder / file).is_file()]
    if missing and not _is_released(folder):
        raise DataError(f"The folder {folder} is no recurrent-memory checkpoint: it has no {' and no '.join(missing)}.")
    return folder


def words(name: str) -> tuple[Tokenizer, Convention]:
    """The tokenizer of a checkpoint and how it reads, as `load` gives them, but no weights are read.

    Raises:
        UsageError: there is no such checkpoint.
        DataError: it is broken, or comes without a tokenizer.
    """
    folder = find(name)
    if not _is_released(folder):
        return load_tokenizer(str(folder)), BARE
    family = identify(folder, unwrap(tensors(folder)).weights)
    return _released_tokenizer(name, folder, family), family.reading


def load(name: str) -> Checkpoint:
    """Load a checkpoint: bundled, from a folder, or from the hub.

    Raises:
        UsageError: there is no such checkpoint.
        DataError: a file is broken, or the weights do not fit the configuration.
    """
    folder = find(name)
    if _is_released(folder):
        return _load_released(name, folder)
    config, settings = json_object(folder / "config.json"), json_object(folder / "memory.json")
    try:
        said = made(_Settings, settings, "memory.json")
        model = build(config, said.memory)
    except Exception as error:  # transformers has its own for each thing that can be wrong
        reason = error if isinstance(error, BabilongError) else first_sentence(error)
        raise DataError(f"The configuration in {folder} is not one of a recurrent-memory model: {reason}") from error
    _fit(model, folder / "model.safetensors")
    tokenizer = load_tokenizer(str(folder))
    _knows(model, name, tokenizer)
    return Checkpoint(name, model.eval(), tokenizer, said.tasks, digest(folder))


def _is_released(folder: Path) -> bool:
    return not (folder / "memory.json").is_file() and bool(weights(folder))


def _load_released(name: str, folder: Path) -> Checkpoint:
    found = load_released(folder)
    tokenizer = _released_tokenizer(name, folder, found.family)
    _knows(found.model, name, tokenizer)
    if told := found.report.words():
        note(f"{name}: {told}.")
    adapted = found.report.alpha if found.report.adapters else None
    return Checkpoint(name, found.model, tokenizer, (), digest(folder), found.family.reading, adapted)


def _knows(model: MemoryModel, name: str, tokenizer: Tokenizer) -> None:
    size = model.base.config.vocab_size
    if tokenizer.vocab_size > size:
        raise DataError(
            f"The tokenizer of {name} has {tokenizer.vocab_size} tokens, but the checkpoint knows {size}; "
            "put the one it was trained with into its folder."
        )


def _released_tokenizer(name: str, folder: Path, family: Family) -> Tokenizer:
    if has_words(folder):
        return load_tokenizer(str(folder))
    if is_on_hub(name):  # where nobody can add one
        return load_tokenizer(family.tokenizer)
    raise DataError(
        f"The checkpoint {folder} comes without a tokenizer; "
        f"put the tokenizer.json of {family.tokenizer} into the folder."
    )


def save(folder: Path, model: MemoryModel, tokenizer: Tokenizer, tasks: tuple[str, ...], recipe: str) -> None:
    """Write a checkpoint, the weights last and all at once.

    Raises:
        UsageError: it is no language model with a memory.
    """
    from safetensors.torch import save_model

    from baselines.memory.model import MemoryModel

    if not isinstance(model, MemoryModel):
        raise UsageError(
            f"A checkpoint holds a language model with a memory, no {type(model).__name__}; keep that with "
            "safetensors.torch.save_model, and load it into one that is built alike."
        )
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
    """A recurrent memory with fresh weights from its two configurations.

    Raises:
        UsageError: transformers knows no such `model_type` or does not take its settings, or the memory's settings do
            not fit together.
        DataError: a setting of the memory is of another type.
    """
    from transformers import CONFIG_MAPPING, AutoModelForCausalLM

    from baselines.memory.config import MemoryConfig
    from baselines.memory.kinds import remember

    settings = dict(config)
    kind = str(settings.pop("model_type", None))
    if kind not in CONFIG_MAPPING:
        raise UsageError(f"There is no base model of the type {kind!r}; `model_type` is gpt2, gpt_neox, llama or so.")
    try:
        base = AutoModelForCausalLM.from_config(CONFIG_MAPPING[kind](**settings))
    except Exception as error:  # transformers has its own for each thing that can be wrong
        raise UsageError(f"Cannot make a {kind} model of these settings: {first_sentence(error)}") from error
    return remember(base, MemoryConfig.from_dict(memory))


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
