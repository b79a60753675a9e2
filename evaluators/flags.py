"""The flags of `babilong-eval`, panel by panel: type, help and names of each; defaults stand in `evaluators.cli`.

A flag of a group (`ServerOptions`, `LocalOptions`, `RetrievalOptions`) is called what its field there is called::

    timeout: flags.Timeout = ServerOptions().timeout     # --timeout, kept in ServerOptions.timeout
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from babilong import __version__


def _flag(panel: str, help: str, *names: str, **more: Any) -> Any:
    return typer.Option(*names, help=help, rich_help_panel=panel, **more)


def _version(asked: bool) -> None:
    if asked:
        print(f"babilong-eval {__version__}")
        raise typer.Exit


_asked = partial(_flag, "What to ask")
_answers = partial(_flag, "How to answer")
_local = partial(_flag, "Models on this machine: hf/ID, vllm/ID")
_server = partial(_flag, "The server of openai/NAME")
_retrieval = partial(_flag, "Retrieval: rag/MODEL")
_run = partial(_flag, "The run")
_before = partial(_flag, "Before the run")

Model = Annotated[
    str,
    _asked("Who answers: one of the above; FILE.py:NAME: answer(context, question, task) of a file.", "-m", "--model"),
]
Data = Annotated[Path | None, _asked("Dataset folder. Default: data/builtin, generated where needed.", "--data")]
Tasks = Annotated[
    list[str] | None, _asked("Tasks: names, lists, ranges. Default: all there.", "-t", "--task", "--tasks")
]
Lengths = Annotated[list[str] | None, _asked("Lengths, likewise. Default: all there.", "-l", "--length", "--lengths")]
Samples = Annotated[int | None, _asked("Only the first so many of each task and length.", "-n", "--samples", min=1)]

Protocol = Annotated[
    str, _answers("v2 (ours), or v1: published prompts (--prompts FILE), 20 tokens, published score.", "--protocol")
]
Prompts = Annotated[str, _answers("`builtin`, a YAML or JSON file, or a published prompts.py.", "--prompts")]
BatchSize = Annotated[int, _answers("Samples answered at a time.", "--batch-size", min=1)]
MaxNewTokens = Annotated[int | None, _answers("The most tokens of an answer. Default: 20.", "--max-new-tokens", min=1)]
Dtype = Annotated[str, _answers("auto, float32 or bfloat16.", "--dtype")]
StateEvery = Annotated[
    str, _answers("Tokens after which a recurrent model saves how far it has read a sample.", "--state-every")
]

Device = Annotated[str, _local("auto, cpu, cuda, cuda:N, mps or xpu (hf, recurrent).", "--device")]
DeviceMap = Annotated[
    str | None, _local("Spread the weights: auto, balanced, balanced_low_0, sequential (hf).", "--device-map")
]
Attention = Annotated[str, _local("auto, sdpa, eager, flash_attention_2, ... (hf).", "--attention")]
LoadIn = Annotated[str | None, _local("Quantised weights: 8bit or 4bit (hf, bitsandbytes).", "--load-in")]
ChatTemplate = Annotated[
    str, _local("auto (where the tokenizer has one), on, off, or a Jinja file.", "--chat-template")
]
TensorParallel = Annotated[int, _local("GPUs that share each layer (vllm).", "--tensor-parallel", min=1)]
EngineArgs = Annotated[str | None, _local("More arguments of the engine, as JSON or YAML (vllm).", "--engine-args")]
BaseUrl = Annotated[
    str | None, _server("Its address, as in http://HOST:PORT/v1. Default: OPENAI_BASE_URL.", "--base-url")
]
Api = Annotated[str, _server("chat, completions, or auto: what it answers to.", "--api")]
ApiKeyEnv = Annotated[
    str | None, _server("Environment variable with the key. Default: OPENAI_API_KEY.", "--api-key-env")
]
Concurrency = Annotated[int, _server("Requests under way at a time.", "--concurrency", min=1, max=1000)]
Timeout = Annotated[float, _server("Seconds an attempt may take.", "--timeout", min=0.1)]
TotalTimeout = Annotated[
    float,
    _server(
        "Seconds a sample may take, all attempts and waits but those of --rpm and --tpm.", "--total-timeout", min=0.1
    ),
]
MaxRetries = Annotated[int, _server("Retries after errors that may pass.", "--max-retries", min=0)]
Rpm = Annotated[int | None, _server("At most so many requests a minute.", "--rpm", min=1)]
Tpm = Annotated[int | None, _server("At most so many tokens a minute.", "--tpm", min=1)]
Seed = Annotated[int | None, _server("Sent along, for servers that sample.", "--seed")]
ExtraBody = Annotated[str | None, _server("More fields of each request, as JSON or YAML; they win.", "--extra-body")]
MaxModelLen = Annotated[
    int | None, _server("Tokens it reads and writes; vLLM tells it itself.", "--max-model-len", min=1)
]
Tokenizer = Annotated[str | None, _server("Folder or hub id; counts prompts before they are sent.", "--tokenizer")]

Retriever = Annotated[str, _retrieval("bm25, or embed:ID-or-folder.", "--retriever")]
Unit = Annotated[str, _retrieval("sentence, or chunk:N for chunks of N words.", "--unit")]
TopK = Annotated[int, _retrieval("Units that the model is given.", "--top-k")]

Results = Annotated[Path, _run("Folder of all runs.", "-o", "--results")]
Score = Annotated[str | None, _run("Score of table and heatmap: v2, v1 or exact. Default: the protocol's.", "--score")]
MaxErrorRate = Annotated[
    float, _run("Exit with 3 if a greater share of samples errored.", "--max-error-rate", min=0, max=1)
]
RetryErrors = Annotated[
    str,
    _run(
        "Which errors of earlier runs to ask again: all, none, classes by comma, or default: all but context_overflow, "
        "content_filter, length_cut.",
        "--retry-errors",
    ),
]
Shard = Annotated[str, _run("Do a part: 1/8 to 8/8 are the jobs of an array of eight.", "--shard")]
NoResume = Annotated[bool, _run("Forget the answers of this very run first.", "--no-resume")]
Quiet = Annotated[bool, _run("No progress, no notes.", "-q", "--quiet")]
Debug = Annotated[bool, _run("Show the traceback of an error.", "--debug")]
Version = Annotated[bool, _run("Show the version.", "--version", callback=_version, is_eager=True)]

DryRun = Annotated[bool, _before("Only say how many samples and tokens, how long, what it costs.", "--dry-run")]
Rate = Annotated[
    float | None, _before("Tokens a second, for --dry-run. Default: as in earlier runs.", "--rate", min=1e-6)
]
Prices = Annotated[
    Path | None,
    _before("YAML for --dry-run: model: {input: 2.5, output: 10}, per million tokens.", "--prices"),
]
