"""The Associative Recurrent Memory Transformer: a key-value memory in every layer (Rodkin et al., 2407.04841).

A segment is read as `[text ; memory]`. Before each layer every position adds what its query finds in that layer's
memory; after it the memory tokens write what they hold by the delta rule: what a key held before is taken out first.
The state is `values` [B, N, K, d] and `keys` [B, N, K] for N layers and keys of K = 6 d_mem dimensions.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import PreTrainedModel

from baselines.memory.config import MemoryConfig
from baselines.memory.layers import additive, causal, layer_stack
from baselines.memory.model import MemoryModel, State, Step, openings
from baselines.memory.places import places

_NU = 3
_EPS = 1e-5


def dpfp(x: Tensor, nu: int = _NU) -> Tensor:
    """Deterministic parameter-free projection [..., n] to [..., 2 nu n], all entries at least 0.

    Products of the rectified parts of x and -x with themselves rolled by 1 to nu (Schlag et al., 2102.11174, section
    5.1).
    """
    parts = F.relu(torch.cat((x, -x), dim=-1))
    return torch.cat([parts * parts.roll(shift, dims=-1) for shift in range(1, nu + 1)], dim=-1)


class Association(NamedTuple):
    """A layer's memory.

    Attributes:
        values: float [B, K, d].
        keys: sum of what the keys written so far count, float [B, K]; zero while nothing is written.
    """

    values: Tensor
    keys: Tensor


class AssociativeLayer(nn.Module):
    """Queries, keys, values and writing strengths of one layer."""

    def __init__(self, width: int, key_size: int) -> None:
        super().__init__()
        self.query = nn.Linear(width, key_size, bias=False)
        self.key = nn.Linear(width, key_size, bias=False)
        self.value = nn.Linear(width, width, bias=False)
        self.strength = nn.Linear(width, 1)
        # A fresh memory adds nothing, so that a pretrained model starts as it is.
        nn.init.zeros_(self.value.weight)

    def recall(self, hidden: Tensor, memory: Association) -> Tensor:
        """What each position [B * K, T, d] finds in the memory of its text, [B, ...]; zero in an empty one."""
        query = dpfp(self.query(hidden.reshape(len(memory.keys), -1, hidden.shape[-1]))).float()
        found = query @ memory.values
        return (found / (query @ memory.keys[..., None] + _EPS)).to(hidden.dtype).view_as(hidden)

    def write(self, hidden: Tensor, memory: Association, opening: Tensor | None) -> Association:
        """The memory after the memory tokens [B, m, d] have written to it, all at once.

        Args:
            hidden: outputs of the layer at the memory tokens.
            memory: what was held.
            opening: float [B], how far the segment is let in.
        """
        key = dpfp(self.key(hidden)).float()
        value = self.value(hidden).float()
        strength = torch.sigmoid(self.strength(hidden).float())
        known = key @ memory.keys[..., None] + _EPS
        size = key.square().sum(dim=-1, keepdim=True) + _EPS
        held = key @ memory.values / known
        # In an empty memory every key is wholly new, the smallest too.
        empty = ~memory.keys.any(dim=-1)[:, None, None]
        fresh = (1 - known / size).clamp(0, 1).masked_fill(empty, 1).detach()
        if opening is not None:
            strength, fresh = strength * opening[:, None, None], fresh * opening[:, None, None]
        values = memory.values + key.transpose(1, 2) @ (strength * (value - held))
        return Association(values, memory.keys + (fresh * key).sum(dim=1))


class AssociativeMemory(MemoryModel):
    """A causal LM with an associative memory in each of its layers."""

    def __init__(self, base: PreTrainedModel, config: MemoryConfig) -> None:
        super().__init__(base, config)
        scale = base.get_input_embeddings().weight.std().item()
        self.memory = nn.Parameter(torch.randn(config.memory_tokens, self.width) * scale)
        self.stack = layer_stack(base)
        self.associations: Any = nn.ModuleList(AssociativeLayer(self.width, config.key_size) for _ in self.stack.layers)

    def init_state(self, batch: int) -> State:
        """Empty memories."""
        layers, keys = len(self.associations), 6 * self.config.key_size
        like = self.memory
        return {
            "values": torch.zeros(batch, layers, keys, self.width, device=like.device),
            "keys": torch.zeros(batch, layers, keys, device=like.device),
        }

    def step(self, input_ids: Tensor, state: State, mask: Tensor | None = None, opening: Tensor | None = None) -> Step:
        """Read `[text ; memory]`, and write what the memory tokens hold."""
        text = self.embed(input_ids)
        tokens = self.memory.to(text.dtype).expand(len(text), -1, -1)
        let_in = openings(mask, opening)
        hidden, new = self._transform(torch.cat((text, tokens), dim=1), state, mask, self.config.memory_tokens, let_in)
        gate = self.memory.new_ones(len(text), 1) if let_in is None else let_in[:, None]
        return Step(hidden[:, : text.shape[1]], new, gate)

    def read(self, input_ids: Tensor, state: State, mask: Tensor | None = None) -> Tensor:
        """Hidden states [B * K, L, d] of text alone, which recalls and does not write."""
        return self._transform(self.embed(input_ids), state, mask, 0, None)[0]

    def _transform(
        self, embedded: Tensor, state: State, mask: Tensor | None, written: int, opening: Tensor | None
    ) -> tuple[Tensor, State]:
        """Through all layers; where the memory tokens stand is said by the configuration."""
        length, device = embedded.shape[1], embedded.device
        text = length - written
        positions = places(self.config, self.positions, 0, text, written, mask, device)
        keys = None if mask is None else torch.cat((mask, mask.new_ones(len(mask), written)), dim=1)
        seen = additive(causal(length, device, keys), embedded)
        hidden, extra = self.stack.start(embedded, positions)
        memories = []
        for i, (layer, association) in enumerate(zip(self.stack.layers, self.associations, strict=True)):
            memory = Association(state["values"][:, i], state["keys"][:, i])
            hidden = hidden + association.recall(hidden, memory)
            hidden = layer(hidden, attention_mask=seen, **extra)
            if written:
                memories.append(association.write(hidden[:, text:], memory, opening))
        if written:
            state = {
                "values": torch.stack([memory.values for memory in memories], dim=1),
                "keys": torch.stack([memory.keys for memory in memories], dim=1),
            }
        return self.stack.finish(hidden), state
