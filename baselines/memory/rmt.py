"""The Recurrent Memory Transformer as a wrapper around any Hugging Face causal LM.

A segment is read as `[memory ; text ; memory]`: the first copy is read, the second is written, and what the last layer
puts out at the written places is the memory of the next segment (Bulatov et al., "Scaling Transformer to 1M tokens and
beyond with RMT", 2304.11062; "In Search of Needles in a 11M Haystack", 2402.10790, section 3)::

    model = RecurrentMemory(GPT2LMHeadModel(config), MemoryConfig(memory_tokens=8))
    output, state = model.step(segment, model.init_state(batch=2))    # {"memory": [2, 8, d]}

With the switches of `MemoryConfig` left off this is the published wrapper; each switch adds what a model trained from
scratch lacks, and is described there.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from baselines.memory.config import MemoryConfig
from baselines.memory.layers import additive, causal, only, side_by_side
from baselines.memory.model import MemoryModel, Output, State, Step, openings
from baselines.memory.position_ids import are_default, position_ids

# Small beside a written memory (about 1), so that what was written is not drowned; larger than GPT-2's 0.02, so that
# the copies differ from the first step on.
_SLOT_SCALE = 0.1


class RecurrentMemory(MemoryModel):
    """A causal LM with memory tokens around every segment; its state is `memory`, [B, m, d]."""

    def __init__(self, base: PreTrainedModel, config: MemoryConfig) -> None:
        super().__init__(base, config)
        m, width = config.memory_tokens, self.width
        # As in the published code: as large as the token embeddings (2304.11062, released implementation).
        self.memory = nn.Parameter(torch.randn(m, width) * base.get_input_embeddings().weight.std().item())
        if config.slot_embeddings:
            self.read_slots = nn.Parameter(torch.randn(m, width) * _SLOT_SCALE)
            self.write_slots = nn.Parameter(torch.randn(m, width) * _SLOT_SCALE)
        if config.gate:
            self.gate = nn.Linear(2 * width, 1)
            # Starts near plain overwriting, from which the answer loss can learn what to keep.
            nn.init.zeros_(self.gate.weight)
            nn.init.ones_(self.gate.bias)

    @property
    def around(self) -> int:
        """Positions that a segment takes besides its text: the read memory and, but in the ablation, the written."""
        return (1 + self.config.mem_at_end) * self.config.memory_tokens

    def init_state(self, batch: int) -> State:
        """The learned initial memory, float32 [batch, m, d]."""
        return {"memory": self.memory.float().expand(batch, -1, -1)}

    def front(self, state: State) -> Tensor:
        """What stands before the text to be read, [B, R, d]: the memory."""
        return self._slots(state["memory"], "read")

    def step(self, input_ids: Tensor, state: State, mask: Tensor | None = None, opening: Tensor | None = None) -> Step:
        """Read `[memory ; text ; memory]`; the last copy becomes the new memory."""
        memory, text = state["memory"], self.embed(input_ids)
        m, length = self.config.memory_tokens, text.shape[1]
        front = self.front(state).to(text.dtype)
        first = front.shape[1]
        if self.config.mem_at_end:
            back, place = self._slots(memory, "write").to(text.dtype), first + length
        else:
            back, place = text[:, :0], 0
        hidden = self._transform(torch.cat((front, text, back), dim=1), first, length, mask)
        written = hidden[:, place : place + m]
        share = memory.new_ones(*memory.shape[:2], 1)
        if self.config.gate:
            share = torch.sigmoid(self.gate(torch.cat((written, memory.to(written.dtype)), dim=-1)).float())
            share = share * (share >= self.config.gate_floor)
        let_in = openings(mask, opening)
        if let_in is not None:
            share = share * let_in[:, None, None]
        new = memory + share * (written.float() - memory) if self.config.gate or let_in is not None else written.float()
        return Step(Output(hidden[:, first : first + length], share[..., 0]), {"memory": new})

    def read(self, input_ids: Tensor, state: State, mask: Tensor | None = None) -> Tensor:
        """Hidden states [B * K, L, d] of `[memory ; text]`."""
        text = self.embed(input_ids)
        front = self.front(state).to(text.dtype)
        first, length = front.shape[1], text.shape[1]
        embedded = torch.cat((front, text.reshape(len(front), -1, text.shape[-1])), dim=1)
        if len(text) == len(front):
            hidden = self._transform(embedded, first, length, mask)
        else:
            hidden = self._side_by_side(embedded, first, length, mask)
        return hidden[:, first:].reshape(text.shape)

    def _slots(self, memory: Tensor, copy: str) -> Tensor:
        return memory + getattr(self, f"{copy}_slots") if self.config.slot_embeddings else memory

    def _side_by_side(self, embedded: Tensor, first: int, length: int, mask: Tensor | None) -> Tensor:
        """Questions of `length` tokens behind one copy of what is read up to place `first`; none sees another."""
        self.must_fit(first + length)
        device = embedded.device
        place = torch.arange(embedded.shape[1] - first, device=device)
        seen = side_by_side(first, length, len(place) // length, device)
        if mask is not None:
            seen = only(seen, torch.cat((mask.new_ones(len(embedded), first), mask.reshape(len(embedded), -1)), dim=1))
        positions = torch.cat((torch.arange(first, device=device), first + place % length))
        return self._run(embedded, seen, positions[None], (first, len(place), 0))

    def _transform(self, embedded: Tensor, first: int, text: int, mask: Tensor | None) -> Tensor:
        """Through the base model: what is read up to place `first`, the text, and what is written behind it.

        Where the written copy stands is said by the configuration.
        """
        length, device = embedded.shape[1], embedded.device
        self.must_fit(length)
        written = length - first - text
        if mask is None and self.config.mask == "causal" and are_default(self.config, text, written):
            output = self.base.base_model(inputs_embeds=embedded, use_cache=False)
            return output.last_hidden_state
        positions = position_ids(self.config, self.positions, first, text, written, mask, device)
        keys = None
        if mask is not None:
            keys = torch.cat((mask.new_ones(len(mask), first), mask, mask.new_ones(len(mask), written)), dim=1)
        return self._run(embedded, causal(length, device, keys), positions, (first, text, written))

    def _run(self, embedded: Tensor, seen: Tensor, positions: Tensor, blocks: tuple[int, int, int]) -> Tensor:
        if self.config.mask == "neurips":
            seen = seen | _within_blocks(*blocks, seen.device)
        mask = additive(seen, embedded)
        output = self.base.base_model(
            inputs_embeds=embedded, attention_mask=mask, position_ids=positions, use_cache=False
        )
        return output.last_hidden_state


def _within_blocks(read: int, text: int, written: int, device: torch.device) -> Tensor:
    """Bool [T, T]: True where two memory tokens are of one block, read or written (2207.06881, released code)."""
    block = torch.tensor([1] * read + [0] * text + [2] * written, device=device)
    return (block[:, None] == block) & (block > 0)
