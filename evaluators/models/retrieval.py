"""Retrieval before any other model: `rag/<model>` reads only what a retriever finds for the question.

The context is split into units, the best `--top-k` of them are kept in the order of the text, and the model reads those
as its context, through its own prompt. Example::

    options = RetrievalOptions(top_k=10)
    Narrowed(make_model("oracle"), make_retriever(options), options).answer(iter(requests))
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from evaluators.models.batches import error_class
from evaluators.models.protocol import Answer, Model, Request
from evaluators.models.retrieval_options import RetrievalOptions
from evaluators.models.retrievers import Retriever
from generators.backgrounds.sentences import split_sentences

_KEPT = 1_000  # contexts that are kept from counting to answering


class Narrowed:
    """A model that reads what was retrieved.

    Args:
        inner: the model.
        retriever: tells which units fit the question.
        options: what a unit is, and how many are read.
    """

    def __init__(self, inner: Model, retriever: Retriever, options: RetrievalOptions) -> None:
        self.inner = inner
        self.retriever = retriever
        self.options = options
        self._counted: dict[tuple[str, str, int], str] = {}

    @property
    def name(self) -> str:
        """The inner model's name behind `rag/`."""
        return f"rag/{self.inner.name}"

    @property
    def prompted(self) -> bool:
        """As the inner model."""
        return self.inner.prompted

    @property
    def max_tokens(self) -> int | None:
        """The inner model's limit, which is on what was retrieved."""
        return self.inner.max_tokens

    def describe(self) -> dict[str, Any]:
        """The inner model, and everything that decides what it reads."""
        retrieval = {"top_k": self.options.top_k, "unit": self.options.unit, **self.retriever.describe()}
        return {**self.inner.describe(), "model": self.name, "retrieval": retrieval}

    def count(self, request: Request) -> int:
        """Tokens of the prompt around what was retrieved."""
        narrowed = self.narrow(request)
        if len(self._counted) < _KEPT:
            self._counted[_key(request)] = narrowed.context
        return self.inner.count(narrowed)

    def answer(self, requests: Iterator[Request]) -> Iterator[Answer]:
        """The inner model's answers; a request for which retrieval fails gets its error."""
        failed: list[Answer] = []

        def narrowed() -> Iterator[Request]:
            for request in requests:
                started = time.perf_counter()
                try:
                    yield self.narrow(request)
                except Exception as error:
                    seconds = round(time.perf_counter() - started, 4)
                    failed.append(Answer(request.id, "", None, 0, 0, seconds, error_class(error), str(error)))

        for answer in self.inner.answer(narrowed()):
            yield answer
            while failed:
                yield failed.pop()
        yield from failed

    def narrow(self, request: Request) -> Request:
        """The request with what was retrieved as its context; what counting found is taken from there, once."""
        found = self._counted.pop(_key(request), None)
        if found is None:
            found = " ".join(self.retrieve(request.context, request.question))
        return replace(request, context=found)

    def retrieve(self, context: str, question: str) -> list[str]:
        """The units that fit the question best, in the order of the text."""
        units = split_units(context, self.options.words)
        if len(units) <= self.options.top_k:
            return units
        # Of equal scores the later one wins: what was said last about somebody is what holds.
        order = self.retriever.scores(units, question).argsort(kind="stable")
        return [units[place] for place in sorted(order[-self.options.top_k :])]


def _key(request: Request) -> tuple[str, str, int]:
    """What tells a request from others, without its context, which may be huge."""
    return request.id, request.question, hash(request.context)


def split_units(context: str, words: int | None) -> list[str]:
    """Sentences, or chunks of so many words.

    Example:
        >>> split_units("Mary left. John went to the hall.", None)
        ['Mary left.', 'John went to the hall.']
        >>> split_units("Mary left. John went to the hall.", 4)
        ['Mary left. John went', 'to the hall.']
    """
    if words is None:
        lines = (" ".join(line.split()) for line in context.splitlines())
        return [sentence for line in lines if line for sentence in split_sentences(line)]
    found = context.split()
    return [" ".join(found[start : start + words]) for start in range(0, len(found), words)]
