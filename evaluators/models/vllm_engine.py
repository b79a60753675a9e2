"""Causal language models in vLLM's offline engine, in this process: `vllm/ID-or-folder`.

The engine batches by itself; it is kept filled, and each answer is given as it finishes. It is made for the longest
prompt that was counted, not for the longest that the model could read, which may need more memory than there is.
Example::

    model = VLLMModel.load("vllm/gpt2", "gpt2", ModelOptions())
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib.util import find_spec
from typing import Any

from babilong.errors import BabilongError, UsageError, first_sentence
from evaluators.models.batches import error_class
from evaluators.models.chat import choose_chat
from evaluators.models.checkpoint import (
    check_source,
    end_tokens,
    fingerprint,
    load_tokenizer_and_config,
    only_local,
    positions,
    read_answer,
)
from evaluators.models.protocol import Answer, ModelOptions, Request

# Held by the engine at a time: enough to fill any GPU, and few enough token ids to hold in memory.
_MOST_REQUESTS, _MOST_TOKENS = 256, 4_000_000
# Said to vLLM unless the environment says otherwise: stdout is for results, and nothing is reported to anybody.
_ENVIRONMENT = {
    "VLLM_LOGGING_STREAM": "ext://sys.stderr",
    "VLLM_LOGGING_LEVEL": "WARNING",
    "VLLM_NO_USAGE_STATS": "1",
}


class VLLMModel:
    """A causal language model that is given the rendered prompt, through its chat template where it has one."""

    prompted = True

    def __init__(self, name: str, source: str, tokenizer: Any, config: Any, options: ModelOptions) -> None:
        self.name = name
        self.source = source
        self.tokenizer = tokenizer
        self.config = config
        self.options = options
        self.chat = choose_chat(tokenizer, options.local.chat_template, system=options.system, name=name)
        self.stops = end_tokens(source, _named_end(source, config), tokenizer)
        self._longest = 0

    @classmethod
    def load(cls, name: str, source: str, options: ModelOptions) -> VLLMModel:
        """The tokenizer and config of a hub id or a folder; the engine starts with the first answer.

        Raises:
            UsageError: vLLM is not installed, options are wrong, or the answer is longer than what the model can read.
            DataError: there is no such model, or it has no tokenizer.
        """
        options.local.check("vllm")
        if find_spec("vllm") is None:
            raise UsageError(f"{name} needs vLLM: pip install 'babilong[vllm]', or take hf/{source}.")
        check_source(source)
        loaded = cls(name, source, *load_tokenizer_and_config(source, local=only_local(source)), options)
        if loaded.max_tokens is not None and loaded.max_tokens <= 0:
            raise UsageError(f"--max-new-tokens {options.max_new_tokens} leaves {name} no room for a prompt.")
        return loaded

    @property
    def max_tokens(self) -> int | None:
        """The model's positions less those of the answer."""
        limit = positions(self.config)
        return None if limit is None else limit - self.options.max_new_tokens

    def describe(self) -> dict[str, Any]:
        """Weights, engine, chat template and decoding."""
        from vllm.version import __version__

        return {
            "model": self.name,
            "checkpoint": fingerprint(self.source, self.config),
            "dtype": self.options.dtype,
            "engine": {"vllm": __version__, "tensor_parallel": self.options.local.tensor_parallel}
            | dict(self.options.local.engine),
            **self.chat.describe(),
            "decoding": self.options.decoding,
        }

    def count(self, request: Request) -> int:
        """Tokens of the prompt, those of the chat template and the special ones included."""
        count = len(self.chat.encode(request.prompt))
        self._longest = max(self._longest, count)
        return count

    def answer(self, requests: Iterator[Request]) -> Iterator[Answer]:
        """Answers in the order of completion; the seconds of each are those since the engine was given it.

        Raises:
            BabilongError: the engine does not start.
        """
        from vllm import SamplingParams

        params = SamplingParams(temperature=0.0, max_tokens=self.options.max_new_tokens, stop_token_ids=self.stops)
        engine = self.engine
        given: dict[str, tuple[int, str, float]] = {}  # tokens of the prompt, what it begins of the answer, and when
        left = iter(requests)
        try:
            while True:
                while _has_room(given) and (request := next(left, None)):
                    started = time.perf_counter()
                    ids = self.chat.encode(request.prompt)
                    try:
                        engine.add_request(request.id, {"prompt_token_ids": ids}, params)
                        given[request.id] = len(ids), self.chat.opening(ids), started
                    except Exception as error:  # vLLM has classes of its own for what it refuses
                        yield _failed(request.id, started, error)
                if not given:
                    return
                yield from self._step(given)
        finally:
            if given:
                engine.abort_request(list(given))

    @cached_property
    def engine(self) -> Any:
        """The running engine, of vLLM's class `LLMEngine`."""
        for name, value in _ENVIRONMENT.items():
            os.environ.setdefault(name, value)
        from vllm import LLM

        settings: dict[str, Any] = {
            "dtype": self.options.dtype,
            "tensor_parallel_size": self.options.local.tensor_parallel,
            "enable_prefix_caching": True,
            # Not the model's own sampling settings: decoding is greedy.
            "generation_config": "vllm",
        }
        if self._longest:
            settings["max_model_len"] = self._longest + self.options.max_new_tokens
        try:
            return LLM(self.source, **settings | dict(self.options.local.engine)).llm_engine
        except Exception as error:  # vLLM raises what it likes
            raise BabilongError(f"vLLM cannot start {self.name}: {first_sentence(error)}") from error

    def _step(self, given: dict[str, tuple[int, str, float]]) -> Iterator[Answer]:
        """One step of the engine, and the answers that it finished; if it fails, all that it held is lost."""
        try:
            outputs = self.engine.step()
        except Exception as error:
            self.engine.abort_request(list(given))
            for key in list(given):
                *_, started = given.pop(key)
                yield _failed(key, started, error)
            return
        for output in outputs:
            if output.finished:
                tokens_in, opening, started = given.pop(output.request_id)
                written = read_answer(self.tokenizer, tokens_in, output.outputs[0].token_ids, self.stops, opening)
                yield Answer(output.request_id, *written, seconds=round(time.perf_counter() - started, 4))


def _has_room(given: Mapping[str, tuple[int, str, float]]) -> bool:
    return len(given) < _MOST_REQUESTS and sum(tokens for tokens, *_ in given.values()) < _MOST_TOKENS


def _failed(key: str, started: float, error: Exception) -> Answer:
    seconds = round(time.perf_counter() - started, 4)
    return Answer(key, "", None, 0, 0, seconds, error_class(error), first_sentence(error))


def _named_end(source: str, config: Any) -> Any:
    """The end tokens that a model's generation settings name, or its config where it has none."""
    import transformers

    library: Any = transformers
    try:
        return library.GenerationConfig.from_pretrained(source, local_files_only=True).eos_token_id
    except OSError:
        return getattr(config.get_text_config(), "eos_token_id", None)
