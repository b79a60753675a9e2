"""A bank of memories: every segment writes its own, the last n are kept, a question reads them all.

A segment is read as `[text ; memory]`, and what the last layer puts out at the memory tokens is put behind what the
bank holds; when it is full the oldest falls out. A question is read as `[bank ; question]`. It is RMT-R (2402.10790,
section 4) with three differences: no more than n memories are kept, so that the state does not grow; they are read as
tokens, not through a retrieval head; and a segment does not read them, so that nothing is ever written twice and
segments can be read in any order or all at once. The state is `memory` [B, n m, d] and `weight` [B, n m], how far each
vector is let in: 0 where the bank is empty.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from babilong.errors import UsageError
from baselines.memory.config import MemoryConfig
from baselines.memory.layers import additive, causal, last_alone, lower_half
from baselines.memory.model import MemoryModel, Output, State, Step, openings
from baselines.memory.position_ids import position_ids
from baselines.memory.question_attention import Apart, speak_apart

# A memory looks at itself only where nothing older fits: what it holds it has anyway, and what came before is asked.
_ITSELF = 8.0
_LEAST = 1e-9  # weight of an empty place, whose logarithm attention can add


class Asked(NamedTuple):
    """What asking gives.

    Attributes:
        hidden: last hidden states of the questions, float [B * K, L, d].
        halfway: what the memories are after half of the layers, having looked at each other, float [B, n m, d]; None
            where it was not wanted.
    """

    hidden: Tensor
    halfway: Tensor | None


class MemoryBank(MemoryModel):
    """A causal LM with the memories of its last segments; text stands at positions from 0, memory tokens behind it.

    Raises:
        UsageError: a bank without room for a memory, or slopes of recency for other attention heads than the base
            model has.
    """

    def __init__(self, base: PreTrainedModel, config: MemoryConfig) -> None:
        super().__init__(base, config)
        speak_apart(base)
        if config.bank < 1 or config.memory_tokens < 1:
            raise UsageError(
                f"A bank of {config.bank} memories of {config.memory_tokens} tokens holds nothing; raise `bank` or "
                "`memory_tokens`."
            )
        heads = base.config.num_attention_heads
        if config.recency and len(config.recency) != heads:
            raise UsageError(
                f"There are {len(config.recency)} slopes in `recency` for {heads} attention heads; give one a head."
            )
        scale = base.get_input_embeddings().weight.std().item()
        self.memory = nn.Parameter(torch.randn(config.memory_tokens, self.width) * scale)
        self.read_slots = nn.Parameter(torch.zeros(config.memory_tokens, self.width))

    @property
    def around(self) -> int:
        """Positions that a segment takes besides its text: its memory tokens, and one that the whole bank shares."""
        return self.config.memory_tokens + 1

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
        return Step(Output(hidden, let_in[:, None]), self.put(state, written[None], let_in[None]))

    def put(self, state: State, written: Tensor, let_in: Tensor) -> State:
        """The bank with memories behind those it holds; where there are more than it has places the oldest fall out.

        Args:
            state: the memory of B texts.
            written: memories of S segments, the oldest first, float [S, B, m, d].
            let_in: how far each is let in, float [S, B]; nothing is kept of one that is not.
        """
        places, m = state["weight"].shape[1], self.config.memory_tokens
        memory = torch.cat((state["memory"], written.float().transpose(0, 1).flatten(1, 2)), dim=1)
        weight = torch.cat((state["weight"], let_in.T.repeat_interleave(m, dim=1)), dim=1)
        empty = weight <= 0
        order = empty.long().argsort(dim=1, stable=True)
        first = (weight.shape[1] - places - empty.sum(dim=1)).clamp(min=0)
        kept = order.gather(1, first[:, None] + torch.arange(places, device=weight.device))
        weight = weight.gather(1, kept)
        memory = memory.gather(1, kept[..., None].expand(-1, -1, self.width))
        return {"memory": torch.where((weight > 0)[..., None], memory, 0.0), "weight": weight}

    def write(self, input_ids: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Hidden states [B, L, d] of segments and the memories [B, m, d] that they write."""
        m, text = self.config.memory_tokens, self.embed(input_ids)
        tokens = self.memory.to(text.dtype).expand(len(text), -1, -1)
        embedded = torch.cat((text, tokens), dim=1)
        length, device = embedded.shape[1], embedded.device
        self.must_fit(length)
        positions = position_ids(self.config, self.positions, 0, length - m, m, mask, device)
        keys = None if mask is None else torch.cat((mask, mask.new_ones(len(mask), m)), dim=1)
        hidden = self._run(embedded, additive(causal(length, device, keys), embedded), positions)
        return hidden[:, : length - m], hidden[:, length - m :]

    def memories(self, input_ids: Tensor, mask: Tensor | None = None) -> Tensor:
        """The memories [B, m, d] that segments [B, L] write, without what `write` computes for their text alone."""
        with last_alone(self.base, self.config.memory_tokens):
            return self.write(input_ids, mask)[1]

    def read(self, input_ids: Tensor, state: State, mask: Tensor | None = None) -> Tensor:
        """Hidden states [B * K, L, d] of `[bank ; question]`."""
        held = int((state["weight"] > 0).sum(dim=1).max())
        return self.ask(input_ids, state["memory"][:, :held], state["weight"][:, :held], mask=mask).hidden

    def ask(
        self,
        input_ids: Tensor,
        memory: Tensor,
        weight: Tensor,
        span: tuple[Tensor, Tensor] | None = None,
        mask: Tensor | None = None,
        halfway: bool = False,
    ) -> Asked:
        """Questions about memories, each about a stretch of them.

        A bank is full of what was let in; here memories may also stand that were not, or by half, so that many
        questions about many moments of a text can be asked at once in training.

        Args:
            input_ids: token ids [B * K, L], K questions in a row about each of B texts.
            memory: float [B, n m, d], in the order in which they were written.
            weight: float [B, n m], how far each is let in.
            span: first memory vector and the one behind the last that each question sees, int [B, K] each; all if
                None. Memories look at all those before them, of whatever stretch.
            mask: bool [B * K, L], False at padding.
            halfway: give what the memories are after half of the layers, too.
        """
        text = self.embed(input_ids)
        length, device, (batch, held) = text.shape[1], text.device, weight.shape
        self.must_fit(length)
        asked = text.shape[0] // batch
        before = (memory + self.read_slots.repeat(held // self.config.memory_tokens, 1)).to(text.dtype)
        embedded = torch.cat((before, text.reshape(batch, -1, text.shape[-1])), dim=1)
        first = torch.zeros(batch, asked, dtype=torch.long, device=device) if span is None else span[0]
        last = torch.full((batch, asked), held, device=device) if span is None else span[1]
        own = additive(causal(length, device, mask), embedded)
        own = own.view(batch, 1, asked, length, length) if mask is not None else own[:, :, None]
        of = self._favour(weight, first, last).to(own.dtype)
        place = torch.arange(length, device=device).repeat(asked)
        positions = torch.cat((torch.full((held,), self._behind, device=device), place))
        output = self.base.base_model(
            inputs_embeds=embedded,
            attention_mask=own.new_zeros(1, 1, 1, 1),
            position_ids=positions[None],
            use_cache=False,
            output_hidden_states=halfway,
            apart=Apart(self._among(weight).to(own.dtype), of, own),
        )
        # Of the hidden states the first are the embeddings.
        middle = output.hidden_states[lower_half(len(output.hidden_states) - 1)][:, :held] if halfway else None
        return Asked(output.last_hidden_state[:, held:].reshape(text.shape), middle)

    @property
    def _behind(self) -> int:
        """The position behind a segment, where the whole bank stands: what is recent is told by the attention."""
        return self.config.segment_size + self.config.memory_tokens

    def _among(self, weight: Tensor) -> Tensor:
        """What attention adds between memories, [B, heads or 1, F, F]: they look at those before them."""
        held, device = weight.shape[1], weight.device
        ordinal = self._ordinal(weight)
        added = self._aged(weight[:, None], ordinal[:, :, None] - ordinal[:, None])
        added = added - _ITSELF * torch.eye(held, device=device)
        return added.where(causal(held, device), torch.finfo(added.dtype).min)

    def _favour(self, weight: Tensor, first: Tensor, last: Tensor) -> Tensor:
        """What attention adds from questions to memories, [B, heads or 1, K, 1, F]; first and last are [B, K]."""
        ordinal, place = self._ordinal(weight), torch.arange(weight.shape[1], device=weight.device)
        within = (place >= first[..., None]) & (place < last[..., None])
        if not len(place):
            return weight.new_zeros(len(weight), 1, last.shape[1], 1, 0)
        newest = ordinal.gather(1, (last - 1).clamp(min=0))
        added = self._aged(weight[:, None], newest[..., None] - ordinal[:, None])
        return added.where(within[:, None], torch.finfo(added.dtype).min)[..., None, :]

    def _ordinal(self, weight: Tensor) -> Tensor:
        """How many segments were let in before each memory's, [B, F]."""
        return ((weight > 0.5).long().cumsum(dim=1) - 1).clamp(min=0) // self.config.memory_tokens

    def _aged(self, weight: Tensor, age: Tensor) -> Tensor:
        """What attention adds for a memory, [B, heads or 1, N, F]: for being let in, and less for being old.

        A memory let in by half counts half. Each head looks back less the steeper its slope, a straight line in the
        number of segments let in since, `age` [B, N, F], as in ALiBi (Press et al., 2108.12409).
        """
        let_in = weight.clamp(min=_LEAST).log()[:, None]
        if not self.config.recency:
            return let_in.expand(-1, -1, age.shape[1], -1)
        slopes = torch.tensor(self.config.recency, device=weight.device)[:, None, None]
        return let_in - slopes * age.clamp(min=0)[:, None]

    def _run(self, embedded: Tensor, mask: Tensor, positions: Tensor) -> Tensor:
        output = self.base.base_model(
            inputs_embeds=embedded, attention_mask=mask, position_ids=positions, use_cache=False
        )
        return output.last_hidden_state
