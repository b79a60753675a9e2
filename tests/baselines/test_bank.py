"""The bank of memories: what is kept, what a question sees of it, and that training sees the same."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from babilong.errors import UsageError
from baselines.memory.bank import MemoryBank
from baselines.memory.config import MemoryConfig
from baselines.memory.layers import layer_stack
from baselines.memory.model import State, rows
from baselines.memory.state_files import load_state, save_state
from tests.baselines.tiny import TINY, tiny_base, tokens

SIZE = 8
RECENCY = (0.0, 1.5)


def bank(kind: str = "gpt2", m: int = 1, n: int = 3, recency=RECENCY, layers: int = 2) -> MemoryBank:
    config = MemoryConfig(kind="bank", memory_tokens=m, segment_size=SIZE, bank=n, recency=recency)
    model = MemoryBank(tiny_base(kind, layers=layers), config).eval()
    torch.nn.init.normal_(model.read_slots, std=0.1)
    return model


def read_all(model, segments: torch.Tensor, state: State | None = None, opening=None) -> State:
    """Segments [B, F, L] read one after the other; `opening` is [B, F]."""
    state = model.init_state(len(segments)) if state is None else state
    for i in range(segments.shape[1]):
        state = model.step(segments[:, i], state, opening=None if opening is None else opening[:, i]).state
    return state


@pytest.fixture(autouse=True)
def without_gradient():
    with torch.no_grad():
        yield


@pytest.mark.parametrize("m", [1, 2])
def test_a_memory_is_put_behind_the_others_and_the_oldest_falls_out(kind, m):
    model = bank(kind, m)
    segments = tokens(2, 5, SIZE)
    written = [model.write(segments[:, i])[1] for i in range(5)]
    state = model.init_state(2)
    for i in range(5):
        step = model.step(segments[:, i], state)
        state, kept = step.state, written[max(0, i - 2) : i + 1]
        held = len(kept) * m
        torch.testing.assert_close(state["memory"][:, :held], torch.cat(kept, dim=1))
        assert not state["memory"][:, held:].any()
        assert state["weight"].tolist() == [[1.0] * held + [0.0] * (3 * m - held)] * 2
        assert step.output.opening.eq(1).all()


def test_what_is_not_let_in_leaves_the_state_exactly(kind):
    model = bank(kind, m=2)
    for count in (0, 2, 3):
        state = read_all(model, tokens(2, count, SIZE))
        shut = model.step(tokens(2, SIZE, seed=9), state, opening=torch.zeros(2))
        padded = model.step(tokens(2, SIZE, seed=9), state, torch.zeros(2, SIZE, dtype=torch.bool))
        for step in (shut, padded):
            assert all(tensor.equal(state[name]) for name, tensor in step.state.items())
            assert step.output.opening.eq(0).all()


def test_a_row_that_is_let_in_does_not_move_another():
    model = bank()
    state = read_all(model, tokens(2, 3, SIZE))
    after = model.step(tokens(2, SIZE, seed=9), state, opening=torch.tensor([0.0, 1.0])).state
    assert after["memory"][0].equal(state["memory"][0])
    assert after["memory"][1, :2].equal(state["memory"][1, 1:])


@pytest.mark.parametrize("m", [1, 2])
def test_questions_side_by_side_are_read_as_alone(kind, m):
    model = bank(kind, m)
    opening = torch.tensor([[1.0, 1.0, 1.0, 1.0], [0.0, 1.0, 0.0, 1.0]])  # the rows hold 3 and 2 memories
    state = read_all(model, tokens(2, 4, SIZE), opening=opening)
    questions = tokens(6, 5)
    real = torch.arange(5) < torch.tensor([5, 3, 4, 5, 1, 2])[:, None]
    together = model.read(questions, state, real)
    for i in range(6):
        alone = model.read(questions[i : i + 1, : real[i].sum()], rows(state, lambda x, i=i: x[i // 3 : i // 3 + 1]))
        torch.testing.assert_close(together[i, real[i]], alone[0])


@given(
    kind=st.sampled_from(sorted(TINY)),
    m=st.integers(1, 2),
    let_in=st.lists(st.booleans(), min_size=1, max_size=9),
    recency=st.sampled_from([(), RECENCY]),
    data=st.data(),
)
@settings(max_examples=20, deadline=None)
def test_asking_about_the_start_of_a_text_is_reading_that_much_of_it(kind, m, let_in, recency, data):
    """What training relies on: all segments are written at once, and what is not let in plays no part."""
    model = bank(kind, m, n=9, recency=recency)
    count = len(let_in)
    segments, weight = tokens(1, count, SIZE), torch.tensor([let_in]).float()
    lasts = data.draw(st.lists(st.integers(0, count), min_size=1, max_size=3))
    questions = tokens(len(lasts), 4, seed=2)
    memory = model.write(segments[0])[1].reshape(1, count * m, -1)
    span = torch.zeros(1, len(lasts), dtype=torch.long), m * torch.tensor([lasts])
    hidden = model.ask(questions, memory, weight.repeat_interleave(m, dim=1), span).hidden
    for i, last in enumerate(lasts):
        state = read_all(model, segments[:, :last], opening=weight[:, :last])
        torch.testing.assert_close(hidden[i : i + 1], model.read(questions[i : i + 1], state), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("first", [0, 2, 3])
def test_a_question_sees_its_stretch_alone(kind, first):
    model = bank(kind, n=5, layers=1)  # in the next layer, memories have looked at those before them
    segments, question = tokens(1, 5, SIZE), tokens(1, 4, seed=2)
    memory = model.write(segments[0])[1].reshape(1, 5, -1)
    span = torch.tensor([[first]]), torch.tensor([[4]])
    hidden = model.ask(question, memory, torch.ones(1, 5), span).hidden
    torch.testing.assert_close(hidden, model.read(question, read_all(model, segments[:, first:4])))


@given(kind=st.sampled_from(sorted(TINY)), length=st.integers(1, SIZE), width=st.integers(0, SIZE))
@settings(max_examples=12, deadline=None)
def test_a_memory_does_not_depend_on_the_width_of_padding(kind, length, width):
    model = bank(kind, m=2)
    ids = tokens(1, length)
    padded = torch.nn.functional.pad(ids, (0, max(0, width - length)), value=7)
    mask = torch.arange(padded.shape[1])[None] < length
    torch.testing.assert_close(model.write(padded, mask)[1], model.write(ids)[1])
    torch.testing.assert_close(model.write(padded, mask)[0][:, :length], model.write(ids)[0])


@pytest.mark.parametrize("m", [1, 2])
def test_memories_are_what_is_written_and_the_text_is_passed_by(kind, m):
    model, ids = bank(kind, m), tokens(3, SIZE)
    mask = torch.arange(SIZE) < torch.tensor([SIZE, 3, 1])[:, None]
    text, written = model.write(ids, mask)
    widths: list[int] = []
    feed_forward = layer_stack(model.base).layers[-1].mlp
    handle = feed_forward.register_forward_hook(lambda module, inputs, output: widths.append(output.shape[1]))
    torch.testing.assert_close(model.memories(ids, mask), written)
    after = model.write(ids, mask)
    handle.remove()
    assert widths == [m, SIZE + m]
    assert torch.equal(after[0], text) and torch.equal(after[1], written)


@torch.enable_grad()
def test_the_gradient_of_memories_is_that_of_what_is_written(kind):
    model, ids = bank(kind), tokens(3, SIZE)
    direction = torch.randn(3, 1, model.width)
    expected, got = (
        torch.autograd.grad((written * direction).sum(), [*model.parameters()], allow_unused=True)
        for written in (model.write(ids)[1], model.memories(ids))
    )
    for a, b in zip(expected, got, strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            torch.testing.assert_close(b, a, atol=1e-5, rtol=1e-4)


def test_a_model_whose_parts_are_not_known_writes_the_same_memories():
    model, ids = bank("gpt2"), tokens(3, SIZE)
    model.base.config.model_type = "unheard-of"
    assert torch.equal(model.memories(ids), model.write(ids)[1])


def test_the_order_of_memories_tells_by_recency(kind):
    segments, question = tokens(1, 3, SIZE), tokens(1, 4, seed=2)
    for recency in ((), RECENCY):
        model = bank(kind, recency=recency, layers=1)
        one, other = (model.read(question, read_all(model, segments[:, order])) for order in ([0, 1, 2], [2, 1, 0]))
        assert torch.allclose(one, other, atol=1e-5) != bool(recency)


def test_an_empty_bank_is_read_as_the_base_model_reads(kind):
    model, question = bank(kind), tokens(2, 5)
    torch.testing.assert_close(
        model.read(question, model.init_state(2)), model.base.base_model(question).last_hidden_state
    )


def test_a_saved_state_goes_on_as_if_nothing_had_been(kind, tmp_path):
    model, segments = bank(kind, m=2), tokens(2, 5, SIZE)
    save_state(tmp_path / "state.safetensors", read_all(model, segments[:, :2]))
    state = read_all(model, segments[:, 2:], load_state(tmp_path / "state.safetensors")[0])
    whole = read_all(model, segments)
    assert all(tensor.equal(whole[name]) for name, tensor in state.items())
    question = tokens(2, 4, seed=2)
    assert model.read(question, state).equal(model.read(question, whole))


def test_a_state_that_is_half_let_in_counts_half():
    model, question = bank(recency=()), tokens(1, 4, seed=2)
    segments = tokens(1, 1, SIZE)
    hidden = [model.read(question, read_all(model, segments, opening=torch.tensor([[w]]))) for w in (0.0, 1e-6, 0.5, 1)]
    torch.testing.assert_close(hidden[0], hidden[1], rtol=1e-3, atol=1e-3)
    far = [(h - hidden[0]).abs().max() for h in hidden]
    assert 1e-3 < far[2] < far[3]


def test_halfway_the_memories_are_given_by_the_lower_half_of_the_layers(kind):
    model = bank(kind, n=5)
    memory, weight = model.write(tokens(3, SIZE))[1].reshape(1, 3, -1), torch.ones(1, 3)
    ids = tokens(2, 4)
    asked = model.ask(ids, memory, weight, halfway=True)
    assert asked.halfway.shape == memory.shape
    torch.testing.assert_close(asked.hidden, model.ask(ids, memory, weight).hidden)
    # They know nothing of the questions, and nothing of what was written after them.
    torch.testing.assert_close(model.ask(tokens(2, 4, seed=3), memory, weight, halfway=True).halfway, asked.halfway)
    later = memory + torch.tensor([0.0, 0.0, 1.0])[None, :, None] * torch.randn(32)
    changed = model.ask(ids, later, weight, halfway=True).halfway
    torch.testing.assert_close(changed[:, :2], asked.halfway[:, :2])
    assert (changed[:, 2] - asked.halfway[:, 2]).abs().max() > 0.1


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"n": 0}, "A bank of 0 memories of 1 tokens holds nothing"),
        ({"m": 0}, "A bank of 3 memories of 0 tokens holds nothing"),
        ({"recency": (1.0,)}, "There are 1 slopes in `recency` for 2 attention heads"),
    ],
)
def test_a_bank_that_could_hold_or_favour_nothing_is_refused(config, message):
    with pytest.raises(UsageError, match=message):
        bank(**config)
