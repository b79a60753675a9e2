"""What the reply of a chat or completions request says.

Example::

    read_reply({"choices": [{"message": {"content": "kitchen"}, "finish_reason": "stop"}]}).text     # "kitchen"
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evaluators.models.errors import Failure


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as a server gave it.

    Attributes:
        text: what the model wrote, without the reasoning that some servers keep apart.
        finish_reason: in the server's words, where `stop` and `length` mean the same everywhere.
        tokens_in: tokens of the prompt; 0 where the server does not say, or no number.
        tokens_out: tokens of the answer, likewise.
    """

    text: str
    finish_reason: str | None
    tokens_in: int
    tokens_out: int


def read_reply(body: Mapping[str, Any]) -> Reply:
    """The first choice of a reply.

    Raises:
        Failure: it holds no answer: `invalid`, `content_filter`, `length_cut` or `empty`.
    """
    try:
        choice = body["choices"][0]
        text = choice["message"]["content"] if "message" in choice else choice["text"]
        reason = choice.get("finish_reason")
    except (LookupError, TypeError, AttributeError):
        raise Failure("invalid", f"The reply has no answer; its keys are: {', '.join(map(str, body))}.") from None
    if not isinstance(text, str | None) or not isinstance(reason, str | None):
        raise Failure("invalid", "The answer of the reply is no text.")
    if reason == "content_filter":
        raise Failure("content_filter", "The server's filter withheld the answer.")
    if not (text and text.strip()):
        if reason == "length":
            raise Failure("length_cut", "The token limit was reached before any answer; raise --max-new-tokens.")
        raise Failure("empty", f"The model wrote nothing and ended with {reason!r}.")
    usage = body.get("usage")
    counts = [usage.get(key) if isinstance(usage, dict) else 0 for key in ("prompt_tokens", "completion_tokens")]
    # True is an int to Python, and no count to who reads the record again.
    tokens_in, tokens_out = (count if type(count) is int and count >= 0 else 0 for count in counts)
    return Reply(text, reason, tokens_in, tokens_out)
