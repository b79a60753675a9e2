"""The built-in background: the same bytes everywhere, well-formed sentences, none of bAbI's words."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from generators.backgrounds.prose import volume
from generators.backgrounds.prose_forms import words
from generators.backgrounds.prose_tables import rules
from generators.backgrounds.prose_words import coinable, inflected

# The closed vocabulary of bAbI: a background that used these words could answer, or spoil, a question.
FORBIDDEN = frozenset(
    words(
        """daniel john mary sandra bill fred jeff julie emily gertrude jessica winona bernhard brian greg julius lily
        antoine jason sumit yann bathroom bedroom hallway cinema football pajamas wolf wolves mouse mice cat cats
        sheep frog frogs lion lions rhino rhinos swan swans box boxes chest chests chocolate chocolates container
        containers suitcase suitcases gray green white yellow red blue pink triangle triangles square squares
        rectangle rectangles sphere spheres hungry thirsty tired bored"""
    )
)
# No word may begin with these either.
FORBIDDEN_STEMS = ("garden", "kitchen", "office", "park", "school", "apple", "milk", "bedroom", "bathroom", "hallway")
GOLDEN = "cd914f347931fcf1c0c35a446bd97df2a058354760eedb7e600a33f3110ce5b7"
BOOKS = Path(__file__).parents[3] / "shared" / "data" / "books"
# Real novels, as `python benchmarks/prose_likeness.py --books ../shared/data/books` measures them (the mean of two
# samples of 1M tokens, each the beginnings of eight books); the built-in prose is to lie within 20 % of each.
NOVELS = {
    "zstd 3 ratio": 2.837,
    "sentence, mean": 19.09,
    "sentence, deviation": 16.23,
    "sentence, 5 %": 3,
    "sentence, 25 %": 8,
    "sentence, 50 %": 15,
    "sentence, 75 %": 25.5,
    "sentence, 95 %": 50.5,
    "words at 10k": 2124,
    "words at 100k": 8558,
    "words at 500k": 21530,
    "words in all": 25120,
    "words seen once": 0.3866,
    "repeated 4-grams": 0.08332,
    "repeated 8-grams": 0.001726,
    "with quotes": 0.3894,
    "chapters": 32.09,
}
# The largest distance of one novel's sentence lengths from those of all, measured likewise.
FARTHEST_NOVEL = 0.136


@pytest.fixture(scope="module")
def sentences() -> list[str]:
    return volume("test", 0)


def test_golden() -> None:
    text = "\n".join(volume("golden", 3, 20_000))
    assert hashlib.sha256(text.encode()).hexdigest() == GOLDEN


def test_deterministic_and_a_longer_request_only_adds(sentences: list[str]) -> None:
    short = volume("test", 0, 50_000)
    assert volume("test", 0, 50_000) == short
    assert sentences[: len(short)] == short
    assert sum(map(len, short)) >= 50_000
    assert sum(map(len, sentences)) >= 600_000


def test_volumes_and_editions_differ(sentences: list[str]) -> None:
    for other in (volume("test", 1, 200_000), volume("train", 0, 200_000)):
        shared = set(sentences) & set(other)
        assert sum(len(sentence.split()) > 5 for sentence in shared) <= 2


@pytest.mark.parametrize("edition", ["test", "train"])
def test_no_word_of_babi(edition: str) -> None:
    for number in range(3):
        for word in {word.lower() for s in volume(edition, number, 300_000) for word in re.findall(r"[A-Za-z]+", s)}:
            assert word not in FORBIDDEN, word
            assert not word.startswith(FORBIDDEN_STEMS), word


def test_no_word_of_babi_in_the_vocabulary() -> None:
    pools = [words for _, columns in inflected().values() for words in columns.values()]
    pools += [list(words) for columns in coinable().values() for words in columns.values()]
    pools += [[text for slot, text in pattern if not slot] for rule in rules().values() for _, pattern in rule]
    for word in {word.lower() for pool in pools for entry in pool for word in re.findall(r"[A-Za-z]+", entry)}:
        assert word not in FORBIDDEN, word
        assert not word.startswith(FORBIDDEN_STEMS), word


WELL_FORMED = re.compile(r'"?[A-Z][A-Za-z0-9 ,.;:!?"\'-]*(?:[.!?]|[.!?]")')
BROKEN = re.compile(
    r"""\ \ |[{}^_|*/]                  # double blanks, unfilled slots
    |\b(\w+)\ \1\b                      # double words
    |[,;:]\ ?[,;:.!?]|\ [,;:.!?]        # double or loose punctuation
    |\b[Aa]\ (?=[aeio]|un[^i])(?!one\b|once|eu|ewe)|\b[Aa]n\ (?![aeiouAEIO]|hour|heir|hono)""",
    re.VERBOSE,
)


def test_every_sentence_is_well_formed(sentences: list[str]) -> None:
    for sentence in sentences:
        assert WELL_FORMED.fullmatch(sentence), sentence
        assert not BROKEN.search(sentence), sentence
        assert sentence.count('"') % 2 == 0, sentence


@pytest.fixture(scope="module")
def likeness() -> ModuleType:
    path = Path(__file__).parents[2] / "benchmarks" / "prose_likeness.py"
    spec = importlib.util.spec_from_file_location("prose_likeness", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["prose_likeness"] = module
    spec.loader.exec_module(module)
    return module


def test_measures_by_hand(likeness: ModuleType) -> None:
    table = likeness.measures(["One two three four five.", "CHAPTER II.", '"One two three four!"'])
    assert table["words in all"] == 7
    assert table["words seen once"] == 3 / 7  # five, chapter, ii
    assert table["repeated 4-grams"] == 2 / 8
    assert table["repeated 8-grams"] == 0
    assert table["sentence, mean"] == 11 / 3
    assert table["with quotes"] == 1 / 3
    assert table["chapters"] == 1 / 11 * 100_000


def test_reads_like_a_novel_in_figures(likeness: ModuleType) -> None:
    # 540,000 characters are 125,000 tokens, which need not be counted here.
    table = likeness.measures([sentence for number in range(8) for sentence in volume("test", number, 535_000)])
    for name, novel in NOVELS.items():
        assert 0.8 <= table[name] / novel <= 1.2, f"{name}: {table[name]:.4g}, novels {novel:.4g}"


@pytest.mark.skipif(not BOOKS.is_dir(), reason=f"no novels in {BOOKS}")
def test_sentence_lengths_are_those_of_a_novel(likeness: ModuleType, sentences: list[str]) -> None:
    books = likeness.joined(likeness.novels(BOOKS, limit=2))
    assert likeness.distance(sentences, books) <= FARTHEST_NOVEL
