"""The segments of a text that are read: all of them or, where the memory has a gate on writing, those it lets in.

    for segment in Scanner(model, tokenizer).segments(pieces):
        output, state = model.step(torch.from_numpy(segment.ids[None]), state)

Segments that are kept out would leave the memory as it is, so leaving them out changes nothing but the time it takes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from babilong.tokenizers import Tokenizer
from baselines.memory import segments
from baselines.memory.model import MemoryModel
from baselines.memory.sentences import Block, SentenceCutter

# Segments judged at once: always as many of the two as fit, since libraries keep a program for each shape in memory.
_AT_A_TIME, _FEW = 256, 32
_FAR = 12.0  # below the threshold: of facts behind headings one in a hundred is scored so low (results/memory_log.md)


class Segment(NamedTuple):
    """A segment that is read.

    Attributes:
        ids: token ids; none where a text ends with segments that were kept out.
        tokens: tokens of the text since the last segment that was read, its own included.
    """

    ids: NDArray[np.int64]
    tokens: int


class Scanner:
    """Cuts texts for a model as its configuration says, and asks its gate.

    Args:
        model: whose segments they are.
        tokenizer: its tokenizer.
    """

    def __init__(self, model: MemoryModel, tokenizer: Tokenizer) -> None:
        self._model, self._config = model, model.config
        self._tokenizer = tokenizer

    @property
    def judges(self) -> bool:
        """Whether a gate decides about sentences."""
        return self._config.cut == "sentences" and bool(self._config.segment_gate)

    @cached_property
    def _cutter(self) -> SentenceCutter:
        return SentenceCutter(self._tokenizer, self._config.segment_size, self._config.headings is not None)

    def segments(self, pieces: Iterable[list[int]]) -> Iterator[Segment]:
        """The segments of a text that are read; an empty text has an empty one."""
        if self._config.cut != "sentences":
            overlap = 0
            for ids in segments.stream(pieces, self._config.segment_size, self._config.overlap):
                yield Segment(ids, len(ids) - overlap)
                overlap = self._config.overlap
            return
        read = cut = 0
        for block in self.blocks(pieces):
            ends = cut + np.cumsum(block.lengths)
            begins = self.let_in(block)
            for row in np.flatnonzero(begins >= 0):
                yield Segment(block.ids[row, begins[row] : block.lengths[row]], int(ends[row]) - read)
                read = int(ends[row])
            cut = int(ends[-1])
        if read < cut or not cut:
            yield Segment(np.zeros(0, dtype=np.int64), cut - read)

    def blocks(self, pieces: Iterable[list[int]]) -> Iterator[Block]:
        """All segments of a text, of a model that cuts at sentences."""
        return self._cutter.stream(pieces)

    def let_in(self, block: Block) -> NDArray[np.int64]:
        """The token of each segment from which on the gate lets it in, [n]: 0, one behind a heading, or -1, none."""
        if not self._config.segment_gate:
            return np.zeros(len(block.ids), dtype=np.int64)
        scores = self.scores(block)
        begins = np.where(scores > self._config.gate_threshold, 0, -1)
        if self._config.headings is not None:
            near = (begins < 0) & (scores > self._config.gate_threshold - _FAR)
            rows, places = np.nonzero(self._cutter.capitals(block) & near[:, None])
            passing = self.scores(_behind(block, rows, places)) > self._config.headings
            # The longest last, so that it is the one that stays.
            begins[rows[passing][::-1]] = places[passing][::-1]
        return begins

    def scores(self, block: Block) -> NDArray[np.float32]:
        """What the gate makes of each segment, [n]."""
        parts = []
        at_once = _AT_A_TIME if len(block.ids) > _FEW else _FEW
        with torch.inference_mode():
            for start in range(0, len(block.ids), at_once):
                ids, lengths = (_filled(x[start : start + at_once], at_once) for x in block)
                mask = torch.arange(ids.shape[1]) < lengths[:, None]
                device = self._model.device
                parts.append(self._model.segment_gate(ids.to(device), mask.to(device)).float().cpu().numpy())
        return np.concatenate(parts)[: len(block.ids)] if parts else np.zeros(0, dtype=np.float32)


def _behind(block: Block, rows: NDArray[np.int64], places: NDArray[np.int64]) -> Block:
    """What of segments `rows` stands from the tokens `places` on."""
    at = np.arange(block.ids.shape[1])
    lengths = block.lengths[rows] - places
    ids = block.ids[rows[:, None], np.minimum(places[:, None] + at, block.ids.shape[1] - 1)]
    return Block(np.where(at < lengths[:, None], ids, 0), lengths)


def _filled(rows: NDArray[np.int64], size: int) -> torch.Tensor:
    """Rows [n, ...] with rows of zeros behind them, `size` in all."""
    missing = size - len(rows)
    return torch.from_numpy(np.pad(rows, ((0, missing), *[(0, 0)] * (rows.ndim - 1))) if missing else rows)
