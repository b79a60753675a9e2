"""RMT with retrieval: a segment reads its memory and what that finds among all memories before it.

A segment is read as `[memory ; found ; text ; memory]`, where `found` is what a cross-attention from the memory to all
past ones gives ("In Search of Needles in a 11M Haystack", 2402.10790, section 4, and its released code). Unlike that of
the other kinds this state grows: by m d numbers a segment, which is 48 KiB for 16 memory tokens of GPT-2; and reading S
segments takes time quadratic in S.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import PreTrainedModel
from transformers.activations import ACT2FN

from baselines.memory.config import MemoryConfig
from baselines.memory.model import State, Step, openings
from baselines.memory.rmt import RecurrentMemory

_DROPOUT = 0.1
_SHARPNESS = 1e5  # makes a softmax choose the one best
_EPS = 1e-5


class Lookup(nn.Module):
    """Single-head attention from the memory to past ones, with an MLP behind it; both residual, normalised before."""

    def __init__(self, width: int, activation: str, how: Literal["attention", "top_1"]) -> None:
        super().__init__()
        self.how = how
        self.norm_memory, self.norm_past, self.norm_found = (nn.LayerNorm(width, eps=_EPS) for _ in range(3))
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), ACT2FN[activation], nn.Linear(4 * width, width))
        self.dropout = nn.Dropout(_DROPOUT)

    def forward(self, memory: Tensor, past: Tensor, known: Tensor) -> Tensor:
        """What memories find, [B, m, d].

        Args:
            memory: float [B, m, d].
            past: float [B, P, d], tokens of past memories.
            known: bool [B, P], which of them there are; what a row with none finds has no meaning.
        """
        query, held = self.query(self.norm_memory(memory)), self.norm_past(past)
        scores = query.float() @ self.key(held).float().transpose(1, 2) / memory.shape[-1] ** 0.5
        # A number, not minus infinity: a row that knows nothing must not turn gradients into NaN.
        scores = scores.float().masked_fill(~known[:, None], torch.finfo(torch.float32).min)
        if self.how == "top_1":
            shares = (_SHARPNESS * (scores - scores.amax(dim=-1, keepdim=True))).softmax(dim=-1)
        else:
            shares = self.dropout(scores.softmax(dim=-1))
        value = self.value(held)
        found = memory + self.dropout(self.out(shares.to(value.dtype) @ value))
        return found + self.dropout(self.mlp(self.norm_found(found)))


class RetrievalMemory(RecurrentMemory):
    """RMT-R. Its state is `memory` [B, m, d], `past` [B, t, m, d] and `count`, int [B].

    The first `count` memories in a row of `past` are those written after each of its segments; rows with fewer segments
    than others have zeros behind them.
    """

    def __init__(self, base: PreTrainedModel, config: MemoryConfig) -> None:
        super().__init__(base, config)
        # What the first segment reads instead of what is found.
        self.nothing_found = nn.Parameter(
            torch.randn_like(self.memory) * base.get_input_embeddings().weight.std().item()
        )
        activation = getattr(base.config, "hidden_act", None) or base.config.activation_function
        self.lookup = Lookup(self.width, activation, config.retrieval)

    @property
    def around(self) -> int:
        """Positions that a segment takes besides its text: those of RMT, and of what was found."""
        return super().around + self.config.memory_tokens

    def init_state(self, batch: int) -> State:
        """The learned initial memory with no past."""
        state = super().init_state(batch)
        memory = state["memory"]
        return {
            **state,
            "past": memory.new_zeros(batch, 0, *memory.shape[1:]),
            "count": torch.zeros(batch, dtype=torch.long, device=memory.device),
        }

    def front(self, state: State) -> Tensor:
        """The memory and what it finds, [B, 2 m, d]."""
        kind = self.memory.dtype
        memory, past, count = state["memory"], state["past"], state["count"]
        batch, t, m, width = past.shape
        found = self.nothing_found.expand(batch, -1, -1)
        if t:
            known = torch.arange(t, device=count.device) < count[:, None]
            tokens, each = past.reshape(batch, t * m, width).to(kind), known.repeat_interleave(m, dim=1)
            found = torch.where(count[:, None, None] > 0, self.lookup(memory.to(kind), tokens, each), found)
        return torch.cat((super().front(state), found.to(memory.dtype)), dim=1)

    def step(self, input_ids: Tensor, state: State, mask: Tensor | None = None, opening: Tensor | None = None) -> Step:
        """Read `[memory ; found ; text ; memory]`; the last copy becomes the new memory and joins the past.

        A row that is all padding, or whose opening is 0, adds nothing to its past.
        """
        step = super().step(input_ids, state, mask, opening)
        memory, past, count = step.state["memory"], state["past"], state["count"]
        let_in = openings(mask, opening)
        grows = torch.ones_like(count) if let_in is None else (let_in > 0).to(count.dtype)
        # A place for one more behind the longest row; places that no row fills are given up.
        longest = int(count.max())
        past = F.pad(past[:, :longest], (0, 0, 0, 0, 0, 1))
        here = (torch.arange(longest + 1, device=count.device) == count[:, None]) & (grows[:, None] > 0)
        past = torch.where(here[..., None, None], memory[:, None], past)
        return step._replace(state={"memory": memory, "past": past, "count": count + grows})
