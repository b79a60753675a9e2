"""On a GPU, the batches of a stage learnt from by one recording of the forward and backward pass (CUDA graphs).

    loss = Recorded()
    score = loss(model, batch, stage)      # as `kinds.loss`; the first of a stage is recorded, the others replayed
    score.loss.backward()

A memory that reads one segment after the other is tens of thousands of kernels of a few microseconds a batch, which
take ten times as long to be started one by one from Python.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.utils._pytree import tree_map_only

from baselines.memory.cuda_graphs import waits
from baselines.memory.model import MemoryModel
from baselines.training import kinds
from baselines.training.inputs import Inputs, inputs
from baselines.training.losses import Score
from baselines.training.moments import Learnt, learn, scored
from baselines.training.recipe import Recipe
from baselines.training.stage import Stage
from baselines.training.steps import Loss

_WARM_UP = 2  # more passes before the recording, in which libraries choose what they use


class _Recording(NamedTuple):
    """A graph with the tensors that it reads and writes; `gradients` are None where a parameter has none."""

    graph: Any
    given: list[Tensor]
    learnt: Learnt
    gradients: list[Tensor | None]


class Recorded:
    """`kinds.loss` of one model, recorded where that can be: in stages of `moments` that wait for nothing on a GPU.

    Attributes:
        recordings: by the shapes of batches of the present stage; None where there can be none.
    """

    def __init__(self) -> None:
        self._stage: Stage | None = None
        self.recordings: dict[Any, _Recording | None] = {}

    def __call__(self, model: MemoryModel, batch: Any, stage: Stage) -> Score:
        """The score of a batch, whose loss gives the recorded gradients to the parameters."""
        if stage.kind != "moments" or stage.state_weight or model.device.type != "cuda" or not torch.is_grad_enabled():
            return kinds.loss(model, batch, stage)
        if stage is not self._stage:
            self._stage, self.recordings = stage, {}
        parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
        given = inputs(batch, model.device, alike=True)
        key = tuple(x.shape if isinstance(x, Tensor) else x for x in given)
        if key not in self.recordings:
            self.recordings[key] = _record(model, given, stage, parameters)
        recording = self.recordings[key]
        if recording is None:
            return kinds.loss(model, batch, stage)
        torch._foreach_copy_(recording.given, _tensors(given))
        recording.graph.replay()
        loss: Tensor = _Replay.apply(recording, *parameters)  # type: ignore[no-untyped-call]
        return scored(batch[0], recording.learnt._replace(loss=loss))


def loss_of(recipe: Recipe) -> Loss:
    """The loss for a run: recorded on a GPU, unless activations are computed again or gradients are scaled."""
    plain = recipe.checkpointing or recipe.precision == "fp16" or not torch.cuda.is_available()
    return kinds.loss if plain else Recorded()


class _Replay(torch.autograd.Function):
    """Hands out what was replayed as if it had been computed."""

    @staticmethod
    def forward(ctx: Any, recording: _Recording, *parameters: Tensor) -> Tensor:
        ctx.gradients = recording.gradients
        return recording.learnt.loss.detach().clone()

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> Any:  # type: ignore[override]
        return None, *(None if gradient is None else gradient * upstream for gradient in ctx.gradients)


def _record(model: MemoryModel, given: Inputs, stage: Stage, parameters: Sequence[Tensor]) -> _Recording | None:
    own: Inputs = tree_map_only(Tensor, torch.clone, given)
    work = partial(_both_ways, model, own, stage, parameters)
    aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):
        recordable = not waits(work)
        for _ in range(_WARM_UP if recordable else 0):
            work()
    torch.cuda.current_stream().wait_stream(aside)
    if not recordable:
        return None
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        learnt, gradients = work()
    return _Recording(graph, _tensors(own), learnt, gradients)


def _both_ways(
    model: MemoryModel, given: Inputs, stage: Stage, parameters: Sequence[Tensor]
) -> tuple[Learnt, list[Tensor | None]]:
    # Weights that were cast before would be read as they were then.
    casting = torch.is_autocast_enabled("cuda")
    with torch.autocast("cuda", torch.get_autocast_dtype("cuda"), enabled=casting, cache_enabled=False):
        learnt = learn(model, given, stage)
    gradients = torch.autograd.grad(learnt.loss, parameters, allow_unused=True)
    return Learnt(*(x.detach() for x in learnt)), list(gradients)


def _tensors(given: Inputs) -> list[Tensor]:
    return [x for x in given if isinstance(x, Tensor)]
