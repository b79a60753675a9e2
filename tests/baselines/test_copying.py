"""Copying from one segment to the next, which nothing but the memory can do."""

import numpy as np
import pytest
import torch

from babilong.errors import UsageError
from baselines.memory.model import MemoryModel
from baselines.memory.segments import IGNORE
from baselines.memory.sequences import next_tokens, sequence_loss
from baselines.tasks.copying import START, SYMBOLS, VOCABULARY, copying
from tests.baselines.tiny import tiny_memory

N = 4


def trained(model: MemoryModel, task: str, steps: int) -> float:
    """Share of right tokens in the last of the training batches, which are all fresh."""
    torch.manual_seed(0)
    optimizer = torch.optim.AdamW(model.train().parameters(), lr=3e-3)
    right = 0.0
    for step in range(steps):
        batch = copying(task, N, 64, seed=0, step=step)
        score = sequence_loss(model, torch.from_numpy(batch.ids), torch.from_numpy(batch.targets))
        right = score.right / score.tokens
        if right > 0.99:
            break
        optimizer.zero_grad()
        score.loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    return right


def learner(kind: str = "gpt2", /, **config) -> MemoryModel:
    """Larger first weights than a pretrained model's, from which memories differ from the first step on."""
    model = tiny_memory(kind, vocab=VOCABULARY, memory_tokens=N, segment_size=N, **config)
    for module in model.base.modules():
        if getattr(module, "weight", None) is not None and module.weight.dim() > 1:
            torch.nn.init.normal_(module.weight, std=0.1)
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    torch.nn.init.normal_(model.memory, std=0.1)
    return model


def test_a_memory_behind_the_text_learns_to_copy(kind):
    assert trained(learner(kind), "copy", 400) > 0.99


@pytest.mark.parametrize("config", [{"mask": "neurips"}, {"kind": "rmt-r"}])
def test_other_memories_learn_to_copy(config):
    assert trained(learner(**config), "copy", 400) > 0.99


def test_a_memory_before_the_text_stays_at_chance():
    # One in eight; but the last symbol of the second copy stands at the beginning of its own segment.
    chance = (1 + (2 * N - 1) / len(SYMBOLS)) / (2 * N)
    assert trained(learner(mem_at_end=False), "copy", 120) == pytest.approx(chance, abs=0.05)


def test_a_memory_behind_the_text_learns_to_reverse():
    assert trained(learner(), "reverse", 1000) > 0.99


def test_a_batch_is_what_its_step_says():
    first, again, other = (copying("copy", 5, 3, 7, step) for step in (1, 1, 2))
    np.testing.assert_array_equal(first.ids, again.ids)
    assert not np.array_equal(first.ids, other.ids)
    assert (first.ids.shape, copying("reverse", 5, 3, 7, 1).ids.shape) == ((3, 15), (3, 10))


@pytest.mark.parametrize(("task", "turned", "times"), [("copy", 1, 2), ("reverse", -1, 1)])
def test_what_is_wanted_is_what_was_read(task, turned, times):
    ids, targets = copying(task, 6, 50, seed=1, step=0)
    x = ids[:, :6]
    assert set(x.flatten()) == set(SYMBOLS)
    assert (ids[:, 6] == START).all()
    answer = np.tile(x[:, ::turned], times)
    np.testing.assert_array_equal(targets[:, 6:], answer)
    assert (targets[:, :6] == IGNORE).all()
    shifted = next_tokens(torch.from_numpy(ids))[:, 6:-1]
    np.testing.assert_array_equal(shifted, targets[:, 6:-1])


def test_an_unknown_task_is_refused():
    with pytest.raises(UsageError, match="Unknown copying task 'copies'; did you mean copy"):
        copying("copies", 4, 1, 0, 0)
