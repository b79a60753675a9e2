"""The Associative Recurrent Memory Transformer: a key-value memory in every layer (Rodkin et al., 2407.04841).

A segment is read as `[text ; memory]`. Before each layer every position adds what its query finds in that layer's
memory; after it the memory tokens write what they hold by the delta rule: what a key held before is taken out first.
The state is `values` [B, N, K, d] and `keys` [B, N, K] for N layers and keys of K = 6 d_mem dimensions: A and z of the
paper (section 3.2). `keys` sums what each written key added to what was known, by which readings are divided; all zero
while nothing is written, and always where keys have length 1.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import PreTrainedModel

from baselines.memory.config import MemoryConfig
from baselines.memory.delta_rule import Written, recall, write
from baselines.memory.layer_memory import LayerMemory, Passage
from baselines.memory.layers import last_alone
from baselines.memory.model import State

_NU = 3
_EPS = 1e-5


def dpfp(x: Tensor, nu: int = _NU) -> Tensor:
    """Deterministic parameter-free projection [..., n] to [..., 2 nu n], all entries at least 0.

    Products of the rectified parts of x and -x with themselves rolled by 1 to nu (Schlag et al., 2102.11174, section
    5.1).
    """
    parts = F.relu(torch.cat((x, -x), dim=-1))
    return torch.cat([parts * parts.roll(shift, dims=-1) for shift in range(1, nu + 1)], dim=-1)


class Association(nn.Module):
    """Queries, keys, values and writing strengths of one layer.

    Args:
        width: d.
        key_size: d_mem.
        scale: `MemoryConfig.key_scale`.
    """

    def __init__(self, width: int, key_size: int, scale: str = "corrected") -> None:
        super().__init__()
        self.scale = scale
        self.query = nn.Linear(width, key_size, bias=False)
        self.key = nn.Linear(width, key_size, bias=False)
        self.value = nn.Linear(width, width, bias=False)
        self.strength = nn.Linear(width, 1)
        # A fresh memory adds nothing, so that a pretrained model starts as it is.
        nn.init.zeros_(self.value.weight)

    def recall(self, hidden: Tensor, memory: State) -> Tensor:
        """What each position [B * K, T, d] finds in the memory of its text, [B, ...]; zero in an empty one."""
        values, keys = memory["values"], memory["keys"]
        query = self.spread(self.query(hidden.reshape(len(keys), -1, hidden.shape[-1]))).float()
        found = query @ values
        if self.scale != "unit":
            found = found / (query @ keys[..., None] + _EPS)
        return found.to(hidden.dtype).view_as(hidden)

    def write(self, hidden: Tensor, memory: State, opening: Tensor | None) -> State:
        """The memory after the memory tokens have written to it, all at once.

        Args:
            hidden: outputs of the layer at the memory tokens, [B, m, d].
            memory: what was held.
            opening: float [B], how far the segment is let in.
        """
        # In float32 whatever the rest computes in: errors made here add up over all segments to come.
        offered = self.offer(hidden)
        with torch.autocast(hidden.device.type, enabled=False):
            return self._add(*offered, memory, opening)

    def offer(self, hidden: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Keys [B, m, K], values [B, m, d] and strengths [B, m, 1] of the memory tokens, float32."""
        key, value, strength = self.spread(self.key(hidden)), self.value(hidden), torch.sigmoid(self.strength(hidden))
        return key.float(), value.float(), strength.float()

    def _add(self, key: Tensor, value: Tensor, strength: Tensor, memory: State, opening: Tensor | None) -> State:
        values, keys = memory["values"], memory["keys"]
        held, fresh = key @ values, torch.zeros_like(strength)
        if self.scale != "unit":
            known = key @ keys[..., None] + _EPS
            held, fresh = held / known, torch.ones_like(known)
        if self.scale == "corrected":
            size = key.square().sum(dim=-1, keepdim=True) + _EPS
            empty = (keys == 0).all(dim=-1)[:, None, None]
            fresh = fresh.where(empty, (1 - known / size).clamp(0, 1)).detach()
        if opening is not None:
            strength, fresh = strength * opening[:, None, None], fresh * opening[:, None, None]
        return {
            "values": values + key.transpose(1, 2) @ (strength * (value - held)),
            "keys": keys + (fresh * key).sum(dim=1),
        }

    def spread(self, x: Tensor) -> Tensor:
        """Keys or queries [..., K] of d_mem numbers each."""
        keys = dpfp(x)
        return F.normalize(keys, dim=-1) if self.scale == "unit" else keys


