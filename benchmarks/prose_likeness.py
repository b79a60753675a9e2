"""How like real novels the built-in prose is: a table of measures of a million tokens of each.

    python benchmarks/prose_likeness.py --books ../shared/data/books

A text is the first 125,000 tokens (built-in tokenizer, whole sentences) of each of eight volumes of the edition "test",
one after the other; against it stand the books of the folder that are long enough, eight at a time in the order of
their names, and the mean over these eights. "single" is the range over single novels, so that "like a novel" has a
scale; it is of 125,000 tokens each, so the shares of words seen once and of repeated runs stand beside it with care.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from babilong.command import run
from babilong.tokenizers import load_tokenizer
from generators.backgrounds.corpus import load_corpus
from generators.backgrounds.prose import volume

VOLUMES = 8
VOLUME_TOKENS = 125_000
ZSTD_LEVEL = 3
# What one novel is too short for.
SIZED = ("words at 500k", "words in all")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
# Double quotes anywhere, single ones where a word begins (inside a word they are apostrophes).
_QUOTE = re.compile(r"[\"“”]|(?:^|[\s—-])['‘]\w")
_HEADING = re.compile(r"(?:(?:VOLUME|BOOK) \w+[.:]? )?CHAPTER [\w -]{1,40}\b.{0,60}", re.IGNORECASE)


def measures(sentences: list[str]) -> dict[str, float]:
    """The measures of a text.

    * "repeated n-grams": the share of the runs of n words, across sentences, whose wording occurs more than once;
    * "words at N": the mean number of distinct words in stretches of N words that do not overlap;
    * "words seen once": the share of the distinct words; "words": lower case, with their inner hyphens and apostrophes;
    * "sentence": its words; "with quotes": the share of sentences with a quotation mark;
    * "chapters": headings in 100,000 words.
    """
    import pyarrow as pa

    text = "\n".join(sentences).encode()
    words = [[word.lower() for word in _WORD.findall(sentence)] for sentence in sentences]
    lengths = np.array([n for n in map(len, words) if n])
    vocabulary: dict[str, int] = {}
    ids = np.array([vocabulary.setdefault(word, len(vocabulary)) for sentence in words for word in sentence])
    counts = np.bincount(ids)
    table = {
        f"zstd {ZSTD_LEVEL} ratio": len(text)
        / len(pa.Codec("zstd", compression_level=ZSTD_LEVEL).compress(text, asbytes=True)),
        "sentence, mean": lengths.mean(),
        "sentence, deviation": lengths.std(),
    }
    table |= {f"sentence, {percent} %": float(np.percentile(lengths, percent)) for percent in (5, 25, 50, 75, 95)}
    for size, name in ((10_000, "10k"), (100_000, "100k"), (500_000, "500k")):
        table[f"words at {name}"] = _distinct(ids, size)
    table |= {"words in all": len(counts), "words seen once": float((counts == 1).mean())}
    for doublings, name in ((2, "4-grams"), (3, "8-grams")):
        table[f"repeated {name}"] = _repeated(ids, doublings)
    table["with quotes"] = float(np.mean([bool(_QUOTE.search(sentence)) for sentence in sentences]))
    headings = [bool(_HEADING.fullmatch(sentence)) for sentence in sentences]
    table["chapters"] = sum(headings) / len(ids) * 100_000
    return table


def _distinct(ids: NDArray[np.int64], size: int) -> float:
    stretches = range(0, max(len(ids) - size, 0) + 1, size)
    return float(np.mean([len(np.unique(ids[start : start + size])) for start in stretches]))


def _repeated(ids: NDArray[np.int64], doublings: int) -> float:
    """The share of repeated runs of 2**doublings words: words are paired, pairs numbered, and pairs of them paired."""
    for width in (2**power for power in range(doublings)):
        _, ids = np.unique(ids[:-width] * (int(ids.max()) + 1) + ids[width:], return_inverse=True)
    counts = np.bincount(ids)
    return float(counts[counts > 1].sum() / counts.sum())


def distance(first: list[str], second: list[str]) -> float:
    """Kolmogorov-Smirnov distance of the sentences' lengths in words."""
    lengths = [np.sort([len(_WORD.findall(sentence)) for sentence in text]) for text in (first, second)]
    at = np.arange(max(part[-1] for part in lengths) + 1)
    below = [np.searchsorted(part, at, side="right") / len(part) for part in lengths]
    return float(np.abs(below[0] - below[1]).max())


def parts(documents: Iterable[list[str]]) -> list[list[str]]:
    """The first VOLUME_TOKENS tokens, in whole sentences, of each document that has so many."""
    tokenizer = load_tokenizer()
    found = []
    for sentences in documents:
        sizes = np.cumsum([len(ids) for ids in tokenizer.encode_batch([f" {sentence}" for sentence in sentences])])
        if sizes[-1] >= VOLUME_TOKENS:
            found.append(sentences[: int(np.searchsorted(sizes, VOLUME_TOKENS)) + 1])
    return found


def built_in(edition: str = "test") -> list[list[str]]:
    """Parts of the first volumes of the built-in prose."""
    return parts(volume(edition, number) for number in range(VOLUMES))


def novels(folder: Path, limit: int | None = None) -> list[list[str]]:
    """Parts of the books of a folder that are long enough, of the first `limit` books."""
    return parts(document.sentences for document in islice(load_corpus(str(folder), "test").documents(), limit))


def joined(texts: list[list[str]]) -> list[str]:
    """Texts one after the other."""
    return [sentence for text in texts for sentence in text]


def eights(texts: list[list[str]]) -> list[list[str]]:
    """Each VOLUMES texts joined; a rest is left out."""
    return [joined(texts[start : start + VOLUMES]) for start in range(0, len(texts) - VOLUMES + 1, VOLUMES)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--books", type=Path, required=True, help="a folder of novels")
    args = parser.parse_args()
    prose = joined(built_in())
    books = novels(args.books)
    groups = eights(books)
    if not groups:
        parser.error(f"{args.books} holds {len(books)} books of {VOLUME_TOKENS:,} tokens; give at least {VOLUMES}.")
    ours, singles, theirs = measures(prose), [measures(book) for book in books], [measures(group) for group in groups]
    print(f"{'':20} {'prose':>9} {'novels':>9} {'ratio':>6}   single novels ({len(books)})")
    for name, value in ours.items():
        novel = float(np.mean([table[name] for table in theirs]))
        spread = sorted(table[name] for table in singles)
        single = "" if name in SIZED else f"{spread[0]:9.4g} to {spread[-1]:.4g}"
        print(f"{name:20} {value:9.4g} {novel:9.4g} {value / novel:6.2f}   {single}")
    distances = [distance(prose, group) for group in groups]
    apart = [distance(book, joined(groups)) for book in books]
    print(f"sentence lengths, KS distance: prose to novels {np.mean(distances):.3f}, ", end="")
    print(f"a novel to all {min(apart):.3f} to {max(apart):.3f}")


if __name__ == "__main__":
    run(main)
