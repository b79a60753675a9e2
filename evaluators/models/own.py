"""A model of the user's own, `FILE.py:NAME`: what is called with a context, a question and a task, or a whole `Model`.

NAME is that itself, or a function or class that gives it when called without arguments. Example::

    # mine.py
    def answer(context: str, question: str, task: str) -> str:
        return "kitchen"

    make_own("mine.py:answer").answer(iter(requests))
"""

from __future__ import annotations

import inspect
import json
import math
import operator
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from babilong.errors import BabilongError, UsageError, few
from babilong.own_code import Source, named, takes, told
from evaluators.models.batches import error_class
from evaluators.models.protocol import Answer, Model, Request

_MEMBERS = ("name", "prompted", "max_tokens", "describe", "count", "answer")
_ASKED = ("context", "question", "task")


def own_name(name: str) -> str:
    """What tables and folders call a model that is one function.

    Example:
        >>> own_name("models/mine.py:Mamba")
        'mine.Mamba'
    """
    file, _, attribute = name.rpartition(":")
    return f"{Path(file).stem}.{attribute}"


def make_own(name: str) -> Model:
    """The model that a file's function or class gives.

    Raises:
        UsageError: there is no such file or name, the file fails, or what it gives is no model.
        BabilongError: the function or class fails.
    """
    found, source = named(name, f"the model {name!r}")
    assert source is not None  # as of any name of this form
    made = found
    # Most objects that can be called take anything, as modules of torch do, until they are.
    is_maker = inspect.isroutine(found) or isinstance(found, type) or not takes(found, *_ASKED)
    if is_maker and takes(found):
        try:
            made = found()
        except (Exception, SystemExit) as error:  # whatever a user's code does
            raise BabilongError(f"Cannot make the model {name}: {told(error, source)}") from error
    lacking = [member for member in _MEMBERS if member not in dir(made)]  # without running what is a property
    if isinstance(made, type):
        raise UsageError(f"Cannot make the model {name} without arguments: it takes {inspect.signature(made)}.")
    if not lacking:
        return OwnModel(name, made, source)
    if not callable(made):
        raise UsageError(
            f"The model {name} gives {_kind(made)}, which can neither be called with {', '.join(_ASKED)} nor is a "
            f"model of evaluators/models/protocol.py: it has no {few(lacking, len(_MEMBERS))}."
        )
    if not takes(made, *_ASKED):
        raise UsageError(
            f"The model {name} takes {inspect.signature(made)}, but is called with {', '.join(_ASKED)}; let it take "
            f"these three."
        )
    return AnsweringFunction(name, made, source)


def _is_sound(answer: Answer) -> bool:
    """Whether a record can hold an answer, and be read again."""
    counts = answer.tokens_in, answer.tokens_out, answer.retries
    return (
        isinstance(answer.text, str)
        and all(type(count) is int and count >= 0 for count in counts)
        and math.isfinite(answer.seconds)
        and all(isinstance(words, str | None) for words in (answer.finish_reason, answer.error, answer.message))
    )


def _kind(value: Any) -> str:
    return "None" if value is None else f"an object of the type {type(value).__name__}"


class AnsweringFunction:
    """A function from context, question and task to an answer; a sample for which it fails keeps its error."""

    prompted = False
    max_tokens = None

    def __init__(self, name: str, function: Callable[[str, str, str], Any], source: Source) -> None:
        self.name = own_name(name)
        self.function = function
        self.source = source

    def describe(self) -> dict[str, Any]:
        """The file as it was run; what it reads besides, nobody knows."""
        return {"model": self.name, "code": self.source.sha256}

    def count(self, request: Request) -> int:
        """It has no limit."""
        return 0

    def answer(self, requests: Iterator[Request]) -> Iterator[Answer]:
        """An answer for every request, one after the other."""
        return map(self._answer, requests)

    def _answer(self, request: Request) -> Answer:
        started = time.perf_counter()
        text, error, message = "", None, None
        try:
            found = self.function(request.context, request.question, request.task)
            if not isinstance(found, str):
                raise TypeError(f"{self.name} answered with {_kind(found)}, not with a string")
            text = str(found)
        except (Exception, SystemExit) as caught:  # whatever a user's code does
            error = error_class(caught)
            message = self.source.line_of(caught) + next(iter(str(caught).splitlines()), "")
        seconds = round(time.perf_counter() - started, 4)
        return Answer(request.id, text, None if error else "stop", 0, 0, seconds, error, message)


class OwnModel:
    """A user's object with the members of `Model`, held to what is asked of one, and told from others by its file.

    Raises:
        BabilongError: its name or its limit of tokens is none.
    """

    def __init__(self, name: str, inner: Model, source: Source) -> None:
        self.asked_for = name
        self.inner = inner
        self.source = source
        try:
            self.name, self.prompted = str(inner.name), bool(inner.prompted)
            self.max_tokens = None if inner.max_tokens is None else operator.index(inner.max_tokens)
        except (Exception, SystemExit) as error:  # whatever a user's code does
            raise self._failed("has no name or limit of tokens that can be used", error) from error

    def describe(self) -> dict[str, Any]:
        """What it says of itself, and the file as it was run.

        Raises:
            BabilongError: it says what cannot be written to a run's record.
        """
        try:
            said: dict[str, Any] = json.loads(json.dumps(dict(self.inner.describe())))
        except (Exception, SystemExit) as error:  # whatever a user's code does
            raise self._failed("describes itself as no record can hold", error) from error
        return {**said, "model": self.name, "code": self.source.sha256}

    def count(self, request: Request) -> int:
        """As it counts."""
        try:
            return operator.index(self.inner.count(request))
        except (Exception, SystemExit) as error:  # whatever a user's code does
            raise self._failed("cannot count a prompt", error) from error

    def answer(self, requests: Iterator[Request]) -> Iterator[Answer]:
        """Its answers, as long as there is one for each request.

        Raises:
            BabilongError: it failed instead of giving a sample its error, or gave something else.
        """
        asked: set[str] = set()

        def noted() -> Iterator[Request]:
            for request in requests:
                asked.add(request.id)
                yield request

        try:
            for answer in self.inner.answer(noted()):
                if not isinstance(answer, Answer) or answer.id not in asked or not _is_sound(answer):
                    raise TypeError(f"{answer!r:.200} is no answer to what was asked")
                asked.remove(answer.id)
                yield answer
            if asked:
                raise ValueError(f"there is no answer for {few(sorted(asked))}")
        except BabilongError:
            raise
        except (Exception, SystemExit) as error:  # whatever a user's code does
            raise self._failed("failed", error) from error

    def _failed(self, how: str, error: BaseException) -> BabilongError:
        return BabilongError(f"The model {self.asked_for} {how}: {told(error, self.source)}")
