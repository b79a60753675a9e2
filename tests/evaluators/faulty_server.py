"""An OpenAI-compatible server on loopback that fails as it is told, request by request.

Example::

    with FaultyServer([Reply(429, headers={"Retry-After": "1"}), Reply(end="drop")]) as server:
        ...  # the first question gets a 429, the second no reply, all others "kitchen"
        server.asked[0].body["messages"]
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Thread
from typing import Any


def says(text: str | None, reason: str | None = "stop", usage: bool = True) -> dict[str, Any]:
    """The body of a good reply, to chat and to completions alike."""
    counts = {"prompt_tokens": 100, "completion_tokens": 2, "total_tokens": 102}
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "text": text, "finish_reason": reason}
    return {"id": "x", "object": "x", "choices": [choice], **({"usage": counts} if usage else {})}


def error(message: str, **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, **more}}


@dataclass(frozen=True)
class Reply:
    """What is done with a request: `end` is whole, half (of the body), drop (no reply) or hang."""

    status: int = 200
    body: Any = field(default_factory=lambda: says("kitchen"))
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    end: str = "whole"

    def to_bytes(self) -> bytes:
        body = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), **self.headers}
        head = f"HTTP/1.1 {self.status} X\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return head.encode() + b"\r\n" + (body[: len(body) // 2] if self.end == "half" else body)


@dataclass(frozen=True)
class Asked:
    """A question as it came."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    at: float

    @property
    def text(self) -> str:
        return self.body["prompt"] if "prompt" in self.body else self.body["messages"][-1]["content"]


class FaultyServer:
    """Replies by a script in the order of arrival; what is beyond it, by `usual`."""

    def __init__(
        self,
        script: Iterable[Reply] = (),
        usual: Callable[[Asked], Reply] = lambda asked: Reply(),
        models: Reply = Reply(404, error("no list")),  # noqa: B008
    ) -> None:
        self.script = iter(script)
        self.usual = usual
        self.models = models
        self.asked: list[Asked] = []
        self.under_way = self.most_under_way = 0
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> FaultyServer:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        return self

    def __exit__(self, *error: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self) -> asyncio.Server:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _end(self) -> None:
        self._server.close()
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            while await self._answer(reader, writer):
                pass
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; whether the connection stays open."""
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        method, path, _ = first.split()
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        if method == "GET":
            reply = self.models
        else:
            self.asked.append(Asked(path, headers, json.loads(body), time.monotonic()))
            reply = next(self.script, None) or self.usual(self.asked[-1])
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await asyncio.sleep(3600 if reply.end == "hang" else reply.seconds)
        finally:
            self.under_way -= 1
        if reply.end != "drop":
            writer.write(reply.to_bytes())
            await writer.drain()
        return reply.end == "whole"
