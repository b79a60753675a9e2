"""One attempt at an OpenAI-compatible server: a body out, a reply back, or a `Failure` of a known class.

Example::

    endpoint = Endpoint("http://127.0.0.1:8000/v1", key)
    client = endpoint.connect()
    reply = await endpoint.post(client, "/chat/completions", body, timeout=60)
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from babilong.errors import UsageError
from evaluators.models.errors import Failure, of_response
from evaluators.models.retries import retry_after
from evaluators.models.server_options import SHORTEST_KEY

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_LONGEST_MESSAGE = 300


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server's address and the key for it.

    Attributes:
        url: base URL, up to and with `/v1`.
        key: never shown, and taken out of whatever the server says.
    """

    url: str
    key: str = field(repr=False)

    def connect(self) -> AsyncOpenAI:
        """A client that tries once and waits for ever: retries and time limits are ours.

        The client's own retries know no total time, do not tell errors apart by their message, and give up on a
        Retry-After of more than two minutes.

        Raises:
            UsageError: the client is not installed.
        """
        try:
            from openai import AsyncOpenAI, DefaultAioHttpClient

            return AsyncOpenAI(
                base_url=self.url,
                api_key=self.key,
                max_retries=0,
                timeout=None,
                # The other transport spends twice the time on a request, and more with every connection.
                http_client=DefaultAioHttpClient(timeout=None),
            )
        except (ImportError, RuntimeError) as error:
            raise UsageError("A model behind a server needs the openai client: pip install 'babilong[api]'.") from error

    async def post(self, client: AsyncOpenAI, path: str, body: dict[str, Any], timeout: float) -> dict[str, Any]:
        """Send a body, and return the reply's.

        Raises:
            Failure: there was none, or none that is JSON.
        """
        return await self._once(client.post(path, body=body, cast_to=object), timeout)

    async def models(self, client: AsyncOpenAI, timeout: float) -> list[dict[str, Any]]:
        """What the server lists as its models; nothing where it does not say.

        Raises:
            Failure: it did not answer at all.
        """
        try:
            reply = await self._once(client.get("/models", cast_to=object), timeout)
        except Failure as failure:
            if failure.kind in ("connection", "timeout") and failure.status is None:
                raise
            return []
        listed = reply.get("data")
        return [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []

    async def _once(self, attempt: Any, timeout: float) -> dict[str, Any]:
        import openai

        try:
            reply = await asyncio.wait_for(attempt, timeout)
            # What is not called JSON by its header comes as text.
            reply = json.loads(reply) if isinstance(reply, str) else reply
        except TimeoutError:
            raise Failure("timeout", f"No answer within {timeout:,.1f} s.") from None
        except openai.APIStatusError as error:
            raise self._refused(error) from None
        except openai.APIConnectionError as error:
            # Time limits are ours: what this client calls a timeout is a connection that was closed.
            cause = str(error.__cause__ or error) or type(error.__cause__).__name__
            raise Failure("connection", f"Connection failed: {self.shown(cause)}") from None
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise Failure("invalid", f"The reply is not JSON: {self.shown(str(error))}") from None
        except Exception as error:  # such as a prompt that cannot be encoded
            raise Failure("invalid", f"{type(error).__name__}: {self.shown(str(error))}") from None
        if not isinstance(reply, dict):
            raise Failure("invalid", "The reply is no JSON object.")
        if isinstance(reply.get("error"), dict):  # gateways pass errors on with a status of 200
            raise self._passed_on(reply["error"])
        return reply

    def _refused(self, error: Any) -> Failure:
        text = _message(error.response.text, error.body)
        return Failure(
            of_response(error.status_code, text),
            f"HTTP {error.status_code}: {self.shown(text)}",
            error.status_code,
            retry_after(error.response.headers, time.time()),
        )

    def _passed_on(self, error: dict[str, Any]) -> Failure:
        code = error.get("code")
        status = code if isinstance(code, int) and 400 <= code < 600 else 500
        text = _message("", error)
        return Failure(of_response(status, text), f"Error {code}: {self.shown(text)}", status)

    def shown(self, text: str) -> str:
        """A text of the server as it may be written and shown: one line, not long, without the key."""
        return " ".join(self.scrub(text).split())[:_LONGEST_MESSAGE]

    def scrub(self, text: str) -> str:
        """The text without the key."""
        return text.replace(self.key, "[key]") if len(self.key) >= SHORTEST_KEY else text


def _message(text: str, body: object) -> str:
    """What an error's body says, however the server words it: OpenAI, FastAPI or plain text."""
    found = body.get("error", body) if isinstance(body, dict) else body
    if isinstance(found, dict):
        said = found.get("message") or found.get("detail") or found
        code = found.get("code") or found.get("type")
        return f"{said} ({code})" if isinstance(code, str) and code not in str(said) else str(said)
    return str(found or text)
