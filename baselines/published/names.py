"""Names of released weights without what wraps them: `wte.weight`, `layers.0.W_mq.weight`, `memory`.

Wrappers left their marks: `memory_cell.` of the recurrent one, `model.` and `base_model.` of adapters, `.layer.` of an
associative block, `.base_layer.` of an adapted matrix. Associative checkpoints name every block a second time, as
`memory_cell.layers.{i}.`; depending on who saved them, either of the two may be left.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from babilong.errors import DataError

if TYPE_CHECKING:
    from torch import Tensor

_WRAPPERS = re.compile(r"^(?:(?:module|memory_cell|base_model|model|transformer)\.)+")
_BLOCK = re.compile(r"^(?:h|layers)\.(\d+)\.(?:layer\.)?")
_SECOND = re.compile(r"^(?:module\.)?memory_cell\.layers\.")
# Masks and frequencies that old versions of transformers saved; they are no weights.
_BUFFER = re.compile(r"\.attn\.(bias|masked_bias)$|rotary_emb\.inv_freq$")
_ADAPTER = re.compile(r"\.lora_A(?:\.default)?\.weight$")


class Named(NamedTuple):
    """Released weights by their plain names.

    Attributes:
        weights: by plain name.
        origin: what each was called.
        duplicates: how many were there a second time, and left out.
    """

    weights: dict[str, Tensor]
    origin: dict[str, str]
    duplicates: int


def plain(name: str) -> str:
    """A name without what wraps it.

    Example:
        >>> plain("memory_cell.model.transformer.h.0.layer.attn.c_attn.weight")
        'layers.0.attn.c_attn.weight'
    """
    return _BLOCK.sub(r"layers.\1.", _WRAPPERS.sub("", name)).replace(".base_layer.", ".")


def unwrap(released: Mapping[str, Tensor]) -> Named:
    """Weights by their plain names, those of the model itself before the second names of its blocks."""
    found = Named({}, {}, 0)
    duplicates = 0
    for name in sorted(released, key=lambda name: bool(_SECOND.match(name))):
        short = plain(name)
        if _BUFFER.search(short):
            continue
        if short in found.weights:
            duplicates += 1
            continue
        found.weights[short], found.origin[short] = released[name], name
    return found._replace(duplicates=duplicates)


def merge_adapters(weights: dict[str, Tensor], alpha: float, transposed: bool) -> dict[str, Tensor]:
    """Weights with low-rank adapters added in, W + alpha / r B A (Hu et al., 2106.09685), r the rows of A.

    Args:
        weights: by plain name.
        alpha: scale of the adapters; files do not say it.
        transposed: whether matrices are stored as [in, out].

    Raises:
        DataError: half an adapter, or one of a matrix that is not there.
    """
    merged = dict(weights)
    for name in weights:
        if not _ADAPTER.search(name):
            continue
        half, matrix = name.replace("lora_A", "lora_B"), _ADAPTER.sub(".weight", name)
        lost = [wanted for wanted in (half, matrix) if wanted not in weights]
        if lost:
            raise DataError(f"The adapter {name} cannot be merged: the checkpoint has no {' and no '.join(lost)}.")
        down, up = merged.pop(name).float(), merged.pop(half).float()
        change = up @ down * (alpha / len(down))
        merged[matrix] = weights[matrix].float() + (change.T if transposed else change)
    return merged
