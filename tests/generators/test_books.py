from __future__ import annotations

from pathlib import Path

import pytest

from babilong.errors import DataError
from generators.backgrounds.books import decode, paragraphs, read_books, strip_licence
from generators.backgrounds.corpus import load_corpus

TEXT = "“Café,” he said — and paid £5.\n\nSecond paragraph."
GUTENBERG = """The Project Gutenberg EBook of Nothing

*** START OF THIS PROJECT GUTENBERG EBOOK NOTHING ***

Produced by Ann Example and
the Distributed Proofreaders

E-text prepared by Someone Else

Transcriber's Note: spelling kept.

NOTHING

It was produced by nobody.

*** END OF THIS PROJECT GUTENBERG EBOOK NOTHING ***

Licence.
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(encoding: str) -> None:
    assert decode(TEXT.encode(encoding), "book") == TEXT


def test_latin_1_that_is_no_windows_1252() -> None:
    assert decode(b"caf\xe9 \x81", "book") == "café \x81"


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_line_endings(ending: str) -> None:
    assert decode(TEXT.replace("\n", ending).encode(), "book") == TEXT


@pytest.mark.parametrize("raw", [b"\x89PNG\r\n\x1a\n\x00\x00", b"\xff\xfea"])
def test_what_is_no_text(raw: bytes) -> None:
    with pytest.raises(DataError, match="the book b.txt: it is no text"):
        decode(raw, "b.txt")


def test_licence_and_credits_are_stripped() -> None:
    assert paragraphs(strip_licence(GUTENBERG)) == ("NOTHING", "It was produced by nobody.")


def test_other_texts_stay_whole() -> None:
    assert strip_licence("Produced by hand, this is a text.") == "Produced by hand, this is a text."


def test_paragraphs_are_one_line() -> None:
    assert paragraphs("One\ntwo  three.\n \n\nFour.\n") == ("One two three.", "Four.")


def test_missing_empty_and_wordless(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No folder of books"):
        list(read_books(tmp_path / "nowhere"))
    with pytest.raises(DataError, match="holds no .txt book"):
        load_corpus(str(tmp_path), "test")
    (tmp_path / "folder.txt").mkdir()
    with pytest.raises(DataError, match="holds no .txt book"):
        load_corpus(str(tmp_path), "test")
    (tmp_path / "a.txt").write_text("  \n")
    with pytest.raises(DataError, match=r"a\.txt has no text"):
        list(read_books(tmp_path))
    (tmp_path / "a.txt").write_text("* * *\n\n1815.")
    with pytest.raises(DataError, match=r"a\.txt has no words"):
        list(load_corpus(str(tmp_path), "test").documents())


def test_fingerprint_is_of_the_text_alone(tmp_path: Path) -> None:
    prints = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / f"{name}.txt").write_text("A book.")
        prints.append(load_corpus(str(folder), "test").fingerprint)
    assert prints[0] == prints[1]
    (tmp_path / "two" / "two.txt").write_text("Another book.")
    assert load_corpus(str(tmp_path / "two"), "test").fingerprint != prints[0]


def test_editions_of_the_library_differ() -> None:
    prints = {
        load_corpus("builtin", split, tokens).fingerprint
        for split in ("train", "test")
        for tokens in (1, 10**6, 2 * 10**6)
    }
    assert len(prints) == 4
