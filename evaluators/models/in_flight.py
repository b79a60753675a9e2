"""Many requests under way at a time, answers in the order of completion, prompts taken only as there is room.

Example::

    for answer in in_flight(requests, ask, most=64, close=client.close):
        print(answer.id)
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from itertools import islice
from queue import SimpleQueue
from threading import Thread
from typing import Any

from evaluators.models.protocol import Answer, Request


def in_flight(
    requests: Iterator[Request],
    ask: Callable[[Request], Coroutine[Any, Any, Answer]],
    most: int,
    close: Callable[[], Coroutine[Any, Any, None]],
) -> Iterator[Answer]:
    """Answers of an asynchronous model, in the order of completion.

    Args:
        requests: taken one by one, never more than `most` ahead.
        ask: answers one request; an exception ends the run, after the answers that came before it have been given.
        most: requests under way at a time.
        close: called at the end, however it comes.
    """
    done: SimpleQueue[Future[Answer]] = SimpleQueue()
    under_way = 0
    with event_loop(close) as submit:
        while True:
            for request in islice(requests, most - under_way):
                submit(ask(request)).add_done_callback(done.put)
                under_way += 1
            if not under_way:
                return
            answer = done.get().result()
            under_way -= 1
            yield answer


@contextmanager
def event_loop(
    close: Callable[[], Coroutine[Any, Any, None]],
) -> Iterator[Callable[[Coroutine[Any, Any, Any]], Future[Any]]]:
    """An event loop in a thread of its own, so that it also works where one runs already (notebooks).

    Args:
        close: the last thing that is run; what is still under way then is cancelled first.

    Yields:
        A function that starts a coroutine and returns the future of its result.
    """
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, name="requests", daemon=True)
    thread.start()
    try:
        yield lambda work: asyncio.run_coroutine_threadsafe(work, loop)
    finally:
        asyncio.run_coroutine_threadsafe(_end(close), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _end(close: Callable[[], Coroutine[Any, Any, None]]) -> None:
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)
    await close()
