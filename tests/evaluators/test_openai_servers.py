"""`babilong-eval --model openai/NAME` as people call it, and against real servers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from evaluators.models.protocol import Answer, ModelOptions, Request
from evaluators.models.registry import make_model
from evaluators.models.server_options import ServerOptions
from evaluators.records import Record, read_records
from generators.dataset import Dataset
from tests.evaluators.faulty_server import Asked, FaultyServer, Reply, error, says
from tests.evaluators.serve import TEMPLATE, serving, transformers_serve, vllm_serve

ROOT = Path(__file__).parents[2]
KEY = "sk-very-secret-0123456789"
VLLM = os.environ.get("BABILONG_VLLM_PYTHON")


@pytest.fixture
def start(tmp_path: Path, dataset: Dataset) -> Callable[..., subprocess.Popen[str]]:
    """The command in a process of its own, in an empty folder."""

    def run(*words: str) -> subprocess.Popen[str]:
        program = [sys.executable, "-c", "from evaluators.cli import main; main()", "--data", str(dataset.folder)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "MY_KEY": KEY}
        return subprocess.Popen(
            [*program, *words], cwd=tmp_path, env=environment, stdout=-1, stderr=-1, text=True
        )  # fmt: skip

    return run


def records(folder: Path) -> dict[str, Record]:
    return read_records(next(folder.glob("runs/*/*/samples.jsonl")))


def everything_written(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def words(server: FaultyServer, *more: str) -> tuple[str, ...]:
    return ("-m", "openai/tiny", "--base-url", server.url, "--api-key-env", "MY_KEY", "--concurrency", "3", *more)


def test_a_run_with_faults_and_no_trace_of_the_key(start: Callable[..., Any], tmp_path: Path) -> None:
    def usual(asked: Asked) -> Reply:
        if asked.body["max_tokens"] != 7 or "Where" not in asked.text:
            return Reply(400, error("unexpected"))
        if len(server.asked) % 5 == 0:
            return Reply(500, error(f"failed with {asked.headers}"))
        return Reply(body=says(f"kitchen {KEY}") if len(server.asked) % 7 == 0 else says("kitchen", "length"))

    with FaultyServer(usual=usual) as server:
        process = start(*words(server, "--max-new-tokens", "7", "--extra-body", '{"top_k": 1}', "--max-retries", "30"))
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        found = records(tmp_path)
        assert len(found) == 20
        assert {(r.error, r.output) for r in found.values()} == {(None, "kitchen"), (None, "kitchen [key]")}
        assert {r.finish_reason for r in found.values()} == {"stop", "length"}
        assert sum(r.retries for r in found.values()) == sum(n % 5 == 0 for n in range(2, len(server.asked) + 1))
        run = yaml.safe_load(next(tmp_path.glob("runs/*/*/run.yaml")).read_text())
        assert run["model"]["prompt"] == "chat"
        assert run["model"]["extra_body"] == {"top_k": 1}
        assert run["model"]["base_url"] == server.url

        server.usual = lambda asked: Reply(403, error(f"{KEY} may not"))
        process = start(*words(server, "--api", "chat", "--seed", "1", "--debug"))
        second = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "refuses the key: HTTP 403: [key] may not; put a valid one into MY_KEY" in second[1]
    assert all(asked.headers["authorization"] == f"Bearer {KEY}" for asked in server.asked)
    assert KEY.encode() not in everything_written(tmp_path) + "".join((out, err, *second)).encode()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_stopped_run_asks_nothing_twice(start: Callable[..., Any], tmp_path: Path, how: signal.Signals) -> None:
    with FaultyServer(usual=lambda asked: Reply(seconds=0.3)) as server:
        process = start(*words(server, "--api", "chat"))
        for _ in range(1200):
            files = list(tmp_path.glob("runs/*/*/samples.jsonl"))
            if files and files[0].read_bytes().count(b"\n") >= 4:
                break
            time.sleep(0.05)
        process.send_signal(how)
        process.communicate(timeout=60)
        assert process.returncode == (130 if how == signal.SIGINT else -how)
        before = records(tmp_path)
        assert 4 <= len(before) < 20
        under_way = len(server.asked) - len(before)
        assert under_way <= 3 + 1  # one may have been answered and not yet written
        process = start(*words(server, "--api", "chat"))
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        found = records(tmp_path)
        assert len(found) == 20
        assert all(found[name] == record for name, record in before.items())
        assert len(server.asked) == 20 + under_way


def test_help_names_the_flags_of_a_server(start: Callable[..., Any]) -> None:
    out, _ = start("--help").communicate(timeout=60)
    for flag in ("--base-url", "--api-key-env", "--total-timeout", "--rpm", "--tpm", "--extra-body"):
        assert flag in out


@pytest.fixture(scope="module")
def chat_llama(tmp_path_factory: pytest.TempPathFactory, make_llm: Callable[..., Path]) -> Path:
    return make_llm(tmp_path_factory.mktemp("models") / "chat-llama", "llama", template=TEMPLATE)


@pytest.fixture(scope="module")
def transformers_url(chat_llama: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(transformers_serve(chat_llama), tmp_path_factory.mktemp("serve") / "log") as url:
        yield url


def questions(count: int = 6) -> Iterator[Request]:
    for index in range(count):
        context = " ".join(f"Mary went to the {place}." for place in ("garden", "kitchen", "office")[: index % 3 + 1])
        yield Request(f"qa1/0k/{index}", "qa1", "0k", context, "Where is Mary?", "Read: ", f" {index}. Where is Mary?")


def answers(name: str, options: ModelOptions) -> dict[str, Answer]:
    return {answer.id: answer for answer in make_model(name, options).answer(questions())}


def same_as_here(model: Path, name: str, server: ServerOptions) -> None:
    """What a server writes is what the same weights write in this process, prompt and all."""
    here = answers(f"hf/{model}", ModelOptions(max_new_tokens=8, dtype="float32", system="Be brief.", batch_size=1))
    there = answers(name, ModelOptions(max_new_tokens=8, system="Be brief.", server=server))
    assert {key: (a.text, a.tokens_in, a.tokens_out, a.finish_reason) for key, a in there.items()} == {
        key: (a.text, a.tokens_in, a.tokens_out, a.finish_reason) for key, a in here.items()
    }
    assert len({answer.text for answer in here.values()}) > 1


def test_transformers_serve_writes_what_transformers_writes(chat_llama: Path, transformers_url: str) -> None:
    same_as_here(chat_llama, f"openai/{chat_llama}", ServerOptions(base_url=transformers_url, concurrency=3))


def test_completions_of_transformers_serve(chat_llama: Path, transformers_url: str) -> None:
    server = ServerOptions(base_url=transformers_url, concurrency=3, api="completions")
    found = answers(f"openai/{chat_llama}", ModelOptions(max_new_tokens=5, server=server))
    assert {(answer.error, answer.finish_reason, answer.tokens_out) for answer in found.values()} <= {
        (None, "length", 5), (None, "stop", 2), (None, "stop", 3), (None, "stop", 4), (None, "stop", 5)
    }  # fmt: skip
    assert len(found) == 6


def test_the_command_with_transformers_serve(
    chat_llama: Path, transformers_url: str, start: Callable[..., Any], tmp_path: Path
) -> None:
    common = ("--base-url", transformers_url, "-l", "0k", "-n", "2", "--max-new-tokens", "5", "--max-error-rate", "1")
    process = start("-m", f"openai/{chat_llama}", *common)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert len(records(tmp_path)) == 4
    process = start("-m", "openai/nowhere", *common)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "does not answer for the model 'nowhere': HTTP 400: Server is pinned to" in err
    limit = ("--tokenizer", str(chat_llama), "--max-model-len", "100", "--seed", "1")
    process = start("-m", f"openai/{chat_llama}", *common, *limit)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 4
    assert "4 of 4 prompts are longer than the 95 tokens that openai/" in err


@pytest.mark.slow
@pytest.mark.skipif(VLLM is None, reason="vLLM needs an environment of its own: its python in BABILONG_VLLM_PYTHON")
def test_vllm_writes_what_transformers_writes(tmp_path: Path, make_llm: Callable[..., Path]) -> None:
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    model = make_llm(tmp_path / "model", "llama", template=TEMPLATE)
    torch.manual_seed(7)
    # vLLM's kernels take heads of 32 and more.
    config = LlamaConfig.from_pretrained(model, hidden_size=64, num_attention_heads=2, num_key_value_heads=1)
    config.head_dim = 32
    LlamaForCausalLM(config).save_pretrained(model)
    with serving(vllm_serve(str(VLLM), model), tmp_path / "log") as url:
        server = ServerOptions(base_url=url, concurrency=3, tokenizer=str(model))
        same_as_here(model, "openai/tiny", server)
        loaded = make_model("openai/tiny", ModelOptions(max_new_tokens=8, server=server))
        assert loaded.max_tokens == 1024 - 8
        counted = [loaded.count(request) for request in questions()]
        assert counted == [answer.tokens_in for answer in sorted(loaded.answer(questions()), key=lambda a: a.id)]
        long = Request("qa1/1k/0", "qa1", "1k", "Mary went home. " * 400, "Where is Mary?")
        short = next(questions())
        found = {answer.id: answer for answer in loaded.answer(iter([long, short]))}
        assert (found[long.id].error, found[long.id].retries) == ("context_overflow", 0)
        assert found[short.id].error is None
        with pytest.raises(Exception, match=r"does not answer for the model 'other' \(it has: tiny\): HTTP 404"):
            make_model("openai/other", ModelOptions(server=ServerOptions(base_url=url)))
