"""A bank of memories: every segment writes its own, the last n are kept, a question reads them all.

A segment is read as `[text ; memory]`, and what the last layer puts out at the memory tokens is put behind what the
bank holds; when it is full the oldest falls out. A question is read as `[bank ; question]`. It is RMT-R (2402.10790,
section 4) with three differences: no more than n memories are kept, so that the state does not grow; they are read as
tokens, not through a retrieval head; and a segment does not read them, so that nothing is ever written twice and
segments can be read in any order or all at once. The state is `memory` [B, n m, d] and `weight` [B, n m], how far each
vector is let in: 0 where the bank is empty.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from baselines.memory.config import MemoryConfig
from baselines.memory.layers import additive, causal
from baselines.memory.model import MemoryModel, State, Step, openings


class MemoryBank(MemoryModel):
    """A causal LM with the memories of its last segments; text stands at positions from 0, memory tokens behind it."""

    def __init__(self, base: PreTrainedModel, config: MemoryConfig) -> None:
        super().__init__(base, config)
        scale = base.get_input_embeddings().weight.std().item()
        self.memory = nn.Parameter(torch.randn(config.memory_tokens, self.width) * scale)
        self.read_slots = nn.Parameter(torch.zeros(config.memory_tokens, self.width))

    @property
    def around(self) -> int:
        """Positions that a segment takes besides its text: its memory tokens, and a bank's before a question."""
        return self.config.memory_tokens * (1 + self.config.bank)

    def init_state(self, batch: int) -> State:
        """An empty bank."""
        places = self.config.bank * self.config.memory_tokens
        return {
            "memory": torch.zeros(batch, places, self.width, device=self.device),
            "weight": torch.zeros(batch, places, device=self.device),
        }

    def step(self, input_ids: Tensor, state: State, mask: Tensor | None = None, opening: Tensor | None = None) -> Step:
        """Read `[text ; memory]` and put the memory into the bank; a segment that is not let in leaves it as it is."""
        hidden, written = self.write(input_ids, mask)
        let_in = openings(mask, opening)
        if let_in is None:
            let_in = written.new_ones(len(written), dtype=torch.float32)
        return Step(hidden, self._put(state, written.float(), let_in), let_in[:, None])

    def write(self, input_ids: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Hidden states [B, L, d] of segments and the memories [B, m, d] that they write."""
        m, text = self.config.memory_tokens, self.embed(input_ids)
        tokens = self.memory.to(text.dtype).expand(len(text), -1, -1)
        embedded = torch.cat((text, tokens), dim=1)
        length, device = embedded.shape[1], embedded.device
        positions = torch.arange(length, device=device)
        positions[length - m :] += self.config.segment_size - (length - m)
        keys = None if mask is None else torch.cat((mask, mask.new_ones(len(mask), m)), dim=1)
        hidden = self._run(embedded, additive(causal(length, device, keys), embedded), positions)
        return hidden[:, : length - m], hidden[:, length - m :]

    def read(self, input_ids: Tensor, state: State, mask: Tensor | None = None) -> Tensor:
        """Hidden states [B * K, L, d] of `[bank ; question]`."""
        held = int((state["weight"] > 0).sum(dim=1).max())
        memory, weight = state["memory"][:, :held], state["weight"][:, :held]
        texts = self.embed(input_ids)
        length, device = texts.shape[1], texts.device
        embedded = torch.cat(
            (self.as_read(memory).to(texts.dtype), texts.view(len(memory), -1, texts.shape[-1])), dim=1
        )
        place = torch.arange(embedded.shape[1] - held, device=device)
        number = torch.cat((place.new_full((held,), -1), place // length))
        seen = causal(len(number), device) & ((number == -1) | (number[:, None] == number))
        if mask is not None:
            keys = torch.cat((mask.new_ones(len(memory), held), mask.view(len(memory), -1)), dim=1)
            seen = (seen & keys[:, None, None]) | torch.eye(len(number), dtype=torch.bool, device=device)
        # A memory let in by half counts half.
        bias = additive(seen, embedded) + _log(torch.cat((weight, weight.new_ones(len(memory), len(place))), dim=1))
        hidden = self._run(embedded, bias.to(embedded.dtype), torch.cat((self._places(held), place % length)))
        return hidden[:, held:].reshape(texts.shape)

    def as_read(self, memory: Tensor) -> Tensor:
        """Memories [B, n m, d] as they stand before a question."""
        return memory + self.read_slots.repeat(memory.shape[1] // self.config.memory_tokens, 1)

    def _places(self, held: int) -> Tensor:
        return torch.arange(held, device=self.device) + self.config.segment_size + self.config.memory_tokens

    def _put(self, state: State, written: Tensor, let_in: Tensor) -> State:
        m, memory, weight = self.config.memory_tokens, state["memory"], state["weight"]
        slot = (weight > 0).sum(dim=1) // m
        full = (slot >= self.config.bank) & (let_in > 0)
        slot = slot.clamp(max=self.config.bank - 1)
        place = torch.arange(weight.shape[1], device=weight.device)
        here = (place // m == slot[:, None]) & (let_in > 0)[:, None]
        memory = torch.where(full[:, None, None], memory.roll(-m, dims=1), memory)
        weight = torch.where(full[:, None], weight.roll(-m, dims=1), weight)
        return {
            "memory": torch.where(here[..., None], written[:, place % m], memory),
            "weight": torch.where(here, let_in[:, None], weight),
        }

    def _run(self, embedded: Tensor, mask: Tensor, positions: Tensor) -> Tensor:
        output = self.base.base_model(
            inputs_embeds=embedded, attention_mask=mask, position_ids=positions[None], use_cache=False
        )
        return output.last_hidden_state


def _log(weight: Tensor) -> Tensor:
    """The logarithm of weights [B, T] as attention adds it to every query, [B, 1, 1, T]; that of 0 is finite."""
    return weight.clamp(min=1e-9).log()[:, None, None]
