"""On a GPU: recorded steps, windows, a reader and training give what they give on the CPU."""

import dataclasses

import pytest
import torch

from baselines.memory.cuda_graphs import Replayed
from baselines.memory.diagonal import Diagonal, run_sequential
from baselines.memory.windows import Windows
from baselines.reader import load_reader
from baselines.training import kinds
from baselines.training.recorded import Recorded
from tests.baselines.test_recorded import GATED, STAGE, made, memory
from tests.baselines.tiny import tiny_memory, tokens
from tests.baselines.training_runs import TINY, batches, run

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")

CLOSE = {"rtol": 1e-3, "atol": 1e-3}


@pytest.fixture(autouse=True)
def exact():
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    yield
    torch.set_float32_matmul_precision(before)


def test_what_is_recorded_is_replayed_for_other_inputs():
    calls = []

    def work(x, named):
        calls.append(x.shape)
        return {"sum": x + named["y"], "times": x * named["y"]}

    replayed = Replayed(work)
    with torch.no_grad():
        for n in (3, 4, 3, 4):
            x, y = torch.rand(n, device="cuda"), torch.rand(n, device="cuda")
            made = replayed(x, {"y": y})
            torch.testing.assert_close(made, {"sum": x + y, "times": x * y})
    assert len(calls) == 8  # three to warm up and one recorded, for each of two shapes
    x = torch.rand(3, device="cuda", requires_grad=True)
    replayed(x, {"y": x})["times"].sum().backward()
    assert x.grad is not None


def test_what_cannot_be_recorded_is_called():
    replayed = Replayed(lambda x: x * float(x.sum()))
    with torch.no_grad():
        for _ in range(3):
            x = torch.rand(4, device="cuda")
            torch.testing.assert_close(replayed(x), x * x.sum())


@pytest.mark.parametrize("architecture", ["gpt2", "llama", "gpt_neox"])
@pytest.mark.parametrize("memory", ["rmt", "armt", "prmt", "bank"])
def test_windows_are_read_as_on_the_cpu(memory, architecture):
    if memory == "bank" and architecture != "gpt2":
        pytest.skip("a bank's recency is given per head")
    sizes = {"bank": 9, "recency": (0.0, 1.5)} if memory == "bank" else {}
    model = tiny_memory(architecture, kind=memory, memory_tokens=2, segment_size=16, **sizes)
    ids, mask = tokens(40, 3, 16), torch.ones(40, 3, 16, dtype=torch.bool)
    mask[30:, 1] = False
    mask[::2, 2, 9:] = False
    for padding in (None, mask):
        with torch.no_grad():
            expected = run_sequential(model.cpu(), ids, model.init_state(3), padding)[1]
            windows, gpu = Windows(model.to("cuda")), None if padding is None else padding.cuda()
            state = model.init_state(3)
            for start in (0, 17, 34):
                part = slice(start, start + 17)
                state = windows(ids[part].cuda(), state, None if gpu is None else gpu[part])
        torch.testing.assert_close({name: x.cpu() for name, x in state.items()}, expected, **CLOSE)


def test_the_diagonal_replayed_gives_the_hidden_states_of_the_sequence():
    model = tiny_memory(kind="armt", segment_size=16).to("cuda")
    ids = tokens(20, 2, 16).cuda()
    with torch.inference_mode():
        diagonal = Diagonal(model)
        for _ in range(2):
            ours = diagonal(ids, model.init_state(2), keep=range(20))
            torch.testing.assert_close(ours, run_sequential(model, ids, model.init_state(2), keep=range(20)), **CLOSE)


@pytest.mark.parametrize("name", ["rmt-gpt2", "armt-gpt2", "rmt-gated"])
def test_a_bundled_checkpoint_answers_as_on_the_cpu(name):
    pairs = [
        ("Mary went to the garden. It rained all day. John moved to the office.", f"Where is {who}?")
        for who in ("Mary", "John")
    ]
    answers = [
        [reading.text for reading in load_reader(name, "float32", device).answer(pairs, 5)]
        for device in ("cpu", "cuda")
    ]
    assert answers == [["garden", "office"]] * 2


@pytest.mark.parametrize("stage", [STAGE, dataclasses.replace(GATED, stretch=0.1)], ids=["open", "gated"])
def test_what_is_learnt_by_a_recording_is_what_is_learnt_without(stage):
    model, loss = memory().to("cuda"), Recorded()
    for step in range(6):
        scores, gradients = [], []
        for each in (loss, kinds.loss):
            model.zero_grad()
            torch.manual_seed(step)
            scores.append(each(model, made(step, stage), stage))
            scores[-1].loss.backward()
            gradients.append({name: p.grad for name, p in model.named_parameters() if p.grad is not None})
        if stage is STAGE:
            torch.testing.assert_close(scores[0]._asdict(), scores[1]._asdict(), **CLOSE)
            torch.testing.assert_close(*gradients, **CLOSE)
        assert gradients[0].keys() == gradients[1].keys()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(torch.randn_like(parameter) * 0.01)
    assert 1 <= len(loss.recordings) <= 2 and all(loss.recordings.values())


def test_training_runs(tmp_path):
    folder = run(TINY, tmp_path, source=batches())
    assert (folder / "model.safetensors").is_file()
