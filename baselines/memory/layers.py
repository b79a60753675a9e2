"""The layers of a Hugging Face causal LM one by one, for memories that live between them.

stack = layer_stack(model)
hidden, extra = stack.start(embeddings, positions)
for layer in stack.layers:
    hidden = layer(hidden, attention_mask=mask, **extra)
hidden = stack.finish(hidden)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from babilong.errors import UsageError

# Where architectures keep their layers, positions (learned or rotary) and last norm; those of Llama's kind
# (Mistral, Qwen, ...) share its names.
_PARTS = {
    "gpt2": ("h", "wpe", "ln_f"),
    "gpt_neox": ("layers", "rotary_emb", "final_layer_norm"),
    "llama": ("layers", "rotary_emb", "norm"),
}


class LayerStack(NamedTuple):
    """A model taken apart.

    Attributes:
        layers: its layers; each takes hidden states [B, T, d] and `attention_mask` and gives hidden states.
        start: embeddings [B, T, d] and position ids [B or 1, T] to the input of the first layer
            and the other arguments of all.
        finish: hidden states of the last layer to those that the head reads.
    """

    layers: nn.ModuleList
    start: Callable[[Tensor, Tensor], tuple[Tensor, dict[str, Any]]]
    finish: Callable[[Tensor], Tensor]


def layer_stack(model: PreTrainedModel) -> LayerStack:
    """The layers of a causal LM.

    Raises:
        UsageError: an architecture whose parts are not known.
    """
    inner: Any = model.base_model
    parts = _PARTS.get(model.config.model_type, _PARTS["llama"])
    layers, places, norm = parts
    if not all(hasattr(inner, part) for part in parts):
        raise UsageError(
            f"A memory between the layers of a {model.config.model_type} model is not supported; "
            f"choose a {', '.join(_PARTS)} or a model with the parts of a Llama."
        )

    def start(embeddings: Tensor, positions: Tensor) -> tuple[Tensor, dict[str, Any]]:
        if places == "wpe":
            return embeddings + inner.wpe(positions).to(embeddings.dtype), {}
        return embeddings, {
            "position_ids": positions,
            "position_embeddings": inner.rotary_emb(embeddings, position_ids=positions),
        }

    return LayerStack(getattr(inner, layers), start, getattr(inner, norm))


def additive(seen: Tensor, like: Tensor) -> Tensor:
    """A mask as attention adds it in the dtype of `like`: 0 where a key is seen (True), the least number else."""
    kind = like.device.type
    dtype = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else like.dtype
    shut = torch.full((), torch.finfo(dtype).min, dtype=dtype, device=seen.device)
    return torch.zeros((), dtype=dtype, device=seen.device).where(seen, shut)


def causal(length: int, device: torch.device, keys: Tensor | None = None) -> Tensor:
    """What each position sees, [B or 1, 1, T, T]: those before it that `keys` (bool [B, T]) has, and itself."""
    seen = torch.ones(length, length, dtype=torch.bool, device=device).tril()[None, None]
    if keys is None:
        return seen
    return (seen & keys[:, None, None]) | torch.eye(length, dtype=torch.bool, device=device)
