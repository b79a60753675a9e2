"""How the prompts of a model are counted without the model: by its tokenizer, which is small, or by the dataset.

Example::

    counter = find_counter("hf/gpt2", ModelOptions())
    counter.count(request), counter.limit, counter.about     # (1024, 1004, "the tokenizer of gpt2")
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from babilong.errors import DataError, UsageError
from baselines.bundled import BUNDLED
from evaluators.models.protocol import ModelOptions, Request
from evaluators.models.registry import is_own


@dataclass(frozen=True, slots=True)
class Counter:
    """Counts what a model would read.

    Attributes:
        prompted: whether the model reads the rendered prompt, or the bare context and question; None: not known yet.
        count: tokens of a request; None: the dataset's own counts are the best there is.
        limit: tokens that a prompt may have; None: there is no limit, or it is not known.
        about: who counts, in words.
        asked: tokens of a question, which the dataset's count of a context leaves out; None: left out, too.
    """

    prompted: bool | None
    count: Callable[[Request], int] | None
    limit: int | None
    about: str
    asked: Callable[[str], int] | None = None


def find_counter(name: str, options: ModelOptions, tokenizer: str | None = None) -> Counter:
    """The counter of a model; no weights are read and no server is asked.

    Args:
        name: the model's.
        options: what it is told.
        tokenizer: fingerprint of the one by which the dataset's contexts were counted, if they were.

    Raises:
        DataError: a folder or tokenizer that was named is not there or broken.
        UsageError: options that do not fit together.
    """
    kind, _, source = name.partition("/")
    if kind == "rag":
        inner = find_counter(source, options)
        return Counter(inner.prompted, None, None, "the dataset, for whole contexts: retrieval passes on less")
    if kind in ("random", "oracle"):
        return Counter(False, None, None, "the dataset")
    if is_own(name):
        return Counter(None, None, None, f"the dataset, without prompts: {name} is not loaded")
    if kind == "rmt" or name in BUNDLED:
        return _recurrent(source or name, tokenizer)
    if kind == "openai":
        return _server(options)
    return _causal(name, source, options)


def _recurrent(source: str, counted: str | None) -> Counter:
    from baselines.checkpoints import is_on_hub, words
    from baselines.reading import BARE

    if is_on_hub(source):
        return Counter(False, None, None, f"the dataset: {source} is not in a folder")
    tokenizer, reading = words(source)
    if reading == BARE and tokenizer.fingerprint == counted:  # to encode all contexts takes as long as the run
        about = f"the dataset, which has the tokenizer of {source}"
        return Counter(False, None, None, about, lambda question: len(reading.asked(tokenizer, question)))

    def count(request: Request) -> int:
        return reading.count(tokenizer, request.context, request.question)

    return Counter(False, count, None, f"the tokenizer of {source}")


def _server(options: ModelOptions) -> Counter:
    from evaluators.models.prompt_counter import prompt_counter

    server = options.server
    server.check()
    limit = None if server.max_model_len is None else server.max_model_len - options.max_new_tokens
    if server.tokenizer is None:
        return Counter(True, None, limit, "the dataset; --tokenizer counts as the model does")
    counter = prompt_counter(server.tokenizer, chat=server.api != "completions", system=options.system)
    return Counter(True, lambda request: counter(request.prompt), limit, f"the tokenizer of {server.tokenizer}")


def _causal(name: str, source: str, options: ModelOptions) -> Counter:
    from evaluators.models.chat import choose_chat
    from evaluators.models.checkpoint import check_source, load_tokenizer_and_config, positions

    check_source(source)
    try:
        tokenizer, config = load_tokenizer_and_config(source, local=True)
    except DataError:
        if Path(source).is_dir():
            raise
        return Counter(True, None, None, f"the dataset: the tokenizer of {source} is not on this machine")
    chat = choose_chat(tokenizer, options.local.chat_template, system=options.system, name=name)
    window = positions(config)
    limit = None if window is None else window - options.max_new_tokens
    if limit is not None and limit <= 0:
        raise UsageError(f"--max-new-tokens {options.max_new_tokens} leaves {name} no room for a prompt.")
    return Counter(True, lambda request: len(chat.encode(request.prompt)), limit, f"the tokenizer of {source}")
