"""An associative memory as all that was written to it, for passes that read a text and then ask much of it.

With keys of length 1 nothing is divided, and what a layer remembers is a sum of outer products: of a key and the change
of what stood under it, for each memory token. A query times the sum is attention without softmax over what was written
(Schlag et al., 2102.11174, section 3). So what was held after any segment needs no copy of a [K, d] matrix, to be kept
for the backward pass and picked for every question; which of the changes are seen says it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

if TYPE_CHECKING:
    from baselines.memory.armt import Association


class Written(NamedTuple):
    """What was written to the memory of a layer.

    Attributes:
        keys: float [B, S, K].
        changes: of what stood under the keys, float [B, S, d].
    """

    keys: Tensor
    changes: Tensor


def recall(association: Association, hidden: Tensor, held: Written, seen: Tensor) -> Tensor:
    """What each position [B * K, T, d] finds of the changes that its text sees, float [B, K, S]: 1, or 0 for unseen."""
    query = association.spread(association.query(hidden)).float()
    return _found(query.view(len(seen), -1, query.shape[-1]), held, seen).to(hidden.dtype).view_as(hidden)


def write(association: Association, hidden: Tensor, held: Written, seen: Tensor, opening: Tensor | None) -> Written:
    """What is written after the memory tokens [B, m, d] have changed what they see, [B, 1, S]; `opening` is [B]."""
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
