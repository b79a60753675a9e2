"""The associative memory against its definition."""

import pytest
import torch

from babilong.errors import UsageError
from baselines.memory.armt import Association, dpfp
from baselines.memory.config import MemoryConfig
from baselines.memory.kinds import remember
from baselines.memory.layers import _PARTS
from baselines.memory.model import join, rows
from tests.baselines.tiny import tiny_base, tiny_memory

EPS = 1e-5


def tokens(*shape: int, seed: int = 1) -> torch.Tensor:
    return torch.randint(1, 100, shape, generator=torch.Generator().manual_seed(seed))


def tiny_armt(kind: str = "gpt2", **config):
    """Values that are written from the first segment on, and keys large enough to tell apart."""
    model = tiny_memory(kind, **{"kind": "armt", "key_size": 4, **config})
    with torch.no_grad():
        for association in model.associations:
            for linear in (association.query, association.key, association.value):
                linear.weight.normal_(0, 0.7)
    return model


def read_all(model, *segments, state=None):
    state = model.init_state(len(segments[0])) if state is None else state
    for segment in segments:
        state = model.step(segment, state).state
    return state


def by_definition(model, segments):
    """Segments of one text through the base model itself, with a memory of plain loops hung around its layers."""
    layers = model.stack.layers
    values: list = [None] * len(layers)
    keys: list = [None] * len(layers)
    m = model.config.memory_tokens

    def recall(i, hidden):
        if values[i] is None:
            return hidden
        found = []
        for h in hidden[0]:
            query = dpfp(model.associations[i].query(h))
            found.append(query @ values[i] / (query @ keys[i] + EPS))
        return hidden + torch.stack(found)

    def write(i, output):
        association = model.associations[i]
        first = values[i] is None
        old_values = torch.zeros(24, 32) if first else values[i]
        old_keys = torch.zeros(24) if first else keys[i]
        new_values, new_keys = old_values.clone(), old_keys.clone()
        for o in output[0, -m:]:
            key, value, strength = dpfp(association.key(o)), association.value(o), association.strength(o).sigmoid()
            held, fresh = torch.zeros(32), torch.tensor(1.0)
            if not first:
                known = key @ old_keys + EPS
                held = key @ old_values / known
                fresh = (1 - known / (key @ key + EPS)).clamp(0, 1)
            new_values += strength * torch.outer(key, value - held)
            new_keys += fresh * key
        values[i], keys[i] = new_values, new_keys

    hooks = []
    for i, layer in enumerate(layers):
        hooks.append(layer.register_forward_pre_hook(lambda _, args, i=i: (recall(i, args[0]), *args[1:])))
        hooks.append(layer.register_forward_hook(lambda _, args, output, i=i: write(i, output)))
    hidden = []
    for segment in segments:
        joined = torch.cat((model.base.get_input_embeddings()(segment), model.memory[None]), dim=1)
        hidden.append(model.base.base_model(inputs_embeds=joined, use_cache=False).last_hidden_state[:, :-m])
    for hook in hooks:
        hook.remove()
    return hidden, {"values": torch.stack(values)[None], "keys": torch.stack(keys)[None]}


def test_dpfp_of_two_numbers():
    # relu([x; -x]) = [1, 0, 0, 2]; rolled by 1, 2, 3: [2, 1, 0, 0], [0, 2, 1, 0], [0, 0, 2, 1].
    expected = [2.0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]
    assert dpfp(torch.tensor([1.0, -2.0])).tolist() == expected
    assert dpfp(torch.tensor([1.0, -2.0]), nu=1).tolist() == expected[:4]


