"""Attention of many questions to one bank of memories, no more of it than is seen.

Memories look at those before them; the tokens of a question look at the memories and at those before them in their own
question. In one square with a mask, most of it would be questions that do not see each other. A base model whose
`attention_mask` is given as one zero and that is handed `apart` attends in this way; without it, as usual::

    speak_apart(base)
    base(inputs_embeds=embedded, attention_mask=zero, apart=Apart(among, of, own))
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.integrations.sdpa_attention import repeat_kv, sdpa_attention_forward
from transformers.masking_utils import eager_mask

_NAME = "babilong_apart"


class Apart(NamedTuple):
    """What attention adds, for B banks of F memories and K questions of L tokens about each.

    Attributes:
        among: between memories, [B, heads or 1, F, F].
        of: from questions to memories, the same for all tokens of a question, [B, heads or 1, K, 1, F].
        own: within questions, [B or 1, 1, K or 1, L, L].
    """

    among: Tensor
    of: Tensor
    own: Tensor


def speak_apart(model: PreTrainedModel) -> None:
    """Let a model attend in this way where it is handed `apart`."""
    AttentionInterface.register(_NAME, _attend)
    AttentionMaskInterface.register(_NAME, eager_mask)
    model.set_attn_implementation(_NAME)


def _attend(
    module: Any,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    apart: Apart | None = None,
    **kwargs: Any,
) -> tuple[Tensor, Tensor | None]:
    """Attention of [B, heads, T, d] over [B, key heads, T, d]; [B, T, heads, d]."""
    scaling = query.shape[-1] ** -0.5 if scaling is None else scaling
    if apart is None and not torch.is_grad_enabled():
        return sdpa_attention_forward(module, query, key, value, attention_mask, scaling=scaling, **kwargs)
    key, value = (repeat_kv(x, query.shape[1] // x.shape[1]) for x in (key, value))
    query = query * scaling
    if apart is not None:
        return _apart(query, key, value, apart), None
    # Written out it has the faster backward pass on a CPU.
    scores = query @ key.transpose(-1, -2)
    if attention_mask is not None:
        scores = scores + attention_mask
    return (scores.softmax(dim=-1).to(value.dtype) @ value).transpose(1, 2), None


def _apart(query: Tensor, key: Tensor, value: Tensor, apart: Apart) -> Tensor:
    held, asked = apart.of.shape[-1], apart.of.shape[2]
    (of_memories, of_questions), (memories, own_keys), (held_values, own_values) = (
        (x[:, :, :held], _by_question(x[:, :, held:], asked)) for x in (query, key, value)
    )
    among = of_memories @ memories.transpose(-1, -2) + apart.among
    to_memories = (of_questions.flatten(2, 3) @ memories.transpose(-1, -2)).view(*of_questions.shape[:-1], held)
    to_own = of_questions @ own_keys.transpose(-1, -2)
    chance = torch.cat((to_memories + apart.of, to_own + apart.own), dim=-1).softmax(dim=-1).to(value.dtype)
    answered = chance[..., :held].flatten(2, 3) @ held_values + (chance[..., held:] @ own_values).flatten(2, 3)
    looked = among.softmax(dim=-1).to(value.dtype) @ held_values
    return torch.cat((looked, answered), dim=2).transpose(1, 2)


def _by_question(x: Tensor, asked: int) -> Tensor:
    """[B, heads, K L, d] as [B, heads, K, L, d]."""
    return x.reshape(*x.shape[:2], asked, x.shape[2] // asked, x.shape[3])
