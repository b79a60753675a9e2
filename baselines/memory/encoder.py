"""RMT for encoders: BERT, RoBERTa, DeBERTa and others that Hugging Face's `AutoModel` gives.

A segment is read as `[CLS] memory [SEP] text [SEP]`, every token seeing every other; what the last layer puts out at
the places of the memory is the memory of the next segment ("Scaling Transformer to 1M tokens and beyond with RMT",
2304.11062, section 3 and its released code)::

    model = EncoderMemory(AutoModel.from_pretrained(name), MemoryConfig(memory_tokens=10, segment_size=499),
                          specials=(tokenizer.cls_token_id, tokenizer.sep_token_id), outputs=6)
    state = read(model, ids, alignment="right")    # baselines.memory.sequences; as the released code cuts
    classes = model.logits(state["cls"])           # [B, 6], from the last segment of each text
    spans = model.logits(output.hidden)            # outputs=2: where an answer starts and ends, [B, L, 2]
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from babilong.errors import UsageError
from baselines.memory.config import MemoryConfig
from baselines.memory.model import Output, State, Step, check_width, openings

_SPECIALS = 3  # [CLS] and two [SEP]


class EncoderMemory(nn.Module):
    """An encoder with memory tokens, read and overwritten in place.

    Its state is `memory` [B, m, d], and `cls` [B, d]: what stood at [CLS] of the last segment, zero before the first.

    Args:
        base: an encoder without a head.
        config: of the memory; of its switches only the number of tokens and the segments' size and overlap count.
        specials: token ids of [CLS] and [SEP].
        outputs: of the head: classes of a text, or 2 for the ends of a span.

    Raises:
        UsageError: a segment with its memory and special tokens is longer than the positions of the encoder, or its
            hidden states are wider than its embeddings.
    """

    def __init__(self, base: PreTrainedModel, config: MemoryConfig, specials: tuple[int, int], outputs: int) -> None:
        super().__init__()
        check_width(base)
        self.base, self.config, self.specials = base, config, specials
        m, size, positions = config.memory_tokens, config.segment_size, _positions(base)
        if positions is not None and size + m + _SPECIALS > positions:
            raise UsageError(
                f"A segment of {size} tokens with {m} memory and {_SPECIALS} special tokens needs "
                f"{size + m + _SPECIALS} positions; the encoder has {positions}. Choose a smaller segment."
            )
        words = base.get_input_embeddings().weight
        width = words.shape[1]
        # As rows added to the token embeddings, which is what they are in the released code.
        self.memory = nn.Parameter(torch.randn(m, width) * words.std().item())
        dropout = getattr(base.config, "hidden_dropout_prob", 0.0)
        self.head = nn.Sequential(nn.Linear(width, width), nn.Tanh(), nn.Dropout(dropout), nn.Linear(width, outputs))

    def init_state(self, batch: int) -> State:
        """The learned initial memory, float32; nothing at [CLS] yet."""
        memory = self.memory.float().expand(batch, -1, -1)
        return {"memory": memory, "cls": memory.new_zeros(batch, memory.shape[2])}

    def step(self, input_ids: Tensor, state: State, mask: Tensor | None = None, opening: Tensor | None = None) -> Step:
        """Read one segment and write the memory.

        Args:
            input_ids: token ids [B, L], padded on the right.
            state: the memory of B texts.
            mask: bool [B, L], False at padding; a row that is all padding keeps its state. None: no padding.
            opening: float [B], how far the segment is let into the state; 0 leaves it exactly as it is, None is 1.
        """
        m, (batch, length) = self.config.memory_tokens, input_ids.shape
        cls, sep = (input_ids.new_full((batch, 1), token) for token in self.specials)
        real = torch.ones_like(input_ids, dtype=torch.bool) if mask is None else mask
        # The last [SEP] stands right behind the text, and the padding behind it.
        ended = torch.cat((input_ids, sep), dim=1).scatter(1, real.sum(dim=1, keepdim=True), sep)
        words = self.base.get_input_embeddings()
        memory = state["memory"]
        parts = (words(cls), memory.to(self.memory.dtype), words(sep), words(ended))
        seen = torch.cat((real.new_ones(batch, m + _SPECIALS), real), dim=1)
        hidden = self.base(inputs_embeds=torch.cat(parts, dim=1), attention_mask=seen.long()).last_hidden_state
        new = {"memory": hidden[:, 1 : 1 + m].float(), "cls": hidden[:, 0].float()}
        let_in = openings(mask, opening)
        gate = memory.new_ones(memory.shape[:2])
        if let_in is not None:
            gate = gate * let_in[:, None]
            new = {
                name: state[name] + let_in.view(-1, *[1] * (tensor.dim() - 1)) * (tensor - state[name])
                for name, tensor in new.items()
            }
        return Step(Output(hidden[:, m + 2 : m + 2 + length], gate), new)

    def logits(self, hidden: Tensor) -> Tensor:
        """What the head says of hidden states [..., d], float [..., outputs]: of `cls`, or of each token."""
        return self.head(hidden.to(self.memory.dtype))


def _positions(base: PreTrainedModel) -> int | None:
    """Tokens that fit; None where positions are only relative."""
    table = getattr(getattr(base, "embeddings", None), "position_embeddings", None)
    if table is None:
        return None
    # RoBERTa's positions begin behind that of padding.
    return int(table.num_embeddings - (0 if table.padding_idx is None else table.padding_idx + 1))
