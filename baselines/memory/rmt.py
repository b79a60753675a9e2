"""The Recurrent Memory Transformer as a wrapper around any Hugging Face causal LM.

A segment is read as `[memory ; text ; memory]`: the first copy is read, the second is written, and what the last layer
puts out at the written places is the memory of the next segment (Bulatov et al., "Scaling Transformer to 1M tokens and
beyond with RMT", 2304.11062; "In Search of Needles in a 11M Haystack", 2402.10790, section 3)::

    model = RecurrentMemory(GPT2LMHeadModel(config), MemoryConfig(memory_tokens=8))
    state = model.step(segment, model.init_state(batch=2)).state      # {"memory": [2, 8, d]}

With the switches of `MemoryConfig` left off this is the published wrapper; each switch adds what a model trained from
scratch lacks, and is described there.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from baselines.memory.config import MemoryConfig
from baselines.memory.layers import additive, causal
from baselines.memory.model import MemoryModel, State, Step, openings
from baselines.memory.places import are_plain, places

# Small beside a written memory (about 1), so that what was written is not drowned; larger than GPT-2's 0.02, so that
# the copies differ from the first step on.
_SLOT_SCALE = 0.1


class RecurrentMemory(MemoryModel):
    """A causal LM with memory tokens around every segment; its state is `memory`, [B, m, d]."""

    copies = 2

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

    def init_state(self, batch: int) -> State:
        """The learned initial memory, float32 [batch, m, d]."""
        return {"memory": self.memory.float().expand(batch, -1, -1)}

    def step(self, input_ids: Tensor, state: State, mask: Tensor | None = None, opening: Tensor | None = None) -> Step:
        """Read `[memory ; text ; memory]`; the last copy becomes the new memory."""
        m, memory = self.config.memory_tokens, state["memory"]
        text = self.embed(input_ids)
        if m == 0:
            return Step(self._transform(text, mask, 0), state, memory.new_ones(memory.shape[:2]))
        parts = (self._slots(memory, "read").to(text.dtype), text, self._slots(memory, "write").to(text.dtype))
        hidden = self._transform(torch.cat(parts, dim=1), mask, m)
        written = hidden[:, -m:]
        share = memory.new_ones(*memory.shape[:2], 1)
        if self.config.gate:
            share = torch.sigmoid(self.gate(torch.cat((written, memory.to(written.dtype)), dim=-1)).float())
            share = share * (share >= self.config.gate_floor)
        let_in = openings(mask, opening)
        if let_in is not None:
            share = share * let_in[:, None, None]
        new = memory + share * (written.float() - memory) if self.config.gate or let_in is not None else written.float()
        return Step(hidden[:, m:-m], {"memory": new}, share[..., 0])

    def read(self, input_ids: Tensor, state: State, mask: Tensor | None = None) -> Tensor:
        """Hidden states [B * K, L, d] of `[memory ; text]`."""
        text = self.embed(input_ids)
        memory = self._slots(state["memory"], "read").to(text.dtype)
        memory = memory.repeat_interleave(len(text) // len(memory), dim=0)
        embedded = torch.cat((memory, text), dim=1)
        return self._transform(embedded, mask, 0)[:, self.config.memory_tokens :]

    def _slots(self, memory: Tensor, copy: str) -> Tensor:
        return memory + getattr(self, f"{copy}_slots") if self.config.slot_embeddings else memory

    def _transform(self, embedded: Tensor, mask: Tensor | None, written: int) -> Tensor:
        """Through the base model; where the written copy stands is said by the configuration."""
        m, (length, device) = self.config.memory_tokens, (embedded.shape[1], embedded.device)
        text = length - m - written
        if mask is None and are_plain(self.config, text, written):
            output = self.base.base_model(inputs_embeds=embedded, use_cache=False)
            return output.last_hidden_state
        keys = None
        if mask is not None:
            keys = torch.cat((mask.new_ones(len(mask), m), mask, mask.new_ones(len(mask), written)), dim=1)
        output = self.base.base_model(
            inputs_embeds=embedded,
            attention_mask=additive(causal(length, device, keys), embedded),
            position_ids=places(self.config, self.positions, m, text, written, mask, device),
            use_cache=False,
        )
        return output.last_hidden_state
