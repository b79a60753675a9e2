"""Reading along the diagonal gives what reading one segment after the other gives."""

import pytest
import torch

from babilong.errors import UsageError
from baselines.memory import windows
from baselines.memory.config import MemoryConfig
from baselines.memory.diagonal import Diagonal, run_sequential
from baselines.memory.kinds import remember
from baselines.memory.windows import Windows, worthwhile
from tests.baselines.tiny import tiny_base, tiny_memory

CLOSE = {"rtol": 1e-4, "atol": 1e-4}
LAYERS = 3


def run_diagonal(model, *arguments, **options):
    return Diagonal(model)(*arguments, **options)


def tiny(architecture="gpt2", kind="armt", **config):
    """Counted: corrected, keys drawn at random blow rounding up from segment to segment."""
    settings = {"memory_tokens": 4, "segment_size": 16, "key_size": 8, "key_scale": "counted", **config}
    model = remember(tiny_base(architecture, layers=LAYERS), MemoryConfig(kind=kind, **settings)).eval()
    with torch.no_grad():
        # Norms and biases start alike in all layers, and values at zero.
        for parameter in model.base.base_model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
        for association in getattr(model, "associations", ()):
            association.query.weight.normal_(0, 0.7)
            association.key.weight.normal_(0, 0.7)
            association.value.weight.normal_(0, 0.02)
    return model


def tokens(*shape: int) -> torch.Tensor:
    return torch.randint(1, 100, shape, generator=torch.Generator().manual_seed(1))


@pytest.fixture(params=["armt", "prmt"])
def memory(request) -> str:
    return request.param


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("segments", [1, 2, LAYERS, 7])
def test_the_diagonal_gives_what_the_sequence_gives(kind, memory, segments, batch):
    model = tiny(kind, memory)
    ids = tokens(segments, batch, 16)
    with torch.no_grad():
        ours = run_diagonal(model, ids, model.init_state(batch), keep=range(segments))
        theirs = run_sequential(model, ids, model.init_state(batch), keep=range(segments))
    assert len(ours[0]) == segments
    torch.testing.assert_close(ours, theirs, **CLOSE)


@pytest.mark.parametrize("segments", [1, 2, LAYERS, 7])
def test_so_it_does_with_padding_openings_and_a_memory_to_go_on_from(kind, memory, segments):
    model = tiny(kind, memory)
    ids = tokens(segments, 3, 16)
    mask = torch.ones(segments, 3, 16, dtype=torch.bool)
    mask[-1, 0, 9:] = False
    mask[-1, 1] = False
    openings = torch.rand(segments, 3, generator=torch.Generator().manual_seed(0))
    openings[0, 2] = 0
    with torch.no_grad():
        before = model.step(tokens(3, 16), model.init_state(3)).state
        for each in ((mask, None), (None, openings), (mask, openings)):
            ours = run_diagonal(model, ids, before, *each, keep=[segments - 1])
            theirs = run_sequential(model, ids, before, *each, keep=[segments - 1])
            torch.testing.assert_close(ours, theirs, **CLOSE)
    if segments == 1:
        for name, tensor in ours[1].items():
            assert tensor[1].equal(before[name][1])
            assert tensor[2].equal(before[name][2])


@pytest.mark.parametrize("segments", [1, 2, LAYERS, 7])
def test_so_it_does_with_the_published_scale(kind, segments):
    model = tiny(kind, key_scale="corrected")
    for association in model.associations:  # as they begin, which rounding does no harm
        association.key.reset_parameters()
        association.query.reset_parameters()
    ids = tokens(segments, 2, 16)
    with torch.no_grad():
        ours, theirs = (
            run(model, ids, model.init_state(2), keep=range(segments)) for run in (run_diagonal, run_sequential)
        )
    torch.testing.assert_close(ours, theirs, **CLOSE)


@pytest.mark.parametrize("segments", [1, 2, LAYERS, 7])
def test_in_double_precision_nothing_is_left_of_the_difference(kind, memory, segments, monkeypatch):
    model = tiny(kind, memory, key_scale="corrected").double()
    ids = tokens(segments, 2, 16)
    monkeypatch.setattr(torch.Tensor, "float", torch.Tensor.double)
    with torch.no_grad():
        state = {name: tensor.double() for name, tensor in model.init_state(2).items()}
        ours, theirs = (run(model, ids, state, keep=range(segments)) for run in (run_diagonal, run_sequential))
    assert ours[0][0].dtype == torch.float64
    torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("segments", [2, 5])
def test_gradients_are_those_of_the_sequence(kind, memory, segments):
    model = tiny(kind, memory)
    ids = tokens(segments, 2, 16)
    found = []
    for run in (run_diagonal, run_sequential):
        model.zero_grad()
        hidden, state = run(model, ids, model.init_state(2), keep=[0, segments - 1])
        (torch.cat(hidden).square().mean() + model.read(tokens(2, 5), state).square().mean()).backward()
        found.append({name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None})
    assert len(found[0]) > 20
    torch.testing.assert_close(*found, rtol=1e-3, atol=1e-4)


def test_only_the_wanted_segments_are_kept(memory):
    model = tiny(kind=memory)
    ids = tokens(6, 1, 16)
    with torch.no_grad():
        assert run_diagonal(model, ids, model.init_state(1))[0] == []
        all_of_them = run_sequential(model, ids, model.init_state(1), keep=range(6))[0]
        kept = run_diagonal(model, ids, model.init_state(1), keep={5, 2})[0]
    torch.testing.assert_close(kept, [all_of_them[2], all_of_them[5]], **CLOSE)


