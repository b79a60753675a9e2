"""Text cut into segments at the ends of sentences, on token ids alone.

    cutter = SentenceCutter(tokenizer, size=32)
    for block in cutter.stream(pieces):
        block.ids           # [n, 32], n segments padded on the right with 0

A segment is a sentence, or a piece of `size` tokens of a longer one. So a fact among book text is read as it would be
read alone, however long the text. But a heading or a table has no full stop, and forms one long sentence with the fact
behind it: the last two pieces of a long sentence may be halves of what is left, so that such a fact is not cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from babilong.errors import UsageError
from babilong.tokenizers import Tokenizer

_ENDS = (".", "!", "?")
_CLOSING = "\"'”’»)]}"


class Block(NamedTuple):
    """Segments in a row.

    Attributes:
        ids: token ids [n, size], 0 behind the end of a segment.
        lengths: tokens in each, [n].
    """

    ids: NDArray[np.int64]
    lengths: NDArray[np.int64]


class SentenceCutter:
    """Knows of each token whether a sentence may end or begin with it.

    Args:
        tokenizer: whose ids are cut.
        size: most tokens of a segment.
        halves: whether the last two pieces of a sentence longer than a segment are as long as each other; if not, the
            last is what is left.

    Raises:
        UsageError: no token of the tokenizer begins a word.
    """

    def __init__(self, tokenizer: Tokenizer, size: int, halves: bool = False) -> None:
        self.size, self.halves = size, halves
        texts = _texts(tokenizer)
        self._ends = np.array([text.rstrip(_CLOSING).endswith(_ENDS) for text in texts])
        self._closes = np.array([bool(text) and not text.strip(_CLOSING) for text in texts])
        self._begins = np.array([text[:1].isspace() for text in texts])
        if not self._begins.any():
            raise UsageError(
                f"Of the tokenizer {tokenizer.name} no token begins with a blank, so that nothing tells where a "
                "sentence begins; cut by tokens (`cut: tokens`), or take another one."
            )
        self._capitals = self._begins & np.array([text.lstrip()[:1].isupper() for text in texts])

    def cut(self, ids: NDArray[np.int64], ended: bool = False) -> NDArray[np.int64]:
        """Where segments start in a text, ascending, 0 first; [n].

        Args:
            ids: token ids [T], T > 0.
            ended: whether a sentence had ended before them.
        """
        return self._pieces(self._sentences(ids, ended), len(ids))

    def capitals(self, block: Block) -> NDArray[np.bool_]:
        """The tokens that a capital letter begins, but for the first, of segments that end a sentence; [n, size]."""
        places, last = np.arange(block.ids.shape[1]), block.lengths[:, None] - 1
        ended = (self._ends | self._closes)[np.take_along_axis(block.ids, last, axis=1)]
        return self._capitals[block.ids] & (places > 0) & (places <= last) & ended

    def stream(self, pieces: Iterable[list[int]]) -> Iterator[Block]:
        """Segments of a text that arrives in pieces; at most a piece and a segment are in memory at a time."""
        held = np.zeros(0, dtype=np.int64)
        ended = False
        for piece in pieces:
            held = np.concatenate((held, np.asarray(piece, dtype=np.int64)))
            if len(held) < 2:
                continue
            sentences = self._sentences(held, ended)
            starts = self._pieces(sentences, len(held))
            # The last may go on in the next piece, and of halves the one before it, too.
            open_pieces = 2 if self.halves and len(starts) > 1 and starts[-2] >= sentences[-1] else 1
            last = int(starts[-open_pieces])
            if last:
                yield self._block(held[:last], starts[:-open_pieces])
                ended = bool(self._ended(held[:last], ended)[-1])
                held = held[last:]
        if len(held):
            yield self._block(held, self.cut(held, ended))

    def _ended(self, ids: NDArray[np.int64], before: bool) -> NDArray[np.bool_]:
        """Whether a sentence has ended with each token, closing quotes counted to it."""
        ends = self._ends[ids]
        closes = self._closes[ids]
        ends[0] |= closes[0] & before
        ends[1:] |= closes[1:] & ends[:-1]  # as in: he said "No." Then ..
        return ends

    def _sentences(self, ids: NDArray[np.int64], ended: bool) -> NDArray[np.int64]:
        after = np.flatnonzero(self._ended(ids, ended)[:-1] & self._begins[ids[1:]]) + 1
        return np.concatenate(([0], after))

    def _pieces(self, sentences: NDArray[np.int64], total: int) -> NDArray[np.int64]:
        ends = np.append(sentences[1:], total)
        pieces = -(-(ends - sentences) // self.size)
        first = np.repeat(np.cumsum(pieces) - pieces, pieces)
        starts = np.repeat(sentences, pieces) + (np.arange(pieces.sum()) - first) * self.size
        if self.halves:
            several = pieces > 1
            lasts = np.cumsum(pieces)[several] - 1
            starts[lasts] = (starts[lasts - 1] + ends[several]) // 2
        return starts

    def _block(self, ids: NDArray[np.int64], starts: NDArray[np.int64]) -> Block:
        lengths = np.diff(np.append(starts, len(ids)))
        places = np.arange(self.size)
        held = places < lengths[:, None]
        rows = np.where(held, ids[np.minimum(starts[:, None] + places, len(ids) - 1)], 0)
        return Block(rows, lengths)


def _texts(tokenizer: Tokenizer) -> list[str]:
    """What each token stands for behind another: many decoders leave out the blank before what stands first."""
    before = tokenizer.encode(".")
    length = len(tokenizer.decode(before))
    return [tokenizer.decode([*before, token])[length:] for token in range(tokenizer.vocab_size)]