class AssociativeCell(nn.Module):
    """A layer with its association."""

    def __init__(self, layer: nn.Module, association: Association) -> None:
        super().__init__()
        self.layer, self.association = layer, association

    def forward(self, hidden: Tensor, memory: State, passage: Passage) -> tuple[Tensor, State]:
        """Recall, read, write.

        Args:
            hidden: float [B * K, T, d], K texts that read each memory; K is 1 where it is written.
            memory: this layer's `values` [B, 6 d_mem, d] and `keys` [B, 6 d_mem].
            passage: what all layers are told.

        Returns:
            Hidden states of the layer, of the same shape, and the memory afterwards.
        """
        hidden = hidden + self.association.recall(hidden, memory)
        hidden = self.layer(hidden, attention_mask=passage.seen, **passage.extra)
        if not passage.written:
            return hidden, memory
        return hidden, self.association.write(hidden[:, -passage.written :], memory, passage.opening)


class AssociativeMemory(LayerMemory):
    """A causal LM with an associative memory in each of its layers."""

    def __init__(self, base: PreTrainedModel, config: MemoryConfig) -> None:
        super().__init__(base, config)
        scale = base.get_input_embeddings().weight.std().item()
        self.memory = nn.Parameter(torch.randn(config.memory_tokens, self.width) * scale)
        self.associations: Any = nn.ModuleList(
            Association(self.width, config.key_size, config.key_scale) for _ in range(self.layers)
        )

    def init_state(self, batch: int) -> State:
        """Empty memories."""
        keys = torch.zeros(batch, self.layers, 6 * self.config.key_size, device=self.device)
        return {"values": keys.new_zeros(*keys.shape, self.width), "keys": keys}

    def cells(self) -> list[nn.Module]:
        """The layers, each with its association."""
        return [AssociativeCell(*pair) for pair in zip(self.stack.layers, self.associations, strict=True)]

    def surround(self, text: Tensor, positions: Tensor, written: int) -> tuple[Tensor, dict[str, Any]]:
        """`[text ; memory]`, or the text alone."""
        tokens = self.memory[:written].to(text.dtype).expand(len(text), -1, -1)
        return self.stack.start(torch.cat((text, tokens), dim=1), positions)

    def nothing(self, batch: int) -> list[Written]:
        """What is written of texts that were not read yet, a layer each; see `attend`."""
        keys = torch.zeros(batch, 0, 6 * self.config.key_size, device=self.device)
        return [Written(keys, keys.new_zeros(batch, 0, self.width)) for _ in range(self.layers)]

    def attend(
        self, hidden: Tensor, passage: Passage, written: list[Written], seen: Tensor
    ) -> tuple[list[Tensor], list[Written]]:
        """Take text through all layers, with keys of length 1; `step` and `read` without a state of matrices.

        Args:
            hidden: what `enter` gives, [B * K, T, d], K texts in a row about each memory.
            passage: likewise.
            written: what was written to the memory of each layer.
            seen: which of it each text sees, 1 or 0, float [B, K, S].

        Returns:
            What each layer gives, [B * K, T, d], and what is written afterwards. Where memory tokens are written the
            last layer's is right at these alone.
        """
        outputs, after = [], []
        with last_alone(self.base, passage.written):
            for layer, association, held in zip(self.stack.layers, self.associations, written, strict=True):
                hidden = hidden + recall(association, hidden, held, seen)
                hidden = layer(hidden, attention_mask=passage.seen, **passage.extra)
                outputs.append(hidden)
                if passage.written:
                    held = write(association, hidden[:, -passage.written :], held, seen, passage.opening)
                after.append(held)
        return outputs, after
