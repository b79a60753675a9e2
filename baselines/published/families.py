"""What each released family of base models looks like: sizes told by shapes, and all that shapes do not tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from babilong.errors import DataError
from baselines.reading import CHAT, PUBLISHED, Convention

if TYPE_CHECKING:
    from torch import Tensor

Weights = Mapping[str, "Tensor"]
Settings = dict[str, Any]
_HEAD = 64  # size of an attention head, in GPT-2 and Llama-3.2-1B alike


@dataclass(frozen=True, slots=True)
class Family:
    """A kind of base model.

    Attributes:
        model_type: as transformers names it.
        title: as people name it.
        mark: plain name of a weight by which the family is known.
        embeddings: plain name of the token embeddings.
        inner: name of the model without its head.
        blocks: name of its layers.
        transposed: whether matrices are stored as [in, out].
        known: settings that shapes do not tell, of the models that were released.
        sizes: settings that shapes tell, given those that are known.
        segment_size: tokens of text in a segment.
        reading: how it was trained to read.
        tokenizer: hub id of its tokenizer.
    """

    model_type: str
    title: str
    mark: str
    embeddings: str
    inner: str
    blocks: str
    transposed: bool
    known: Settings
    sizes: Callable[[Weights, Settings], Settings]
    segment_size: int
    reading: Convention
    tokenizer: str

    def full(self, plain: str) -> str:
        """The name that transformers gives to a plain one."""
        if plain.startswith("lm_head."):
            return plain
        return f"{self.inner}.{plain.replace('layers.', f'{self.blocks}.', 1)}"


def family_of(weights: Weights) -> Family | None:
    """The family that weights by plain names are of; None if of no known one."""
    return next((family for family in FAMILIES if family.mark in weights), None)


def layers(weights: Weights) -> int:
    """How many layers there are."""
    return 1 + max((int(name.split(".")[1]) for name in weights if name.startswith("layers.")), default=-1)


def _gpt2(weights: Weights, known: Settings) -> Settings:
    vocabulary, width = weights["wte.weight"].shape
    return {
        "vocab_size": vocabulary,
        "n_embd": width,
        "n_positions": len(weights["wpe.weight"]),
        "n_layer": layers(weights),
        "n_inner": weights["layers.0.mlp.c_fc.weight"].shape[1],
        "n_head": known.get("n_head") or _heads(width),
    }


def _llama(weights: Weights, known: Settings) -> Settings:
    vocabulary, width = weights["embed_tokens.weight"].shape
    queries, keys = (len(weights[f"layers.0.self_attn.{part}_proj.weight"]) for part in "qk")
    heads = known.get("num_attention_heads")
    head = known.get("head_dim") or (queries // heads if heads else _HEAD)
    return {
        "vocab_size": vocabulary,
        "hidden_size": width,
        "intermediate_size": len(weights["layers.0.mlp.gate_proj.weight"]),
        "num_hidden_layers": layers(weights),
        "head_dim": head,
        "num_attention_heads": _heads(queries, head),
        "num_key_value_heads": _heads(keys, head),
    }


def _heads(width: int, size: int = _HEAD) -> int:
    if width % size:
        raise DataError(
            f"The checkpoint has attention of width {width}, which is no multiple of heads of {size}; "
            "say how many heads there are in a config.json beside it."
        )
    return width // size


FAMILIES = (
    Family(
        model_type="gpt2",
        title="GPT-2",
        mark="layers.0.attn.c_attn.weight",
        embeddings="wte.weight",
        inner="transformer",
        blocks="h",
        transposed=True,
        known={"eos_token_id": 50256, "bos_token_id": 50256, "n_positions": 1024},
        sizes=_gpt2,
        segment_size=512,
        reading=PUBLISHED,
        tokenizer="openai-community/gpt2",
    ),
    Family(
        model_type="llama",
        title="Llama",
        mark="layers.0.self_attn.q_proj.weight",
        embeddings="embed_tokens.weight",
        inner="model",
        blocks="layers",
        transposed=False,
        # Of Llama-3.2-1B-Instruct.
        known={
            "eos_token_id": [128001, 128008, 128009],
            "bos_token_id": 128000,
            "max_position_embeddings": 131072,
            "rms_norm_eps": 1e-5,
            "rope_parameters": {
                "rope_type": "llama3",
                "rope_theta": 500000.0,
                "factor": 32.0,
                "low_freq_factor": 1.0,
                "high_freq_factor": 4.0,
                "original_max_position_embeddings": 8192,
            },
        },
        sizes=_llama,
        segment_size=1024,
        reading=CHAT,
        tokenizer="meta-llama/Llama-3.2-1B-Instruct",
    ),
)
