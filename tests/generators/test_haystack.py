from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest

from babilong.errors import UsageError
from babilong.sample import Sample
from babilong.tokenizers import Tokenizer
from generators.backgrounds.corpus import load_corpus
from generators.backgrounds.passage import Passage
from generators.backgrounds.store import Store, open_store
from generators.haystack import Budget, bury
from generators.kitchen import Kitchen
from generators.recipe import Recipe
from generators.ruler import Frame, Ruler
from generators.stories.story import Story
from generators.streams import Stream


@cache
def kitchen(books: Path, **values: object) -> Kitchen:
    return Kitchen(Recipe(background=str(books), **values))  # type: ignore[arg-type]


def prompt(kitchen: Kitchen, sample: Sample) -> str:
    before, after = kitchen.prompts.frame(sample.task, sample.question)
    return before + sample.input + after


def check(kitchen: Kitchen, sample: Sample, size: int) -> None:
    """All that a sample says of itself is so."""
    count = kitchen.tokenizer.count
    assert sample.n_tokens == count(sample.input)
    assert sample.prompt_tokens == count(prompt(kitchen, sample))
    assert sample.prompt_tokens + kitchen.recipe.answer_tokens <= size
    assert list(sample.fact_offsets) == sorted(set(sample.fact_offsets))
    for fact, offset, depth in zip(sample.facts, sample.fact_offsets, sample.fact_depths, strict=True):
        assert sample.input.startswith(fact, offset)
        assert offset == 0 or sample.input[offset - 1] == " "
        assert depth == pytest.approx(count(sample.input[: max(offset - 1, 0)]) / sample.n_tokens, abs=1e-9)
        assert 0 <= depth < 1


@given(size=st.integers(300, 6_000), seed=st.integers(-(2**70), 2**70))
@settings(max_examples=25, deadline=None)
def test_budget_is_filled_and_never_exceeded(books: Path, size: int, seed: int) -> None:
    made = kitchen(books, seed=seed, max_story_tokens=300)
    (sample,) = made.samples("qa1", str(size), 1)
    check(made, sample, size)
    longest = 40  # tokens of the longest sentence of the small books, generously
    assert sample.prompt_tokens + 20 > size - longest


def test_reserve_counts_the_context_alone(books: Path) -> None:
    made = kitchen(books, reserve=300)
    for sample in made.samples("qa1", "2k", 5):
        assert 1_700 - 40 < sample.n_tokens <= 1_700


def test_background_is_whole_sentences_of_the_store(books: Path) -> None:
    made = kitchen(books)
    sentences = {s for document in load_corpus(str(books), "test").documents() for s in document.sentences}
    for sample in made.samples("qa1", "4k", 3):
        rest = sample.input
        for fact, offset in reversed(list(zip(sample.facts, sample.fact_offsets, strict=True))):
            rest = rest[:offset] + rest[offset + len(fact) + 1 :]
        text = rest.strip()
        while text:
            found = max((s for s in sentences if text.startswith(s)), key=len)
            text = text[len(found) :].lstrip()


def test_facts_alone(books: Path) -> None:
    for sample in kitchen(books).samples("qa1", "0k", 20):
        assert sample.input == " ".join(sample.facts)
        check(kitchen(books), sample, 1_000)


def test_the_story_is_the_same_at_every_length(books: Path) -> None:
    made = kitchen(books)
    for samples in zip(*(made.samples("qa1", length, 20) for length in ("0k", "1k", "3k")), strict=True):
        assert len({(s.facts, s.question, s.target, s.supporting, s.index) for s in samples}) == 1


def test_any_subset_gives_the_same_samples(books: Path) -> None:
    made = kitchen(books)
    whole = list(made.samples("qa1", "1k", 8))
    stories = Kitchen(made.recipe).stories("qa1", 8).chosen
    for index in (7, 2, 5):
        (haystack,) = Kitchen(made.recipe).haystacks("qa1", "1k", stories[index : index + 1], index)
        assert haystack.sample() == whole[index]
    assert list(made.samples("qa1", "1k", 3)) == whole[:3]


def test_depths_are_uniform(books: Path) -> None:
    samples = list(kitchen(books).samples("qa1", "8k", 300))
    depths = [sample.fact_depths[sample.index % len(sample.facts)] for sample in samples]
    assert kstest([d for sample in samples for d in sample.fact_depths], "uniform").pvalue > 0.001
    assert kstest(depths, "uniform").pvalue > 0.001


@pytest.mark.parametrize("depth", [(0.25, 0.25), (0.0, 0.5), (1.0, 1.0), (0.0, 0.0)])
def test_depth_range(books: Path, depth: tuple[float, float]) -> None:
    made = kitchen(books, depth=depth)
    for sample in made.samples("qa1", "8k", 10):
        facts = sum(len(fact) for fact in sample.facts) / len(sample.input)
        assert all(depth[0] - facts - 0.01 <= d <= depth[1] + facts + 0.01 for d in sample.fact_depths)


def test_seeds_splits_and_tasks_give_other_samples(books: Path) -> None:
    inputs = {
        next(iter(kitchen(books, seed=seed, split=split).samples(task, "1k", 1))).input
        for seed in (0, 1, -1, 2**80)
        for split in ("train", "test")
        for task in ("qa1", "qa2")
    }
    assert len(inputs) == 16


