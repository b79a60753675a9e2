"""From released weights to one of our models: what they are is told by their names and shapes.

Example::

    found = load(Path("rmt-gpt2-babilong-qa1"))
    found.model.config.memory_tokens, found.family.title     # (16, "GPT-2")
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from babilong.errors import BabilongError, DataError, few, first_sentence
from baselines.published import files
from baselines.published.families import Family, Settings, Weights, layers
from baselines.published.infer import HEAD, identify, infer_base, infer_memory
from baselines.published.names import merge_adapters, unwrap

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from baselines.memory.config import MemoryConfig
    from baselines.memory.model import MemoryModel

_ALPHA = 32.0  # of adapters, where nothing says it
# What an associative layer of theirs is called, and ours.
_ASSOCIATION = {
    "W_mq.weight": "query.weight",
    "W_mk.weight": "key.weight",
    "W_mv.weight": "value.weight",
    "W_mb.weight": "strength.weight",
    "W_mb.bias": "strength.bias",
}


@dataclass(frozen=True, slots=True)
class Report:
    """What of a released checkpoint was used.

    Attributes:
        missing: weights it lacks, but can do without: a head that is the embeddings.
        unexpected: its names that mean nothing here; what they hold is not used.
        duplicates: tensors that were there twice.
        adapters: low-rank adapters merged into their matrices.
        alpha: the scale they were merged with.
    """

    missing: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()
    duplicates: int = 0
    adapters: int = 0
    alpha: float = _ALPHA

    def words(self) -> str:
        """The same for people; empty where every tensor was used as it is."""
        parts = [
            f"{', '.join(self.missing)} is missing, for which the embeddings stand" if self.missing else "",
            f"{self.duplicates} tensors were there twice" if self.duplicates else "",
            f"{self.adapters} low-rank adapters are merged with an alpha of {self.alpha:g}" if self.adapters else "",
            f"not used are {', '.join(self.unexpected)}" if self.unexpected else "",
        ]
        return "; ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Published:
    """A released checkpoint.

    Attributes:
        model: on the CPU, in float32.
        family: of its base model.
        report: what was used.
    """

    model: MemoryModel
    family: Family
    report: Report


def load(
    folder: Path, *, segment_size: int | None = None, lora_alpha: float | None = None, settings: Settings | None = None
) -> Published:
    """Load a released checkpoint.

    Args:
        folder: where its weights lie, with or without a config.json.
        segment_size: tokens of text in a segment; None: what the config.json says, else as it was trained.
        lora_alpha: scale of low-rank adapters; None: the `lora_alpha` of the config.json, else 32.
        settings: of the base model's configuration, such as `n_head`, over what is known or read.

    Raises:
        DataError: a file is broken, the checkpoint is of another architecture, or lacks weights.
    """
    found = unwrap(files.tensors(folder))
    family = identify(folder, found.weights)
    said = files.settings(folder)
    alpha = _alpha(folder, said.get("lora_alpha", _ALPHA) if lora_alpha is None else lora_alpha)
    weights = merge_adapters(found.weights, alpha, family.transposed)
    adapters = (len(found.weights) - len(weights)) // 2
    missing = () if HEAD in weights else (HEAD,)
    if not missing:  # of tied weights a file may keep either
        weights.setdefault(family.embeddings, weights[HEAD])
    with _named(folder, family):
        base_settings = infer_base(folder, family, weights, said, settings or {})
        memory = infer_memory(family, weights, said, base_settings, segment_size)
    inside = {name: tensor for name, tensor in weights.items() if name == "memory" or ".W_m" in name}
    base, left = _base(folder, family, base_settings, {k: v for k, v in weights.items() if k not in inside})
    model, foreign = _remember(folder, family, base, memory, inside)
    unexpected = tuple(sorted(found.origin[name] for name in [*left, *foreign]))
    return Published(model.eval(), family, Report(missing, unexpected, found.duplicates, adapters, alpha))


@contextmanager
def _named(folder: Path, family: Family) -> Iterator[None]:
    """Say of which folder it is that sizes cannot be inferred."""
    try:
        yield
    except KeyError as error:
        raise _lacking(folder, family, [str(error.args[0])]) from error
    except BabilongError as error:
        raise DataError(str(error) if str(folder) in str(error) else f"In {folder}: {error}") from error
    except (TypeError, ValueError, IndexError) as error:
        raise DataError(f"The weights and config.json in {folder} make no model: {first_sentence(error)}") from error


def _alpha(folder: Path, value: Any) -> float:
    try:
        if math.isfinite(alpha := float(value)):
            return alpha
    except (TypeError, ValueError):
        pass
    raise DataError(f"The `lora_alpha` of the config.json in {folder} is {value!r}, and should be a number.")


def _base(folder: Path, family: Family, settings: Settings, weights: Weights) -> tuple[PreTrainedModel, list[str]]:
    """The base model, and the plain names of what it has no place for."""
    import torch
    import transformers

    library: Any = transformers
    library.utils.logging.set_verbosity_error()
    library.utils.logging.disable_progress_bar()
    plain = {family.full(name): name for name in weights}
    if settings["tie_word_embeddings"]:
        plain.pop(HEAD, None)
    try:
        config = library.AutoConfig.for_model(**settings)
        kind = library.MODEL_FOR_CAUSAL_LM_MAPPING[type(config)]
        base, told = kind.from_pretrained(
            None,
            config=config,
            state_dict={full: weights[name].float() for full, name in plain.items()},
            dtype=torch.float32,
            output_loading_info=True,
        )
    except Exception as error:  # transformers has its own for each thing that can be wrong
        reason = "a shape does not fit." if "ignore_mismatched_sizes" in str(error) else first_sentence(error)
        raise DataError(f"Cannot make the {family.title} of the weights in {folder}: {reason}") from error
    if told["missing_keys"]:
        raise _lacking(folder, family, sorted(told["missing_keys"]))
    return base, [plain[name] for name in told["unexpected_keys"]]


def _remember(
    folder: Path, family: Family, base: PreTrainedModel, memory: MemoryConfig, weights: Weights
) -> tuple[MemoryModel, list[str]]:
    """The memory around a base model, and the plain names of what it has no place for."""
    import torch

    from baselines.memory.kinds import remember

    wanted = {"memory": "memory"}
    if memory.kind == "armt":
        for i in range(layers(weights)):
            wanted |= {f"layers.{i}.{theirs}": f"associations.{i}.{ours}" for theirs, ours in _ASSOCIATION.items()}
    try:
        model = remember(base, memory)
    except BabilongError as error:
        raise DataError(f"Cannot use the weights in {folder}: {error}") from error
    slots = {name: tensor for name, tensor in model.named_parameters() if not name.startswith("base.")}
    if lost := sorted({*wanted.values()} ^ slots.keys()) or sorted(wanted.keys() - weights.keys()):
        raise _lacking(folder, family, lost)
    with torch.no_grad():
        for theirs, ours in wanted.items():
            if weights[theirs].shape != slots[ours].shape:
                raise DataError(
                    f"The weights in {folder} do not fit together: {theirs} is {list(weights[theirs].shape)}, "
                    f"but should be {list(slots[ours].shape)}."
                )
            slots[ours].copy_(weights[theirs])
    return model, [name for name in weights if name not in wanted]


def _lacking(folder: Path, family: Family, names: list[str]) -> DataError:
    return DataError(f"The weights in {folder} are those of a {family.title}, but lack {few(names, 5)}.")
