"""Corpora: where background sentences come from, as documents of whole sentences with a fingerprint.

Example::

    corpus = load_corpus("../shared/data/books", split="test", tokens=128_000)
    for document in corpus.documents():
        print(document.name, len(document.sentences))
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from babilong.errors import DataError, UsageError
from generators.backgrounds.books import book_files, read_books
from generators.backgrounds.sentences import VERSION as SENTENCES_VERSION
from generators.backgrounds.sentences import split_sentences

BOOKS_VERSION = 1
# The built-in library holds a little more than the longest sample needs; which volumes a sample may show depends on its
# length alone, so that short samples do not wait for the whole library.
SHELF, LIBRARY = 16, 96
SHELF_TOKENS = 1_000_000


@dataclass(frozen=True, slots=True)
class Document:
    """A book as whole sentences, each with a letter in it, words apart by single blanks."""

    name: str
    sentences: list[str]


@dataclass(frozen=True)
class Corpus:
    """A body of text.

    Attributes:
        name: what was asked for: `builtin` or a folder.
        fingerprint: sha256 of what decides the text; the same on every machine, wherever the files lie.
        documents: reads the documents, one after the other.
    """

    name: str
    fingerprint: str
    documents: Callable[[], Iterator[Document]]


def load_corpus(background: str, split: str, tokens: int = 0) -> Corpus:
    """The corpus for samples of `tokens` tokens: `builtin`, or a folder of .txt books.

    Args:
        background: `builtin` or a folder.
        split: the edition of the built-in library; a folder's books are the same for every split.
        tokens: length of the samples, on which the number of built-in volumes depends.

    Raises:
        UsageError: no such background.
        DataError: the folder is empty or a book cannot be read.
    """
    if background == "builtin":
        return _library(split, SHELF if tokens <= SHELF_TOKENS else LIBRARY)
    if Path(background).is_dir():
        return _books(Path(background))
    if Path(background).name != background:
        raise DataError(f"No folder of books at {background}; give one with .txt files, or `--background builtin`.")
    raise UsageError(f"Unknown background {background!r}: neither 'builtin' nor a folder of .txt books.")


def _library(edition: str, volumes: int) -> Corpus:
    from generators.backgrounds.prose import volume

    # The first page stands for the generator: whoever changes how it writes, changes it.
    page = "\n".join(volume(edition, 0, n_characters=2_000))

    def documents() -> Iterator[Document]:
        for number in range(volumes):
            yield Document(f"{edition}-{number}", volume(edition, number))

    return Corpus("builtin", _sha256("library", edition, volumes, page), documents)


def _books(folder: Path) -> Corpus:
    digests = [hashlib.sha256(file.read_bytes()).hexdigest() for file in book_files(folder)]

    def documents() -> Iterator[Document]:
        for book in read_books(folder):
            sentences = [s for paragraph in book.paragraphs for s in split_sentences(paragraph) if _has_letter(s)]
            if not sentences:
                raise DataError(f"The book {folder / book.name} has no words; remove it from the folder.")
            yield Document(book.name, sentences)

    return Corpus(str(folder), _sha256("books", BOOKS_VERSION, SENTENCES_VERSION, *digests), documents)


def _has_letter(sentence: str) -> bool:
    return any(map(str.isalpha, sentence))


def _sha256(*words: str | int) -> str:
    return hashlib.sha256("\x1f".join(map(str, words)).encode()).hexdigest()
