"""Sequences read segment by segment, against what is computed by hand."""

import pytest
import torch
from torch.nn import functional as F

from babilong.errors import UsageError
from baselines.memory.model import rows
from baselines.memory.segments import IGNORE
from baselines.memory.sequences import cut, next_tokens, read, sequence_loss, steps
from baselines.training.checkpointing import recomputed
from tests.baselines.tiny import tiny_memory, tokens

MEMORIES = ["rmt", "rmt-r", "armt", "prmt"]


@pytest.fixture(params=MEMORIES)
def model(request, kind):
    model = tiny_memory(kind, kind=request.param, key_size=8)
    if request.param == "armt":  # fresh ones write nothing
        for layer in model.associations:
            torch.nn.init.normal_(layer.value.weight, std=0.3)
    return model


def by_hand(model, ids, state=None):
    """Hidden states [1, T, d] of one row without padding or overlap, and the state after it."""
    state = model.init_state(1) if state is None else state
    hidden = []
    for segment in ids.split(16, dim=1):
        step = model.step(segment, state)
        hidden.append(step.output.hidden)
        state = step.state
    return torch.cat(hidden, dim=1), state


@pytest.fixture
def batch():
    """Rows of 40, 21 and 7 tokens; labels on the last third of each, across a border in the first two."""
    lengths = torch.tensor([40, 21, 7])
    places = torch.arange(40)
    mask = places < lengths[:, None]
    ids = tokens(3, 40)
    labels = ids.masked_fill(~mask | (places < (lengths * 2 // 3)[:, None]), IGNORE)
    return ids, labels, mask


def test_the_loss_is_the_shifted_cross_entropy_of_the_whole_tensor(model, batch):
    ids, labels, mask = batch
    score = sequence_loss(model, ids, next_tokens(labels), mask)
    logits, wanted = [], []
    for row, length in enumerate(mask.sum(dim=1).tolist()):
        hidden, state = by_hand(model, ids[row : row + 1, :length])
        logits.append(model.logits(hidden)[0, :-1])
        wanted.append(labels[row, 1:length])
        for name in ("memory", "values", "keys"):
            if name in state:
                torch.testing.assert_close(score.state[name][row : row + 1], state[name])
    logits, wanted = torch.cat(logits), torch.cat(wanted)
    torch.testing.assert_close(score.loss, F.cross_entropy(logits, wanted))
    assert score.tokens == int((labels != IGNORE).sum())
    assert score.right == int((logits.argmax(dim=-1) == wanted).sum())


def test_logits_are_computed_for_wanted_tokens_alone(model, batch, monkeypatch):
    ids, labels, mask = batch
    rows_asked = []
    real = model.logits
    monkeypatch.setattr(model, "logits", lambda hidden: rows_asked.append(len(hidden)) or real(hidden))
    score = sequence_loss(model, ids, next_tokens(labels), mask)
    assert sum(rows_asked) == score.tokens


@pytest.mark.parametrize("overlap", [0, 3])
@pytest.mark.parametrize("alignment", ["left", "right", "center"])
def test_every_wanted_token_counts_once(overlap, alignment):
    model = tiny_memory(overlap=overlap)
    ids = tokens(2, 50)
    mask = torch.arange(50) < torch.tensor([[50], [31]])
    score = sequence_loss(model, ids, next_tokens(ids.masked_fill(~mask, IGNORE)), mask, alignment=alignment)
    assert score.tokens == 49 + 30


@pytest.mark.parametrize("borders", [0, 1, 2, 3, None])
@pytest.mark.parametrize("recompute", [False, True])
def test_the_gradient_crosses_the_last_borders_and_no_others(model, borders, recompute):
    read_as, real = [], model.embed

    def embed(ids):
        read_as.append(real(ids).detach().requires_grad_())
        return read_as[-1]

    model.embed = embed
    ids = tokens(2, 60)
    labels = ids.masked_fill(torch.arange(60) < 55, IGNORE)
    mask = torch.arange(60) < torch.tensor([[60], [60]])
    state = model.init_state(2)
    initial = {name: tensor.detach() for name, tensor in state.items()}
    first = next(iter(initial))
    initial[first].requires_grad_()
    read_by = recomputed(model) if recompute else model
    sequence_loss(read_by, ids, next_tokens(labels), mask, initial, borders=borders).loss.backward()
    # Segments that are read twice are embedded twice; the gradient goes to the second reading's copy.
    reached = [embedded.grad is not None and bool(embedded.grad.abs().sum() > 0) for embedded in read_as]
    first_reached = initial[first].grad is not None and bool(initial[first].grad.abs().sum() > 0)
    expected = [i >= 4 - 1 - (3 if borders is None else borders) for i in range(4)]
    if not recompute:
        assert reached == expected
    assert sum(reached) == sum(expected)
    # An associative memory reads nothing from an empty one, but what it starts from still has a gradient.
    assert first_reached is expected[0]


def test_borders_are_counted_from_the_end_of_each_row(kind):
    model = tiny_memory(kind)
    mask = torch.arange(60) < torch.tensor([[60], [20]])
    ids = tokens(2, 60)
    pieces = cut(ids, mask, model.config)
    assert (pieces.places >= 0).any(dim=2).T.tolist() == [[True] * 4, [False, False, True, True]]
    labels = torch.full((2, 60), IGNORE)
    labels[1, 18] = 5
    for borders, reached in ((1, True), (0, False)):
        model.zero_grad()
        sequence_loss(model, ids, next_tokens(labels), mask, borders=borders).loss.backward()
        alone = tiny_memory(kind)
        alone.load_state_dict(model.state_dict())
        sequence_loss(alone, ids[1:, :20], next_tokens(labels[1:, :20]), borders=borders).loss.backward()
        for (name, ours), theirs in zip(model.named_parameters(), alone.parameters(), strict=True):
            if name != "memory" and theirs.grad is not None:
                torch.testing.assert_close(ours.grad, theirs.grad)
        assert (alone.memory.grad is not None and bool(alone.memory.grad.abs().sum() > 0)) is reached


def test_reading_twice_gives_the_gradient_of_reading_once(model, batch):
    ids, labels, mask = batch
    grads = []
    for read_by in (model, recomputed(model)):
        model.zero_grad()
        sequence_loss(read_by, ids, next_tokens(labels), mask).loss.backward()
        grads.append({name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None})
    torch.testing.assert_close(*grads)


def test_a_truncated_gradient_is_that_of_states_cut_by_hand(model):
    ids = tokens(1, 48)
    targets = next_tokens(ids)
    sequence_loss(model, ids, targets, borders=1).loss.backward()
    ours = {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}
    model.zero_grad()
    state, loss = model.init_state(1), 0.0
    for i in range(3):
        step = model.step(ids[:, 16 * i : 16 * i + 16], state)
        loss = loss + F.cross_entropy(
            model.logits(step.output.hidden)[0], targets[0, 16 * i : 16 * i + 16], ignore_index=IGNORE, reduction="sum"
        )
        state = step.state if i == 1 else rows(step.state, torch.Tensor.detach)
    (loss / 47).backward()
    torch.testing.assert_close(ours, {name: p.grad for name, p in model.named_parameters() if p.grad is not None})


def test_read_in_two_calls_is_read_in_one(model):
    ids = tokens(2, 70)
    mask = torch.arange(70) < torch.tensor([[70], [41]])
    whole = read(model, ids, mask=mask)
    parts = read(model, ids[:, 32:], read(model, ids[:, :32], mask=mask[:, :32]), mask[:, 32:])
    torch.testing.assert_close(whole, parts)


def test_a_loss_over_two_calls_is_that_over_one(model):
    ids = tokens(1, 64)
    targets = next_tokens(ids)
    whole = sequence_loss(model, ids, targets)
    first = sequence_loss(model, ids[:, :32], targets[:, :32])
    second = sequence_loss(model, ids[:, 32:], targets[:, 32:], state=first.state)
    torch.testing.assert_close(whole.loss * 63, first.loss * 32 + second.loss * 31)


def test_reading_nothing_leaves_the_state_as_it_is(model):
    state = read(model, tokens(2, 20))
    for nothing in (torch.zeros(2, 0, dtype=torch.long), tokens(2, 5)):
        after = read(model, nothing, state, torch.zeros(nothing.shape, dtype=torch.bool))
        torch.testing.assert_close(after, state, rtol=0, atol=0)
    fresh = read(model, torch.zeros(2, 0, dtype=torch.long))
    torch.testing.assert_close(fresh, model.init_state(2), rtol=0, atol=0)
    score = sequence_loss(model, torch.zeros(2, 0, dtype=torch.long), torch.zeros(2, 0, dtype=torch.long))
    assert (float(score.loss), score.tokens) == (0.0, 0)


def test_no_memory_tokens_is_the_base_model_on_each_segment(kind):
    model = tiny_memory(kind, memory_tokens=0)
    ids = tokens(2, 16)
    score = sequence_loss(model, ids, next_tokens(ids))
    torch.testing.assert_close(score.loss, model.base(ids, labels=ids).loss)


def test_segments_that_no_gradient_reaches_are_read_without(kind):
    model = tiny_memory(kind)
    ids = tokens(1, 64)
    pieces = cut(ids, None, model.config)
    asked = [False, True, False, True]
    read_with = [s.output.hidden.requires_grad for s in steps(model, pieces, model.init_state(1), 1, wanted=asked)]
    assert read_with == [False, True, True, True]


def test_a_memory_that_reads_sentences_is_not_handed_rows_of_tokens(kind):
    model, ids = tiny_memory(kind, cut="sentences"), tokens(2, 20)
    for reading in (lambda: read(model, ids), lambda: sequence_loss(model, ids, ids)):
        with pytest.raises(UsageError, match="reads a sentence at a time.*load_reader"):
            reading()


def test_an_unknown_alignment_is_refused(kind):
    with pytest.raises(UsageError, match="Unknown alignment of segments 'middle'"):
        sequence_loss(tiny_memory(kind), tokens(1, 20), tokens(1, 20), alignment="middle")


def test_padding_at_the_left_is_refused(kind):
    mask = torch.arange(20)[None] >= 5
    with pytest.raises(UsageError, match="A row has padding before its tokens"):
        read(tiny_memory(kind), tokens(1, 20), mask=mask)
