"""What a model behind an OpenAI-compatible server can be told, and the checks that cost nothing.

Example::

    options = ServerOptions(base_url="http://127.0.0.1:8000/v1", concurrency=64, extra_body='{"repeat_penalty": 1}')
    options.url, options.key, options.extra
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from babilong.errors import UsageError, unknown
from evaluators.models.mapping_option import mapping_option

APIS = ("auto", "chat", "completions")
_DEFAULT_URL = "https://api.openai.com/v1"
_DEFAULT_KEY = "OPENAI_API_KEY"
# Local servers ask for no key, but the client will not start without one.
_NO_KEY = "none"
# Shorter ones are words that local servers are given, such as EMPTY: no secret, and found in many a text.
SHORTEST_KEY = 6
# What this program itself decides; an extra body that says otherwise would make a record that lies.
_RESERVED = {
    "model": "--model",
    "messages": "--prompts",
    "prompt": "--prompts",
    "max_tokens": "--max-new-tokens",
    "max_completion_tokens": "--max-new-tokens",
    "seed": "--seed",
    "stream": None,
    "n": None,
}


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """How to reach a server and how hard to press it.

    Attributes:
        base_url: address up to and with `/v1`; None: that of `OPENAI_BASE_URL`, else OpenAI's own.
        api: `chat`, `completions`, or `auto`: chat unless the server only takes completions.
        api_key_env: name of the environment variable that holds the key; None: `OPENAI_API_KEY`, if it is set.
        concurrency: requests under way at a time.
        timeout: seconds an attempt may take.
        total_timeout: seconds a sample may take, all its attempts and the waits between them but those of the rates.
        max_retries: how often a failed request is tried again; some classes of errors less (`ERRORS`).
        rpm: requests a minute, or None.
        tpm: tokens a minute, prompts and answers, or None.
        seed: sent to the server if given.
        extra_body: more fields of the request's body, as JSON or YAML; they win over ours.
        max_model_len: tokens of prompt and answer that the model takes; None: what the server says.
        tokenizer: `builtin`, a folder or a hub id; counts prompts before they are sent.
    """

    base_url: str | None = None
    api: str = "auto"
    api_key_env: str | None = None
    concurrency: int = 16
    timeout: float = 600.0
    total_timeout: float = 1800.0
    max_retries: int = 8
    rpm: int | None = None
    tpm: int | None = None
    seed: int | None = None
    extra_body: str | None = None
    max_model_len: int | None = None
    tokenizer: str | None = None

    def check(self) -> None:
        """Look at everything that can be wrong without asking anybody.

        Raises:
            UsageError: something is.
        """
        if self.api not in APIS:
            raise unknown("api", self.api, APIS)
        if self.max_model_len is not None and self.tokenizer is None:
            raise UsageError("--max-model-len needs --tokenizer, which counts the prompts.")
        key = self.key
        if len(key) >= SHORTEST_KEY and (key in self.url or key in (self.extra_body or "")):
            raise UsageError("The key is part of --base-url or --extra-body; leave it out: the environment has it.")
        _ = self.extra

    @property
    def url(self) -> str:
        """The address of the server.

        Raises:
            UsageError: it is no plain http or https address.
        """
        given = self.base_url or os.environ.get("OPENAI_BASE_URL") or _DEFAULT_URL
        try:
            parts = urlsplit(given)
            plain = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:
            plain = False
        if not plain:
            raise UsageError("The --base-url is no http address; write it as http://HOST:PORT/v1.")
        # It is written into run.yaml: nothing secret may be in it.
        if parts.username is not None or parts.query or parts.fragment:
            raise UsageError(
                f"The --base-url must end with its path, and hold no user, password or query: {parts.scheme}://"
                f"{parts.hostname}{parts.path}; the key is read from the environment (--api-key-env)."
            )
        return given.rstrip("/")

    @property
    def key_env(self) -> str:
        """Name of the variable that holds the key."""
        return self.api_key_env or _DEFAULT_KEY

    @property
    def key(self) -> str:
        """The key, which is never shown or written.

        Raises:
            UsageError: the variable that was named is not set, or what it holds cannot be sent.
        """
        key = os.environ.get(self.key_env, "").strip()
        if not key:
            if self.api_key_env:
                raise UsageError(f"The environment has no {self.api_key_env}; set it, or leave --api-key-env away.")
            return _NO_KEY
        if not (key.isascii() and key.isprintable()) or " " in key:
            raise UsageError(f"The key in {self.key_env} holds characters that no key has; set it again.")
        return key

    @property
    def extra(self) -> dict[str, Any]:
        """The fields of `extra_body`.

        Raises:
            UsageError: it is no mapping, or sets what has a flag of its own.
        """
        return mapping_option("--extra-body", self.extra_body, '{"top_k": 1}', _RESERVED)
