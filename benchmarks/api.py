"""How busy a server behind `openai/NAME` is kept, and how much memory a long run takes.

    python benchmarks/api.py

The server is a process of its own on loopback that reads a request, throws it away and answers after 200 ms. Speed:
answers a 200 ms at concurrency 64 (64 would be without any loss), next to the `openai` client in the plainest loop, in
one run. Memory: peak of a process that asks 10,000 samples of 128k tokens through the runner, samples.jsonl included,
over that of one that asks 1,000.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from peak import peak_mib

from babilong import command
from evaluators.models.openai_api import OpenAIModel
from evaluators.models.protocol import ModelOptions, Request
from evaluators.models.server_options import ServerOptions
from evaluators.records import Record, RecordLog
from generators.kitchen import Kitchen
from generators.recipe import Recipe

SECONDS = 0.2
CONCURRENCY = 64
QUESTION = "Where is Mary?"
REPLY = json.dumps(
    {
        "choices": [{"message": {"role": "assistant", "content": "kitchen"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 128_000, "completion_tokens": 2},
    }
).encode()


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Throw requests away, and answer each after 200 ms."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(REPLY)
    try:
        while True:
            lines = (await reader.readuntil(b"\r\n\r\n")).lower().split(b"\r\n")
            left = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
            while left:
                left -= len(await reader.read(min(left, 1 << 18)))
            await asyncio.sleep(SECONDS)
            writer.write(head + REPLY)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def serve() -> None:
    """Listen, say where, and answer until killed."""
    server = await asyncio.start_server(answer, "127.0.0.1", 0, limit=1 << 20)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def serving() -> Iterator[str]:
    """The base URL of the server while it runs in a process of its own."""
    process = subprocess.Popen([sys.executable, __file__, "--serve"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}/v1"
    finally:
        process.kill()
        process.wait()


def requests(text: str, count: int) -> Iterator[Request]:
    """Different prompts of one length, each made when it is asked for."""
    for index in range(count):
        place = index * 37 % len(text)
        context = f"{text[place:]} {text[:place]}"
        yield Request(f"qa1/128k/{index}", "qa1", "128k", context, QUESTION, "Read. ", f" {QUESTION}")


def ours(url: str, text: str, count: int) -> None:
    """Ask and write down, as `babilong-eval` does."""
    server = ServerOptions(base_url=url, api="chat", concurrency=CONCURRENCY)
    model = OpenAIModel.load("openai/none", "none", ModelOptions(server=server))
    with tempfile.TemporaryDirectory() as folder, RecordLog(Path(folder) / "samples.jsonl") as log:
        for number, found in enumerate(model.answer(requests(text, count))):
            assert found.text == "kitchen", found
            tokens = found.tokens_in, found.tokens_out
            log.append(
                Record(found.id, "qa1", "128k", number, QUESTION, "", found.text, "stop", *tokens, found.seconds)
            )


def plain(url: str, text: str, count: int) -> None:
    """The client in the plainest loop: everything at once behind a semaphore."""
    from openai import AsyncOpenAI

    async def ask_all() -> None:
        gate = asyncio.Semaphore(CONCURRENCY)
        async with AsyncOpenAI(base_url=url, api_key="none") as client:

            async def ask(request: Request) -> None:
                async with gate:
                    messages = [{"role": "user", "content": request.prompt}]
                    await client.chat.completions.create(model="none", messages=messages, max_tokens=20)  # type: ignore[arg-type]

            await asyncio.gather(*map(ask, requests(text, count)))

    asyncio.run(ask_all())


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=3_000, help="for the speed")
    parser.add_argument("--samples", type=int, default=10_000, help="for the memory")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--peak-of", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve:
        return asyncio.run(serve())
    with serving() as url:
        if args.peak_of:
            text = next(iter(Kitchen(Recipe()).samples("qa1", "128k", 1))).input
            started = time.perf_counter()
            ours(url, text, args.peak_of)
            print(peak_mib(), args.peak_of * SECONDS / (time.perf_counter() - started))
            return None
        for name, ask in (("plain loop", plain), ("openai/NAME", ours)):
            ask(url, QUESTION, CONCURRENCY)
            started, busy = time.perf_counter(), time.process_time()
            ask(url, QUESTION * 100, args.requests)
            took, busy = time.perf_counter() - started, (time.process_time() - busy) / args.requests
            speed = f"{args.requests * SECONDS / took:.1f} answers a 200 ms of {CONCURRENCY} possible"
            print(f"{name}: {speed}, {1000 * busy:.2f} ms of CPU each")
    peaks = []
    for count in (args.samples // 10, args.samples):
        command = [sys.executable, __file__, "--peak-of", str(count)]
        peak, speed = map(float, subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())
        peaks.append(peak)
        print(f"{count:,} samples of 128k: peak {peak:,.0f} MiB, {speed:.1f} answers a 200 ms")
    print(f"ratio of the peaks: {peaks[1] / peaks[0]:.3f}")
    return None


if __name__ == "__main__":
    command.run(main)