def test_a_run_writes_nothing_into_the_model_or_the_state(memory):
    model = tiny(kind=memory)
    weights = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    state = model.init_state(1)
    before = {name: tensor.clone() for name, tensor in state.items()}
    with torch.no_grad():
        run_diagonal(model, tokens(4, 1, 16), state)
    assert model.state_dict().keys() == weights.keys()
    assert all(tensor.equal(weights[name]) for name, tensor in model.state_dict().items())
    assert all(tensor.equal(before[name]) for name, tensor in state.items())


def test_no_segments_leave_the_memory(memory):
    model = tiny(kind=memory)
    state = model.init_state(1)
    assert run_diagonal(model, tokens(0, 1, 16), state) == ([], state)


@pytest.mark.parametrize("config", [{"written_at": "table"}, {"token_shift": 2}, {"key_scale": "unit"}])
def test_options_hold_on_the_diagonal(config):
    model = tiny(**config)
    ids = tokens(4, 2, 16)
    with torch.no_grad():
        ours, theirs = (run(model, ids, model.init_state(2), keep=[3]) for run in (run_diagonal, run_sequential))
    torch.testing.assert_close(ours, theirs, **CLOSE)


@pytest.mark.parametrize("batch", [1, 2])
def test_each_row_keeps_the_positions_that_its_padding_gives(kind, memory, batch):
    model = tiny(kind, memory, written_at="text")
    ids, lengths = tokens(4, batch, 16), torch.tensor([[16, 9], [5, 16], [16, 16], [3, 1]])[:, :batch]
    mask = torch.arange(16) < lengths[..., None]
    with torch.no_grad():
        ours, theirs = (run(model, ids, model.init_state(batch), mask) for run in (run_diagonal, run_sequential))
    torch.testing.assert_close(ours, theirs, **CLOSE)


@pytest.mark.parametrize("architecture", ["mistral", "qwen2", "qwen3"])
def test_other_architectures_are_read_along_the_diagonal(architecture, memory):
    model = tiny(architecture, memory)
    ids = tokens(4, 2, 16)
    with torch.no_grad():
        ours, theirs = (run(model, ids, model.init_state(2), keep=[3]) for run in (run_diagonal, run_sequential))
    torch.testing.assert_close(ours, theirs, **CLOSE)


def test_the_diagonal_computes_in_what_autocast_says(kind, memory):
    model = tiny(kind, memory)
    ids = tokens(3, 1, 16)
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        ours, theirs = (run(model, ids, model.init_state(1), keep=[0]) for run in (run_diagonal, run_sequential))
    torch.testing.assert_close(ours[0], theirs[0], rtol=0.1, atol=0.1)
    assert ours[1].keys() == theirs[1].keys()
    assert {tensor.dtype for tensor in ours[1].values()} == {torch.float32}


def test_layer_calls_are_grouped(monkeypatch):
    model = tiny()
    calls = []
    layer = type(model.stack.layers[0])
    forward = layer.forward

    def counted(self, hidden, *args, **kwargs):
        calls.append(len(hidden))
        return forward(self, hidden, *args, **kwargs)

    monkeypatch.setattr(layer, "forward", counted)
    with torch.no_grad():
        run_diagonal(model, tokens(5, 2, 16), model.init_state(2))
        assert calls == [2, 4, 6, 6, 6, 4, 2]
        calls.clear()
        run_sequential(model, tokens(5, 2, 16), model.init_state(2))
        assert calls == [2] * 15


def test_the_state_stays_in_float32(memory):
    model = tiny(kind=memory).to(torch.bfloat16)
    with torch.no_grad():
        hidden, state = run_diagonal(model, tokens(4, 1, 16), model.init_state(1), keep=[3])
    assert hidden[0].dtype == torch.bfloat16
    assert {tensor.dtype for tensor in state.values()} == {torch.float32}


def test_layers_that_know_their_number_are_refused():
    model = tiny()
    model.base.config.scale_attn_by_inverse_layer_idx = True
    with pytest.raises(UsageError, match="cannot be read along the diagonal"):
        run_diagonal(model, tokens(4, 1, 16), model.init_state(1))


def test_the_diagonal_is_for_accelerators_and_many_segments(monkeypatch):
    assert worthwhile(torch.device("cuda"), 64)
    assert not worthwhile(torch.device("cuda"), 2)
    assert not worthwhile(torch.device("cpu"), 64)


def test_windows_go_along_the_diagonal_where_that_is_worthwhile(monkeypatch):
    went: list[str] = []
    ids, mask = tokens(6, 2, 16), torch.ones(6, 2, 16, dtype=torch.bool)
    mask[4:, 1] = False

    class Watched(windows.Diagonal):
        def __init__(self, model):
            super().__init__(model)
            went.append(model.config.kind)

    monkeypatch.setattr(windows, "Diagonal", Watched)
    for kind in ("rmt", "armt", "prmt"):
        model = tiny_memory(kind=kind)
        with torch.no_grad():
            one_by_one = run_sequential(model, ids, model.init_state(2), mask)[1]
            for worthwhile in (False, True):
                monkeypatch.setattr(windows, "worthwhile", lambda device, segments, it=worthwhile: it)
                read = Windows(model)
                halfway = read(ids[:3], model.init_state(2), mask[:3])
                torch.testing.assert_close(read(ids[3:], halfway, mask[3:]), one_by_one, **CLOSE)
    assert went == ["armt", "prmt"]
