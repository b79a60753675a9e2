"""What of a text is read."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from babilong.tokenizers import load_tokenizer
from baselines.memory import scan, segments
from baselines.memory.scan import Scanner
from baselines.reader import load_reader
from tests.baselines.tiny import TINY, tiny_memory

TEXT = (
    ' He said "No." Then Mary went to the garden. CHAPTER I John moved to the office. It rained! Was it so? '
    "It is a truth universally acknowledged, that a single man in possession of a good fortune, must be in want of a "
    "wife. Sandra took the milk there. Daniel journeyed to the bathroom. And all was well."
) * 3
IDS = load_tokenizer().encode(TEXT)
HEADINGS = "".join(
    f" {heading} {who} {did} {what}. He said so."
    for heading in ("CHAPTER IX", "[Hitchcock, Alfred]] ilo", "so on and on", "30) Murder!!' Kitchen Garden Mary")
    for who in ("John", "Mary", "the Duke", "she")
    for did, what in (("went to", "the garden"), ("took", "the Milk there"), ("left", "Rome"))
)
SIZE = 16
SIZES = st.lists(st.integers(0, 40), max_size=20)


def scanner(kind="gpt2", gate=0, **config):
    """A model of sentences, and where there is a gate with about half of them above its threshold."""
    model = tiny_memory(
        kind,
        vocab=load_tokenizer().vocab_size,
        **{"kind": "bank", "memory_tokens": 1, "bank": 4, "segment_size": SIZE, "segment_gate": gate, **config},
    )
    found = Scanner(model, load_tokenizer())
    if gate:
        middle = float(np.median(np.concatenate([found.scores(block) for block in found.blocks([IDS])])))
        object.__setattr__(model.config, "gate_threshold", middle)
    return model, found


@pytest.fixture(scope="module")
def open_scanner():
    return scanner(cut="sentences")[1]


@pytest.fixture(scope="module", params=[None, 0.0], ids=["no headings", "headings"])
def gated(request):
    return scanner(cut="sentences", gate=8, headings=request.param)


def pieces(sizes: list[int], ids=IDS) -> list[list[int]]:
    return [part.tolist() for part in np.split(np.asarray(ids, dtype=np.int64), np.cumsum(sizes))]


def same(ours, theirs) -> bool:
    ours, theirs = ([(s.ids.tolist(), s.tokens) for s in found] for found in (ours, theirs))
    return ours == theirs


@given(sizes=SIZES, overlap=st.sampled_from([0, 5]), length=st.integers(0, len(IDS)))
@settings(max_examples=30, deadline=None)
def test_cut_at_tokens_it_is_the_stream_of_segments(sizes, overlap, length):
    ids = IDS[:length]
    found = list(_by_tokens(overlap).segments(pieces(sizes, ids)))
    wanted = [part.tolist() for part in segments.stream([ids], SIZE, overlap)]
    assert [segment.ids.tolist() for segment in found] == wanted
    assert sum(segment.tokens for segment in found) == length


_MADE: dict[int, Scanner] = {}


def _by_tokens(overlap: int) -> Scanner:
    if overlap not in _MADE:
        _MADE[overlap] = scanner(kind="gpt2", overlap=overlap)[1]
    return _MADE[overlap]


def test_without_a_gate_every_sentence_is_read(open_scanner):
    found = list(open_scanner.segments([IDS]))
    assert np.concatenate([segment.ids for segment in found]).tolist() == IDS
    assert [segment.tokens for segment in found] == [len(segment.ids) for segment in found]
    assert " Then Mary went to the garden." in [load_tokenizer().decode(segment.ids.tolist()) for segment in found]


def test_with_a_gate_those_above_its_threshold_are_read():
    model, found = scanner(cut="sentences", gate=8)
    cut = [ids[:length] for block in found.blocks([IDS]) for ids, length in zip(*block, strict=True)]
    alone = [torch.from_numpy(ids[None]) for ids in cut]
    scores = [model.segment_gate(ids, torch.ones_like(ids, dtype=torch.bool)).item() for ids in alone]
    above = [ids.tolist() for ids, score in zip(cut, scores, strict=True) if score > model.config.gate_threshold]
    assert 3 < len(above) < len(cut) - 3
    assert [segment.ids.tolist() for segment in found.segments([IDS]) if len(segment.ids)] == above


@pytest.mark.parametrize("far", [0.0, 12.0])
def test_behind_a_heading_the_longest_is_let_in_that_a_capital_letter_begins(monkeypatch, far):
    model, found = scanner(cut="sentences", gate=8, headings=0.0)
    tokenizer, gate, threshold = load_tokenizer(), model.segment_gate, model.config.gate_threshold
    object.__setattr__(model.config, "headings", threshold)
    monkeypatch.setattr(scan, "_FAR", far)

    def score(ids: list[int]) -> float:
        return gate(torch.tensor([ids]), torch.ones(1, len(ids), dtype=torch.bool)).item()

    seen = set()
    for block in found.blocks([tokenizer.encode(HEADINGS)]):
        for row, length, begin in zip(block.ids.tolist(), block.lengths, found.let_in(block), strict=True):
            ids = row[:length]
            texts = [tokenizer.decode([token]) for token in ids]
            starts = [i for i, text in enumerate(texts) if i and text[0].isspace() and text.strip()[:1].isupper()]
            ended = not texts[-1].strip(".!'")
            whole, passing = score(ids), [i for i in starts if ended and score(ids[i:]) > threshold]
            near = whole > threshold - far
            assert begin == (0 if whole > threshold else passing[0] if passing and near else -1)
            seen.add("whole" if begin == 0 else "behind" if begin > 0 else "far" if passing else "none")
    assert seen == {"whole", "none", "behind" if far else "far"}


def test_a_fact_is_read_without_the_heading_before_it():
    """By the bundled gate, which keeps them out together."""
    reader = load_reader("armt-gpt2", "float32")
    text = "It rained. Chapter 12 of the Annals of a Quiet Country Parish John travelled to the hallway. It was late."
    assert reader.answer([(text, "Where is John?")], 5)[0].text == "hallway"
    segment, rest = reader.segments(text)
    words = reader.tokenizer.decode(segment.ids.tolist())
    assert words.endswith(" John travelled to the hallway.") and not words.startswith(" Chapter")
    assert segment.tokens + rest.tokens == reader.tokenizer.count(f" {text}")
    object.__setattr__(reader.model.config, "headings", None)
    assert [len(segment.ids) for segment in reader.segments(text)] == [0]


@given(sizes=SIZES, length=st.integers(0, len(IDS)))
@settings(max_examples=30, deadline=None)
def test_tokens_of_segments_are_those_of_the_text_whatever_its_pieces(gated, sizes, length):
    _, found = gated
    whole, parts = (list(found.segments(p)) for p in ([IDS[:length]], pieces(sizes, IDS[:length])))
    assert sum(segment.tokens for segment in whole) == length
    assert same(whole, parts)


@given(sizes=SIZES)
@settings(max_examples=30, deadline=None)
def test_without_a_gate_pieces_of_any_size_give_the_same(open_scanner, sizes):
    assert same(open_scanner.segments([IDS]), open_scanner.segments(pieces(sizes)))


def test_segments_are_judged_a_few_at_a_time(gated, monkeypatch):
    _, found = gated
    whole = list(found.segments([IDS]))
    monkeypatch.setattr(scan, "_AT_A_TIME", 3)
    assert same(found.segments([IDS]), whole)


@pytest.mark.parametrize("architecture", sorted(TINY))
def test_reading_what_is_let_in_is_reading_all_with_the_gate_shut_on_the_rest(architecture):
    model, found = scanner(architecture, gate=8, cut="sentences")

    def step(state, ids, opening=None):
        row = np.zeros((1, SIZE), dtype=np.int64)
        row[0, : len(ids)] = ids
        mask = torch.arange(SIZE)[None] < len(ids)
        return model.step(torch.from_numpy(row), state, mask, opening).state

    with torch.inference_mode():
        few = model.init_state(1)
        for segment in found.segments([IDS]):
            few = step(few, segment.ids)
        every = model.init_state(1)
        for block in found.blocks([IDS]):
            for ids, length, let_in in zip(*block, found.let_in(block), strict=True):
                every = step(every, ids[:length], torch.tensor([float(let_in >= 0)]))
    assert few["weight"].all()
    assert all(tensor.equal(every[name]) for name, tensor in few.items())


@pytest.mark.parametrize("nothing", [[], [[]]])
def test_an_empty_text_has_one_empty_segment(open_scanner, gated, nothing):
    for found in (open_scanner, gated[1], _by_tokens(0)):
        (segment,) = found.segments(nothing)
        assert (len(segment.ids), segment.tokens) == (0, 0)
