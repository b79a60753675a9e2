"""The kinds of memory by name: `remember(base, MemoryConfig(kind="armt"))` is that memory around a base model."""

from __future__ import annotations

from transformers import PreTrainedModel

from babilong.errors import unknown
from baselines.memory.armt import AssociativeMemory
from baselines.memory.bank import MemoryBank
from baselines.memory.config import MemoryConfig
from baselines.memory.model import MemoryModel
from baselines.memory.prmt import LayerTokenMemory
from baselines.memory.rmt import RecurrentMemory

KINDS: dict[str, type[MemoryModel]] = {
    "rmt": RecurrentMemory,
    "armt": AssociativeMemory,
    "prmt": LayerTokenMemory,
    "bank": MemoryBank,
}


def remember(base: PreTrainedModel, config: MemoryConfig) -> MemoryModel:
    """A memory of the configured kind around a causal LM.

    Raises:
        UsageError: an unknown kind, or a segment longer than the positions of the base model.
    """
    if config.kind not in KINDS:
        raise unknown("kind of memory", config.kind, tuple(KINDS))
    return KINDS[config.kind](base, config)
