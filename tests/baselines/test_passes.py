"""Passes through stories: what a question sees in training is what it sees in a text that is read."""

import pytest
import torch

from baselines.memory.model import rows
from baselines.training.checkpointing import recomputed
from baselines.training.passes import Pass, all_at_once, one_by_one, through
from tests.baselines.tiny import tiny_memory, tokens

LENGTHS = torch.tensor([[4, 8, 2, 8, 6], [8, 3, 5, 1, 7]])
FIRST = torch.tensor([[0, 0, 2], [0, 3, 3]])
LAST = torch.tensor([[1, 2, 5], [2, 5, 4]])
WIDTHS = LENGTHS.amax(dim=0).tolist()
KINDS = ["rmt", "armt", "prmt"]


def told(first=FIRST, weight=None, halfway=False) -> Pass:
    mask = torch.arange(8) < LENGTHS[..., None]
    ids = tokens(2, 5, 8) * mask
    weight = torch.ones(2, 5) if weight is None else weight
    return Pass(ids, mask, weight, tokens(2, 3, 6, seed=2), first, LAST, WIDTHS, halfway)


def tiny(kind: str, architecture: str = "gpt2"):
    sizes = {"bank": 9, "recency": (0.0, 1.5)} if kind == "bank" else {"key_size": 4}
    model = tiny_memory(architecture, kind=kind, memory_tokens=2, segment_size=8, **sizes)
    if kind == "armt":
        for association in model.associations:
            torch.nn.init.normal_(association.value.weight, std=0.3)
    return model


@pytest.fixture(autouse=True)
def without_gradient():
    with torch.no_grad():
        yield


@pytest.mark.parametrize("memory", KINDS)
def test_a_question_sees_its_stretch_as_if_nothing_else_had_been_read(memory, kind):
    model, story = tiny(memory, kind), told(weight=torch.tensor([[1.0, 0.0, 1.0, 1.0, 0.5]] * 2))
    hidden = one_by_one(model, story).hidden.view(2, 3, 6, -1)
    for row in range(2):
        for k in range(3):
            state = model.init_state(1)
            for i in range(int(FIRST[row, k]), int(LAST[row, k])):
                ids = story.ids[row : row + 1, i, : LENGTHS[row, i]]
                state = model.step(ids, state, opening=story.weight[row : row + 1, i]).state
            alone = model.read(story.questions[row, k][None], state)
            torch.testing.assert_close(hidden[row, k], alone[0], rtol=1e-4, atol=1e-4)


def test_a_bank_gives_the_same_either_way():
    model = tiny("bank")
    for weight in (torch.ones(2, 5), torch.tensor([[1.0, 0.0, 1.0, 1.0, 0.0]] * 2)):
        story = told(first=torch.zeros_like(FIRST), weight=weight)
        torch.testing.assert_close(
            all_at_once(model, story).hidden, one_by_one(model, story).hidden, rtol=1e-4, atol=1e-4
        )


@pytest.mark.parametrize("memory", KINDS)
def test_halfway_up_the_layers_a_memory_is_seen_for_every_segment(memory, kind):
    model = tiny(memory, kind)
    halfway = one_by_one(model, told(halfway=True)).halfway
    assert halfway.shape == (2, 5, 32)
    assert not model.base.base_model.get_submodule(_first_layer(kind))._forward_hooks
    other = told(halfway=True)
    other.ids[0, 2] = tokens(8, seed=9)
    changed = (one_by_one(model, other).halfway != halfway).any(dim=-1)
    assert changed[0].tolist()[:3] == [False, False, True]
    assert not changed[1].any()


def _first_layer(kind: str) -> str:
    return {"gpt2": "h.0"}.get(kind, "layers.0")


def test_a_row_without_questions_is_no_harm():
    model, story = tiny("armt"), told()
    nothing = story._replace(first=torch.zeros_like(FIRST), last=torch.zeros_like(LAST))
    hidden = one_by_one(model, nothing).hidden
    assert hidden.shape == (6, 6, 32)
    assert torch.isfinite(hidden).all()


def test_with_a_gradient_a_bank_attends_as_without():
    model, story = tiny("bank"), told()
    without = all_at_once(model, story).hidden
    with torch.enable_grad():
        torch.testing.assert_close(all_at_once(model, story).hidden, without)


def test_rows_of_a_state_are_asked_apart():
    model = tiny("armt")
    state = model.step(tokens(2, 8), model.init_state(2)).state
    both = model.read(tokens(2, 6, seed=3), state)
    for i in range(2):
        alone = model.read(tokens(2, 6, seed=3)[i : i + 1], rows(state, lambda x, i=i: x[i : i + 1]))
        torch.testing.assert_close(both[i : i + 1], alone)


@pytest.mark.parametrize("tokens_written", [1, 2])
def test_what_was_written_tells_as_much_as_copies_of_the_memory(tokens_written, kind):
    model = tiny_memory(kind, kind="armt", memory_tokens=tokens_written, segment_size=8, key_size=4, key_scale="unit")
    for association in model.associations:
        torch.nn.init.normal_(association.value.weight, std=0.3)
    for seed in range(3):
        weight = torch.rand(2, 5, generator=torch.Generator().manual_seed(seed)).round(decimals=1)
        story = told(weight=weight, halfway=True)
        with torch.enable_grad():
            asked = one_by_one(model, story)
            copied = torch.autograd.grad(asked.hidden.square().sum() + asked.halfway.sum(), _learnt(model))
            again = through(model, story)
            attended = torch.autograd.grad(again.hidden.square().sum() + again.halfway.sum(), _learnt(model))
        torch.testing.assert_close(again.hidden, asked.hidden, rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(again.halfway, asked.halfway, rtol=1e-4, atol=1e-4)
        for ours, theirs in zip(attended, copied, strict=True):
            torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-3)


def _learnt(model):
    return [model.memory, *(weight for association in model.associations for weight in association.parameters())]


def test_only_keys_of_length_1_are_read_as_what_was_written(monkeypatch):
    calls = []
    monkeypatch.setattr("baselines.training.passes.by_what_was_written", lambda *given: calls.append(given))
    for scale in ("corrected", "unit"):
        model = tiny_memory("gpt2", kind="armt", memory_tokens=1, segment_size=8, key_size=4, key_scale=scale)
        through(model, told())
        through(recomputed(model), told())
    assert [model.config.key_scale for model, _ in calls] == ["unit", "unit"]
