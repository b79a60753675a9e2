"""Memory tokens of each layer against their definition."""

import pytest
import torch

from babilong.errors import UsageError
from baselines.memory.model import join, rows
from tests.baselines.tiny import tiny_memory


def tokens(*shape: int, seed: int = 1) -> torch.Tensor:
    return torch.randint(1, 100, shape, generator=torch.Generator().manual_seed(seed))


def tiny_prmt(architecture: str = "gpt2", **config):
    return tiny_memory(architecture, kind="prmt", **config)


def read_all(model, *segments, state=None):
    state = model.init_state(len(segments[0])) if state is None else state
    for segment in segments:
        state = model.step(segment, state).state
    return state


def by_definition(model, segments):
    """Segments of one text through the base model itself; its layers' inputs are overwritten on the way."""
    layers, m = model.stack.layers, model.config.memory_tokens
    held = [memory[None] for memory in model.memory]

    def overwrite(i, hidden):
        hidden = hidden.clone()
        hidden[:, :m] = hidden[:, -m:] = held[i]
        return hidden

    def keep(i, output):
        held[i] = output[:, -m:]

    hooks = []
    for i, layer in enumerate(layers):
        hooks.append(layer.register_forward_pre_hook(lambda _, args, i=i: (overwrite(i, args[0]), *args[1:])))
        hooks.append(layer.register_forward_hook(lambda _, args, output, i=i: keep(i, output)))
    hidden = []
    for segment in segments:
        text = model.base.get_input_embeddings()(segment)
        joined = torch.cat((text[:, :m], text, text[:, :m]), dim=1)
        hidden.append(model.base.base_model(inputs_embeds=joined, use_cache=False).last_hidden_state[:, m:-m])
    for hook in hooks:
        hook.remove()
    return hidden, {"memory": torch.stack(held, dim=1)}


def test_segments_are_read_as_defined(kind):
    model = tiny_prmt(kind)
    segments = tokens(4, 1, 16)
    hidden, expected = by_definition(model, segments)
    state = model.init_state(1)
    assert state["memory"].shape == (1, 2, 4, 32)
    for segment, wanted in zip(segments, hidden, strict=True):
        step = model.step(segment, state)
        state = step.state
        torch.testing.assert_close(step.output.hidden, wanted, rtol=1e-4, atol=1e-4)
        assert step.output.opening.eq(1).all()
    torch.testing.assert_close(state, expected, rtol=1e-4, atol=1e-4)


def test_no_memory_tokens_is_the_base_model(kind):
    model = tiny_prmt(kind, memory_tokens=0)
    ids, state = tokens(2, 16), model.init_state(2)
    step = model.step(ids, state)
    torch.testing.assert_close(model.logits(step.output.hidden), model.base(ids).logits)
    assert step.state["memory"].shape == (2, 2, 0, 32)


@pytest.mark.parametrize("shut", ["padding", "opening"])
def test_a_row_that_is_not_let_in_keeps_its_state(kind, shut):
    model = tiny_prmt(kind)
    before = read_all(model, tokens(2, 16, seed=2))
    mask, opening = None, None
    if shut == "padding":
        mask = torch.ones(2, 16, dtype=torch.bool)
        mask[1] = False
    else:
        opening = torch.tensor([1.0, 0.0])
    step = model.step(tokens(2, 16), before, mask, opening)
    alone = model.step(tokens(2, 16)[:1], rows(before, lambda x: x[:1])).state
    assert step.state["memory"][1].equal(before["memory"][1])
    torch.testing.assert_close(step.state["memory"][0], alone["memory"][0])


def test_a_segment_let_in_by_half_is_mixed_by_half():
    model = tiny_prmt()
    ids, before = tokens(1, 16), read_all(model, tokens(1, 16, seed=2))
    half = model.step(ids, before, opening=torch.tensor([0.5])).state["memory"]
    torch.testing.assert_close(half, (before["memory"] + read_all(model, ids, state=before)["memory"]) / 2)


def test_padding_inside_a_segment_is_not_read(kind):
    model = tiny_prmt(kind)
    ids, before = tokens(1, 16), read_all(model, tokens(1, 16, seed=2))
    mask = torch.arange(16)[None] < 9
    other = torch.where(mask, ids, tokens(1, 16, seed=3))
    ours, theirs = (model.step(each, before, mask) for each in (ids, other))
    torch.testing.assert_close(ours.state, theirs.state)
    torch.testing.assert_close(ours.output.hidden[:, :9], theirs.output.hidden[:, :9])
    torch.testing.assert_close(ours.state, model.step(ids[:, :9], before).state)


def test_each_text_is_asked_several_questions(kind):
    model = tiny_prmt(kind)
    states = [read_all(model, tokens(1, 16, seed=seed)) for seed in (2, 3)]
    questions = tokens(6, 5)
    together = model.read(questions, join(states))
    for i in range(6):
        torch.testing.assert_close(together[i : i + 1], model.read(questions[i : i + 1], states[i // 3]))
    assert not torch.allclose(model.read(questions[:1], states[0]), model.read(questions[:1], states[1]))


def test_the_memory_of_a_layer_is_no_business_of_the_ones_below(kind):
    model = tiny_prmt(kind)
    state = read_all(model, tokens(1, 16, seed=2))
    changed = {"memory": state["memory"].clone()}
    changed["memory"][:, 1] += 1
    ours, theirs = (read_all(model, tokens(1, 16), state=each)["memory"] for each in (state, changed))
    assert ours[:, 0].equal(theirs[:, 0])
    assert not torch.allclose(ours[:, 1], theirs[:, 1])


def test_gradient_flows_through_segments(kind):
    model = tiny_prmt(kind)
    state = read_all(model, *tokens(3, 1, 16))
    model.read(tokens(1, 5), state).square().sum().backward()
    # The initial memories enter the first segment only.
    assert all(layer.abs().sum() > 0 for layer in model.memory.grad)


def test_the_state_stays_in_float32():
    model = tiny_prmt().to(torch.bfloat16)
    step = model.step(tokens(1, 16), model.init_state(1))
    assert (step.output.hidden.dtype, step.state["memory"].dtype) == (torch.bfloat16, torch.float32)


def test_a_segment_that_does_not_fit_the_positions_is_refused():
    with pytest.raises(UsageError, match="needs 68 positions; the base model has 64"):
        tiny_prmt(segment_size=60)
