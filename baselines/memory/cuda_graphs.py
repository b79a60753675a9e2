"""On a GPU, calls that are recorded once and replayed: their kernels are then started all together.

    cell = Replayed(cell)
    hidden, memory = cell(hidden, memory, passage)      # recorded
    hidden, memory = cell(hidden, memory, passage)      # replayed, if shapes are the same

Reading a segment is hundreds of kernels of a few microseconds each, and starting them one by one from Python takes
longer than they do (CUDA graphs).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.utils._pytree import TreeSpec, tree_flatten, tree_unflatten

_WARM_UP = 2  # more calls before the recording, in which libraries choose what they use


class _Recorded(NamedTuple):
    graph: Any
    inputs: list[Tensor]
    outputs: Any


class Replayed:
    """A function of tensors, or of trees of them, that does the same to all inputs of the same shapes.

    What it returns holds until it is called again, and may be handed to it then. Where a gradient is wanted, or where
    there is no GPU, it is simply called; so it is where it cannot be recorded, since it waits for what it computes.

    Args:
        work: the function.
    """

    def __init__(self, work: Callable[..., Any]) -> None:
        self._work = work
        self._recorded: dict[Any, _Recorded | None] = {}

    def __call__(self, *inputs: Any) -> Any:
        """What the function returns."""
        leaves, tree = tree_flatten(inputs)
        tensors = [leaf for leaf in leaves if isinstance(leaf, Tensor)]
        if torch.is_grad_enabled() or not all(tensor.is_cuda for tensor in tensors):
            return self._work(*inputs)
        key = (
            tree,
            torch.is_autocast_enabled("cuda"),
            *((leaf.shape, leaf.dtype) if isinstance(leaf, Tensor) else leaf for leaf in leaves),
        )
        if key not in self._recorded:
            self._recorded[key] = self._record(leaves, tree)
        recorded = self._recorded[key]
        if recorded is None:
            return self._work(*inputs)
        torch._foreach_copy_(recorded.inputs, tensors)
        recorded.graph.replay()
        return recorded.outputs

    def _record(self, leaves: list[Any], tree: TreeSpec) -> _Recorded | None:
        # Tensors of inference mode could not be written to outside of it.
        with torch.inference_mode(False), torch.no_grad():
            own = [leaf.clone() if isinstance(leaf, Tensor) else leaf for leaf in leaves]
            inputs = tree_unflatten(own, tree)
            aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
            aside.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(aside):
                recordable = not waits(partial(self._work, *inputs))
                for _ in range(_WARM_UP if recordable else 0):
                    self._work(*inputs)
            # Also if nothing is recorded: what was begun still reads its inputs.
            torch.cuda.current_stream().wait_stream(aside)
            if not recordable:
                return None
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph):
                outputs = self._work(*inputs)
        return _Recorded(graph, [leaf for leaf in own if isinstance(leaf, Tensor)], outputs)


def waits(work: Callable[[], Any]) -> bool:
    """Whether a call waits for what the GPU computes, which cannot be recorded: found out before it is tried."""
    before = torch.cuda.get_sync_debug_mode()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Synchronization debug mode")  # that it is a prototype
        torch.cuda.set_sync_debug_mode("error")
    try:
        work()
    except RuntimeError as error:
        if "synchroniz" not in str(error):
            raise
        return True
    finally:
        torch.cuda.set_sync_debug_mode(before)
    return False
