"""The recurrent memory against its definition."""

import pytest
import torch

from babilong.errors import UsageError
from baselines.memory.config import MemoryConfig
from baselines.memory.model import State, rows
from baselines.memory.rmt import RecurrentMemory
from tests.baselines.tiny import tiny_base, tiny_memory, tokens

EXTRAS = {"slot_embeddings": True, "gate": True, "token_shift": 3}


def memory(batch: int, seed: int = 0) -> State:
    return {"memory": torch.randn(batch, 4, 32, generator=torch.Generator().manual_seed(seed))}


def test_no_memory_tokens_is_the_base_model(kind):
    base = tiny_base(kind)
    model = RecurrentMemory(base, MemoryConfig(memory_tokens=0, segment_size=16)).eval()
    ids = tokens(2, 16)
    hidden = model.step(ids, model.init_state(2)).output.hidden
    torch.testing.assert_close(model.logits(hidden), base(ids).logits)
    torch.testing.assert_close(model.logits(model.read(ids, model.init_state(2))), base(ids).logits)


def test_one_segment_is_memory_text_memory_through_the_base_model(kind):
    model = tiny_memory(kind)
    ids = tokens(2, 16)
    state = model.init_state(2)
    memory = state["memory"]
    joined = torch.cat((memory, model.base.get_input_embeddings()(ids), memory), dim=1)
    output = model.base(inputs_embeds=joined, output_hidden_states=True)
    step = model.step(ids, state)
    torch.testing.assert_close(step.state["memory"], output.hidden_states[-1][:, -4:])
    torch.testing.assert_close(model.logits(step.output.hidden), output.logits[:, 4:-4])
    assert step.output.opening.eq(1).all()


def seen_by(model, *arguments):
    """The attention mask that the base model got, as bool [B or 1, T, T]."""
    masks = []
    hook = model.base.base_model.register_forward_pre_hook(
        lambda module, args, kwargs: masks.append(kwargs["attention_mask"]), with_kwargs=True
    )
    model.step(*arguments)
    hook.remove()
    return masks[0][:, 0] == 0


@pytest.mark.parametrize(("m", "length", "padding"), [(1, 3, 0), (2, 5, 0), (3, 4, 2), (2, 1, 0), (2, 6, 6), (0, 4, 1)])
def test_the_neurips_mask_is_its_table(kind, m, length, padding):
    model = tiny_memory(kind, mask="neurips", memory_tokens=m)
    mask = torch.arange(length)[None] < length - padding
    seen = seen_by(model, tokens(1, length), model.init_state(1), mask if padding else None)
    total, end, shut = m + length + m, m + length, set(range(m + length - padding, m + length))
    for query in range(total):
        if query < m:
            sees = set(range(m))
        elif query < end:
            sees = set(range(m)) | set(range(m, query + 1)) - shut | {query}
        else:
            sees = set(range(total)) - shut
        assert set(seen[0, query].nonzero().flatten().tolist()) == sees


def test_the_neurips_mask_holds_for_questions_and_the_ablation(kind):
    ids = tokens(1, 5)
    front = tiny_memory(kind, mask="neurips", mem_at_end=False, segment_size=5)
    table = torch.ones(9, 9, dtype=torch.bool).tril()
    table[:4, :4] = True
    assert seen_by(front, ids, front.init_state(1))[0].equal(table)
    both = tiny_memory(kind, mask="neurips", segment_size=5)
    torch.testing.assert_close(both.read(ids, both.init_state(1)), front.read(ids, front.init_state(1)))
    torch.testing.assert_close(both.step(ids, both.init_state(1)).output.hidden, both.read(ids, both.init_state(1)))


