"""Asking a tiny model behind a faulty server: what the tests of servers share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from evaluators.models.openai_api import OpenAIModel
from evaluators.models.protocol import Answer, ModelOptions, Request
from evaluators.models.registry import make_model
from evaluators.models.server_options import ServerOptions
from tests.evaluators.faulty_server import Asked, FaultyServer, Reply

KEY = "sk-very-secret-0123456789"


def load(server: FaultyServer, *, system: str | None = None, **options: Any) -> OpenAIModel:
    settings = ServerOptions(base_url=server.url, **{"api": "chat", "concurrency": 4, "max_retries": 3, **options})
    model = make_model("openai/tiny", ModelOptions(system=system, server=settings))
    assert isinstance(model, OpenAIModel)
    return model


def requests(count: int) -> Iterator[Request]:
    for index in range(count):
        yield Request(f"qa1/0k/{index}", "qa1", "0k", f"fact {index}.", "Where is Mary?", "Read: ", " Where is Mary?")


def ask(model: OpenAIModel, count: int = 8) -> dict[str, Answer]:
    answers = list(model.answer(requests(count)))
    found = {answer.id: answer for answer in answers}
    assert len(found) == len(answers) == count
    return found


def at_sample(index: int, reply: Reply, times: int = 1000) -> Callable[[Asked], Reply]:
    """A good server but for one sample, which gets `reply` so many times."""
    left = [times]

    def usual(asked: Asked) -> Reply:
        if f"fact {index}." in asked.text and left[0]:
            left[0] -= 1
            return reply
        return Reply()

    return usual
