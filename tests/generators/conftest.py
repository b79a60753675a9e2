"""A cache of their own for the tests, and small books and bAbI files."""

from __future__ import annotations

from pathlib import Path

import pytest

BOOK_WORDS = (
    "the old gentleman lady carriage rain evening letter fortune candle marriage winter clergyman never always "
    "remembered walked spoke wondered quietly laughed through beneath a of and to with her his"
)


def make_book(number: int, sentences: int = 400) -> str:
    """Sentences of many lengths, curly quotes, dashes and abbreviations among them."""
    vocabulary = BOOK_WORDS.split()
    paragraphs = []
    for i in range(sentences):
        words = [vocabulary[(i * 7 + j * (number + 3) + j * j) % len(vocabulary)] for j in range(3 + (i * 5) % 23)]
        line = " ".join(words).capitalize()
        line = (f"{line}.", f"“{line}!” said Mr. Dorrit.", f"{line}—no, the café; {i}?", f'"{line}."')[i % 4]
        paragraphs.append(line + ("\n\n" if i % 5 == 0 else "\n"))
    return "".join(paragraphs)


STORIES = """\
1 Mary moved to the bathroom.
2 John went to the hallway.
3 Where is Mary? \tbathroom\t1
4 Daniel went back to the hallway.
5 Sandra moved to the garden.
6 Where is Daniel? \thallway\t4
1 Sandra travelled to the office.
2 Sandra went to the bathroom.
3 Where is Sandra? \tbathroom\t2
4 Mary went to the bedroom.
5 Daniel moved to the hallway.
6 Where is Sandra? \tbathroom\t2
"""


@pytest.fixture(scope="session")
def books(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of four small books, some 25,000 tokens together."""
    folder = tmp_path_factory.mktemp("books")
    for number in range(4):
        (folder / f"{number}.txt").write_text(make_book(number), "utf-8")
    return folder


@pytest.fixture(scope="session")
def babi(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with four questions of qa1."""
    folder = tmp_path_factory.mktemp("babi")
    (folder / "qa1_single-supporting-fact_test.txt").write_text(STORIES, "utf-8")
    return folder
