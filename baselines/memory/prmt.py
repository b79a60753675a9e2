"""The Parallel Recurrent Memory Transformer: memory tokens of its own in every layer (Rodkin et al., 2407.04841).

A segment is read as `[memory ; text ; memory]`, as in RMT; but before each layer both copies are overwritten with what
that layer put out at the last places of the segment before. The state is `memory`, [B, N, m, d] for N layers.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import PreTrainedModel

from baselines.memory.config import MemoryConfig
from baselines.memory.layer_memory import LayerMemory, Passage
from baselines.memory.model import State


class TokenCell(nn.Module):
    """A layer whose memory tokens come from itself."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, hidden: Tensor, memory: State, passage: Passage) -> tuple[Tensor, State]:
        """Set the memory tokens, read, and take what stands in their last places.

        Args:
            hidden: float [B * K, T, d], K texts that read each memory; K is 1 where it is written.
            memory: this layer's `memory` [B, m, d].
            passage: what all layers are told.

        Returns:
            Hidden states of the layer, of the same shape, and the memory afterwards.
        """
        held, written = memory["memory"], passage.written
        m, end = held.shape[1], hidden.shape[1] - written
        tokens = held.to(hidden.dtype).repeat_interleave(len(hidden) // len(held), dim=0)
        hidden = torch.cat((tokens, hidden[:, m:end], tokens[:, :written]), dim=1)
        hidden = self.layer(hidden, attention_mask=passage.seen, **passage.extra)
        if not written:
            return hidden, memory
        new = hidden[:, end:].float()
        if passage.opening is not None:
            new = held + passage.opening[:, None, None] * (new - held)
        return hidden, {"memory": new}


class LayerTokenMemory(LayerMemory):
    """A causal LM with recurrent memory tokens in each of its layers."""

    def __init__(self, base: PreTrainedModel, config: MemoryConfig) -> None:
        super().__init__(base, config)
        self.front = config.memory_tokens
        # As large as in the published code: N(0, 1), one set a layer.
        self.memory = nn.Parameter(torch.randn(self.layers, config.memory_tokens, self.width))

    @property
    def around(self) -> int:
        """Positions that a segment takes besides its text: both copies of the memory."""
        return 2 * self.config.memory_tokens

    def init_state(self, batch: int) -> State:
        """The learned initial memory of every layer."""
        return {"memory": self.memory.float().expand(batch, -1, -1, -1)}

    def cells(self) -> list[nn.Module]:
        """The layers."""
        return [TokenCell(layer) for layer in self.stack.layers]

    def surround(self, text: Tensor, positions: Tensor, written: int) -> tuple[Tensor, dict[str, Any]]:
        """`[memory ; text ; memory]`; what the memory tokens are is every layer's own affair."""
        return self.stack.start(F.pad(text, (0, 0, self.front, written)), positions)
