"""The built-in background: the same bytes everywhere, well-formed sentences, none of bAbI's words."""

from __future__ import annotations

import hashlib
import re
from collections import Counter

import pytest

from generators.backgrounds import prose_names as names
from generators.backgrounds.prose import FORBIDDEN, FORBIDDEN_STEMS, _inflected, volume
from generators.backgrounds.prose_patterns import RULES

GOLDEN = "7aa7a087a34dc503917a25a4bca4d791ba2611fdbfebdb1065cc19f9bfbe0ab6"
WORD = re.compile(r"[A-Za-z]+(?:['-][A-Za-z]+)*")


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
    pools = [words for columns in _inflected().values() for words in columns.values()]
    pools += [names.MEN, names.WOMEN, names.STREET_TAILS, names.ESTATE_TAILS, list(RULES.values())]
    pools += [[head + tail for tail in names.PLACE_TAILS] for head in names.PLACE_HEADS]
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


def test_reads_like_a_novel_in_figures(sentences: list[str]) -> None:
    lengths = sorted(len(sentence.split()) for sentence in sentences)
    assert 14 < sum(lengths) / len(lengths) < 24
    assert lengths[len(lengths) // 20] <= 6
    assert lengths[-len(lengths) // 20] >= 35
    words = [word.lower() for word in WORD.findall(" ".join(sentences)[:200_000])]
    runs = Counter(tuple(words[start : start + 8]) for start in range(len(words) - 7))
    assert sum(count for count in runs.values() if count > 1) / sum(runs.values()) < 0.005
    assert len(set(words)) > 4_500
