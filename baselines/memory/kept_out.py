"""Sentences that a gate kept out before: of contexts with the same background only what is new is encoded and judged.

    kept_out = KeptOut(Scanner(model, tokenizer), tokenizer)
    kept_out.segments(context)      # what the scanner gives for the context behind a blank

The gate sees a segment alone, so what it kept out once it keeps out wherever it stands. Texts are parted at blanks
behind full stops, where tokens and segments are parted anyway.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice

import numpy as np

from babilong.tokenizers import Tokenizer
from baselines.memory.scan import Scanner, Segment
from baselines.memory.sentences import Block

_END = re.compile(r"[.!?](?= \S)")
_AT_A_TIME = 1_000  # sentences
_LONG = 10_000  # characters that are encoded in one go; tokenizers are slow on huge strings
_MOST = 1 << 17  # sentences remembered: those of a dozen novels and more, in some 12 MiB
_STREAMED = 1 << 17  # characters; a list or a table without a full stop may be all of a context
_NOTHING = np.zeros(0, dtype=np.int64)


class KeptOut:
    """Reads contexts, and remembers what need not be looked at again.

    Args:
        scanner: of a model that cuts at sentences and has a gate.
        tokenizer: its tokenizer, one of those that are `additive`.
    """

    def __init__(self, scanner: Scanner, tokenizer: Tokenizer) -> None:
        self._scanner, self._tokenizer = scanner, tokenizer
        self._tokens: dict[bytes, int] = {}

    def segments(self, context: str) -> Iterator[Segment]:
        """The segments of a context that are read; an empty context has an empty one."""
        unread, nothing = 0, True
        sentences = _sentences(context)
        while batch := [(_name(sentence), sentence) for sentence in islice(sentences, _AT_A_TIME)]:
            judged = self._judge(
                {name: text for name, text in batch if name not in self._tokens and len(text) <= _STREAMED}
            )
            for name, text in batch:
                for ids, tokens in self._of(name, text, judged):
                    unread += tokens
                    if len(ids):
                        yield Segment(ids, unread)
                        unread, nothing = 0, False
            shut = {name: segments[0].tokens for name, segments in judged.items() if not len(segments[0].ids)}
            self._tokens.update(islice(shut.items(), _MOST - len(self._tokens)))
        if unread or nothing:
            yield Segment(_NOTHING, unread)

    def _of(self, name: bytes, sentence: str, judged: Mapping[bytes, list[Segment]]) -> Iterable[Segment]:
        """The segments of a sentence that are read, and what is left of it."""
        if len(sentence) > _STREAMED:
            return self._scanner.segments(self._tokenizer.encode_pieces(sentence, before=" "))
        return judged[name] if name in judged else [Segment(_NOTHING, self._tokens[name])]

    def _judge(self, sentences: Mapping[bytes, str]) -> dict[bytes, list[Segment]]:
        """Of each sentence the segments that are let in; behind them one with nothing in it, for the rest."""
        if not sentences:
            return {}
        encoded = self._encode(list(sentences.values()))
        blocks = self._scanner.blocks([list(chain.from_iterable(encoded))])
        block = Block(*map(np.concatenate, zip(*blocks, strict=True)))
        judged: list[list[Segment]] = [[] for _ in encoded]
        lengths = np.array([len(ids) for ids in encoded])
        last = np.cumsum(lengths)
        read = last - lengths  # up to where, of each sentence
        ends = np.cumsum(block.lengths)
        begins = self._scanner.let_in(block)
        for row in np.flatnonzero(begins >= 0):
            which = int(np.searchsorted(last, ends[row]))
            ids = block.ids[row, begins[row] : block.lengths[row]]
            judged[which].append(Segment(ids, int(ends[row] - read[which])))
            read[which] = ends[row]
        for segments, rest in zip(judged, (last - read).tolist(), strict=True):
            segments.append(Segment(_NOTHING, rest))
        return dict(zip(sentences, judged, strict=True))

    def _encode(self, sentences: Sequence[str]) -> list[list[int]]:
        if max(map(len, sentences)) <= _LONG:
            return self._tokenizer.encode_batch([f" {sentence}" for sentence in sentences])
        # Lines of verse or numbers without an end in sight.
        return [list(chain.from_iterable(self._tokenizer.encode_pieces(text, before=" "))) for text in sentences]


def _sentences(text: str) -> Iterator[str]:
    start = 0
    for match in _END.finditer(text):
        yield text[start : match.end()]
        start = match.end() + 1
    yield text[start:]


def _name(sentence: str) -> bytes:
    return hashlib.blake2b(sentence.encode(), digest_size=15).digest()
