"""A model behind any OpenAI-compatible server (OpenAI, vLLM, llama.cpp, transformers serve): `openai/NAME`.

The `openai` client makes the requests; how many at a time, how long and how often again is decided here. Example::

    server = ServerOptions(base_url="http://127.0.0.1:8000/v1", concurrency=64)
    OpenAIModel.load("openai/Qwen/Qwen3-4B", "Qwen/Qwen3-4B", ModelOptions(server=server))
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any

from babilong.errors import BabilongError, UsageError
from evaluators.models.endpoint import Endpoint
from evaluators.models.errors import Failure
from evaluators.models.in_flight import event_loop, in_flight
from evaluators.models.limits import Pace
from evaluators.models.prompt_counter import prompt_counter
from evaluators.models.protocol import Answer, ModelOptions, Request
from evaluators.models.reply import Reply, read_reply
from evaluators.models.retries import Patience
from generators.streams import Stream

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_PATHS = {"chat": "/chat/completions", "completions": "/completions"}
# Tokens are counted by the server; until it has said how many, a prompt is taken to have one in so many characters.
_CHARACTERS_A_TOKEN = 4
# A server that read a smaller share of a prompt than this has cut it: other tokenizers count up to a tenth fewer. Some
# do not count what they had cached, the frame that all prompts of a task share, which is shorter than this.
_READ, _FRAME = 0.75, 1_000
# How servers say that they have no chat, or none for this model.
_NOT_THIS_WAY = (400, 404, 405, 422, 500, 501)
# A server that is there answers small questions soon.
_LOOK_S, _LOOK_RETRIES = 60.0, 2


class OpenAIModel:
    """A model of an OpenAI-compatible server, asked through chat or completions."""

    prompted = True

    def __init__(self, name: str, source: str, options: ModelOptions) -> None:
        self.name = name
        self.source = source
        self.options = options
        self.server = options.server
        self.endpoint = Endpoint(self.server.url, self.server.key)
        self.api = self.server.api
        self.window = self.server.max_model_len
        # OpenAI's newer models call it otherwise; other servers do not know the new name, and may ignore it silently.
        self.limit_name = "max_tokens"
        self._extra = self.server.extra
        self._listed: list[str] = []
        self._answered = False
        self._counter: Callable[[str], int] | None = None
        self._sent: dict[str, int] = {}  # tokens of prompts that were counted before they were asked

    @classmethod
    def load(cls, name: str, source: str, options: ModelOptions) -> OpenAIModel:
        """The model, after a look whether its server is there.

        The server is asked for its list of models, and with `--api auto` one short question, to tell chat from
        completions.

        Raises:
            BabilongError: nobody answers at the address, or the server refuses the key or the model.
            UsageError: options that are wrong or do not fit together, or the client is not installed.
            DataError: there is no such tokenizer.
        """
        options.server.check()
        model = cls(name, source, options)
        client = model.endpoint.connect()
        with event_loop(client.close) as submit:
            submit(model._look(client)).result()
        if options.server.tokenizer is not None:
            model._count_with(options.server.tokenizer)
        return model

    @property
    def max_tokens(self) -> int | None:
        """The model's window less the answer; None unless there is a tokenizer to count with."""
        if self._counter is None or self.window is None:
            return None
        return self.window - self.options.max_new_tokens

    def describe(self) -> dict[str, Any]:
        """Model, server and decoding; not the key."""
        return {
            "model": self.name,
            "base_url": self.endpoint.url,
            "prompt": self.api,
            "decoding": {"temperature": 0, "max_new_tokens": self.options.max_new_tokens, "seed": self.server.seed},
            "extra_body": self._extra,
        }

    def count(self, request: Request) -> int:
        """Tokens of the prompt by the tokenizer of `--tokenizer`, those of its chat template included."""
        if self._counter is None:
            return 0
        self._sent[request.id] = self._counter(request.prompt)
        return self._sent[request.id]

    def answer(self, requests: Iterator[Request]) -> Iterator[Answer]:
        """Answers in the order of completion; no more prompts are held than are under way.

        Raises:
            BabilongError: the server refuses the key or the model, and nothing has been answered.
        """
        client = self.endpoint.connect()
        ask = partial(self._ask, client, Pace(self.server.rpm), Pace(self.server.tpm))
        return in_flight(requests, ask, self.server.concurrency, client.close)

    async def _ask(self, client: AsyncOpenAI, requests: Pace, tokens: Pace, request: Request) -> Answer:
        """One sample, tried until there is an answer or no more hope of one."""
        prompt = request.prompt
        guess = len(prompt) // _CHARACTERS_A_TOKEN + self.options.max_new_tokens
        started = monotonic()

        async def turn() -> None:
            await requests.turn()
            await tokens.turn(guess)

        async def attempt(seconds: float) -> Reply:
            nonlocal started
            started = monotonic()
            return self._uncut(request, read_reply(await self._post(client, prompt, seconds)))

        patience = Patience(self.server.timeout, self.server.total_timeout, self.server.max_retries)
        found, retries = await patience.spend_on(attempt, turn, Stream("retry", request.id))
        seconds = round(monotonic() - started, 4)
        if isinstance(found, Failure):
            # No key, no right, no such model: if nothing has been answered, nothing will be.
            if (found.kind == "auth" or found.status == 404) and not self._answered:
                raise self._hopeless(found)
            return Answer(request.id, "", None, 0, 0, seconds, found.kind, str(found), retries)
        if found.tokens_in:
            tokens.correct(found.tokens_in + found.tokens_out - guess)
        text = self.endpoint.scrub(found.text)
        counts = found.tokens_in, found.tokens_out
        return Answer(request.id, text, found.finish_reason, *counts, seconds, retries=retries)

    def _uncut(self, request: Request, reply: Reply) -> Reply:
        """The reply, unless both sides' counts tell that it is to a part of the prompt."""
        sent = 0
        if self._counter and reply.tokens_in:
            sent = self._sent.pop(request.id, 0) or self._counter(request.prompt)
        if reply.tokens_in < min(_READ * sent, sent - _FRAME):
            raise Failure(
                "context_overflow",
                f"The server read {reply.tokens_in:,} of the prompt's {sent:,} tokens; raise the limit at which it "
                f"cuts prompts, or mend --tokenizer if it is not the model's.",
            )
        return reply

    async def _post(self, client: AsyncOpenAI, prompt: str, seconds: float) -> dict[str, Any]:
        """One attempt; a second one at once where the server calls the token limit by its newer name."""
        name = self.limit_name
        body = {**self._body(prompt), name: self.options.max_new_tokens}
        try:
            reply = await self.endpoint.post(client, _PATHS[self.api], body, seconds)
        except Failure as failure:
            renamed = "max_completion_tokens" in str(failure) and failure.kind == "invalid"
            if not renamed or name != "max_tokens":
                raise
            self.limit_name = "max_completion_tokens"
            return await self._post(client, prompt, seconds)
        self._answered = True
        return reply

    def _body(self, prompt: str) -> dict[str, Any]:
        """The request without its token limit."""
        body: dict[str, Any] = {"model": self.source, "temperature": 0}
        if self.server.seed is not None:
            body["seed"] = self.server.seed
        system = self.options.system
        if self.api == "completions":
            body["prompt"] = f"{system}\n\n{prompt}" if system else prompt
        else:
            body["messages"] = [{"role": "system", "content": system}] if system else []
            body["messages"].append({"role": "user", "content": prompt})
        return body | self._extra

    async def _look(self, client: AsyncOpenAI) -> None:
        """Find out whether the server is there, how much its model reads, and which way it is asked."""
        patience = Patience(min(_LOOK_S, self.server.timeout), self.server.total_timeout, _LOOK_RETRIES)
        draws = Stream("look", self.source)
        listed, _ = await patience.spend_on(partial(self.endpoint.models, client), _at_once, draws)
        if isinstance(listed, Failure):
            raise BabilongError(
                f"Cannot reach the server at {self.endpoint.url}: {_clause(listed)}; start it or mend --base-url."
            )
        self._listed = [str(entry.get("id")) for entry in listed]
        windows = (entry.get("max_model_len") for entry in listed if entry.get("id") == self.source)
        self.window = self.window or next((size for size in windows if isinstance(size, int)), None)
        if self.api == "auto":
            await self._choose_api(client, patience, draws)

    async def _choose_api(self, client: AsyncOpenAI, patience: Patience, draws: Stream) -> None:
        refusals = []
        for self.api in _PATHS:
            found, _ = await patience.spend_on(partial(self._post, client, "Where is Mary?"), _at_once, draws)
            if not isinstance(found, Failure):
                return
            refusals.append(found)
            if found.status not in _NOT_THIS_WAY:
                break
        self.api = "chat"
        raise self._hopeless(refusals[0])

    def _hopeless(self, failure: Failure) -> BabilongError:
        """Why no sample can be answered, and what to do about it."""
        url = self.endpoint.url
        if failure.kind == "auth":
            return BabilongError(
                f"The server at {url} refuses the key: {_clause(failure)}; put a valid one into "
                f"{self.server.key_env}, or name another variable with --api-key-env."
            )
        listed = f" (it has: {', '.join(self._listed[:10])})" if self._listed else ""
        return BabilongError(
            f"The server at {url} does not answer for the model {self.source!r}{listed}: {_clause(failure)}; "
            f"check --model, --base-url (most end with /v1) and --api."
        )

    def _count_with(self, tokenizer: str) -> None:
        if self.window is None:
            raise UsageError(
                "--tokenizer counts prompts against a limit that this server does not name; add --max-model-len."
            )
        if self.window <= self.options.max_new_tokens:
            raise UsageError(f"--max-new-tokens {self.options.max_new_tokens} leaves {self.name} no room for a prompt.")
        self._counter = prompt_counter(tokenizer, chat=self.api == "chat", system=self.options.system)


def _clause(failure: Failure) -> str:
    """What a server said, to be gone on with."""
    return str(failure).rstrip(".")


async def _at_once() -> None:
    await asyncio.sleep(0)
