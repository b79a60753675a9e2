"""Associative retrieval: what is asked for, and that an associative memory learns it."""

import numpy as np
import pytest
import torch

from babilong.errors import UsageError
from baselines.tasks.association import EOS, GEN, IGNORE, SEP, SYMBOLS, AssociationTask, exact_match
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
