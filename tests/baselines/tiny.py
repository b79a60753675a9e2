"""Tiny models: two layers, built here, with random weights."""

import torch
from transformers import AutoConfig, AutoModelForCausalLM

from baselines.memory.config import MemoryConfig
from baselines.memory.kinds import remember
from baselines.memory.model import MemoryModel

TINY = {
    "gpt2": {"n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 64},
    "llama": {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "max_position_embeddings": 64,
    },
    "gpt_neox": {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "max_position_embeddings": 64,
    },
}


def tiny_base(architecture: str = "gpt2", vocab: int = 100, layers: int = 2):
    torch.manual_seed(0)
    sizes = TINY.get(architecture, TINY["llama"])
    sizes = {**sizes, "n_layer" if "n_layer" in sizes else "num_hidden_layers": layers}
    config = AutoConfig.for_model(architecture, vocab_size=vocab, bos_token_id=0, eos_token_id=0, **sizes)
    return AutoModelForCausalLM.from_config(config).eval()


def tiny_memory(architecture: str = "gpt2", /, vocab: int = 100, **config) -> MemoryModel:
    base = tiny_base(architecture, vocab)
    return remember(base, MemoryConfig(**{"memory_tokens": 4, "segment_size": 16, **config})).eval()


def tokens(*shape: int, seed: int = 1) -> torch.Tensor:
    return torch.randint(1, 100, shape, generator=torch.Generator().manual_seed(seed))
