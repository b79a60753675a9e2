"""The kinds of memory by name: `remember(base, MemoryConfig(kind="armt"))` is that memory around a base model."""

from __future__ import annotations

from transformers import PreTrainedModel

from baselines.memory.armt import AssociativeMemory
from baselines.memory.bank import MemoryBank
from baselines.memory.config import MemoryConfig
from baselines.memory.model import MemoryModel
from baselines.memory.prmt import LayerTokenMemory
from baselines.memory.retrieval import RetrievalMemory
from baselines.memory.rmt import RecurrentMemory

KINDS: dict[str, type[MemoryModel]] = {
    "rmt": RecurrentMemory,
    "rmt-r": RetrievalMemory,
    "armt": AssociativeMemory,
    "prmt": LayerTokenMemory,
    "bank": MemoryBank,
}


def remember(base: PreTrainedModel, config: MemoryConfig) -> MemoryModel:
    """A memory of the configured kind around a causal LM.

    Raises:
        UsageError: a segment longer than the positions of the base model, or a base model of unknown parts.
    """
    return KINDS[config.kind](base, config)
