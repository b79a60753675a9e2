"""The model a recipe starts from: fresh or pretrained, with adapters, with parts of it frozen."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from babilong.command import note
from babilong.errors import DataError, UsageError, few, first_sentence, unknown
from babilong.tokenizers import Tokenizer, load_tokenizer
from baselines import checkpoints
from baselines.memory.model import MemoryModel
from baselines.training.recipe import Recipe

_DEFAULTS = {"attn_implementation": "eager"}  # which has the faster backward pass on a CPU
_END = 0  # of the built-in tokenizer
# Settings of any model that a configuration does not list.
_ANY_MODEL = ("attn_implementation", "rope_theta", "rope_scaling")


def tokenizer_of(recipe: Recipe) -> Tokenizer:
    """The tokenizer that a recipe names, or that of its pretrained model.

    Raises:
        DataError: it cannot be found or read.
    """
    return load_tokenizer(recipe.tokenizer or recipe.model.get("from_pretrained", "builtin"))


def end_token(recipe: Recipe) -> int:
    """The token that ends an answer: `eos_token_id` of the recipe's model, or else of its pretrained model.

    Raises:
        UsageError: there is none.
        DataError: the pretrained model cannot be found or read.
    """
    name = recipe.model.get("from_pretrained")
    end = recipe.model.get("eos_token_id", _END if name is None else None)
    if end is None and name is not None:
        from transformers import AutoConfig

        try:
            end = AutoConfig.from_pretrained(name).eos_token_id
        except (OSError, ValueError) as error:
            raise DataError(f"Cannot load the pretrained model {name}: {first_sentence(error)}") from error
    if end is None:
        raise UsageError(f"The model {name or recipe.name} has no end token; name one as `eos_token_id` in `model`.")
    first = end[0] if isinstance(end, list) and end else end
    if not isinstance(first, int):
        raise UsageError(f"`eos_token_id` in `model` is {end!r}; give the number of the token that ends an answer.")
    return first


def fresh_model(recipe: Recipe, tokenizer: Tokenizer) -> MemoryModel:
    """The untrained model of a recipe, in float32, with what is to be trained marked so.

    Raises:
        UsageError: the parts of the recipe do not fit together, or peft is not installed.
        DataError: the pretrained model cannot be found or read.
    """
    model = _pretrained(recipe, tokenizer) if "from_pretrained" in recipe.model else _from_config(recipe, tokenizer)
    _check_end(model)
    if recipe.start is not None:
        _begin_from(model, recipe.start, recipe.start_without)
    if recipe.lora is not None:
        from baselines.training.lora import adapt

        adapt(model, recipe.lora)
    if recipe.train_only:
        _freeze(model, recipe.train_only)
    return model.train()


def _check_end(model: MemoryModel) -> None:
    end, size = model.base.config.eos_token_id, model.base.get_input_embeddings().weight.shape[0]
    if strange := [token for token in (end if isinstance(end, list) else [end]) if not 0 <= token < size]:
        raise UsageError(f"The end token {strange[0]} is none of the model's {size}; change `eos_token_id` in `model`.")


def _from_config(recipe: Recipe, tokenizer: Tokenizer) -> MemoryModel:
    words = {"vocab_size": tokenizer.vocab_size, "bos_token_id": _END, "eos_token_id": _END}
    _check_settings(recipe.model)
    if recipe.model.get("vocab_size", tokenizer.vocab_size) < tokenizer.vocab_size:
        raise UsageError(
            f"The tokenizer {tokenizer.name} has {tokenizer.vocab_size} tokens, more than the `vocab_size` of `model`; "
            "leave that out."
        )
    return checkpoints.build({**_DEFAULTS, **words, **recipe.model}, recipe.memory)


def _check_settings(model: dict[str, Any]) -> None:
    """Refuse slips of the pen, which transformers takes for settings that nobody reads."""
    from transformers import CONFIG_MAPPING

    kind = model.get("model_type")
    if kind in CONFIG_MAPPING:
        known = {*CONFIG_MAPPING[kind]().to_dict(), *CONFIG_MAPPING[kind].attribute_map, *_ANY_MODEL}
        for name in model:
            if name not in known:
                raise UsageError(f"In `model`: {unknown('setting', name, sorted(known))}")


def _begin_from(model: MemoryModel, name: str, without: tuple[str, ...]) -> None:
    """Take the weights of a checkpoint.

    What it has none of stays fresh where it is the memory's own, such as heads for training alone.
    """
    start = checkpoints.load(name).model
    theirs, ours = start.state_dict(), model.state_dict()
    for pattern in without:
        if not any(re.search(pattern, key) for key in theirs):
            raise UsageError(f"In `start_without`: nothing in {name} has a name with {pattern!r} in it; leave it out.")
    for key in ("n_head", "activation_function", "num_attention_heads", "hidden_act"):
        if getattr(start.base.config, key, None) != getattr(model.base.config, key, None):
            raise UsageError(
                f"The checkpoint {name} has {key} {getattr(start.base.config, key, None)}, "
                f"the recipe {getattr(model.base.config, key, None)}; change the recipe."
            )
    taken = {key: value for key, value in theirs.items() if not any(re.search(pattern, key) for pattern in without)}
    if lost := sorted(key for key in ours if key.startswith("base.") and key not in theirs):
        raise UsageError(f"The checkpoint {name} has no {lost[0]}, which the recipe's model has; change the recipe.")
    for key, value in taken.items():
        if key not in ours or ours[key].shape != value.shape:
            wanted = list(ours[key].shape) if key in ours else "nothing"
            raise UsageError(
                f"The checkpoint {name} has {key} of shape {list(value.shape)}, where the recipe has {wanted}; "
                "name it in `start_without` or change the recipe."
            )
    model.load_state_dict(taken, strict=False)
    if any(key.startswith("segment_gate.") for key in taken):
        model.config = replace(model.config, gate_from=start.config.gate_from)


def _pretrained(recipe: Recipe, tokenizer: Tokenizer) -> MemoryModel:
    from transformers import AutoModelForCausalLM

    from baselines.memory.config import MemoryConfig
    from baselines.memory.kinds import remember

    settings = dict(recipe.model)
    name = settings.pop("from_pretrained")
    try:
        base, told = AutoModelForCausalLM.from_pretrained(
            name, dtype=torch.float32, output_loading_info=True, **{**_DEFAULTS, **settings}
        )
    except Exception as error:  # transformers, safetensors and torch have their own for each thing that can be wrong
        raise DataError(f"Cannot load the pretrained model {name}: {first_sentence(error)}") from error
    if lost := sorted(told["missing_keys"]):
        raise DataError(
            f"The pretrained model {name} has no weights for {few(lost)}, which would begin at random; take one of "
            "this architecture and size."
        )
    if foreign := sorted(told["unexpected_keys"]):
        note(f"Of the pretrained model {name} nothing reads {few(foreign)}.")
    if tokenizer.vocab_size > base.get_input_embeddings().weight.shape[0]:
        raise UsageError(
            f"The tokenizer {tokenizer.name} has {tokenizer.vocab_size} tokens, the pretrained model {name} only "
            f"{base.get_input_embeddings().weight.shape[0]}; name its own tokenizer in the recipe."
        )
    base.config.eos_token_id = end_token(recipe)
    return remember(base, MemoryConfig.from_dict(recipe.memory))


def _freeze(model: nn.Module, patterns: tuple[str, ...]) -> None:
    names = [name for name, _ in model.named_parameters()]
    for pattern in patterns:
        if not any(re.search(pattern, name) for name in names):
            raise UsageError(f"In `train_only`: no parameter's name has {pattern!r} in it; there is, say, {names[0]}.")
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(any(re.search(pattern, name) for pattern in patterns))
