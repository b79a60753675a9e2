"""Text cut at the ends of sentences."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer as Backend
from tokenizers import decoders, models, pre_tokenizers, trainers

from babilong.errors import UsageError
from babilong.tokenizers import Tokenizer, load_tokenizer
from baselines.memory.sentences import SentenceCutter

TOKENIZER = load_tokenizer()
TEXT = (
    ' He said "No." Then Mary went to the garden. CHAPTER I John moved to the office. '
    "It is a truth universally acknowledged, that a single man in possession of a good fortune, must be in want of a "
    "wife, however little known the feelings or views of such a man may be on his first entering a neighbourhood. 'Oh!'"
)


@pytest.fixture(scope="module", params=[False, True], ids=["whole pieces", "halves"])
def cutter(request) -> SentenceCutter:
    return SentenceCutter(TOKENIZER, size=16, halves=request.param)


def cut(cutter, ids):
    starts = cutter.cut(np.asarray(ids))
    return [TOKENIZER.decode(part.tolist()) for part in np.split(np.asarray(ids), starts[1:])]


def test_segments_end_with_sentences_and_long_ones_are_cut(cutter):
    found = cut(cutter, TOKENIZER.encode(TEXT))
    assert found[:3] == [' He said "No."', " Then Mary went to the garden.", " CHAPTER I John moved to the office."]
    assert "".join(found) == TEXT
    assert all(len(TOKENIZER.encode(part)) <= 16 for part in found)


@given(st.lists(st.integers(1, 60), max_size=30))
@settings(max_examples=60, deadline=None)
def test_a_text_in_pieces_is_cut_as_one_in_whole(cutter, sizes):
    ids = TOKENIZER.encode(TEXT * 3)
    pieces = [part.tolist() for part in np.split(np.asarray(ids), np.cumsum(sizes)) if len(part)]
    blocks = list(cutter.stream(pieces))
    lengths = np.concatenate([block.lengths for block in blocks])
    np.testing.assert_array_equal(np.cumsum(lengths)[:-1], cutter.cut(np.asarray(ids))[1:])
    rows = [row[:length] for block in blocks for row, length in zip(block.ids, block.lengths, strict=True)]
    assert np.concatenate(rows).tolist() == ids


def test_a_fact_is_cut_out_whole_wherever_it_stands(cutter):
    fact = "Daniel journeyed to the bathroom."
    for before in ("Mr. Brown sat.", "'Oh!' she cried.", "He asked (twice).", "“Well,” he said. “Go!”"):
        assert f" {fact}" in cut(cutter, TOKENIZER.encode(f" {before} {fact} It rained."))


@given(
    words=st.lists(
        st.sampled_from("CHAPTER of the Annals | volume=5 - Hitchcock, IX Main 1992 to".split()), max_size=60
    )
)
@settings(max_examples=60, deadline=None)
def test_with_halves_no_fact_is_cut_whatever_stands_before_it(cutter, words):
    fact = " Daniel journeyed to the bathroom."
    ids = TOKENIZER.encode(" ".join(["He left.", *words]) + fact + " It rained.")
    found = cut(cutter, ids)
    assert sum(part.endswith(fact) for part in found) == 1 or not cutter.halves
    assert "".join(found) == TOKENIZER.decode(ids)
    assert all(len(TOKENIZER.encode(part)) <= 16 for part in found)


def test_the_last_two_pieces_of_a_long_sentence_may_be_halves(cutter):
    ids = TOKENIZER.encode(" word" * 37)
    lengths = np.diff(np.append(cutter.cut(np.asarray(ids)), len(ids))).tolist()
    assert lengths == ([16, 10, 11] if cutter.halves else [16, 16, 5])


def test_a_text_of_nothing_has_no_segments(cutter):
    assert list(cutter.stream([])) == []
    assert list(cutter.stream([[]])) == []


def trained(decoder: str) -> Tokenizer:
    """A tokenizer of another family, of whose tokens alone a decoder does not tell whether they begin a word."""
    backend = Backend(models.BPE(unk_token="?"))
    backend.pre_tokenizer = pre_tokenizers.Metaspace()
    backend.decoder = decoders.Metaspace() if decoder == "metaspace" else decoders.Fuse()
    backend.train_from_iterator(
        [TEXT] * 9, trainers.BpeTrainer(vocab_size=200, special_tokens=["?"], show_progress=False)
    )
    return Tokenizer(decoder, backend)


def test_sentences_end_with_a_tokenizer_that_strips_blanks():
    tokenizer = trained("metaspace")
    assert not tokenizer.decode(tokenizer.encode(" Mary")[:1])[:1].isspace()
    ids = np.asarray(tokenizer.encode(" Mary left. John stayed. He slept."))
    parts = np.split(ids, SentenceCutter(tokenizer, 32).cut(ids)[1:])
    assert [tokenizer.decode(part.tolist()) for part in parts] == ["Mary left.", "John stayed.", "He slept."]


def test_a_tokenizer_that_does_not_tell_words_apart_is_refused():
    with pytest.raises(UsageError, match="Of the tokenizer fused no token begins with a blank.*cut: tokens"):
        SentenceCutter(trained("fused"), 32)
