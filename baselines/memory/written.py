"""An associative memory as all that was written to it, for passes that read a text and then ask much of it.

With keys of length 1 nothing is divided, and what a layer remembers is a sum of outer products: of a key and the change
of what stood under it, for each memory token. A query times the sum is attention without softmax over what was written
(Schlag et al., 2102.11174, section 3). So what was held after any segment needs no copy of a [K, d] matrix, to be kept
for the backward pass and picked for every question; which of the changes are seen says it.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from baselines.memory.armt import Association, AssociativeMemory
from baselines.memory.local import Passage

UNIT = "unit"  # the only `key_scale` without a division


class Written(NamedTuple):
    """What was written to the memory of a layer.

    Attributes:
        keys: float [B, S, K].
        changes: of what stood under the keys, float [B, S, d].
    """

    keys: Tensor
    changes: Tensor


def nothing(model: AssociativeMemory, batch: int) -> list[Written]:
    """What is written of a text that was not read yet, a layer each."""
    keys, values = (model.init_state(batch)[name] for name in ("keys", "values"))
    return [Written(keys[:, :0], values[:, 0, :0])] * model.layers


def read(
    model: AssociativeMemory, hidden: Tensor, passage: Passage, written: list[Written], seen: Tensor
) -> tuple[list[Tensor], list[Written]]:
    """Take text through all layers.

    Args:
        model: with keys of length 1.
        hidden: what `model.enter` gives, [B * K, T, d], K texts in a row about each memory.
        passage: likewise.
        written: what the memory of each layer holds.
        seen: which changes each text sees, 1 or 0, float [B, K, S].

    Returns:
        What each layer gives, [B * K, T, d], and what is written afterwards.
    """
    outputs, after = [], []
    for layer, association, held in zip(model.stack.layers, model.associations, written, strict=True):
        hidden = hidden + _recall(association, hidden, held, seen)
        hidden = layer(hidden, attention_mask=passage.seen, **passage.extra)
        outputs.append(hidden)
        if passage.written:
            held = _write(association, hidden[:, -passage.written :], held, seen, passage.opening)
        after.append(held)
    return outputs, after


def _recall(association: Association, hidden: Tensor, held: Written, seen: Tensor) -> Tensor:
    query = association.spread(association.query(hidden)).float()
    return _found(query.view(len(seen), -1, query.shape[-1]), held, seen).to(hidden.dtype).view_as(hidden)


def _write(association: Association, hidden: Tensor, held: Written, seen: Tensor, opening: Tensor | None) -> Written:
    key, value, strength = association.offer(hidden)
    # In float32 as in `Association.write`.
    with torch.autocast(hidden.device.type, enabled=False):
        if opening is not None:
            strength = strength * opening[:, None, None]
        change = strength * (value - _found(key, held, seen))
        return Written(torch.cat((held.keys, key), dim=1), torch.cat((held.changes, change), dim=1))


def _found(query: Tensor, held: Written, seen: Tensor) -> Tensor:
    """What stands under queries [B, K * T, ...], [B, K * T, d]."""
    seen = seen.repeat_interleave(query.shape[1] // seen.shape[1], dim=1)
    return (query @ held.keys.mT * seen) @ held.changes
