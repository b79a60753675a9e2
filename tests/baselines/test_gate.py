"""The gate on segments judges each by itself."""

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from babilong.tokenizers import load_tokenizer
from baselines.memory.gate import SegmentGate
from baselines.tasks.lessons import lesson
from baselines.tasks.noise import sentences_of
from generators.streams import Stream


def gate() -> SegmentGate:
    torch.manual_seed(0)
    return SegmentGate(vocabulary=100, channels=8).eval()


@given(ids=st.lists(st.integers(0, 99), min_size=1, max_size=20), more=st.integers(0, 20), filler=st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_padding_does_not_change_a_score(ids, more, filler):
    alone = torch.tensor([ids])
    padded = F.pad(alone, (0, more), value=filler)
    mask = torch.arange(padded.shape[1])[None] < len(ids)
    scores = gate()(alone, torch.ones_like(alone, dtype=torch.bool)), gate()(padded, mask)
    torch.testing.assert_close(*scores, rtol=1e-4, atol=1e-6)


@given(st.lists(st.lists(st.integers(0, 99), min_size=1, max_size=12), min_size=2, max_size=5))
@settings(max_examples=25, deadline=None)
def test_other_segments_do_not_change_a_score(texts):
    ids = torch.zeros(len(texts), 12, dtype=torch.long)
    for row, text in enumerate(texts):
        ids[row, : len(text)] = torch.tensor(text)
    mask = torch.arange(12) < torch.tensor([len(text) for text in texts])[:, None]
    together = gate()(ids, mask)
    assert together.shape == (len(texts),)
    for row in range(len(texts)):
        alone = gate()(ids[row : row + 1], mask[row : row + 1])
        torch.testing.assert_close(alone[0], together[row], rtol=1e-4, atol=1e-6)


def test_it_learns_to_tell_facts_from_sentences():
    tokenizer = load_tokenizer()
    noise = sentences_of(tokenizer, 16, "train", 1)
    facts = [fact for i in range(20) for fact in lesson("qa2", Stream("train", "gate", i), 20).facts]
    ids, lengths = np.zeros((800, 16), dtype=np.int64), np.zeros(800, dtype=np.int64)
    for row, fact in enumerate(facts):
        part = tokenizer.encode(f" {fact}")
        ids[row, : len(part)], lengths[row] = part, len(part)
    ids[400:], lengths[400:] = noise.ids[:400], noise.lengths[:400]
    mask, label = np.arange(16) < lengths[:, None], (np.arange(800) < 400).astype(np.float32)
    learn, keep = np.arange(800) % 2 == 0, np.arange(800) % 2 == 1
    torch.manual_seed(0)
    learner = SegmentGate(tokenizer.vocab_size, channels=8)
    optimizer = torch.optim.Adam(learner.parameters(), lr=0.02)
    tensors = [torch.from_numpy(array[learn]) for array in (ids, mask, label)]
    for _ in range(30):
        optimizer.zero_grad()
        F.binary_cross_entropy_with_logits(learner(*tensors[:2]), tensors[2]).backward()
        optimizer.step()
    scores = learner(torch.from_numpy(ids[keep]), torch.from_numpy(mask[keep])).detach().numpy()
    assert ((scores > 0) == (label[keep] > 0)).mean() > 0.97
