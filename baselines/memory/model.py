"""What every recurrent memory has in common: a state that is a value, segments that change it, questions that do not.

    state = model.init_state(batch=2)
    for segment in segments:                      # [2, L] token ids
        output, state = model.step(segment, state)
    logits = model.logits(model.read(question, state)[:, -1])

A state is a dictionary of tensors whose first dimension is the batch, so that rows can be picked, joined, moved to a
device and saved as they are. Nothing of it is kept in the module: the same model can read many texts at once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import PreTrainedModel
from transformers.models.auto.modeling_auto import MODEL_FOR_MASKED_LM_MAPPING_NAMES

from babilong.errors import UsageError
from baselines.memory.config import MemoryConfig
from baselines.memory.gate import SegmentGate
from baselines.memory.state_heads import StateHeads

State = dict[str, Tensor]

_SHIFT_SCALE = 0.3


class Output(NamedTuple):
    """What a segment gives besides the memory.

    Attributes:
        hidden: last hidden states of the text, float [B, L, d].
        opening: how far the memory was written, float between 0 and 1: [B, m] of `rmt`, `rmt-r` and encoders, which
            overwrite their memory tokens one by one, else [B, 1].
    """

    hidden: Tensor
    opening: Tensor


class Step(NamedTuple):
    """What reading a segment gives.

    Attributes:
        output: of the segment.
        state: the memory afterwards, float32.
    """

    output: Output
    state: State


class MemoryModel(nn.Module, ABC):
    """A causal LM with a recurrent memory.

    Args:
        base: any Hugging Face causal LM that takes `inputs_embeds`.
        config: memory configuration.

    Raises:
        UsageError: a segment with its memory tokens is longer than the positions of the base model, or they should have
            its last positions, but it has no last one; its hidden states are wider than its embeddings; or it is an
            encoder.
    """

    memory: nn.Parameter

    def __init__(self, base: PreTrainedModel, config: MemoryConfig) -> None:
        super().__init__()
        self.base = base
        self.config = config
        check_width(base)
        _check_causal(base)
        size, around = config.segment_size, self.around
        if self.positions and size + around > self.positions:
            raise UsageError(
                f"A segment of {size} tokens with {around} memory tokens needs {size + around} positions; "
                f"the base model has {self.positions}. Choose a smaller segment."
            )
        if config.written_at == "table" and not self.positions:
            raise UsageError(
                f"A {base.config.model_type} model has no last positions for memory tokens; leave out written_at."
            )
        if config.segment_gate:
            vocabulary = base.get_input_embeddings().weight.shape[0]
            self.segment_gate = SegmentGate(vocabulary, config.segment_gate)
        if config.state_heads:
            self.states = StateHeads(self.width)
        if config.token_shift:
            self.shift = nn.Parameter(torch.randn(config.token_shift, self.width) * _SHIFT_SCALE)

    @property
    def around(self) -> int:
        """Positions that a segment takes besides its text."""
        return self.config.memory_tokens

    @property
    def width(self) -> int:
        """Hidden size d of the base model."""
        return int(self.base.get_input_embeddings().weight.shape[1])

    @property
    def positions(self) -> int:
        """How many positions the base model has; 0 where its configuration names no limit."""
        return int(getattr(self.base.config, "max_position_embeddings", 0) or 0)

    @property
    def device(self) -> torch.device:
        """Where the weights lie."""
        return self.memory.device

    @abstractmethod
    def init_state(self, batch: int) -> State:
        """The memory before anything was read; every tensor float32 with `batch` rows.

        It stays in float32 whatever the model computes in, so that what hundreds of segments add to it is not rounded
        away.
        """

    @abstractmethod
    def step(self, input_ids: Tensor, state: State, mask: Tensor | None = None, opening: Tensor | None = None) -> Step:
        """Read one segment and write the memory.

        Args:
            input_ids: token ids [B, L], padded on the right.
            state: the memory of B texts.
            mask: bool [B, L], False at padding; a row that is all padding keeps its state. None: no padding.
            opening: float [B], how far the segment is let into the memory; 0 leaves the state exactly as it is, None
                is 1.

        Raises:
            UsageError: the segment has no room in the positions of the base model.
        """

    @abstractmethod
    def read(self, input_ids: Tensor, state: State, mask: Tensor | None = None) -> Tensor:
        """Hidden states of text that reads the memory and leaves it as it is: a question.

        Args:
            input_ids: token ids [B * K, L], K questions in a row about each of B texts.
            state: the memory of B texts.
            mask: bool [B * K, L], False at padding.

        Returns:
            Float [B * K, L, d].

        Raises:
            UsageError: the text has no room in the positions of the base model.
        """

    def embed(self, input_ids: Tensor) -> Tensor:
        """Embeddings of token ids [B, L], with token shift where configured; float [B, L, d]."""
        plain: Tensor = self.base.get_input_embeddings()(input_ids)
        back = self.config.token_shift
        if not back:
            return plain
        padded = F.pad(plain, (0, 0, back, 0))
        length = input_ids.shape[1]
        shifted = plain
        for k in range(1, back + 1):
            shifted = shifted + self.shift[k - 1] * padded[:, back - k : back - k + length]
        return shifted

    def must_fit(self, tokens: int) -> None:
        """Refuse more tokens at once, memory tokens among them, than the base model has positions.

        Raises:
            UsageError: it is so.
        """
        if self.positions and tokens > self.positions:
            raise UsageError(
                f"{tokens} tokens at once, memory tokens among them, are more than the {self.positions} positions of "
                "the base model; cut the text into shorter segments."
            )

    def logits(self, hidden: Tensor) -> Tensor:
        """Logits over the vocabulary, float [..., V], of hidden states [..., d]: only where somebody looks at them."""
        return self.base.get_output_embeddings()(hidden)


def check_width(base: PreTrainedModel) -> None:
    """Refuse a base model whose hidden states are not as wide as its embeddings, which memory tokens stand among.

    Raises:
        UsageError: it is so.
    """
    width, hidden = base.get_input_embeddings().weight.shape[1], getattr(base.config, "hidden_size", None)
    if hidden not in (None, width):
        raise UsageError(
            f"This {base.config.model_type} model has embeddings of {width} numbers and hidden states of {hidden}, so "
            "that memory tokens have no place among its embeddings; take one where both are alike."
        )


def _check_causal(base: PreTrainedModel) -> None:
    """Refuse an encoder, whose tokens would see the answers that they are to predict."""
    kind = base.config.model_type
    if kind in MODEL_FOR_MASKED_LM_MAPPING_NAMES and not getattr(base.config, "is_decoder", False):
        raise UsageError(
            f"A {kind} model sees the text behind a token, which a language model is to predict; take a causal one, or "
            "EncoderMemory of baselines.memory.encoder for classes and places of answers."
        )


def rows(state: State, pick: Callable[[Tensor], Tensor]) -> State:
    """A state whose tensors are each picked from, repeated or moved along the batch."""
    return {name: pick(tensor) for name, tensor in state.items()}


def join(states: Sequence[State]) -> State:
    """One state of the rows of several; where one has grown more than another, that one is filled up with zeros."""
    return {name: _stack([state[name] for state in states]) for name in states[0]}


def _stack(tensors: Sequence[Tensor]) -> Tensor:
    if len({tensor.shape[1:] for tensor in tensors}) > 1:
        longest = max(tensor.shape[1] for tensor in tensors)
        tensors = [F.pad(t, (*[0, 0] * (t.dim() - 2), 0, longest - t.shape[1])) for t in tensors]
    return torch.cat(list(tensors))


def openings(mask: Tensor | None, opening: Tensor | None) -> Tensor | None:
    """How far each row is let in, float [B]: nothing of a row that is all padding; None if all are wholly let in."""
    if mask is None:
        return opening
    read = mask.any(dim=1).float()
    return read if opening is None else read * opening
