"""Sentences of books as noise: of the built-in prose of a split and, where wanted, of a folder of books."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from babilong.errors import UsageError
from babilong.tokenizers import Tokenizer
from baselines.memory.sentences import Block, SentenceCutter
from baselines.tasks.splits import must_not_be_test


def sentences_of(tokenizer: Tokenizer, size: int, split: str, volumes: int, books: str | None = None) -> Block:
    """Segments of at most `size` tokens.

    Args:
        tokenizer: encodes.
        size: most tokens of a segment.
        split: edition of the built-in prose, `train` or `valid`.
        volumes: how many of its volumes.
        books: a folder of `.txt` files, of which none is measured on later.

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
    from generators.backgrounds.books import decode, paragraphs, strip_licence
    from generators.backgrounds.files import text_files
    from generators.backgrounds.prose import volume

    for number in range(volumes):
        yield " " + " ".join(volume(split, number))
    for file in text_files(Path(books)) if books else ():
        if file.suffix == ".txt":
            yield " " + " ".join(paragraphs(strip_licence(decode(file.read_bytes(), str(file)))))