def test_a_long_sample_goes_round_the_corpus(books: Path) -> None:
    made = kitchen(books)
    store = made.store("100k")
    assert store is not None
    (sample,) = made.samples("qa1", "100k", 1)
    check(made, sample, 100_000)
    assert sample.background_unique == pytest.approx(store.n_tokens / sample.n_tokens, rel=0.02)


def test_a_passage_shows_every_sentence_once_before_any_again(books: Path) -> None:
    store = kitchen(books).store("1k")
    assert store is not None
    passage = Passage(store, Stream("anything"))
    size = store.n_sentences
    sentences = [passage.sentence(i) for i in range(size)]
    text = bytes(store.text).decode()
    bounds = store.char_bounds.tolist()
    every = [text[a + 1 : b] for a, b in zip(bounds, bounds[1:], strict=False)]
    assert sorted(sentences) == sorted(every)
    assert [passage.sentence(i) for i in range(size, size + 9)] == sentences[:9]
    assert passage.tokens(size) == store.n_tokens and passage.chars(size) == len(text)
    assert b"".join(passage.utf8(0, size)).decode() == "".join(f" {s}" for s in sentences)
    for tokens in (0, 1, 500, store.n_tokens, 2 * store.n_tokens):
        count = passage.within(tokens)
        assert passage.tokens(count) <= tokens < passage.tokens(count + 1)


def test_long_stories_are_drawn_again(books: Path) -> None:
    short, all_ = kitchen(books, max_story_tokens=280), kitchen(books)
    stories = short.stories("qa2", 30)
    assert stories.left_out > 0 and stories.least_length <= 280
    fitting = [s for s in all_.stories("qa2", 30).chosen if s in stories.chosen]
    assert fitting and all(stories.chosen.index(s) == all_.stories("qa2", 30).chosen.index(s) for s in fitting)


def test_among_other_stories_no_more_are_too_long(books: Path) -> None:
    alone, among = (kitchen(books, distractors=n, max_story_tokens=600).stories("qa3", 40) for n in (0, 3))
    assert among.left_out <= alone.left_out + 5
    assert among.least_length > 600


def test_lengths_and_stories_that_do_not_fit(books: Path, babi: Path) -> None:
    with pytest.raises(UsageError, match="qa1 does not fit into 100: its stories need up to"):
        list(kitchen(books).samples("qa1", "100", 3))
    with pytest.raises(UsageError, match="qa1 has 0 stories of at most 10 tokens"):
        list(kitchen(books, max_story_tokens=10).samples("qa1", "1k", 3))
    with pytest.raises(UsageError, match="qa1 has 4 stories of at most 1000 tokens, not 5"):
        list(kitchen(books, stories=str(babi)).samples("qa1", "1k", 5))
    story = Story("qa1", ("Mary went to the garden.",) * 50, "Where is Mary?", "garden", (49,), "test")
    made = kitchen(books)
    store = made.store("1k")
    assert store is not None
    with pytest.raises(UsageError, match="qa1 at 100: the facts of sample 3 take"):
        bury(story, Passage(store, Stream("a")), [0.5] * 50, Ruler(made.tokenizer, True), Frame(), Budget(100, Frame()),
             length="100", index=3)  # fmt: skip


def sentencepiece_like(books: Path) -> Tokenizer:
    """As Llama's: blanks become part of one long word, and tokens may cross them."""
    from tokenizers import Tokenizer as Backend
    from tokenizers import decoders, models, normalizers, trainers

    backend = Backend(models.BPE(unk_token="<unk>"))
    backend.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    backend.decoder = decoders.Metaspace()
    sentences = [s for document in load_corpus(str(books), "test").documents() for s in document.sentences]
    trainer = trainers.BpeTrainer(vocab_size=800, special_tokens=["<unk>"], show_progress=False)
    backend.train_from_iterator([". ".join(sentences[i : i + 2]) for i in range(len(sentences))], trainer)
    return Tokenizer("sentencepiece", backend)


def test_a_tokenizer_that_is_not_additive(books: Path, tmp_path: Path) -> None:
    sentencepiece_like(books).backend.save(str(tmp_path / "tokenizer.json"))
    made = kitchen(books, tokenizer=str(tmp_path), max_story_tokens=2_000)
    assert not made.tokenizer.additive
    count = made.tokenizer.count
    for sample in made.samples("qa1", "4k", 6):
        assert sample.n_tokens == count(sample.input)
        assert sample.prompt_tokens == count(prompt(made, sample))
        assert 4_000 - 150 < sample.prompt_tokens + 20 <= 4_000
        assert all(sample.input.startswith(f, o) for f, o in zip(sample.facts, sample.fact_offsets, strict=True))
        assert all(0 <= d < 1 for d in sample.fact_depths)


def test_a_corpus_that_shows_a_tokenizer_is_not_additive(books: Path) -> None:
    tokenizer = sentencepiece_like(books)
    tokenizer.__dict__["additive"] = True  # as a splitter might claim that the ends looked at do not give away
    store: Store = open_store(load_corpus(str(books), "test"), tokenizer)
    assert not store.additive
