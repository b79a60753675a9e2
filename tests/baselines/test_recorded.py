"""What is recorded on a GPU, as far as a CPU can tell: alike for all batches, and nothing is waited for."""

from functools import lru_cache

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from babilong.tokenizers import load_tokenizer
from baselines.tasks.moments import MomentTask, Telling
from baselines.tasks.noise import sentences_of
from baselines.training import kinds
from baselines.training.inputs import inputs
from baselines.training.moments import learn, moments_loss
from baselines.training.recorded import Recorded
from baselines.training.stage import Stage
from tests.baselines.tiny import tiny_memory

TASKS = {"qa1": 1.0, "qa8": 2.0, "qa19": 1.0}
STAGE = Stage("open", 1, kind="moments", rows=3, facts=12, questions=8, segment_size=16)
GATED = Stage("gated", 1, kind="moments", rows=3, facts=8, noise=4, questions=8, gate="answers", write_penalty=0.1)


@lru_cache
def task() -> MomentTask:
    tokenizer = load_tokenizer()
    return MomentTask(TASKS, tokenizer, 0, sentences_of(tokenizer, 16, "train", 1, None), seed=1)


def made(step: int, stage: Stage = STAGE):
    telling = Telling(stage.facts, stage.noise, stage.questions, 16)
    return task().moments(range(stage.rows), step, telling), task().background(range(stage.rows), step, 4)


def memory():
    model = tiny_memory(
        "gpt2",
        load_tokenizer().vocab_size,
        kind="armt",
        memory_tokens=1,
        segment_size=16,
        key_size=4,
        key_scale="unit",
        cut="sentences",
        segment_gate=8,
    )
    for association in model.associations:
        torch.nn.init.normal_(association.value.weight, std=0.3)
    return model


class Waiting(TorchDispatchMode):
    """Refuses what a GPU would have to be waited for."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        at = args[1] if len(args) > 1 and isinstance(args[1], list | tuple) else ()
        by_mask = any(isinstance(i, torch.Tensor) and i.dtype == torch.bool for i in at)
        if func._schema.name in ("aten::_local_scalar_dense", "aten::nonzero", "aten::masked_select") or by_mask:
            raise AssertionError(f"{func} waits")
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("stage", [STAGE, GATED], ids=lambda stage: stage.name)
def test_nothing_is_waited_for(stage):
    model = memory()
    given = inputs(made(0, stage), model.device, alike=True)
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    with Waiting():
        learnt = learn(model, given, stage)
        torch.autograd.grad(learnt.loss, parameters, allow_unused=True)
    with pytest.raises(AssertionError, match="waits"), Waiting():
        bool(learnt.right > 0)


def test_batches_are_alike_and_mean_what_they_meant():
    model = memory()
    batches = [made(step) for step in range(4)]
    alike = [inputs(batch, model.device, alike=True) for batch in batches]
    places = alike[0]._fields.index("wanted")
    shapes = {(*(x.shape for x in given[:places]), given.widths) for given in alike}
    assert len(shapes) == 1
    # Answers have more tokens or fewer, so that two or three for each question must do.
    assert {len(given.wanted) for given in alike} <= {2 * 3 * 8, 3 * 3 * 8}
    for batch, given in zip(batches, alike, strict=True):
        plain, padded = learn(model, inputs(batch, model.device), STAGE), learn(model, given, STAGE)
        torch.testing.assert_close(padded, plain, rtol=1e-5, atol=1e-5)
        assert int((given.targets >= 0).sum()) == moments_loss(model, batch, STAGE).weight


def test_without_a_gpu_nothing_is_recorded():
    model, batch = memory(), made(0)
    torch.testing.assert_close(Recorded()(model, batch, STAGE)._asdict(), kinds.loss(model, batch, STAGE)._asdict())
