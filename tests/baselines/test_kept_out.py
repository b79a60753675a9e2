"""What was kept out before is not looked at again, and nothing else changes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from babilong.tokenizers import load_tokenizer
from baselines.memory import kept_out
from baselines.memory.kept_out import KeptOut
from baselines.reader import load_reader
from tests.baselines.test_scan import same, scanner

# All that may stand about the end of a sentence, and sentences that are cut into several segments.
PARTS = [
    "Mary went to the garden.", "He said so.", '"No."', "Was it so?", "It rained!", "CHAPTER I", "Mr.", "...", ".",
    "?!", "“Ж.”", "(Yes.)", "\n\n", "\n", " ", "  ", "", "é.", "' .", ". '", "and so on and on " * 8, "1.5",
    "John took it",
]  # fmt: skip
CONTEXTS = st.lists(st.lists(st.sampled_from(PARTS), max_size=25).map(" ".join) | st.text(max_size=40), max_size=4)


@pytest.fixture(scope="module", params=[None, 0.0], ids=["no headings", "headings"])
def gated(request):
    return scanner(cut="sentences", gate=8, headings=request.param)[1]


@given(contexts=CONTEXTS, most=st.sampled_from([0, 3, 1000]), at_a_time=st.sampled_from([1, 4, 1000]))
@settings(max_examples=150, deadline=None)
def test_it_gives_what_the_scanner_gives(gated, contexts, most, at_a_time):
    tokenizer = load_tokenizer()
    reading = KeptOut(gated, tokenizer)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kept_out, "_MOST", most)
        patch.setattr(kept_out, "_AT_A_TIME", at_a_time)
        for context in (*contexts, *contexts):
            wanted = list(gated.segments(tokenizer.encode_pieces(context, before=" ")))
            assert same(reading.segments(context), wanted)
            assert len(reading._tokens) <= most


@given(contexts=CONTEXTS)
@settings(max_examples=50, deadline=None)
def test_long_sentences_are_streamed_and_give_the_same(gated, contexts):
    tokenizer = load_tokenizer()
    reading = KeptOut(gated, tokenizer)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kept_out, "_STREAMED", 20)
        for context in (*contexts, *contexts):
            wanted = list(gated.segments(tokenizer.encode_pieces(context, before=" ")))
            assert same(reading.segments(context), wanted)


def test_of_a_list_without_an_end_no_more_is_held_than_of_a_text(gated, monkeypatch):
    tokenizer, seen = load_tokenizer(), []
    judge = gated.let_in
    monkeypatch.setattr(gated, "let_in", lambda block: seen.append(len(block.ids)) or judge(block))
    context = "item number one of two\n" * 60_000
    wanted = list(gated.segments(tokenizer.encode_pieces(context, before=" ")))
    most = max(seen)
    assert same(KeptOut(gated, tokenizer).segments(context), wanted)
    assert max(seen) == most < sum(seen) / 8


def test_a_text_without_ends_is_encoded_in_parts(gated):
    tokenizer = load_tokenizer()
    context = "Mary went to the garden. " + "one two three\nfour " * 1000 + "It rained. And so on."
    wanted = list(gated.segments(tokenizer.encode_pieces(context, before=" ")))
    assert len(context) > kept_out._LONG
    assert same(KeptOut(gated, tokenizer).segments(context), wanted)


def test_only_what_is_new_is_encoded(gated, monkeypatch):
    tokenizer = load_tokenizer()
    encoded = []
    monkeypatch.setattr(
        tokenizer, "encode_batch", lambda texts: [*map(tokenizer.encode, encoded.extend(texts) or texts)]
    )
    reading = KeptOut(gated, tokenizer)
    sentences = [sentence for sentence in PARTS if sentence.endswith(".") and " " in sentence]
    monkeypatch.setattr(gated, "let_in", lambda block: np.full(len(block.ids), -1))
    list(reading.segments(" ".join(sentences)))
    before = len(encoded)
    (segment,) = reading.segments(" ".join(("It rained.", *sentences)))
    assert encoded[before:] == [" It rained."]
    assert segment.tokens == tokenizer.count(" It rained. " + " ".join(sentences))


@pytest.mark.parametrize("name", ["rmt-gpt2", "armt-gpt2"])
def test_a_reader_answers_the_same_with_it(name):
    contexts = [
        "Mary went to the garden. It rained. John took the milk.",
        "It rained. Mary moved to the office. So it was.",
    ]
    questions = [(context, "Where is Mary?") for context in contexts]
    plain, shared = (load_reader(name, "float32", shared_background=shared) for shared in (False, True))
    assert plain.answer(questions, 5) == shared.answer(questions, 5) == shared.answer(questions, 5)
