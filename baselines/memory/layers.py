"""The layers of a Hugging Face causal LM one by one, for memories that live between them.

stack = layer_stack(model)
hidden, extra = stack.start(embeddings, positions)
for layer in stack.layers:
    hidden = layer(hidden, attention_mask=mask, **extra)
hidden = stack.finish(hidden)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import PreTrainedModel

from babilong.errors import UsageError


class _Parts(NamedTuple):
    """What an architecture calls its layers, its positions (learned or rotary), its last norm and its first dropout."""

    layers: str
    positions: str
    norm: str
    dropout: str | None = None


_LLAMA = _Parts("layers", "rotary_emb", "norm")
_PARTS = {
    "gpt2": _Parts("h", "wpe", "ln_f", "drop"),
    "gpt_neox": _Parts("layers", "rotary_emb", "final_layer_norm", "emb_dropout"),
    "llama": _LLAMA,
    "mistral": _LLAMA,
    "qwen2": _LLAMA,
    "qwen3": _LLAMA,
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


def lower_half(layers: int) -> int:
    """How many of so many layers are below the middle."""
    return (layers + 1) // 2


def layer_stack(model: PreTrainedModel) -> LayerStack:
    """The layers of a causal LM.

    Raises:
        UsageError: an architecture whose parts are not known.
    """
    kind, inner = model.config.model_type, model.base_model
    if kind not in _PARTS:
        raise UsageError(f"A memory between the layers of a {kind} model is not supported; choose {', '.join(_PARTS)}.")
    parts = _PARTS[kind]
    places, dropout = getattr(inner, parts.positions), getattr(inner, parts.dropout) if parts.dropout else nn.Identity()

    def start(embeddings: Tensor, positions: Tensor) -> tuple[Tensor, dict[str, Any]]:
        if isinstance(places, nn.Embedding):
            return dropout(embeddings + places(positions).to(embeddings.dtype)), {}
        extra = {"position_ids": positions, "position_embeddings": places(embeddings, position_ids=positions)}
        return dropout(embeddings), extra

    return LayerStack(getattr(inner, parts.layers), start, getattr(inner, parts.norm))


@contextmanager
def last_alone(model: PreTrainedModel, count: int) -> Iterator[None]:
    """Within it, what a model gives is right at the last `count` positions alone, and computed sooner; 0 is all.

    The feed-forward part of the last layer, two thirds of its work, passes the other positions by. Models whose parts
    are not known compute everything.
    """
    if not count or model.config.model_type not in _PARTS:
        yield
        return
    feed_forward, passed = layer_stack(model).layers[-1].get_submodule("mlp"), 0

    def leave(module: nn.Module, inputs: tuple[Tensor]) -> tuple[Tensor]:
        nonlocal passed
        passed = max(0, inputs[0].shape[1] - count)
        return (inputs[0][:, passed:].contiguous(),)

    def fill(module: nn.Module, inputs: tuple[Tensor], output: Tensor) -> Tensor:
        return F.pad(output, (0, 0, passed, 0))

    handles = [feed_forward.register_forward_pre_hook(leave), feed_forward.register_forward_hook(fill)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def additive(seen: Tensor, like: Tensor) -> Tensor:
    """A mask as attention adds it in the dtype of `like`: 0 where a key is seen (True), the least number else."""
    kind = like.device.type
    dtype = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else like.dtype
    shut = torch.full((), torch.finfo(dtype).min, dtype=dtype, device=seen.device)
    return torch.zeros((), dtype=dtype, device=seen.device).where(seen, shut)


def causal(length: int, device: torch.device, keys: Tensor | None = None) -> Tensor:
    """What each position sees, [B or 1, 1, T, T]: those before it that `keys` (bool [B, T]) has, and itself."""
    seen = torch.ones(length, length, dtype=torch.bool, device=device).tril()[None, None]
    return seen if keys is None else only(seen, keys)


def only(seen: Tensor, keys: Tensor) -> Tensor:
    """Of what each position sees, [B or 1, 1, T, T], what `keys` (bool [B, T]) has, and itself."""
    return (seen & keys[:, None, None]) | torch.eye(seen.shape[-1], dtype=torch.bool, device=seen.device)


def side_by_side(first: int, length: int, count: int, device: torch.device) -> Tensor:
    """What is seen where `count` texts of `length` stand behind `first` positions, and none sees another text.

    Returns:
        Bool [1, 1, T, T].
    """
    place = torch.arange(count * length, device=device)
    text = torch.cat((place.new_full((first,), -1), place // length))
    return causal(len(text), device) & ((text == -1) | (text[:, None] == text))
