"""What a model behind a server can be told, what is refused, and that its key goes nowhere but to the server."""

from __future__ import annotations

import sys
import time
import traceback
from typing import Any

import pytest

from babilong.errors import BabilongError, UsageError
from evaluators.models import retries
from evaluators.models.protocol import ModelOptions
from evaluators.models.registry import make_model
from evaluators.models.server_options import ServerOptions
from tests.evaluators.asking import KEY, ask, at_sample, load
from tests.evaluators.faulty_server import FaultyServer, Reply, error, says


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "_FIRST_S", 0.01)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"api": "chats"}, "Unknown api 'chats'; did you mean chat"),
        ({"base_url": "localhost:8000/v1"}, "no http address"),
        ({"base_url": "ftp://host/v1"}, "no http address"),
        ({"base_url": "http://host:nan/v1"}, "no http address"),
        ({"base_url": "http://me:pass@host/v1"}, "hold no user, password or query: http://host/v1"),
        ({"base_url": "http://host/v1?key=1"}, "hold no user, password or query"),
        ({"base_url": f"http://host/{KEY}/v1"}, "The key is part of --base-url"),
        ({"extra_body": f"{{api_key: {KEY}}}"}, "The key is part of --base-url or --extra-body"),
        ({"extra_body": "{"}, "no JSON or YAML mapping"),
        ({"extra_body": "[1]"}, "no JSON or YAML mapping"),
        ({"extra_body": "{1: 2}"}, "no JSON or YAML mapping"),
        ({"extra_body": "{a: !!int b}"}, "no JSON or YAML mapping"),
        ({"extra_body": "{a: !!binary aGk=}"}, "no JSON or YAML mapping"),
        ({"extra_body": '{"max_tokens": 5}'}, "cannot set max_tokens; use --max-new-tokens"),
        ({"extra_body": '{"stream": true}'}, "cannot set stream."),
        ({"api_key_env": "NO_SUCH_KEY"}, "The environment has no NO_SUCH_KEY"),
        ({"max_model_len": 100}, "--max-model-len needs --tokenizer"),
        ({"tokenizer": "builtin"}, "add --max-model-len"),
        ({"tokenizer": "builtin", "max_model_len": 20}, "leaves openai/tiny no room for a prompt"),
    ],
)
def test_bad_options(options: dict[str, Any], what: str) -> None:
    with FaultyServer() as server, pytest.raises(UsageError, match=what) as raised:
        load(server, **options) if "base_url" not in options else ServerOptions(**options).check()
    assert KEY not in str(raised.value)
    assert "pass" not in str(raised.value).replace("password", "")


def test_what_looks_like_a_date_stays_as_it_is_written() -> None:
    assert ServerOptions(extra_body="{template: {date: 2024-07-26, other: 2024-13-45}}").extra == {
        "template": {"date": "2024-07-26", "other": "2024-13-45"}
    }


@pytest.mark.parametrize("key", ["sk-with\nline", "sk-with blank", "sk-ключ"])
def test_keys_that_cannot_be_sent(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", key)
    with pytest.raises(UsageError, match="The key in MY_KEY holds characters that no key has") as raised:
        ServerOptions(api_key_env="MY_KEY").check()
    assert key not in str(raised.value)


def test_no_key_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    with FaultyServer(usual=lambda asked: Reply(body=says("none of them"))) as server:
        assert {answer.text for answer in ask(load(server)).values()} == {"none of them"}


def test_the_address_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ServerOptions().url == "https://api.openai.com/v1"
    monkeypatch.setenv("OPENAI_BASE_URL", "http://host/v1/")
    assert ServerOptions().url == "http://host/v1"
    assert ServerOptions(base_url="https://other").url == "https://other"


@pytest.mark.parametrize("status", [200, 400, 500])
def test_the_key_is_taken_out_of_what_the_server_says(status: int) -> None:
    body = says(f"Your key is {KEY}.") if status == 200 else error(f"Your key is {KEY}.")
    with FaultyServer(usual=at_sample(3, Reply(status, body))) as server:
        answers = ask(load(server))
    assert "Your key is [key]." in f"{answers['qa1/0k/3'].text}{answers['qa1/0k/3'].message}"
    assert KEY not in repr(answers)
    with FaultyServer(usual=lambda asked: Reply(401, error(f"No: {KEY}"))) as server:
        model = load(server)
        assert KEY not in repr(model.describe()) + repr(model.endpoint) + repr(model.options)
        with pytest.raises(BabilongError, match=r"No: \[key\]") as raised:
            ask(model)
    assert KEY not in "".join(traceback.format_exception(raised.value))


def test_what_decides_the_answers_is_described() -> None:
    with FaultyServer() as server:
        plain = load(server).describe()
        assert plain == load(server, concurrency=9, timeout=9, rpm=900, max_retries=1).describe()
        assert plain["base_url"] == server.url
        assert plain["decoding"] == {"temperature": 0, "max_new_tokens": 20, "seed": None}
        others = [load(server, seed=1), load(server, extra_body="{top_k: 1}"), load(server, api="completions")]
    assert all(other.describe() != plain for other in others)


def test_server_options_are_for_servers() -> None:
    with pytest.raises(UsageError, match="are for openai/NAME, not for random"):
        make_model("random", ModelOptions(server=ServerOptions(rpm=3)))
    with pytest.raises(UsageError, match="write it as openai/NAME"):
        make_model("openai/")


def test_without_the_client(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("openai", "aiohttp"):
        with FaultyServer() as server, monkeypatch.context() as patch:
            patch.setitem(sys.modules, name, None)
            if name == "aiohttp":
                patch.setattr("openai.DefaultAioHttpClient", _missing)
            with pytest.raises(UsageError, match=r"pip install 'babilong\[api\]'"):
                load(server)


def _missing(**options: Any) -> None:
    raise RuntimeError("To use the aiohttp client you must have installed the package with the `aiohttp` extra")


def test_requests_a_minute() -> None:
    with FaultyServer() as server:
        model = load(server, rpm=600)
        started = time.monotonic()
        ask(model, 5)
    assert time.monotonic() - started >= 0.4


def test_tokens_a_minute_are_those_of_the_server() -> None:
    """Each reply costs 102 tokens, whatever was thought: at 60,000 a minute the fifth comes 0.408 s after the first."""
    with FaultyServer() as server:
        model = load(server, tpm=60_000, concurrency=1)
        started = time.monotonic()
        ask(model, 5)
    assert time.monotonic() - started >= 0.4
