"""What a recurrent memory is made of and how text is cut for it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class MemoryConfig:
    """What the memory is made of and how text is cut for it.

    Attributes:
        kind: `rmt`, or `armt`: an associative memory in every layer.
        memory_tokens: m, vectors handed from segment to segment; 0 leaves the base model as it is.
        segment_size: L, tokens of text in a segment.
        overlap: how many of a segment's tokens are the last ones of the segment before, so that no sentence is cut.
        cut: where segments end: `tokens`, after L tokens; `sentences`, at the end of a sentence or after L tokens.
        slot_embeddings: add learned vectors to the read and the written copy of the memory, which tell them apart.
        gate: mix the old memory and the written one by a learned gate per slot, `M + g (W - M)`, where published RMT
            takes `W`; g is a sigmoid of both.
        gate_floor: openings below this are taken as 0, so that a slot holds exactly what it held. A sigmoid never
            closes fully, and what leaks through adds up: at 0.002 a segment, a third is left after 500 segments.
        token_shift: add to each token's embedding those of this many tokens before it, weighted per channel. Stands in
            for the previous-token heads that a pretrained model brings and one trained from scratch is slow to find.
        written_at: positions of the memory tokens behind the text: `segment`, those behind a whole segment, however
            short the text; `text`, right behind the text; `table`, the last that the base model has. The published
            models have the last two (see `baselines.published`).
        key_size: d_mem of an associative memory; its keys have 6 times as many dimensions (DPFP-3).
    """

    kind: Literal["rmt", "armt"] = "rmt"
    memory_tokens: int = 16
    segment_size: int = 512
    overlap: int = 0
    cut: Literal["tokens", "sentences"] = "tokens"
    slot_embeddings: bool = False
    gate: bool = False
    gate_floor: float = 0.0
    token_shift: int = 0
    written_at: Literal["segment", "text", "table"] = "segment"
    key_size: int = 64

    def to_dict(self) -> dict[str, int | float | bool | str]:
        """As JSON writes it."""
        return asdict(self)