def test_an_update_of_small_numbers():
    association = Association(width=1, key_size=1)
    # One input dimension: relu([x; -x]) of x = 2 is [2, 0], of which only the roll by 2 leaves [4, 0].
    with torch.no_grad():
        for linear, weight in ((association.key, 2.0), (association.value, 3.0), (association.strength, 0.0)):
            linear.weight.fill_(weight)
        association.strength.bias.fill_(0.0)
    empty = {"values": torch.zeros(1, 6, 1), "keys": torch.zeros(1, 6)}
    first = association.write(torch.ones(1, 1, 1), empty, None)
    # key [0, 0, 4, 0, 0, 0], value 3, strength 1/2
    assert first["values"].flatten().tolist() == [0, 0, 6, 0, 0, 0]
    assert first["keys"].flatten().tolist() == [0, 0, 4, 0, 0, 0]
    # The same key again: 6 * 4 / 16 = 1.5 was held, half of what is missing to 3 is written, and the key counts once.
    second = association.write(torch.ones(1, 1, 1), first, None)
    torch.testing.assert_close(second["values"].flatten()[2], torch.tensor(6 + 0.5 * 4 * 1.5))
    torch.testing.assert_close(second["keys"], first["keys"])


@pytest.mark.parametrize("scale", ["corrected", "counted", "unit"])
def test_a_key_written_again_with_full_strength_holds_the_new_value(scale):
    torch.manual_seed(0)
    association = Association(8, 4, scale)
    association.strength.bias.data.fill_(50.0)
    association.value.weight.data.normal_()
    # A key looks at the first four numbers alone, a value at the rest.
    association.key.weight.data[:, 4:] = 0
    association.value.weight.data[:, :4] = 0
    association.query.weight = association.key.weight
    old, new = torch.randn(2, 1, 1, 8)
    new[..., :4] = old[..., :4]
    state = {"values": torch.zeros(1, 24, 8), "keys": torch.zeros(1, 24)}
    once = association.write(old, state, None)
    twice = association.write(new, once, None)
    close = {"rtol": 1e-3, "atol": 1e-3}
    torch.testing.assert_close(association.recall(new, once), association.value(old), **close)
    if scale == "counted":
        torch.testing.assert_close(twice["keys"], 2 * once["keys"])
        torch.testing.assert_close(association.recall(new, twice), association.value(new) / 2, **close)
    else:
        torch.testing.assert_close(twice["keys"], once["keys"], rtol=0, atol=0)
        torch.testing.assert_close(association.recall(new, twice), association.value(new), **close)


def test_how_new_a_key_is_has_no_gradient():
    """As in the released code, where the correction of the keys is detached."""
    torch.manual_seed(0)
    association = Association(8, 4)
    held = association.write(torch.randn(1, 3, 8), {"values": torch.zeros(1, 24, 8), "keys": torch.zeros(1, 24)}, None)
    hidden, of_keys = torch.randn(1, 1, 8), held["keys"].detach()
    key = dpfp(association.key(hidden))
    added = association.write(hidden, {name: x.detach() for name, x in held.items()}, None)["keys"] - of_keys
    new = (1 - ((key * of_keys).sum() + EPS) / (key.square().sum() + EPS)).clamp(0, 1).item()
    assert 0.05 < new < 0.95
    ours, theirs = (torch.autograd.grad(x.square().sum(), association.key.weight) for x in (added, new * key))
    torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-5)


def test_keys_of_length_1_cannot_blow_up():
    """However much they overlap, no more is ever read than what was written: the value missing is all that is added."""
    torch.manual_seed(0)
    association = Association(8, 2, "unit")
    association.value.weight.data.normal_()
    state = {"values": torch.zeros(1, 12, 8), "keys": torch.zeros(1, 12)}
    with torch.no_grad():
        for _ in range(200):
            hidden = torch.randn(1, 1, 8)
            held = association.recall(hidden, state)
            assert held.norm() < 20
            state = association.write(hidden, state, None)
    assert not state["keys"].any()
    assert state["values"].norm() > 1


