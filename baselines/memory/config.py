"""What a recurrent memory is made of and how text is cut for it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

from babilong.errors import UsageError, unknown
from babilong.fields import made
from baselines.bounds import Count, Finite, Natural, Part

# Switches that one would expect to do something in other kinds of memory than they do.
_OF_RMT = ("rmt", "rmt-r")
_ONLY_OF = {
    "mask": _OF_RMT,
    "mem_at_end": _OF_RMT,
    "slot_embeddings": _OF_RMT,
    "gate": _OF_RMT,
    "gate_floor": _OF_RMT,
    "retrieval": ("rmt-r",),
}


@dataclass(frozen=True, slots=True)
class MemoryConfig:
    """What the memory is made of and how text is cut for it.

    Attributes:
        kind: `rmt`; `rmt-r`, which also looks up past memories; `armt`, an associative memory in every layer; `prmt`,
            memory tokens of its own in every layer; or `bank`, the memories of the last segments.
        memory_tokens: m, vectors handed from segment to segment; 0 leaves the base model as it is.
        segment_size: L, tokens of text in a segment.
        overlap: how many of a segment's tokens are the last ones of the segment before, so that no sentence is cut.
        cut: where segments end: `tokens`, after L tokens; `sentences`, at the end of a sentence or after L tokens.
        mask: what memory tokens see: `causal`, as any token of the base model; `neurips`, also all of their own block
            (Bulatov et al. 2022, 2207.06881, released code).
        mem_at_end: write to a second copy of the memory behind the text. Without it the memory is written where it is
            read, before the text, of which a causal model can then store nothing: the ablation of 2207.06881.
        retrieval: how `rmt-r` looks up its past: `attention`, or `top_1`, the one nearest memory token.
        slot_embeddings: add learned vectors to the read and the written copy of the memory, which tell them apart.
        gate: mix the old memory and the written one by a learned gate per slot, `M + g (W - M)`, where published RMT
            takes `W`; g is a sigmoid of both.
        gate_floor: openings below this are taken as 0, so that a slot holds exactly what it held. A sigmoid never
            closes fully, and what leaks through adds up: at 0.002 a segment, a third is left after 500 segments.
        token_shift: add to each token's embedding those of this many tokens before it, weighted per channel. Stands in
            for the previous-token heads that a pretrained model brings and one trained from scratch is slow to find.
        written_at: positions of the memory tokens behind the text: `segment`, those behind a whole segment, however
            short the text; `text`, right behind the text; `table`, the last that the base model has, which learned ones
            then have to themselves. The published models have the last two (see `baselines.published`).
        segment_gate: channels of a gate that judges each segment by itself and keeps it from the memory (see `gate`
            the module); 0 is none.
        gate_threshold: score above which it lets a segment in.
        headings: score above which what stands behind a heading is let in: words that no full stop ends, such as
            "CHAPTER IX", are taken to belong to the sentence behind them. Where a segment is kept out, what follows
            each capital letter in it is judged by itself, the longest first. None: it is not.
        gate_from: what it was trained from: `answers` alone, or `labels` of where the facts stand.
        bank: how many segments' memories a bank keeps.
        recency: how steeply each attention head prefers a bank's newer memories, a slope a head; none: not at all.
        state_heads: memories are asked in training for the state of the story, besides the questions.
        key_size: d_mem of an associative memory; its keys have 6 times as many dimensions (DPFP-3).
        key_scale: how an associative memory weighs what it is asked against what it holds: `corrected`, readings are
            divided by how much of the query was ever written, counting of each key only what was not held yet, as
            published; `counted`, all of it each time, which halves what is written over; `unit`, keys and queries have
            length 1 and nothing is divided (DeltaNet, Yang et al. 2406.06484), so that nothing can blow up.

    Raises:
        UsageError: a word that is none of those to choose from, a setting of another kind, or sizes that do not fit
            together.
    """

    kind: Literal["rmt", "rmt-r", "armt", "prmt", "bank"] = "rmt"
    memory_tokens: int = 16
    segment_size: int = 512
    overlap: int = 0
    cut: Literal["tokens", "sentences"] = "tokens"
    mask: Literal["causal", "neurips"] = "causal"
    mem_at_end: bool = True
    retrieval: Literal["attention", "top_1"] = "attention"
    slot_embeddings: bool = False
    gate: bool = False
    gate_floor: Part = 0.0
    token_shift: Natural = 0
    written_at: Literal["segment", "text", "table"] = "segment"
    segment_gate: Natural = 0
    gate_threshold: Finite = 0.0
    headings: Finite | None = None
    gate_from: Literal["answers", "labels"] = "answers"
    bank: Natural = 64
    recency: tuple[Finite, ...] = ()
    state_heads: bool = False
    key_size: Count = 64
    key_scale: Literal["corrected", "counted", "unit"] = "corrected"

    def __post_init__(self) -> None:
        for name, hint in get_type_hints(type(self)).items():
            value = getattr(self, name)
            if get_origin(hint) is Literal and value not in get_args(hint):
                raise unknown(f"{name} of a memory", value, get_args(hint))
        for field in fields(self):
            kinds = _ONLY_OF.get(field.name, (self.kind,))
            if self.kind not in kinds and getattr(self, field.name) != field.default:
                raise UsageError(
                    f"`{field.name}` is a setting of {' and '.join(kinds)} and would change nothing of a memory of the "
                    f"kind {self.kind}; leave it out."
                )
        if self.memory_tokens < 0 or not 0 <= self.overlap < self.segment_size:
            raise UsageError(
                f"{self.memory_tokens} memory tokens and segments of {self.segment_size} tokens that share "
                f"{self.overlap} are no memory; segments must be longer than what they share, and nothing below 0."
            )

    def to_dict(self) -> dict[str, Any]:
        """As JSON writes it."""
        return {**asdict(self), "recency": list(self.recency)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> MemoryConfig:
        """From what JSON or YAML reads.

        Raises:
            UsageError: an unknown field or word, or sizes that do not fit together.
            DataError: a value of another type.
        """
        return made(cls, values, "the configuration of the memory")
