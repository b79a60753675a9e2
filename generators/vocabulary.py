"""Trains the built-in tokenizer: a byte-level BPE as large as gives GPT-2's characters per token on English novels.

Every second book of a folder is learnt from; the others are for measuring::

    python -m generators.vocabulary --books ../shared/data/books --compare ../shared/data/gpt2_tokenizer

prints how many characters a token holds on the books not learnt from, beside the tokenizer compared with, and writes
nothing unless `--out` is given.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from babilong.command import run
from babilong.tasks import TASKS
from babilong.tokenizers import Tokenizer, load_tokenizer
from generators.backgrounds.books import decode, paragraphs, strip_licence
from generators.backgrounds.files import text_files

SIZE = 16_384
END = "<|endoftext|>"
# The words of bAbI are rare in novels; seen this often, each becomes one token.
_TIMES = 2_000
_NAMES = (
    "Daniel John Mary Sandra Bill Fred Jeff Julie Emily Gertrude Jessica Winona Bernhard Brian Greg Julius Lily "
    "Antoine Jason Sumit Yann"
).split()


def _babi_words() -> Iterator[str]:
    labels = (word for task in TASKS.values() for label in task.labels for word in label.split(","))
    for word in dict.fromkeys((*_NAMES, *labels)):
        yield f" {word}"
    yield from _NAMES


def train(texts: list[str], size: int = SIZE) -> Tokenizer:
    """A byte-level BPE of `size` tokens, learnt from texts and from the words of bAbI."""
    from tokenizers import Tokenizer as Backend
    from tokenizers import decoders, models, pre_tokenizers, trainers

    backend = Backend(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=[END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    backend.train_from_iterator((*texts, *(word * _TIMES for word in _babi_words())), trainer)
    return Tokenizer("trained", backend)


def characters_per_token(tokenizer: Tokenizer, texts: list[str]) -> float:
    """Characters of the texts over their tokens."""
    return sum(map(len, texts)) / sum(map(len, tokenizer.encode_batch(texts)))


def main() -> None:
    """Train, compare, and write where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--books", type=Path, required=True, help="folder of .txt books")
    parser.add_argument("--compare", default="builtin", help="tokenizer to compare with")
    parser.add_argument("--out", type=Path, help="file to write the new tokenizer to")
    args = parser.parse_args()
    books = [
        [f" {paragraph}" for paragraph in paragraphs(strip_licence(decode(file.read_bytes(), str(file))))]
        for file in text_files(args.books)
        if file.suffix == ".txt"
    ]
    learnt, held_out = ([text for book in part for text in book] for part in (books[::2], books[1::2]))
    trained = train(learnt)
    ours, theirs = (characters_per_token(t, held_out) for t in (trained, load_tokenizer(args.compare)))
    print(
        f"characters per token on {len(books[1::2])} books not learnt from: {ours:.3f}, "
        f"{args.compare}: {theirs:.3f}, ratio {ours / theirs:.4f}"
    )
    if args.out:
        trained.backend.save(str(args.out), pretty=False)


if __name__ == "__main__":
    run(main)