def test_segments_are_read_as_defined(kind):
    model = tiny_armt(kind)
    segments = tokens(4, 1, 16)
    with torch.no_grad():
        hidden, expected = by_definition(model, segments)
        state = model.init_state(1)
        for segment, wanted in zip(segments, hidden, strict=True):
            step = model.step(segment, state)
            state = step.state
            torch.testing.assert_close(step.output.hidden, wanted, rtol=1e-4, atol=1e-4)
            assert step.output.opening.eq(1).all()
    torch.testing.assert_close(state, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("architecture", sorted(_PARTS))
def test_a_fresh_memory_leaves_the_model_as_it_is(architecture):
    model = tiny_memory(architecture, kind="armt", key_size=4)
    joined = torch.cat((model.base.get_input_embeddings()(tokens(2, 16)), model.memory.expand(2, -1, -1)), dim=1)
    output = model.base(inputs_embeds=joined)
    first = model.step(tokens(2, 16), model.init_state(2))
    torch.testing.assert_close(model.logits(first.output.hidden), output.logits[:, :16])
    # Values are zero, so what was written adds nothing either.
    second = model.step(tokens(2, 16), first.state)
    torch.testing.assert_close(second.output.hidden, first.output.hidden)
    assert second.state["keys"].gt(0).any()


def test_an_empty_memory_adds_nothing(kind):
    model = tiny_armt(kind)
    ids = tokens(2, 16)
    torch.testing.assert_close(model.logits(model.read(ids, model.init_state(2))), model.base(ids).logits)


def test_no_memory_tokens_is_the_base_model(kind):
    model = tiny_armt(kind, memory_tokens=0)
    ids, state = tokens(2, 16), model.init_state(2)
    step = model.step(ids, state)
    torch.testing.assert_close(model.logits(step.output.hidden), model.base(ids).logits)
    torch.testing.assert_close(step.state, state, rtol=0, atol=0)


@pytest.mark.parametrize("shut", ["padding", "opening"])
def test_a_row_that_is_not_let_in_keeps_its_state(kind, shut):
    model = tiny_armt(kind)
    before = read_all(model, tokens(2, 16, seed=2))
    mask, opening = None, None
    if shut == "padding":
        mask = torch.ones(2, 16, dtype=torch.bool)
        mask[1] = False
    else:
        opening = torch.tensor([1.0, 0.0])
    step = model.step(tokens(2, 16), before, mask, opening)
    alone = model.step(tokens(2, 16)[:1], rows(before, lambda x: x[:1]))
    for name, tensor in step.state.items():
        assert tensor[1].equal(before[name][1])
        torch.testing.assert_close(tensor[0], alone.state[name][0])
    assert step.output.opening.tolist() == [[1], [0]]


def test_a_segment_let_into_nothing_leaves_it_empty(kind):
    model = tiny_armt(kind)
    shut = model.step(tokens(1, 16, seed=2), model.init_state(1), opening=torch.zeros(1)).state
    torch.testing.assert_close(read_all(model, tokens(1, 16), state=shut), read_all(model, tokens(1, 16)))


def test_padding_inside_a_segment_is_not_read(kind):
    model = tiny_armt(kind)
    ids, before = tokens(1, 16), read_all(model, tokens(1, 16, seed=2))
    mask = torch.arange(16)[None] < 9
    other = torch.where(mask, ids, tokens(1, 16, seed=3))
    ours, theirs = (model.step(each, before, mask) for each in (ids, other))
    torch.testing.assert_close(ours.state, theirs.state)
    torch.testing.assert_close(ours.output.hidden[:, :9], theirs.output.hidden[:, :9])
    # A short segment without padding is the same as one padded to full length.
    torch.testing.assert_close(ours.state, model.step(ids[:, :9], before).state)


def test_each_text_is_asked_several_questions(kind):
    model = tiny_armt(kind)
    states = [read_all(model, tokens(1, 16, seed=seed)) for seed in (2, 3)]
    questions = tokens(6, 5)
    mask = torch.arange(5)[None] < torch.tensor([5, 4, 5, 3, 5, 5])[:, None]
    together = model.read(questions, join(states), mask)
    for i in range(6):
        alone = model.read(questions[i : i + 1, : mask[i].sum()], states[i // 3])
        torch.testing.assert_close(together[i : i + 1, : mask[i].sum()], alone)
    assert not torch.allclose(model.read(questions[:1], states[0]), model.read(questions[:1], states[1]))


def test_gradient_flows_through_segments(kind):
    model = tiny_armt(kind)
    early = model.embed(tokens(1, 16, seed=9)).detach().requires_grad_()
    embed, model.embed = model.embed, lambda ids: early
    state = model.step(tokens(1, 16), model.init_state(1)).state
    model.embed = embed
    state = read_all(model, *tokens(2, 1, 16), state=state)
    model.read(tokens(1, 5), state).square().sum().backward()
    assert early.grad.abs().sum() > 0
    for association in model.associations:
        assert all(parameter.grad.abs().sum() > 0 for parameter in association.parameters())
    assert model.memory.grad.abs().sum() > 0


def test_memory_tokens_have_the_last_positions_to_themselves():
    model = tiny_armt(written_at="table")
    ids, inner = tokens(1, 16), model.base.base_model
    joined = torch.cat((model.embed(ids), model.memory[None]), dim=1)
    expected = inner(inputs_embeds=joined, position_ids=torch.tensor([[*range(16), *range(60, 64)]])).last_hidden_state
    step = model.step(ids, model.init_state(1))
    torch.testing.assert_close(step.output.hidden, expected[:, :16])
    plain = tiny_armt()
    assert not torch.allclose(step.state["values"], read_all(plain, ids)["values"])
    torch.testing.assert_close(model.read(ids, step.state), plain.read(ids, step.state))


def test_a_base_model_without_a_last_position_has_none_for_the_memory():
    base = tiny_base()
    base.config.n_positions = 0
    with pytest.raises(UsageError, match="A gpt2 model has no last positions for memory tokens; leave out written_at"):
        remember(base, MemoryConfig(kind="armt", segment_size=16, written_at="table"))


@pytest.mark.parametrize("written_at", ["segment", "text", "table"])
def test_a_segment_has_its_positions_beside_those_of_the_memory(kind, written_at):
    assert read_all(tiny_armt(kind, segment_size=60, written_at=written_at), tokens(1, 60))["keys"].gt(0).any()
    with pytest.raises(UsageError, match="needs 68 positions; the base model has 64"):
        tiny_armt(kind, segment_size=64, written_at=written_at)


def test_an_architecture_whose_layers_are_not_known_is_refused():
    base = tiny_base()
    base.config.model_type = "gemma"
    with pytest.raises(UsageError, match="between the layers of a gemma model is not supported; choose gpt2"):
        remember(base, MemoryConfig(kind="armt", segment_size=16))


@pytest.mark.parametrize(("architecture", "dropout"), [("gpt2", "drop"), ("gpt_neox", "emb_dropout")])
def test_dropout_after_the_embeddings_is_the_base_models(architecture, dropout):
    model = tiny_armt(architecture).train()
    getattr(model.base.base_model, dropout).p = 1.0
    hidden, _ = model.enter(tokens(1, 16), None, None, write=True)
    assert hidden.eq(0).all()


def test_the_state_stays_in_float32():
    model = tiny_armt().to(torch.bfloat16)
    step = model.step(tokens(1, 16), model.init_state(1))
    assert step.output.hidden.dtype == torch.bfloat16
    assert {tensor.dtype for tensor in step.state.values()} == {torch.float32}


def test_what_is_written_is_not_rounded_by_autocast():
    torch.manual_seed(0)
    association = Association(8, 4)
    association.value.weight.data.normal_()
    hidden, state = torch.randn(1, 4, 8), {"values": torch.randn(1, 24, 8), "keys": torch.rand(1, 24)}
    with torch.autocast("cpu", dtype=torch.bfloat16):
        written = association.write(hidden, state, None)
        parts = (dpfp(association.key(hidden)), association.value(hidden), association.strength(hidden).sigmoid())
    assert parts[1].dtype == torch.bfloat16
    exact = association._add(*(part.float() for part in parts), state, None)
    torch.testing.assert_close(written, exact, rtol=0, atol=0)
