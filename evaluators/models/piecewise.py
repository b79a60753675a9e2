"""Attention for prompts read in pieces on a CPU: the library's own, spared the work that it repeats in every layer.

A piece reads all that came before it through an explicit mask. The library turns that mask from booleans into numbers
in every layer, and copies all keys and values to give each query head its own; both grow with the prompt, for every
piece. Here the mask is made into numbers once a piece, and the kernel shares keys and values among heads itself.
Example::

    speed_up(model)
"""

from __future__ import annotations

from typing import Any

_NAME = "babilong_pieces"


def speed_up(model: Any) -> None:
    """Let a model on a CPU that uses PyTorch's attention use it in this way; any other stays as it is."""
    if model.device.type != "cpu" or model.config._attn_implementation != "sdpa":
        return
    import transformers

    library: Any = transformers
    library.AttentionInterface.register(_NAME, _attend)
    library.AttentionMaskInterface.register(_NAME, _mask)
    model.set_attn_implementation(_NAME)


def _mask(*args: Any, dtype: Any, **kwargs: Any) -> Any:
    """The library's mask, [batch, 1, queries, keys]: zero where a key is seen, the least number where it is not."""
    import torch
    from transformers.masking_utils import sdpa_mask

    seen = sdpa_mask(*args, **kwargs)
    if seen is None:  # causal over all there is, which the kernel knows without a mask
        return None
    return torch.zeros((), dtype=dtype, device=seen.device).where(seen, torch.finfo(dtype).min)


def _attend(
    module: Any, query: Any, key: Any, value: Any, attention_mask: Any, scaling: float | None = None, **kwargs: Any
) -> tuple[Any, None]:
    """Attention of [batch, heads, queries, d] over [batch, key heads, keys, d]; [batch, queries, heads, d]."""
    from torch.nn.functional import scaled_dot_product_attention
    from transformers.integrations.sdpa_attention import sdpa_attention_forward

    if attention_mask is None or kwargs.get("position_bias") is not None or kwargs.get("softcap") is not None:
        found = sdpa_attention_forward(module, query, key, value, attention_mask, scaling=scaling, **kwargs)
        return found[0], None
    grouped = query.shape[1] != key.shape[1]
    out = scaled_dot_product_attention(query, key, value, attention_mask, scale=scaling, enable_gqa=grouped)
    return out.transpose(1, 2).contiguous(), None
