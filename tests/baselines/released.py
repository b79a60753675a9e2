"""State dictionaries with the names and shapes of released checkpoints, small, and what their papers say they compute.

The definitions are written from the text, with loops and concatenations and nothing of ours.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from transformers import AutoConfig, AutoModelForCausalLM

GPT2 = {"n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 64}
LLAMA = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 128,
}
MEMORY, KEYS = 3, 4  # m and d_mem


def base_config(model_type: str, vocab: int = 100, **more: Any) -> dict[str, Any]:
    sizes = GPT2 if model_type == "gpt2" else LLAMA
    return {"model_type": model_type, "vocab_size": vocab, "bos_token_id": 0, "eos_token_id": 0, **sizes, **more}


def base_model(config: dict[str, Any]) -> Any:
    torch.manual_seed(3)
    settings = dict(config)
    kind = AutoConfig.for_model(settings.pop("model_type"), initializer_range=0.3, **settings)
    return AutoModelForCausalLM.from_config(kind).eval()


def rmt(base: Any, dtype: torch.dtype = torch.float32) -> dict[str, Tensor]:
    """As `booydar/rmt-gpt2-babilong-qa1`: the head stored beside the embeddings, the buffers of old days."""
    model = {f"memory_cell.model.{name}": tensor.clone().to(dtype) for name, tensor in base.state_dict().items()}
    for i in range(base.config.num_hidden_layers):
        model[f"memory_cell.model.transformer.h.{i}.attn.bias"] = torch.ones(1, 1, 8, 8, dtype=torch.uint8).tril()
        model[f"memory_cell.model.transformer.h.{i}.attn.masked_bias"] = torch.tensor(-1e4)
    return {"memory_cell.memory": noise(MEMORY, 32, seed=1).to(dtype), **model}


def associations(layers: int, width: int = 32) -> list[dict[str, Tensor]]:
    return [
        {
            "W_mq.weight": noise(KEYS, width, seed=10 * i),
            "W_mk.weight": noise(KEYS, width, seed=10 * i + 1),
            "W_mv.weight": noise(width, width, seed=10 * i + 2),
            "W_mb.weight": noise(1, width, seed=10 * i + 3),
            "W_mb.bias": noise(1, seed=10 * i + 4),
        }
        for i in range(layers)
    ]


def armt(base: Any, blocks: str = "transformer.h", prefix: str = "memory_cell.model.") -> dict[str, Tensor]:
    """As `irodkin/armt_babilong_qa2`: wrapped blocks, each there a second time under `memory_cell.layers`."""
    released = {"memory_cell.memory": noise(MEMORY, 32, seed=1)}
    for name, tensor in base.state_dict().items():
        head, found, inside = name.partition(f"{blocks}.")
        number, _, rest = inside.partition(".")
        if not found:
            released[f"{prefix}{name}"] = tensor.clone()
            continue
        released[f"{prefix}{head}{blocks}.{number}.layer.{rest}"] = tensor.clone()
        released[f"memory_cell.layers.{number}.layer.{rest}"] = tensor.clone()
    for i, layer in enumerate(associations(base.config.num_hidden_layers)):
        for name, tensor in layer.items():
            released[f"{prefix}{blocks}.{i}.{name}"] = tensor.clone()
            released[f"memory_cell.layers.{i}.{name}"] = tensor.clone()
    return released


def armt_llama(base: Any, rank: int = 2) -> dict[str, Tensor]:
    """As `booydar/RMT-Llama-3.2-1B-Instruct-8x1024-mem16-lora-...`: adapters around queries and values."""
    plain = armt(base, "model.layers", "memory_cell.model.base_model.model.")
    released = {}
    for name, tensor in plain.items():
        stem = name.removesuffix(".weight")
        if not stem.endswith(("q_proj", "v_proj")):
            released[name] = tensor
            continue
        out, width = tensor.shape
        released[f"{stem}.base_layer.weight"] = tensor
        released[f"{stem}.lora_A.default.weight"] = noise(rank, width, seed=5)
        released[f"{stem}.lora_B.default.weight"] = noise(out, rank, seed=6)
    return released


def merged(base: Any, scale: float, rank: int = 2) -> Any:
    """The base model with those adapters added to its matrices."""
    with torch.no_grad():
        for layer in base.model.layers:
            for matrix in (layer.self_attn.q_proj.weight, layer.self_attn.v_proj.weight):
                out, width = matrix.shape
                matrix += scale * noise(out, rank, seed=6) @ noise(rank, width, seed=5)
    return base


def noise(*shape: int, seed: int) -> Tensor:
    return 0.5 * torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def define_rmt(base: Any, memory: Tensor, segments: list[Tensor]) -> list[Tensor]:
    """Logits of each segment and then the last memory: section 1b, the whole wrapper in three lines."""
    out, state = [], memory[None]
    for ids in segments:
        embedded = torch.cat((state, base.get_input_embeddings()(ids), state), dim=1)
        output = base(inputs_embeds=embedded, output_hidden_states=True)
        m = len(memory)
        state = output.hidden_states[-1][:, -m:]
        out.append(output.logits[:, m:-m])
    return [*out, state]


def define_rmt_answer(base: Any, memory: Tensor, ids: Tensor, size: int, new: int) -> list[int]:
    """Greedy tokens behind a text: all segments but the last through the cell, the last without a written copy."""
    *before, last = ids.split(size, dim=1)
    state = define_rmt(base, memory, before)[-1] if before else memory[None]
    answer: list[int] = []
    for _ in range(new):
        text = torch.cat((last, torch.tensor([answer], dtype=torch.long)), dim=1)
        embedded = torch.cat((state, base.get_input_embeddings()(text)), dim=1)
        answer.append(int(base(inputs_embeds=embedded).logits[0, -1].argmax()))
    return answer


class DefinedArmt:
    """Section 1c by hooks on the layers of a model, one batch row, one pair at a time where it is a sum."""

    def __init__(self, base: Any, layers: Any, memory: Tensor, wrapped: int | None = None) -> None:
        self.base, self.memory, self.wrapped = base, memory, wrapped
        self.maps = associations(len(layers))
        self.held: list[tuple[Tensor, Tensor] | None] = [None] * len(layers)
        self.writing = False
        for i, layer in enumerate(layers):
            layer.register_forward_pre_hook(lambda _, args, i=i: (self._recall(i, args[0]), *args[1:]))
            layer.register_forward_hook(lambda _, __, out, i=i: self._write(i, out))

    def __call__(self, ids: Tensor, write: bool = True) -> Tensor:
        self.writing = write
        embedded = self.base.get_input_embeddings()(ids)
        length, m = ids.shape[1], len(self.memory)
        places = torch.arange(length)
        if write:
            embedded = torch.cat((embedded, self.memory[None]), dim=1)
            start = length if self.wrapped is None else self.wrapped
            places = torch.cat((places, start + torch.arange(m)))
        mask = torch.full((len(places), len(places)), -1e9).triu(1)[None, None]
        return self.base(inputs_embeds=embedded, attention_mask=mask, position_ids=places[None]).logits[:, :length]

    def _recall(self, i: int, hidden: Tensor) -> Tensor:
        if self.held[i] is None:
            return hidden
        values, keys = self.held[i]
        query = _phi(hidden @ self.maps[i]["W_mq.weight"].T)
        return hidden + (query @ values) / (query @ keys + 1e-5)[..., None]

    def _write(self, i: int, out: Any) -> None:
        if not self.writing:
            return
        hidden, maps = (out[0] if isinstance(out, tuple) else out)[0, -len(self.memory) :], self.maps[i]
        first = self.held[i] is None
        values, keys = self.held[i] or (torch.zeros(6 * KEYS, hidden.shape[1]), torch.zeros(6 * KEYS))
        more, fresh = torch.zeros_like(values), torch.zeros_like(keys)
        for token in hidden:
            key, value = _phi(maps["W_mk.weight"] @ token), maps["W_mv.weight"] @ token
            strength = torch.sigmoid(maps["W_mb.weight"] @ token + maps["W_mb.bias"])
            known, newness = torch.zeros_like(value), torch.tensor(1.0)
            if not first:
                total = key @ keys + 1e-5
                known, newness = key @ values / total, (1 - total / (key @ key + 1e-5)).clip(0, 1)
            more += strength * torch.outer(key, value - known)
            fresh += newness * key
        self.held[i] = values + more, keys + fresh


def _phi(x: Tensor) -> Tensor:
    both = torch.cat((F.relu(x), F.relu(-x)), dim=-1)
    return torch.cat([both * torch.roll(both, j, dims=-1) for j in (1, 2, 3)], dim=-1)
