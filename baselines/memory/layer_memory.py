"""Memories that live in the layers: what a layer remembers of a segment only that layer reads in the next one.

Such a memory is made of cells, one a layer, all alike::

    hidden, memory = cell(hidden, memory, passage)

so that a layer can go on to the next segment while the layers above it are still at this one (`diagonal.py`).
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from baselines.memory.config import MemoryConfig
from baselines.memory.layers import LayerStack, additive, causal, layer_stack
from baselines.memory.model import MemoryModel, Output, State, Step, openings
from baselines.memory.position_ids import position_ids


class Passage(NamedTuple):
    """What all layers are told about the text that passes through them.

    Attributes:
        seen: which positions see which, as attention adds it, [B or 1, 1, T, T].
        opening: how far each text is let into the memory, float [B]; None: wholly.
        written: how many of the last positions are memory tokens to be written; 0 if the text only reads.
        extra: other arguments of the base model's layers.
    """

    seen: Tensor
    opening: Tensor | None
    written: int
    extra: dict[str, Any]


class LayerMemory(MemoryModel):
    """A causal LM whose layers each have a memory; every tensor of its state is [B, N, ...] for N layers."""

    front = 0  # memory tokens before the text

    def __init__(self, base: PreTrainedModel, config: MemoryConfig) -> None:
        super().__init__(base, config)
        self.layers = len(self.stack.layers)

    @property
    def stack(self) -> LayerStack:
        """The base model taken apart."""
        return layer_stack(self.base)

    @abstractmethod
    def cells(self) -> list[nn.Module]:
        """The layers with their memories, made of the model's own modules.

        Each takes hidden states [B * K, T, d], its memory (a `State` without the dimension of layers) and a `Passage`,
        and gives hidden states and the memory afterwards.
        """

    @abstractmethod
    def surround(self, text: Tensor, positions: Tensor, written: int) -> tuple[Tensor, dict[str, Any]]:
        """The first layer's input [B, T, d] of embedded text [B, L, d] among memory tokens, and `Passage.extra`.

        Args:
            text: embeddings.
            positions: position ids of text and memory tokens, [B or 1, T].
            written: memory tokens behind the text.
        """

    def enter(
        self, input_ids: Tensor, mask: Tensor | None, opening: Tensor | None, write: bool
    ) -> tuple[Tensor, Passage]:
        """Embed text for the first layer, with the memory tokens that are to be written.

        Args:
            input_ids: token ids [B, L], padded on the right.
            mask: bool [B, L], False at padding; None: no padding.
            opening: float [B], how far each text is let into the memory; None: wholly.
            write: whether memory tokens stand behind the text.

        Returns:
            The first layer's input, float [B, T, d] of T = front + L + written positions, and what all layers are told.
        """
        text, written = self.embed(input_ids), self.config.memory_tokens if write else 0
        end = self.front + text.shape[1]
        self.must_fit(end + written)
        positions = position_ids(self.config, self.positions, self.front, text.shape[1], written, mask, text.device)
        keys = None
        if mask is not None:
            keys = torch.cat((mask.new_ones(len(mask), self.front), mask, mask.new_ones(len(mask), written)), dim=1)
        hidden, extra = self.surround(text, positions, written)
        seen = additive(causal(end + written, text.device, keys), text)
        return hidden, Passage(seen, openings(mask, opening), written, extra)

    def leave(self, hidden: Tensor, written: int) -> Tensor:
        """Last hidden states of the text alone, [B, L, d], from what the last layer gives, [B, T, d].

        Args:
            hidden: of all positions.
            written: memory tokens behind the text.
        """
        return self.stack.finish(hidden[:, self.front : hidden.shape[1] - written])

    def step(self, input_ids: Tensor, state: State, mask: Tensor | None = None, opening: Tensor | None = None) -> Step:
        """Read the text through all layers, each of which writes its memory."""
        hidden, passage = self.enter(input_ids, mask, opening, write=True)
        hidden, state = self._through(hidden, state, passage)
        let_in = torch.ones(len(hidden), device=hidden.device) if passage.opening is None else passage.opening
        return Step(Output(self.leave(hidden, passage.written), let_in[:, None]), state)

    def read(self, input_ids: Tensor, state: State, mask: Tensor | None = None) -> Tensor:
        """Hidden states [B * K, L, d] of text that reads every layer's memory and writes none."""
        hidden, passage = self.enter(input_ids, mask, None, write=False)
        return self.leave(self._through(hidden, state, passage)[0], 0)

    def _through(self, hidden: Tensor, state: State, passage: Passage) -> tuple[Tensor, State]:
        memories = []
        # Unbound, and not a slice each, whose gradient would be as large as the whole.
        layers = zip(*(tensor.unbind(1) for tensor in state.values()), strict=True)
        for cell, held in zip(self.cells(), layers, strict=True):
            hidden, memory = cell(hidden, dict(zip(state, held, strict=True)), passage)
            memories.append(memory)
        if not passage.written:
            return hidden, state
        return hidden, {name: torch.stack([memory[name] for memory in memories], dim=1) for name in state}
