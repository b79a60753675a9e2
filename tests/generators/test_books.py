from __future__ import annotations

import pytest

from babilong.errors import DataError
from generators.backgrounds.books import decode, paragraphs, strip_licence

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


def test_broken_utf_8_is_not_read_as_something_else() -> None:
    raw = TEXT.encode()
    with pytest.raises(DataError, match=rf"the book b.txt: it is UTF-8, but for byte {len(raw)}; mend or remove it"):
        decode(raw + "“".encode()[:2], "b.txt")

    with pytest.raises(DataError, match=f"but for byte {3 + len(raw)}; mend"):
        decode(b"\xef\xbb\xbf" + raw + "“".encode()[:2], "b.txt")


def test_the_end_mark_of_dos_is_no_text() -> None:
    assert decode(TEXT.encode() + b"\x1a", "book") == TEXT
    wide = "Кто там? К".encode("utf-16-be")
    assert wide.endswith(b"\x1a")
    assert decode(b"\xfe\xff" + wide, "book") == "Кто там? К"


def test_the_licence_of_the_oldest_books_is_stripped() -> None:
    old = "The Project Gutenberg Etext of Nothing\n\n*END*THE SMALL PRINT! FOR PUBLIC DOMAIN ETEXTS*Ver.04.29.93*END*\n"
    assert paragraphs(strip_licence(f"{old}\nProduced by Someone.\n\nNOTHING")) == ("NOTHING",)


def test_licence_and_credits_are_stripped() -> None:
    assert paragraphs(strip_licence(GUTENBERG)) == ("NOTHING", "It was produced by nobody.")


def test_other_texts_stay_whole() -> None:
    assert strip_licence("Produced by hand, this is a text.") == "Produced by hand, this is a text."


def test_paragraphs_are_one_line() -> None:
    assert paragraphs("One\ntwo  three.\n \n\nFour.\n") == ("One two three.", "Four.")
