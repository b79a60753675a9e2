"""Associative retrieval: what is asked for, and that an associative memory learns it."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F
from transformers import GPT2Config, GPT2LMHeadModel

from babilong.errors import UsageError
from baselines.memory.config import MemoryConfig
from baselines.memory.kinds import remember
from baselines.memory.model import Output, Step
from baselines.tasks.association import EOS, GEN, IGNORE, SEP, SYMBOLS, VOCABULARY, AssociationTask, exact_match
from tests.baselines.tiny import tiny_memory

KINDS = ("remember", "rewrite")


def pairs_of(task, batch, row):
    """Keys and values of a text, read off its segments."""
    found = []
    for segment in batch.segments[:, row].tolist():
        assert (segment[task.key], segment[-1]) == (SEP, EOS)
        found.append((tuple(segment[: task.key]), tuple(segment[task.key + 1 : -1])))
    return found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("key", "value", "pairs"), [(1, 1, 5), (2, 3, 20)])
def test_a_key_is_answered_with_its_latest_value(kind, key, value, pairs):
    task = AssociationTask(kind, pairs, key, value)
    batch = task.batch(rows=8, step=0, along=True)
    assert batch.segments.shape == (pairs, 8, key + value + 2)
    assert batch.mask.all()
    for row in range(8):
        text = pairs_of(task, batch, row)
        assert all(0 <= symbol < SYMBOLS for pair in text for word in pair for symbol in word)
        for i in range(pairs):
            known = dict(text[: i + 1])  # a later value takes the place of an earlier one
            question, label = batch.questions[i, row].tolist(), batch.labels[i, row].tolist()
            assert question[key] == GEN
            answer = known[tuple(question[:key])]
            assert tuple(question[key + 1 :]) == answer
            assert label == [IGNORE] * key + [*answer, EOS]


def test_remembered_keys_differ_and_rewritten_ones_come_again():
    rows = range(50)
    for kind, again in (("remember", False), ("rewrite", True)):
        task = AssociationTask(kind, 10)
        batch = task.batch(50, 0)
        assert any(len({key for key, _ in pairs_of(task, batch, row)}) < 10 for row in rows) is again


def test_all_keys_are_asked_for_alike():
    task = AssociationTask("remember", 4)
    batch = task.batch(400, 0)
    places = [
        [key for key, _ in pairs_of(task, batch, row)].index((batch.questions[-1, row, 0],)) for row in range(400)
    ]
    assert np.bincount(places).min() > 70  # 100 expected, sd 9


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_depends_on_seed_split_step_and_row_alone(kind):
    task = AssociationTask(kind, 3)
    batch = task.batch(8, 0)
    few = task.batch(4, 0)
    assert (batch.segments[:, :4] == few.segments).all()
    assert (batch.questions[:, :4] == few.questions).all()
    others = [task.batch(8, 1), AssociationTask(kind, 3, seed=1).batch(8, 0)]
    others.append(AssociationTask(kind, 3, split="test").batch(8, 0))
    assert all((batch.segments != other.segments).any() for other in others)


def test_without_questions_along_the_way_only_the_last_is_scored():
    batch = AssociationTask("remember", 3).batch(4, 0)
    assert (batch.labels[:-1] == IGNORE).all()
    assert (batch.labels[-1] != IGNORE).sum(axis=1).tolist() == [2] * 4


def test_more_pairs_than_keys_are_refused():
    with pytest.raises(UsageError, match="16 different keys of 1 symbols, fewer than 17 pairs"):
        AssociationTask("remember", 17)
    assert AssociationTask("remember", 16).batch(1, 0).segments.shape[0] == 16
    AssociationTask("rewrite", 17)


def test_an_answer_counts_when_all_of_it_is_right():
    model = tiny_memory(kind="armt", vocab=128, segment_size=4)
    batch = AssociationTask("remember", 2).batch(4, 0)
    wanted = torch.from_numpy(batch.labels[-1]).clamp(min=0)
    wanted[0, -1] = 0  # no end
    wanted[1, -2] = GEN  # another value
    wanted[2, 0] = 7  # what follows the key is not asked
    model.read = lambda ids, state: wanted
    model.logits = lambda hidden: torch.nn.functional.one_hot(hidden, 128)
    assert exact_match(model, batch) == 0.5


CURRICULUM = ((2, 200), (3, 200))  # pairs and steps of each stage


def fresh_model():
    """Larger weights than GPT-2's: DPFP squares what it gets, and small numbers squared drown in what it divides by."""
    torch.manual_seed(0)
    sizes = {"n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 32, "vocab_size": VOCABULARY}
    quiet = {"resid_pdrop": 0, "embd_pdrop": 0, "attn_pdrop": 0, "bos_token_id": 0, "eos_token_id": EOS}
    base = GPT2LMHeadModel(GPT2Config(initializer_range=0.2, attn_implementation="eager", **sizes, **quiet))
    return remember(base, MemoryConfig(kind="armt", memory_tokens=1, segment_size=4, key_size=16, token_shift=2))


def loss_of(model, batch):
    state = model.init_state(batch.segments.shape[1])
    losses = []
    parts = map(torch.from_numpy, (batch.segments, batch.questions, batch.labels))
    for segment, question, label in zip(*parts, strict=True):
        state = model.step(segment, state).state
        losses.append(F.cross_entropy(model.logits(model.read(question, state)).flatten(0, 1), label.flatten()))
    return torch.stack(losses).mean()


@pytest.mark.slow
def test_an_associative_memory_learns_to_remember():
    model = fresh_model()
    optimizer = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.98), weight_decay=0.01)
    steps = [pairs for pairs, count in CURRICULUM for _ in range(count)]
    for step, pairs in enumerate(steps):
        optimizer.param_groups[0]["lr"] = 3e-3 * min(1, (step + 1) / 50, (len(steps) - step) / (0.3 * len(steps)))
        loss_of(model, AssociationTask("remember", pairs).batch(64, step, along=True)).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
    model.eval()
    short, longer = (AssociationTask("remember", pairs, split="test").batch(400, 0) for pairs in (2, 5))
    assert exact_match(model, short) > 0.95
    assert exact_match(model, longer) > 0.75  # more than it was ever trained on
    # Without what it read it has nothing but one value in 16 to guess.
    empty = model.init_state(400)
    model.step = lambda segment, state: Step(Output(segment, segment), empty)
    assert exact_match(model, short) < 0.2
