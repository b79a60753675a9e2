"""A model behind a server: whatever the server does, no finished answer is lost and no sample goes unaccounted for."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path

import pytest

from babilong.errors import BabilongError, OverLengthError
from babilong.prompts import load_prompts
from babilong.tokenizers import load_tokenizer
from evaluators.job import Job
from evaluators.models import retries
from evaluators.models.errors import ERRORS
from evaluators.models.protocol import Request
from evaluators.records import read_records
from evaluators.runner import evaluate
from generators.dataset import Dataset
from tests.evaluators.asking import KEY, ask, at_sample, load, requests
from tests.evaluators.faulty_server import Asked, FaultyServer, Reply, error, says

OVERFLOW = error("This model's maximum context length is 1024 tokens. However, your prompt has 5000.")
RENAMED = error(
    "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.", code="unsupported_parameter"
)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "_FIRST_S", 0.01)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)


def test_what_is_sent_and_what_comes_back() -> None:
    with FaultyServer() as server:
        answers = ask(load(server, system="Be brief.", seed=7, extra_body="{top_k: 1}"))
    for index, answer in enumerate(answers[f"qa1/0k/{index}"] for index in range(8)):
        assert (answer.text, answer.finish_reason, answer.error, answer.retries) == ("kitchen", "stop", None, 0)
        assert (answer.tokens_in, answer.tokens_out) == (100, 2)
        asked = next(asked for asked in server.asked if f"fact {index}." in asked.text)
        assert asked.path == "/v1/chat/completions"
        assert asked.headers["authorization"] == f"Bearer {KEY}"
        assert asked.body == {
            "model": "tiny", "temperature": 0, "seed": 7, "top_k": 1, "max_tokens": 20,
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": f"Read: fact {index}. Where is Mary?"},
            ],
        }  # fmt: skip


def test_completions_and_replies_without_usage() -> None:
    with FaultyServer(usual=lambda asked: Reply(body=says("garden", "length", usage=False))) as server:
        answers = ask(load(server, api="completions", system="Be brief."))
    assert {(a.text, a.finish_reason, a.tokens_in, a.tokens_out) for a in answers.values()} == {
        ("garden", "length", 0, 0)
    }
    assert {asked.path for asked in server.asked} == {"/v1/completions"}
    assert all(asked.body["prompt"].startswith("Be brief.\n\nRead: fact ") for asked in server.asked)
    assert all(asked.body["max_tokens"] == 20 and "messages" not in asked.body for asked in server.asked)


@pytest.mark.parametrize("odd", [True, -3, 2.5, 1e400, "9", None])
def test_counts_that_are_none_are_as_unsaid(odd: object, dataset: Dataset, tmp_path: Path) -> None:
    body = json.dumps(says("kitchen") | {"usage": {"prompt_tokens": odd, "completion_tokens": 7}})
    with FaultyServer(usual=lambda asked: Reply(body=body.encode())) as server:
        done = evaluate(Job(load(server), dataset, dataset.cells, load_prompts(), limit=1), tmp_path, quiet=True)
    found = read_records(done / "samples.jsonl").values()
    assert {(record.output, record.tokens_in, record.tokens_out) for record in found} == {("kitchen", 0, 7)}


FAULTS = [
    (Reply(400, error("The field top_k is unknown.")), "invalid", 1),
    (Reply(400, OVERFLOW), "context_overflow", 1),
    (Reply(400, error("refused", code="content_filter")), "content_filter", 1),
    (Reply(401, error("bad key")), "auth", 1),
    (Reply(403, error("not allowed")), "auth", 1),
    (Reply(404, error("no such model")), "invalid", 1),
    (Reply(408, b""), "timeout", 4),
    (Reply(413, b"<html>too large</html>"), "context_overflow", 1),
    (Reply(422, {"detail": "Server is pinned to another model."}), "invalid", 1),
    (Reply(429, error("slow down")), "rate_limited", 4),
    (Reply(429, error("no credit", code="insufficient_quota")), "auth", 1),
    (Reply(500, b"Internal Server Error"), "server", 4),
    (Reply(500, error("CUDA out of memory")), "oom", 2),
    (Reply(503, error("overloaded")), "server", 4),
    (Reply(504, b"<html>"), "timeout", 4),
    (Reply(end="drop"), "connection", 4),
    (Reply(end="hang"), "timeout", 4),
    (Reply(end="half"), "connection", 4),
    (Reply(500, error("x" * 100), end="half"), "connection", 4),
    (Reply(body=b'{"choices": [{'), "invalid", 3),
    (Reply(body=b"\xff\xfe"), "invalid", 3),
    (Reply(body=b"<html>", headers={"Content-Type": "text/html"}), "invalid", 3),
    (Reply(body=[1]), "invalid", 3),
    (Reply(body={"choices": []}), "invalid", 3),
    (Reply(body=error("slow down", code=429)), "rate_limited", 4),
    (Reply(body=error("upstream broke")), "server", 4),
    (Reply(body={"choices": [{"text": 7}]}), "invalid", 3),
    (Reply(body=says("", "stop")), "empty", 2),
    (Reply(body=says(None, "length")), "length_cut", 1),
    (Reply(body=says("bad", "content_filter")), "content_filter", 1),
]


def limit(fault: Reply) -> float:
    return 0.7 if fault.end == "hang" else 60


@pytest.mark.parametrize(("fault", "kind", "attempts"), FAULTS, ids=lambda value: str(value)[:60])
def test_a_fault_that_stays_costs_its_sample_only(fault: Reply, kind: str, attempts: int) -> None:
    with FaultyServer(usual=at_sample(5, fault)) as server:
        answers = ask(load(server, timeout=limit(fault), concurrency=2))
    bad = answers.pop("qa1/0k/5")
    assert (bad.error, bad.text, bad.finish_reason, bad.retries) == (kind, "", None, attempts - 1)
    assert kind in ERRORS
    assert bad.message and "\n" not in bad.message and len(bad.message) < 400
    assert sum("fact 5." in asked.text for asked in server.asked) == attempts
    assert all(answer.text == "kitchen" and answer.error is None for answer in answers.values())


@pytest.mark.parametrize(
    ("fault", "kind"), [(fault, kind) for fault, kind, attempts in FAULTS if attempts > 1], ids=lambda v: str(v)[:60]
)
def test_a_fault_that_passes_costs_nothing(fault: Reply, kind: str) -> None:
    with FaultyServer(usual=at_sample(0, fault, times=1)) as server:
        answers = ask(load(server, timeout=limit(fault)))
    assert {answer.text for answer in answers.values()} == {"kitchen"}
    assert {name: a.retries for name, a in answers.items() if a.retries} == {"qa1/0k/0": 1}


def test_each_class_of_errors_has_its_own_retries() -> None:
    script = [Reply(500), Reply(429), Reply(500), Reply(429), Reply(500), Reply(429), Reply(end="drop")]
    with FaultyServer(script) as server:
        answer = ask(load(server, max_retries=3), 1)["qa1/0k/0"]
    assert (answer.text, answer.retries) == ("kitchen", 7)
    with FaultyServer(usual=lambda asked: Reply(500)) as server:
        assert ask(load(server, max_retries=0), 1)["qa1/0k/0"].retries == 0
    assert len(server.asked) == 1


def test_an_answer_cut_at_the_limit_is_an_answer() -> None:
    with FaultyServer([Reply(body=says("kitch", "length"))]) as server:
        answer = ask(load(server), 1)["qa1/0k/0"]
    assert (answer.text, answer.finish_reason, answer.error) == ("kitch", "length", None)


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_kept(form: str) -> None:
    def usual(asked: Asked) -> Reply:
        value = "1" if form == "seconds" else formatdate(time.time() + 2, usegmt=True)
        return Reply(429, headers={"Retry-After": value}) if len(server.asked) == 1 else Reply()

    with FaultyServer(usual=usual) as server:
        assert ask(load(server), 1)["qa1/0k/0"].retries == 1
    first, second = server.asked
    assert second.at - first.at >= 1


def test_a_retry_after_beyond_the_total_time_ends_the_sample_at_once() -> None:
    with FaultyServer(usual=at_sample(0, Reply(429, error("wait"), headers={"Retry-After": "3600"}))) as server:
        answer = ask(load(server, total_timeout=60))["qa1/0k/0"]
    assert (answer.error, answer.retries) == ("rate_limited", 0)
    assert "HTTP 429: wait No time for another attempt 3," in str(answer.message)


def test_the_total_time_ends_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "_FIRST_S", 0.3)
    with FaultyServer(usual=lambda asked: Reply(end="hang")) as server:
        answer = ask(load(server, timeout=0.5, total_timeout=2.5, max_retries=1000), 1)["qa1/0k/0"]
    assert answer.error == "timeout"
    assert 2 <= len(server.asked) <= 6


@pytest.mark.parametrize(
    ("status", "says_"),
    [(401, "refuses the key: HTTP 401: no; put a valid one into OPENAI_API_KEY"), (403, "refuses the key"),
     (404, r"does not answer for the model 'tiny' \(it has: small, large\): HTTP 404: no; check --model")],
)  # fmt: skip
def test_what_can_never_succeed_ends_the_run_at_once(status: int, says_: str) -> None:
    models = Reply(body={"data": [{"id": "small"}, {"id": "large"}]})
    with FaultyServer(usual=lambda asked: Reply(status, error("no.")), models=models) as server:
        model = load(server, concurrency=2)
        with pytest.raises(BabilongError, match=says_):
            list(model.answer(requests(100)))
    assert len(server.asked) <= 2


def test_what_is_finished_is_kept_when_the_run_ends_at_once(dataset: Dataset, tmp_path: Path) -> None:
    refused = Reply(401, error("expired"), seconds=0.3)
    with FaultyServer(usual=at_sample(0, refused)) as server:
        job = Job(load(server), dataset, dataset.cells, load_prompts())
        done = evaluate(replace(job, limit=2), tmp_path, quiet=True)
        server.usual = lambda asked: refused
        job = replace(job, model=load(server))
        with pytest.raises(BabilongError, match="refuses the key"):
            evaluate(job, tmp_path, quiet=True)
        assert len(read_records(done / "samples.jsonl")) == 8
        server.usual = lambda asked: Reply()
        evaluate(replace(job, model=load(server)), tmp_path, quiet=True)
    assert len(read_records(done / "samples.jsonl")) == 20


def test_few_prompts_are_held_and_many_are_under_way() -> None:
    taken: list[str] = []

    def counted() -> Iterator[Request]:
        for request in requests(60):
            taken.append(request.id)
            yield request

    with FaultyServer(usual=lambda asked: Reply(seconds=0.02)) as server:
        for given, _ in enumerate(load(server, concurrency=6).answer(counted()), 1):
            assert len(taken) <= given + 6
    assert server.most_under_way == 6
    assert len(server.asked) == 60


def test_a_prompt_that_cannot_be_encoded_costs_itself_only() -> None:
    bad = Request("qa1/0k/99", "qa1", "0k", "Mary \ud800", "Where is Mary?")
    with FaultyServer() as server:
        answers = {answer.id: answer for answer in load(server).answer(iter([bad, *requests(3)]))}
    assert answers.pop(bad.id).error == "invalid"
    assert {answer.text for answer in answers.values()} == {"kitchen"}


def test_stopping_in_the_middle_leaves_nothing_behind() -> None:
    import threading

    with FaultyServer(usual=at_sample(3, Reply(end="hang"))) as server:
        with closing(load(server).answer(requests(8))) as answers:  # type: ignore[type-var]
            assert next(answers).text == "kitchen"
        assert not [thread for thread in threading.enumerate() if thread.name == "requests"]


def test_the_newer_name_of_the_token_limit() -> None:
    with FaultyServer(usual=lambda a: Reply(400, RENAMED) if "max_tokens" in a.body else Reply()) as server:
        answers = ask(load(server))
    assert {(answer.text, answer.retries) for answer in answers.values()} == {("kitchen", 0)}
    assert all(("max_tokens" in a.body) != ("max_completion_tokens" in a.body) for a in server.asked)
    assert server.asked[-1].body["max_completion_tokens"] == 20


@pytest.mark.parametrize(
    ("refusal", "api"),
    [(Reply(404, error("no such path")), "completions"), (Reply(400, error("no chat template")), "completions"),
     (Reply(500), "completions"), (Reply(), "chat")],
)  # fmt: skip
def test_api_auto_finds_the_way(refusal: Reply, api: str) -> None:
    with FaultyServer(usual=lambda a: refusal if a.path.endswith("/chat/completions") else Reply()) as server:
        model = load(server, api="auto")
        assert model.describe()["prompt"] == api
        server.asked.clear()
        ask(model)
    assert {("prompt" in asked.body) for asked in server.asked} == {api == "completions"}


@pytest.mark.parametrize("status", [400, 401, 404, 503])
def test_api_auto_at_a_server_that_refuses_all(status: int) -> None:
    says_ = rf"The server at http://127\.0\.0\.1.*HTTP {status}: no"
    with FaultyServer(usual=lambda a: Reply(status, error("no."))) as server, pytest.raises(BabilongError, match=says_):
        load(server, api="auto")


def test_a_server_that_is_not_there() -> None:
    with FaultyServer() as server:
        pass
    with pytest.raises(BabilongError, match=f"Cannot reach the server at {server.url}: .*--base-url"):
        load(server)


@pytest.mark.parametrize(
    ("read", "tokenizer", "kind"),
    [(0.5, "builtin", "context_overflow"), (0.7, "builtin", "context_overflow"), (0.91, "builtin", None),
     (1.2, "builtin", None), (0, "builtin", None), (0.5, None, None)],
)  # fmt: skip
def test_a_server_that_cuts_prompts_silently_is_noticed(read: float, tokenizer: str | None, kind: str | None) -> None:
    request = Request("qa1/1k/0", "qa1", "1k", "Mary went to the garden. " * 1_000, "Where is Mary?")
    sent = len(load_tokenizer().encode(request.prompt))
    body = says("kitchen") | {"usage": {"prompt_tokens": int(read * sent), "completion_tokens": 2}}
    models = Reply(body={"data": [{"id": "tiny", "max_model_len": 100_000}]})
    with FaultyServer(usual=lambda asked: Reply(body=body), models=models) as server:
        (answer,) = load(server, tokenizer=tokenizer).answer(iter([request]))
        assert len(server.asked) == 1
    assert (answer.error, answer.text) == (kind, "" if kind else "kitchen")
    if kind:
        assert str(answer.message).startswith(f"The server read {int(read * sent):,} of the prompt's {sent:,} tokens;")


def test_the_limit_of_vllm_and_a_tokenizer_refuse_long_prompts_first(dataset: Dataset, tmp_path: Path) -> None:
    models = Reply(body={"data": [{"id": "other", "max_model_len": 9}, {"id": "tiny", "max_model_len": 820}]})
    with FaultyServer(models=models) as server:
        assert load(server).max_tokens is None
        model = load(server, tokenizer="builtin")
        assert model.max_tokens == 800
        assert load(server, tokenizer="builtin", max_model_len=620).max_tokens == 600
        job = Job(model, dataset, dataset.cells, load_prompts())
        with pytest.raises(OverLengthError, match=r"10 of 20 prompts .* 800 tokens that openai/tiny"):
            evaluate(job, tmp_path, quiet=True)
    assert server.asked == []
