"""The Recurrent Memory Transformer as a wrapper around any Hugging Face causal LM.

A segment is read as `[memory ; text ; memory]`: the first copy is read, the second is written, and what the last layer
puts out at the written places is the memory of the next segment (Bulatov et al., "Scaling Transformer to 1M tokens and
beyond with RMT", 2304.11062; "In Search of Needles in a 11M Haystack", 2402.10790, section 3). The state is a value::

    memory = RecurrentMemory(GPT2LMHeadModel(config), MemoryConfig(memory_tokens=8))
    state = memory.init_state(batch=2)
    for segment in segments:                      # [2, L] token ids
        state = memory.step(segment, state).state
    logits = memory.logits(memory.read(question, state)[:, -1])

With the switches of `MemoryConfig` left off this is the published wrapper; each switch adds what a model trained from
scratch lacks, and is described there.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import PreTrainedModel

from babilong.errors import UsageError

# Small beside a written memory (about 1), so that what was written is not drowned; larger than GPT-2's 0.02, so that
# the copies differ from the first step on.
_SLOT_SCALE = 0.1
_SHIFT_SCALE = 0.3


@dataclass(frozen=True, slots=True)
class MemoryConfig:
    """What the memory is made of and how text is cut for it.

    Attributes:
        memory_tokens: m, vectors handed from segment to segment; 0 leaves the base model as it is.
        segment_size: L, tokens of text in a segment.
        overlap: how many of a segment's tokens are the last ones of the segment before, so that no sentence is cut.
        slot_embeddings: add learned vectors to the read and the written copy of the memory, which tell them apart.
        gate: mix the old memory and the written one by a learned gate per slot, `M + g (W - M)`, where published RMT
            takes `W`; g is a sigmoid of both.
        gate_floor: openings below this are taken as 0, so that a slot holds exactly what it held. A sigmoid never
            closes fully, and what leaks through adds up: at 0.002 a segment, a third is left after 500 segments.
        token_shift: add to each token's embedding those of this many tokens before it, weighted per channel. Stands in
            for the previous-token heads that a pretrained model brings and one trained from scratch is slow to find.
    """

    memory_tokens: int = 16
    segment_size: int = 512
    overlap: int = 0
    slot_embeddings: bool = False
    gate: bool = False
    gate_floor: float = 0.0
    token_shift: int = 0

    def to_dict(self) -> dict[str, int | float | bool]:
        """As JSON writes it."""
        return asdict(self)


class Step(NamedTuple):
    """What reading a segment gives.

    Attributes:
        hidden: last hidden states of the text, float [B, L, d].
        state: the memory afterwards, float32 [B, m, d].
        gate: how far each slot was overwritten, float [B, m], all ones without a gate.
    """

    hidden: Tensor
    state: Tensor
    gate: Tensor


class RecurrentMemory(nn.Module):
    """A causal LM with memory tokens: `init_state`, `step`, `read` and `logits`.

    Args:
        base: any Hugging Face causal LM that takes `inputs_embeds`.
        config: memory configuration.

    Raises:
        UsageError: the segment with both copies of the memory is longer than the positions of the base model.
    """

    def __init__(self, base: PreTrainedModel, config: MemoryConfig) -> None:
        super().__init__()
        self.base = base
        self.config = config
        table: Tensor = base.get_input_embeddings().weight
        m, width = config.memory_tokens, table.shape[1]
        positions = getattr(base.config, "max_position_embeddings", None)
        if positions is not None and config.segment_size + 2 * m > positions:
            raise UsageError(
                f"A segment of {config.segment_size} tokens with {m} memory tokens before and after needs "
                f"{config.segment_size + 2 * m} positions; the base model has {positions}. Choose a smaller segment."
            )
        # As in the published code: as large as the token embeddings (2304.11062, released implementation).
        self.memory = nn.Parameter(torch.randn(m, width) * table.std().item())
        if config.slot_embeddings:
            self.read_slots = nn.Parameter(torch.randn(m, width) * _SLOT_SCALE)
            self.write_slots = nn.Parameter(torch.randn(m, width) * _SLOT_SCALE)
        if config.gate:
            self.gate = nn.Linear(2 * width, 1)
            # Starts near plain overwriting, from which the answer loss can learn what to keep.
            nn.init.zeros_(self.gate.weight)
            nn.init.ones_(self.gate.bias)
        if config.token_shift:
            self.shift = nn.Parameter(torch.randn(config.token_shift, width) * _SHIFT_SCALE)

    def init_state(self, batch: int) -> Tensor:
        """The memory before anything was read, float32 [batch, m, d].

        It stays in float32 whatever the model computes in, so that what hundreds of segments add to it is not rounded
        away.
        """
        return self.memory.float().expand(batch, -1, -1)

    def embed(self, input_ids: Tensor) -> Tensor:
        """Embeddings of token ids [B, L], with token shift where configured; float [B, L, d]."""
        plain = self.base.get_input_embeddings()(input_ids)
        if not self.config.token_shift:
            return plain
        padded = F.pad(plain, (0, 0, self.config.token_shift, 0))
        length = input_ids.shape[1]
        shifted = plain
        for back in range(1, self.config.token_shift + 1):
            start = self.config.token_shift - back
            shifted = shifted + self.shift[back - 1] * padded[:, start : start + length]
        return shifted

    def step(self, input_ids: Tensor, state: Tensor, mask: Tensor | None = None) -> Step:
        """Read one segment and write the memory.

        Args:
            input_ids: token ids [B, L], padded on the right.
            state: memory [B, m, d].
            mask: bool [B, L], False at padding; a row that is all padding keeps its state. None: no padding.

        Returns:
            Hidden states of the text, the new state, and the gate's opening.
        """
        m = self.config.memory_tokens
        text = self.embed(input_ids)
        if m == 0:
            return Step(self._transform(text, mask), state, state.new_ones(state.shape[:2]))
        parts = (self._slots(state, "read").to(text.dtype), text, self._slots(state, "write").to(text.dtype))
        full = None
        if mask is not None:
            seen = mask.new_ones(mask.shape[0], m)
            full = torch.cat((seen, mask, seen), dim=1)
        hidden = self._transform(torch.cat(parts, dim=1), full)
        written = hidden[:, -m:]
        if self.config.gate:
            opening = torch.sigmoid(self.gate(torch.cat((written, state.to(written.dtype)), dim=-1)).float())
            opening = opening * (opening >= self.config.gate_floor)
            new = state + opening * (written.float() - state)
        else:
            opening, new = state.new_ones(*state.shape[:2], 1), written.float()
        if mask is not None:
            new = torch.where(mask.any(dim=1)[:, None, None], new, state)
        return Step(hidden[:, m:-m], new, opening[..., 0])

    def read(self, input_ids: Tensor, state: Tensor, mask: Tensor | None = None) -> Tensor:
        """Hidden states [B, L, d] of text that reads the memory and leaves it as it is: a question.

        Arguments as for `step`.
        """
        m = self.config.memory_tokens
        text = self.embed(input_ids)
        embedded = torch.cat((self._slots(state, "read").to(text.dtype), text), dim=1)
        full = None if mask is None else torch.cat((mask.new_ones(mask.shape[0], m), mask), dim=1)
        return self._transform(embedded, full)[:, m:]

    def logits(self, hidden: Tensor) -> Tensor:
        """Logits over the vocabulary, float [..., V], of hidden states [..., d]: only where somebody looks at them."""
        head = self.base.get_output_embeddings()
        return head(hidden)

    def _slots(self, state: Tensor, copy: str) -> Tensor:
        return state + getattr(self, f"{copy}_slots") if self.config.slot_embeddings else state

    def _transform(self, embedded: Tensor, mask: Tensor | None) -> Tensor:
        output = self.base.base_model(inputs_embeds=embedded, attention_mask=mask, use_cache=False)
        return output.last_hidden_state