@pytest.mark.parametrize("memory", ["rmt", "rmt-r"])
@pytest.mark.parametrize("mask", ["causal", "neurips"])
def test_questions_side_by_side_are_read_as_alone(kind, memory, mask):
    model = tiny_memory(kind, kind=memory, mask=mask)
    state = model.step(tokens(2, 16), model.init_state(2)).state
    questions = tokens(6, 5)
    real = torch.arange(5) < torch.tensor([5, 3, 4, 5, 1, 2])[:, None]
    together = model.read(questions, state, real)
    for i in range(6):
        alone = model.read(questions[i : i + 1, : real[i].sum()], rows(state, lambda x, i=i: x[i // 3 : i // 3 + 1]))
        torch.testing.assert_close(together[i, real[i]], alone[0])


@pytest.mark.parametrize("mask", ["causal", "neurips"])
def test_memory_written_before_the_text_holds_nothing_of_it(kind, mask):
    model = tiny_memory(kind, mem_at_end=False, mask=mask)
    state = model.init_state(1)
    first, second = (model.step(tokens(1, 16, seed=seed), state) for seed in (1, 2))
    torch.testing.assert_close(first.state, second.state)
    joined = torch.cat((state["memory"], model.base.get_input_embeddings()(tokens(1, 16))), dim=1)
    if mask == "causal":
        hidden = model.base.base_model(inputs_embeds=joined).last_hidden_state
        torch.testing.assert_close((first.state["memory"], first.output.hidden), (hidden[:, :4], hidden[:, 4:]))
    assert tiny_memory(kind, mem_at_end=False, segment_size=60).config.segment_size == 60


@pytest.mark.parametrize("words", [{"kind": "rmtt"}, {"mask": "neurip"}, {"retrieval": "top1"}, {"cut": "words"}])
def test_a_word_that_is_none_to_choose_from_is_refused(words):
    name, word = next(iter(words.items()))
    with pytest.raises(UsageError, match=f"Unknown {name} of a memory '{word}'"):
        MemoryConfig(**words)


@pytest.mark.parametrize(
    ("kind", "setting"),
    [
        ("armt", {"mask": "neurips"}),
        ("prmt", {"mem_at_end": False}),
        ("bank", {"gate": True}),
        ("armt", {"slot_embeddings": True}),
        ("rmt", {"retrieval": "top_1"}),
    ],
)
def test_a_setting_of_another_kind_is_refused(kind, setting):
    with pytest.raises(UsageError, match=f"`{next(iter(setting))}` is a setting of rmt.* of the kind {kind}; leave it"):
        MemoryConfig(kind=kind, **setting)


@pytest.mark.parametrize("sizes", [{"overlap": 16}, {"segment_size": 0}, {"memory_tokens": -1}, {"overlap": -1}])
def test_sizes_that_do_not_fit_together_are_refused(sizes):
    with pytest.raises(UsageError, match="are no memory"):
        MemoryConfig(**{"segment_size": 16, **sizes})


@pytest.mark.parametrize("memory", ["rmt", "armt", "prmt", "bank"])
def test_more_tokens_than_positions_are_refused_at_once(kind, memory):
    model = tiny_memory(kind, kind=memory)
    if not model.positions:
        pytest.skip("has no limit")
    state = model.init_state(1)
    for read in (model.step, model.read):
        with pytest.raises(UsageError, match=f"are more than the {model.positions} positions of the base model"):
            read(tokens(1, model.positions + 1), state)


def test_segments_in_turn_are_one_pass(kind):
    model = tiny_memory(kind, **EXTRAS)
    ids = tokens(1, 48)
    state = model.init_state(1)
    for segment in ids.split(16, dim=1):
        state = model.step(segment, state).state
    saved = rows(model.step(ids[:, :16], model.init_state(1)).state, torch.clone)
    for segment in ids[:, 16:].split(16, dim=1):
        saved = model.step(segment, saved).state
    torch.testing.assert_close(state, saved)


def test_a_padded_row_keeps_its_state_and_changes_no_other(kind):
    model = tiny_memory(kind, **EXTRAS)
    ids, state = tokens(2, 16), memory(2)
    mask = torch.ones(2, 16, dtype=torch.bool)
    mask[1] = False
    step = model.step(ids, state, mask)
    torch.testing.assert_close(step.state["memory"][1], state["memory"][1], rtol=0, atol=0)
    torch.testing.assert_close(
        step.state["memory"][0], model.step(ids[:1], rows(state, lambda x: x[:1])).state["memory"][0]
    )


def test_padding_inside_a_segment_is_not_read(kind):
    model = tiny_memory(kind, **EXTRAS)
    ids, state = tokens(1, 16), memory(1)
    mask = torch.arange(16)[None] < 9
    other = torch.where(mask, ids, tokens(1, 16, seed=2))
    torch.testing.assert_close(model.step(ids, state, mask).state, model.step(other, state, mask).state)


def test_a_question_reads_the_memory(kind):
    model = tiny_memory(kind)
    question, states = tokens(1, 5), (memory(1, seed=1), memory(1, seed=2))
    first, second = (model.read(question, state) for state in states)
    assert not torch.allclose(first, second)


def test_a_shut_gate_holds_and_an_open_one_overwrites():
    model = tiny_memory(gate=True)
    ids, state = tokens(1, 16), memory(1)
    plain = tiny_memory()
    plain.memory.data = model.memory.data
    for bias, expected in ((-50.0, state), (50.0, plain.step(ids, state).state)):
        model.gate.bias.data.fill_(bias)
        torch.testing.assert_close(model.step(ids, state).state, expected)


def test_a_gate_below_its_floor_holds_exactly():
    model = tiny_memory(gate=True, gate_floor=0.05)
    ids, state = tokens(1, 16), memory(1)
    model.gate.bias.data.fill_(-3.0)  # sigmoid(-3) = 0.047
    step = model.step(ids, state)
    assert step.output.opening.eq(0).all()
    torch.testing.assert_close(step.state, state, rtol=0, atol=0)
    model.gate.bias.data.fill_(-2.0)
    assert model.step(ids, state).output.opening.gt(0.1).all()


def test_the_state_stays_in_float32():
    model = tiny_memory(gate=True).to(torch.bfloat16)
    step = model.step(tokens(1, 16), model.init_state(1))
    assert (step.output.hidden.dtype, step.state["memory"].dtype) == (torch.bfloat16, torch.float32)


def test_token_shift_looks_back_only():
    model = tiny_memory(token_shift=3)
    ids = tokens(1, 16)
    changed = ids.clone()
    changed[0, 8] = (changed[0, 8] + 1) % 100
    same = torch.isclose(model.embed(ids), model.embed(changed)).all(dim=-1)[0]
    assert same.tolist() == [True] * 8 + [False] * 4 + [True] * 4
    by_hand = model.base.get_input_embeddings()(ids)[0, 8]
    for back in (1, 2, 3):
        by_hand = by_hand + model.shift[back - 1] * model.base.get_input_embeddings()(ids)[0, 8 - back]
    torch.testing.assert_close(model.embed(ids)[0, 8], by_hand)


def test_gradient_reaches_what_was_written_segments_ago():
    model = tiny_memory(**EXTRAS)
    state = model.init_state(1)
    for seed in range(3):
        state = model.step(tokens(1, 16, seed=seed), state).state
    model.read(tokens(1, 5), state).sum().backward()
    assert model.memory.grad is not None
    assert model.memory.grad.abs().sum() > 0


def test_a_segment_that_does_not_fit_the_positions_is_refused():
    with pytest.raises(UsageError, match="needs 136 positions; the base model has 64"):
        tiny_memory(segment_size=128)
