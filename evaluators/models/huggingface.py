"""Plain causal language models of the `transformers` library, from the hub or a folder: `hf/ID-or-folder`.

Prompts are read in pieces of `PREFILL` tokens into the key-value cache and logits are made for the last position only
(both are the library's own), so that memory beyond the cache does not grow with the prompt. Models that do not go on
where a piece ended read the prompt whole.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from babilong.command import note
from babilong.errors import DataError, UsageError
from evaluators.models.batches import Output, answer_in_batches
from evaluators.models.chat import choose_chat
from evaluators.models.checkpoint import (
    cannot_load,
    check_source,
    end_tokens,
    fingerprint,
    load_tokenizer_and_config,
    only_local,
    positions,
    read_answer,
)
from evaluators.models.local_options import LocalOptions
from evaluators.models.piecewise import speed_up
from evaluators.models.protocol import Answer, ModelOptions, Request
from evaluators.models.trial import goes_on, skips_padding

# Each piece copies the cache and is masked against all before it: many small pieces cost time, large ones memory.
# Of 512, 1,024 and 2,048 the middle one is as fast as the largest (benchmarks/prefill.py).
PREFILL = 1024


class HuggingFaceModel:
    """A causal language model that is given the rendered prompt, through its chat template where it has one."""

    prompted = True

    def __init__(self, name: str, source: str, model: Any, tokenizer: Any, options: ModelOptions) -> None:
        self.name = name
        self.source = source
        self.model = model
        self.tokenizer = tokenizer
        self.options = options
        self.chat = choose_chat(tokenizer, options.local.chat_template, system=options.system, name=name)
        self.attention = str(model.config._attn_implementation)
        speed_up(model)
        self.stops = end_tokens(source, model.generation_config.eos_token_id, tokenizer)
        # The model's own settings (sampling, penalties) would otherwise fill in whatever is not given here.
        model.generation_config = self.generation = _greedy(tokenizer, self.stops, options.max_new_tokens)
        # Models without a key-value cache (Mamba) carry a state of fixed size instead, and take the prompt whole.
        cached = "past_key_values" in inspect.signature(model.forward).parameters
        if cached and goes_on(model, self.generation):
            self.generation.prefill_chunk_size = PREFILL
        self.forgets = cached and self.generation.prefill_chunk_size is None
        self.batch_size = options.batch_size
        if self.batch_size > 1 and not skips_padding(model, self.generation):
            note(f"{name} reads the padding of a batch as text: its prompts are answered one at a time.")
            self.batch_size = 1

    @classmethod
    def load(cls, name: str, source: str, options: ModelOptions) -> HuggingFaceModel:
        """The model and tokenizer of a hub id or a folder; code that comes with a model is never run.

        Raises:
            DataError: there is no such model, or its files are missing, broken or of other shapes.
            UsageError: options that are wrong or cannot be met here, or an answer longer than what the model can read.
        """
        options.local.check("hf")
        loaded = cls(name, source, *_load(source, options), options)
        if loaded.max_tokens is not None and loaded.max_tokens <= 0:
            raise UsageError(f"--max-new-tokens {options.max_new_tokens} leaves {name} no room for a prompt.")
        return loaded

    @property
    def max_tokens(self) -> int | None:
        """The model's positions less those of the answer."""
        limit = positions(self.model.config)
        return None if limit is None else limit - self.options.max_new_tokens

    @cached_property
    def fingerprint(self) -> str:
        """Commit of a hub model; sha256 over the files of a folder."""
        return fingerprint(self.source, self.model.config)

    def describe(self) -> dict[str, Any]:
        """Weights, data type, attention, chat template and decoding; prompts read whole where others come in pieces."""
        return {
            "model": self.name,
            "checkpoint": self.fingerprint,
            "architecture": type(self.model).__name__,
            "dtype": str(self.model.dtype).removeprefix("torch."),
            "attention": self.attention,
            "load_in": self.options.local.load_in,
            **({"prefill": "whole"} if self.forgets else {}),
            **self.chat.describe(),
            "decoding": self.options.decoding,
        }

    def count(self, request: Request) -> int:
        """Tokens of the prompt, those of the chat template and the special ones included."""
        return len(self.chat.encode(request.prompt))

    def answer(self, requests: Iterator[Request]) -> Iterator[Answer]:
        """Answers batch by batch, each of one length; one by one where padding would be read."""
        return answer_in_batches(requests, self.batch_size, self._answer_batch)

    def _answer_batch(self, batch: Sequence[Request]) -> list[Output]:
        import torch

        prompts = [self.chat.encode(request.prompt) for request in batch]
        width = max(map(len, prompts))
        ids = torch.full((len(batch), width), self.generation.pad_token_id)
        mask = torch.zeros_like(ids)
        for row, prompt in enumerate(prompts):
            ids[row, width - len(prompt) :] = torch.tensor(prompt)
            mask[row, width - len(prompt) :] = 1
        device = self.model.device
        with torch.inference_mode():
            written = self.model.generate(
                ids.to(device), attention_mask=mask.to(device), generation_config=self.generation
            )
        return [self._output(prompt, row[width:].tolist()) for prompt, row in zip(prompts, written, strict=True)]

    def _output(self, prompt: list[int], ids: list[int]) -> Output:
        return read_answer(self.tokenizer, len(prompt), ids, self.stops, self.chat.opening(prompt))


def _load(source: str, options: ModelOptions) -> tuple[Any, Any]:
    """The model on its device, and its tokenizer."""
    check_source(source)
    import transformers

    place = options.local.place()
    library: Any = transformers
    local = only_local(source)
    tokenizer, _ = load_tokenizer_and_config(source, local=local)
    try:
        model, info = library.AutoModelForCausalLM.from_pretrained(
            source,
            dtype=options.dtype,
            output_loading_info=True,
            local_files_only=local,
            **_settings(options.local, place),
        )
    except Exception as error:  # the libraries raise what they like
        raise cannot_load(source, error) from error
    if info["missing_keys"]:
        raise DataError(
            f"Cannot use the model {source}: its files lack {len(info['missing_keys'])} of its weights, "
            f"among them {min(info['missing_keys'])}."
        )
    spread = options.local.device_map or options.local.load_in
    return (model if spread else model.to(place)).eval(), tokenizer


def _settings(options: LocalOptions, place: str) -> dict[str, Any]:
    """What `from_pretrained` is told beside the model's name."""
    import transformers

    library: Any = transformers
    settings: dict[str, Any] = {}
    if options.attention != "auto":
        settings["attn_implementation"] = options.attention
    if options.load_in is not None:
        settings["quantization_config"] = library.BitsAndBytesConfig(**{f"load_in_{options.load_in}": True})
        settings["device_map"] = {"": place}
    if options.device_map is not None:
        settings["device_map"] = options.device_map
    return settings


def _greedy(tokenizer: Any, stops: list[int], max_new_tokens: int) -> Any:
    import transformers

    library: Any = transformers
    pad = tokenizer.pad_token_id
    return library.GenerationConfig(
        max_new_tokens=max_new_tokens,
        do_sample=False,
        eos_token_id=stops or None,
        # Padding is masked: any token does where the tokenizer has none for it.
        pad_token_id=pad if pad is not None else (stops or [0])[0],
    )
