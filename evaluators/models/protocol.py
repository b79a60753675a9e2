"""What the evaluator asks of a model: requests in, answers out, in the order in which they are done.

A model is any object with the members of `Model`; it inherits nothing::

    for answer in model.answer(iter(requests)):
        print(answer.id, answer.text)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from evaluators.models.local_options import LocalOptions
from evaluators.models.retrieval_options import RetrievalOptions
from evaluators.models.server_options import ServerOptions


@dataclass(frozen=True, slots=True)
class Request:
    """One question to a model.

    Attributes:
        id: the sample's id, such as `qa1/128k/7`.
        task: `qa1` to `qa20`.
        length: name of the length; requests of one length are of about the same size.
        context: the text in which the facts are hidden.
        question: the question.
        before: rendered prompt up to the context.
        after: rendered prompt behind the context.
        labels: every possible answer, where the sample has its own rather than those of its task.
        state_file: where a model may keep how far it has read, to go on from there after a kill; or None.
    """

    id: str
    task: str
    length: str
    context: str
    question: str
    before: str = ""
    after: str = ""
    labels: tuple[str, ...] = ()
    state_file: Path | None = None

    @property
    def prompt(self) -> str:
        """The whole rendered prompt."""
        return self.before + self.context + self.after


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a request: an output, or the class of the error and its message.

    Attributes:
        id: the request's id.
        text: the raw output; empty after an error.
        finish_reason: `stop` (the model ended by itself) or `length` (cut at the token limit); None after an error.
        tokens_in: tokens the model read; 0 where a server does not say.
        tokens_out: tokens the model wrote; likewise.
        seconds: wall time; for a batch, its time divided by its size; for a server, that of the last attempt.
        error: class name of the error, or None.
        message: what the error said, or None.
        retries: attempts before the one that this is the outcome of.
    """

    id: str
    text: str
    finish_reason: str | None
    tokens_in: int
    tokens_out: int
    seconds: float
    error: str | None = None
    message: str | None = None
    retries: int = 0


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """What a model can be told.

    Attributes:
        batch_size: samples answered at a time; decides speed and memory, not answers; vLLM chooses by itself.
        max_new_tokens: the most tokens of an answer.
        dtype: `auto`, `float32` or `bfloat16`.
        system: system message for models that are prompted, or None.
        state_every: tokens after which a recurrent model saves how far it has read of a sample; decides no answers.
        local: for language models that run on this machine.
        server: for models behind a server.
        retrieval: for retrieval before a model.
    """

    batch_size: int = 8
    max_new_tokens: int = 20
    dtype: str = "auto"
    system: str | None = None
    state_every: int = 1_000_000
    local: LocalOptions = LocalOptions()
    server: ServerOptions = ServerOptions()
    retrieval: RetrievalOptions = RetrievalOptions()

    @property
    def decoding(self) -> dict[str, Any]:
        """How answers are decoded, for the run's record."""
        return {"greedy": True, "max_new_tokens": self.max_new_tokens}


class Model(Protocol):
    """Anything that answers requests.

    No model cuts a prompt: the runner counts the tokens of every prompt before work starts and refuses those that are
    too long. A request that fails gets an answer with `error` set; it never ends the run.
    """

    @property
    def name(self) -> str:
        """What tables and folders call it, such as `rmt-gpt2`."""
        ...

    @property
    def prompted(self) -> bool:
        """Whether it reads the rendered prompt; if not, the bare context and question."""
        ...

    @property
    def max_tokens(self) -> int | None:
        """The most tokens a prompt may have, room for the answer already taken off; None without a limit."""
        ...

    def describe(self) -> dict[str, Any]:
        """Everything about the model that decides its answers, decoding included; it becomes part of the run-id."""
        ...

    def count(self, request: Request) -> int:
        """Tokens of the request's prompt as this model reads it; asked only where there is a limit."""
        ...

    def answer(self, requests: Iterator[Request]) -> Iterator[Answer]:
        """An answer for every request, in the order of completion, taking few requests ahead."""
        ...
