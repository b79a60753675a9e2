"""Corpora: where background sentences come from, as documents of whole sentences with a fingerprint.

Example::

    corpus = load_corpus("../shared/data/books", split="test", tokens=128_000)
    for document in corpus.documents():
        print(document.name, len(document.sentences))
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap

from babilong.errors import DataError, UsageError
from generators.backgrounds import hub
from generators.backgrounds.books import paragraphs, strip_licence
from generators.backgrounds.files import ending, text_files, texts
from generators.backgrounds.sentences import VERSION as SENTENCES_VERSION
from generators.backgrounds.sentences import split_sentences

# Whoever changes what documents are made of the same files, changes this.
DOCUMENTS_VERSION = 3
# The built-in library holds a little more than the longest sample needs; which volumes a sample may show depends on its
# length alone, so that short samples do not wait for the whole library. Of a dataset on the hub, whole documents from
# the first on are read until they hold as many characters as those volumes.
SHELF, LIBRARY = 16, 96
SHELF_TOKENS = 1_000_000
VOLUME_CHARACTERS = 600_000
# Rows of a table are joined into documents of at least so many characters: WikiText has a paragraph a row.
_LEAST_CHARACTERS = 20_000
# A list or a log has no ends of sentences, and text that is written without blanks none that are told by one. The
# longest sentence of 24 novels has 2,540 characters; pieces of what is longer are as short as sentences.
_LONGEST_SENTENCE, _PIECE = 3_000, 200
_OTHER_STOPS = re.compile(r"(?<=[。！？])(?![。！？」』”’）])|(?<=[。！？][」』”’）])")


@dataclass(frozen=True, slots=True)
class Document:
    """A book as whole sentences, each with a letter in it, words apart by single blanks."""

    name: str
    sentences: list[str]


@dataclass(frozen=True)
class Corpus:
    """A body of text.

    Attributes:
        name: what was asked for: `builtin`, a folder, or a dataset of the hub at a commit.
        fingerprint: sha256 of what decides the text; the same on every machine, wherever the files lie.
        documents: reads the documents, one after the other.
    """

    name: str
    fingerprint: str
    documents: Callable[[], Iterator[Document]]


def load_corpus(background: str, split: str, tokens: int = 0) -> Corpus:
    """The corpus for samples of `tokens` tokens.

    Args:
        background: `builtin`, a folder of .txt, .jsonl and .parquet files, or a dataset of the hub
            (`OWNER/NAME[/CONFIG][@REVISION]`); `#COLUMN` after either names the column of text.
        split: the edition of the built-in library, or the split of a dataset; a folder is the same for every split.
        tokens: length of the samples, on which the number of built-in volumes depends.

    Raises:
        UsageError: no such background.
        DataError: the folder holds no text, a file cannot be read, or the hub cannot be reached.
    """
    volumes = SHELF if tokens <= SHELF_TOKENS else LIBRARY
    if background == "builtin":
        return _library(split, volumes)
    path, column = _path(background)
    if path.is_dir():
        return _folder(path, column)
    if path.is_file():
        raise DataError(f"The background {path} is a file; give the folder that holds it.")
    if text := hub.parse(background):
        return _hub(hub.pin(text), split, volumes * VOLUME_CHARACTERS)
    if path.name != background:
        raise DataError(f"No folder of texts at {background}; give one with .txt files, or `--background builtin`.")
    raise UsageError(
        f"Unknown background {background!r}: neither 'builtin' nor a folder of texts nor OWNER/NAME of a dataset."
    )


def pinned(background: str) -> str:
    """The background with the commit at which a dataset of the hub stands now; any other as it is.

    Raises:
        DataError: the hub cannot be reached, or has no such dataset or revision.
    """
    text = None if _path(background)[0].exists() else hub.parse(background)
    return str(hub.pin(text)) if text else background


def _path(background: str) -> tuple[Path, str | None]:
    """A path, and the column named after it."""
    path, mark, column = background.rpartition("#")
    return (Path(path), column) if mark and not Path(background).exists() else (Path(background), None)


def _library(edition: str, volumes: int) -> Corpus:
    from generators.backgrounds.prose import volume

    # The first page stands for the generator: whoever changes how it writes, changes it.
    page = "\n".join(volume(edition, 0, n_characters=2_000))

    def documents() -> Iterator[Document]:
        for number in range(volumes):
            yield Document(f"{edition}-{number}", volume(edition, number, VOLUME_CHARACTERS))

    return Corpus("builtin", _sha256("library", edition, volumes, page), documents)


def _folder(folder: Path, column: str | None) -> Corpus:
    files = text_files(folder)
    # The same bytes are another text in a file of another kind.
    digests = [f"{ending(file.name)} {_digest(file)}" for file in files]

    def documents() -> Iterator[Document]:
        for file in files:
            with file.open("rb") as opened:
                yield from _documents(texts(opened, str(file), column), str(file))

    name = f"{folder}#{column}" if column else str(folder)
    return Corpus(name, _sha256("folder", DOCUMENTS_VERSION, SENTENCES_VERSION, column or "", *digests), documents)


def _hub(text: hub.HubText, split: str, characters: int) -> Corpus:
    def documents() -> Iterator[Document]:
        left = characters
        for document in _documents(hub.hub_texts(text, split), str(text)):
            yield document
            left -= sum(map(len, document.sentences))
            if left <= 0:
                return

    words = ("hub", DOCUMENTS_VERSION, SENTENCES_VERSION, str(text), split, characters)
    return Corpus(str(text), _sha256(*words), documents)


def _documents(rows: Iterable[str], name: str) -> Iterator[Document]:
    """Documents of one row, or of several short ones.

    Raises:
        DataError: there is no word in any of them.
    """
    sentences: list[str] = []
    number = 0
    for row in rows:
        for paragraph in paragraphs(strip_licence(row)):
            for sentence in split_sentences(paragraph):
                sentences += filter(_has_letter, _cut(sentence))
        if sum(map(len, sentences)) >= _LEAST_CHARACTERS:
            yield Document(f"{name}:{number}", sentences)
            sentences, number = [], number + 1
    if sentences:
        yield Document(f"{name}:{number}", sentences)
    elif not number:
        raise DataError(f"The background {name} has no words; remove it, or name another column of it.")


def _cut(sentence: str) -> list[str]:
    """What is too long for one sentence in pieces, which a short sample can be filled with."""
    pieces: list[str] = []
    for part in filter(None, map(str.strip, _OTHER_STOPS.split(sentence))):
        pieces += [part] if len(part) <= _LONGEST_SENTENCE else wrap(part, _PIECE, break_on_hyphens=False)
    return pieces


def _has_letter(sentence: str) -> bool:
    return any(map(str.isalpha, sentence))


def _sha256(*words: str | int) -> str:
    return hashlib.sha256("\x1f".join(map(str, words)).encode()).hexdigest()


def _digest(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as opened:
        while piece := opened.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()
