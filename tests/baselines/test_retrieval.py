"""RMT-R: a past that is looked up."""

import pytest
import torch

from babilong.errors import UsageError
from baselines.memory.model import join, rows
from tests.baselines.tiny import tiny_memory, tokens


def test_the_first_segment_reads_nothing_found(kind):
    model = tiny_memory(kind, kind="rmt-r")
    ids, state = tokens(2, 16), model.init_state(2)
    memory, nothing = state["memory"], model.nothing_found.expand(2, -1, -1)
    joined = torch.cat((memory, nothing, model.base.get_input_embeddings()(ids), memory), dim=1)
    output = model.base(inputs_embeds=joined, output_hidden_states=True)
    step = model.step(ids, state)
    torch.testing.assert_close(step.state["memory"], output.hidden_states[-1][:, -4:])
    torch.testing.assert_close(model.logits(step.output.hidden), output.logits[:, 8:-4])


def test_what_is_found_is_attention_to_all_past_memories(kind):
    model = tiny_memory(kind, kind="rmt-r")
    state, written = model.init_state(1), []
    for seed in range(3):
        state = model.step(tokens(1, 16, seed=seed), state).state
        written.append(state["memory"])
    torch.testing.assert_close(state["past"], torch.stack(written, dim=1))
    look, past = model.lookup, torch.cat(written, dim=1)
    query, key, value = look.query(look.norm_memory(written[-1])), look.key(look.norm_past(past)), look.norm_past(past)
    shares = (query @ key.transpose(1, 2) / 32**0.5).softmax(dim=-1)
    found = written[-1] + look.out(shares @ look.value(value))
    found = found + look.mlp(look.norm_found(found))
    torch.testing.assert_close(model.front(state), torch.cat((written[-1], found), dim=1))


def test_top_1_finds_the_one_nearest():
    model = tiny_memory(kind="rmt-r", retrieval="top_1")
    look = model.lookup
    memory, past = torch.randn(1, 4, 32), torch.randn(1, 12, 32)
    known = torch.ones(1, 12, dtype=torch.bool)
    scores = look.query(look.norm_memory(memory)) @ look.key(look.norm_past(past)).transpose(1, 2)
    best = scores.argmax(dim=-1)[0]
    found = memory + look.out(look.value(look.norm_past(past[:, best])))
    torch.testing.assert_close(look(memory, past, known), found + look.mlp(look.norm_found(found)))
    known[0, best[0]] = False
    assert not torch.allclose(look(memory, past, known)[0, 0], look(memory, past, ~known | known)[0, 0])


@pytest.mark.parametrize("retrieval", ["attention", "top_1"])
def test_rows_with_unlike_numbers_of_segments_are_read_as_alone(kind, retrieval):
    model = tiny_memory(kind, kind="rmt-r", retrieval=retrieval, gate=True)
    ids = tokens(4, 3, 16)
    lengths = [3, 1, 2, 0]
    state = model.init_state(3)
    for i in range(4):
        mask = torch.tensor([[i < n] * 16 for n in lengths[:3]])
        state = model.step(ids[i], state, mask).state
    assert state["count"].tolist() == lengths[:3]
    question = tokens(3, 5)
    together = model.read(question, state)
    for row, n in enumerate(lengths[:3]):
        alone = model.init_state(1)
        for i in range(n):
            alone = model.step(ids[i, row : row + 1], alone).state
        torch.testing.assert_close(together[row], model.read(question[row : row + 1], alone)[0])


def test_states_that_grew_unlike_are_joined_and_what_no_row_fills_is_given_up():
    model = tiny_memory(kind="rmt-r")
    long = model.init_state(1)
    for seed in range(3):
        long = model.step(tokens(1, 16, seed=seed), long).state
    both = join([model.init_state(1), long])
    assert both["past"].shape == (2, 3, 4, 32)
    ids = tokens(2, 16)
    after = model.step(ids, both).state
    first = rows(after, lambda x: x[:1])
    torch.testing.assert_close(first["memory"], model.step(ids[:1], model.init_state(1)).state["memory"])
    assert model.step(ids[:1], first).state["past"].shape == (1, 2, 4, 32)


def test_an_opening_of_0_adds_nothing_to_the_past():
    model = tiny_memory(kind="rmt-r")
    state = model.step(tokens(2, 16), model.init_state(2)).state
    after = model.step(tokens(2, 16, seed=2), state, opening=torch.tensor([0.0, 1.0])).state
    assert after["count"].tolist() == [1, 2]
    for name in ("memory", "past"):
        kept = after[name][:1, :1] if name == "past" else after[name][:1]
        torch.testing.assert_close(kept, state[name][:1], rtol=0, atol=0)


def test_a_row_without_a_past_has_a_gradient_that_is_a_number():
    model = tiny_memory(kind="rmt-r").train()
    mask = torch.tensor([[True] * 16, [False] * 16])
    state = model.step(tokens(2, 16), model.init_state(2), mask).state
    model.step(tokens(2, 16, seed=2), state).output.hidden.sum().backward()
    grads = [p.grad for p in model.parameters() if p.grad is not None]
    assert all(grad.isfinite().all() for grad in grads)
    assert model.lookup.query.weight.grad.abs().sum() > 0
    assert model.nothing_found.grad.abs().sum() > 0


@pytest.mark.parametrize("autocast", [False, True])
def test_the_state_stays_in_float32(autocast):
    model = tiny_memory(kind="rmt-r")
    model = model if autocast else model.to(torch.bfloat16)
    ids, state = tokens(1, 32), model.init_state(1)
    with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        state = model.step(ids[:, 16:], model.step(ids[:, :16], state).state).state
        assert model.logits(model.read(ids[:, :5], state)).isfinite().all()
    assert (state["memory"].dtype, state["past"].dtype, state["count"].tolist()) == (torch.float32, torch.float32, [2])


def test_no_memory_tokens_is_the_base_model(kind):
    model = tiny_memory(kind, kind="rmt-r", memory_tokens=0)
    ids, state = tokens(2, 16), model.init_state(2)
    for _ in range(2):
        step = model.step(ids, state)
        torch.testing.assert_close(model.logits(step.output.hidden), model.base(ids).logits)
        state = step.state


def test_three_blocks_must_fit_the_positions():
    with pytest.raises(UsageError, match="A segment of 53 tokens with 12 memory tokens needs 65 positions"):
        tiny_memory(kind="rmt-r", segment_size=53)
