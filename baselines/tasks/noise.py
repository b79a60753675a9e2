"""Sentences of books as noise: of the built-in prose of a split and, where wanted, of a folder of books."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from babilong.errors import UsageError
from babilong.tokenizers import Tokenizer
from baselines.memory.sentences import Block, SentenceCutter
from baselines.tasks.splits import must_not_be_test
from generators.streams import Stream


def sentences_of(tokenizer: Tokenizer, size: int, split: str, volumes: int, books: str | None = None) -> Block:
    """Segments of at most `size` tokens.

    Args:
        tokenizer: encodes.
        size: most tokens of a segment.
        split: edition of the built-in prose, `train` or `valid`.
        volumes: how many of its volumes.
        books: a folder of `.txt`, `.jsonl` and `.parquet` files, of which none is measured on later.

    Raises:
        UsageError: the split is the one that is measured on, or there are no sentences.
        DataError: the folder cannot be read.
    """
    must_not_be_test(split)
    cutter = SentenceCutter(tokenizer, size)
    blocks = [block for text in _texts(split, volumes, books) for block in cutter.stream(tokenizer.encode_pieces(text))]
    if not blocks:
        raise UsageError("There are no sentences of books to tell stories among; raise `noise_volumes`.")
    return Block(np.concatenate([block.ids for block in blocks]), np.concatenate([block.lengths for block in blocks]))


def _texts(split: str, volumes: int, books: str | None) -> Iterator[str]:
    from generators.backgrounds.books import paragraphs, strip_licence
    from generators.backgrounds.files import text_files, texts
    from generators.backgrounds.prose import volume

    for number in range(volumes):
        yield " " + " ".join(volume(split, number))
    for file in text_files(Path(books)) if books else ():
        with file.open("rb") as opened:
            for text in texts(opened, str(file)):
                if book := " ".join(paragraphs(strip_licence(text))):
                    yield f" {book}"


class Sentences:
    """Sentences of books to draw from.

    Args:
        block: token ids, as `sentences_of` gives them.
    """

    def __init__(self, block: Block) -> None:
        self.block = block
        self._short: dict[int, NDArray[np.int64]] = {}

    def sentence(self, stream: Stream, size: int) -> tuple[int, ...]:
        """One that fits a segment of `size` tokens."""
        if size not in self._short:
            self._short[size] = np.flatnonzero(self.block.lengths <= size)
        row = self._short[size][stream.below(len(self._short[size]))]
        return tuple(self.block.ids[row, : self.block.lengths[row]].tolist())

    def draw(self, streams: Sequence[Stream]) -> Block:
        """One from each stream, of any length; a copy."""
        picked = [stream.below(len(self.block.ids)) for stream in streams]
        return Block(self.block.ids[picked], self.block.lengths[picked])

    def exchanged(self, ids: Sequence[int], stream: Stream, vocabulary: int, most: int = 1) -> list[int]:
        """A sentence in which one or two tokens before its end are others: of books, or any of the vocabulary.

        The latter because what is never read in training can look like anything.

        Args:
            ids: the sentence.
            stream: what is drawn from.
            vocabulary: number of token ids.
            most: tokens that each is exchanged for, as many or fewer: a name that is not known has several.
        """
        spoilt = list(ids)
        for _ in range(1 + stream.below(2)):
            count = 1 + stream.below(most) if most > 1 else 1
            row = stream.below(len(self.block.ids))
            start = stream.below(int(self.block.lengths[row]))
            of_books = self.block.ids[row, start : min(start + count, int(self.block.lengths[row]))].tolist()
            others = of_books if stream.below(2) else [stream.below(vocabulary) for _ in range(count)]
            at = stream.below(len(spoilt) - 1)
            spoilt[at : at + 1] = others
        return spoilt
