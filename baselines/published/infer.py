"""What released weights are: told by their names and shapes, and by what a config.json says beside them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from babilong.errors import DataError
from baselines.published.families import Family, Settings, Weights, family_of

if TYPE_CHECKING:
    from baselines.memory.config import MemoryConfig

HEAD = "lm_head.weight"
# What their later code can be told of an associative memory, and what all that was released was told.
_USUAL = {"n_heads": 1, "use_denom": True, "gating": False, "act_on": False, "sliding_window": False}


def identify(folder: Path, weights: Weights) -> Family:
    """The family of weights by plain names.

    Raises:
        DataError: none that is known, or no memory is in them.
    """
    family = family_of(weights)
    if family is None:
        raise DataError(
            f"The weights in {folder} are neither those of a released RMT or ARMT on GPT-2 or Llama (the first of "
            f"their names are {', '.join(sorted(weights)[:3]) or 'none'}), nor is there the memory.json of a "
            "checkpoint of our own."
        )
    if "memory" not in weights:
        raise DataError(
            f"The weights in {folder} are those of a {family.title} without memory tokens (memory_cell.memory); "
            "as a plain language model it is run by hf/FOLDER."
        )
    return family


def infer_base(folder: Path, family: Family, weights: Weights, said: Settings, asked: Settings) -> Settings:
    """Settings of the base model: told by shapes, over those asked for, over those of a config.json or known ones.

    Raises:
        DataError: the config.json is one of another architecture, or the shapes do not go together.
        KeyError: a weight that tells a size is not there.
    """
    from transformers import AutoConfig

    other = said.get("model_type", family.model_type)
    if other != family.model_type:
        raise DataError(f"The config.json in {folder} is of a {other}, but the weights are those of a {family.title}.")
    if "model_type" in said:
        known = said
    else:  # the settings of a wrapper, among which may be some of the model
        fields = AutoConfig.for_model(family.model_type).to_dict()
        known = family.known | {name: value for name, value in said.items() if name in fields}
    known = known | asked
    told = family.sizes(weights, known)
    return known | told | {"model_type": family.model_type, "tie_word_embeddings": _is_tied(family, weights)}


def infer_memory(
    family: Family, weights: Weights, said: Settings, base: Settings, segment_size: int | None = None
) -> MemoryConfig:
    """What the memory is made of.

    Raises:
        DataError: the config.json asks for something of an associative memory that is not here.
        KeyError: a weight that tells a size is not there.
    """
    from baselines.memory.config import MemoryConfig

    m = len(weights["memory"])
    associative = any(".W_m" in name for name in weights)
    # Positions of their own for memory tokens are rows beyond those that the base model had.
    table = said.get("n_positions") or family.known.get("n_positions")
    wrapped = associative and table is not None and base.get("n_positions") == table + m
    config = MemoryConfig.from_dict(
        {
            "kind": "armt" if associative else "rmt",
            "memory_tokens": m,
            "segment_size": segment_size or said.get("segment_size") or family.segment_size,
            "written_at": "table" if wrapped else "text",
        }
    )
    if not associative:
        return config
    if strange := [name for name, usual in _USUAL.items() if said.get(name) not in (None, usual)]:
        told = ", ".join(f"{name}: {said[name]}" for name in strange)
        raise DataError(
            f"The config.json says {told}, of which an associative memory here has nothing; it computes as with "
            f"{', '.join(f'{name}: {_USUAL[name]}' for name in strange)}."
        )
    key_scale: Literal["corrected", "counted"] = "counted" if said.get("correction") is False else "corrected"
    return replace(config, key_size=len(weights["layers.0.W_mq.weight"]), key_scale=key_scale)


def _is_tied(family: Family, weights: Weights) -> bool:
    import torch

    head, embeddings = weights.get(HEAD), weights[family.embeddings]
    return head is None or head.is_meta or torch.equal(head, embeddings)
