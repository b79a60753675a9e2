"""Sentences that are nearly facts: bAbI's words beside others, in books that are otherwise as they were."""

import importlib.util
import random
from pathlib import Path
from types import ModuleType

import pytest

from babilong.tasks import HOUSE, OBJECTS
from generators.backgrounds.books import paragraphs
from generators.backgrounds.sentences import split_sentences
from generators.stories.lexicon import HOUSE_PEOPLE
from generators.stories.open_words import open_list

KNOWN = {*HOUSE_PEOPLE, *HOUSE, *OBJECTS}
OTHER = {*open_list("people", "test"), *open_list("places", "test"), *open_list("objects", "test"), "never", "not"}


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    path = Path(__file__).parents[2] / "benchmarks" / "fact_like.py"
    spec = importlib.util.spec_from_file_location("fact_like", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_each_has_a_word_of_babi_and_one_that_is_not_or_a_denial(benchmark):
    draw = random.Random(0)
    for _ in range(500):
        sentence = benchmark.nearly_a_fact(draw)
        assert any(word in sentence for word in KNOWN), sentence
        assert any(word in sentence for word in OTHER), sentence


def test_a_book_keeps_its_sentences_and_gets_one_more_after_every_twenty(benchmark):
    text = "\n\n".join(" ".join(f"Sentence {i} of part {part} stood here." for i in range(7)) for part in range(10))
    spiked = [split_sentences(p) for p in benchmark.spiked(text, random.Random(0))]
    own = [split_sentences(p) for p in paragraphs(text)]
    assert [[s for s in sentences if s.startswith("Sentence")] for sentences in spiked] == own
    assert sum(map(len, spiked)) - sum(map(len, own)) == 70 // 20
