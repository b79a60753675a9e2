"""`babilong-eval`: a model over a dataset, to a table and a heatmap."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

import typer

from babilong import command
from evaluators import flags
from evaluators.models.local_options import LocalOptions
from evaluators.models.retrieval_options import RetrievalOptions
from evaluators.models.server_options import ServerOptions

_Group = TypeVar("_Group")

_HELP = """Ask a model questions about facts hidden in long text, and draw accuracy against length.

Models:
rmt-gpt2, armt-gpt2, rmt-gated: the bundled recurrent memories
rmt/ID-or-folder: a checkpoint of babilong-train, or an RMT or ARMT that its authors released
hf/ID-or-folder: a causal language model of transformers
vllm/ID-or-folder: the same in vLLM
openai/NAME: what an OpenAI-compatible server calls NAME; the key is read from OPENAI_API_KEY
FILE.py:NAME: your own, a Python function or class: see "Your own model" in the README
rag/MODEL: any of these behind retrieval
oracle, random: the ceiling and the floor

Kill it at any time: the same command goes on from there, and one with more lengths or samples extends the run.
Many processes do it together under accelerate launch, or as the jobs of an array with --shard.
"""
_EPILOG = """\
[bold]Examples[/bold]

babilong-eval --model rmt-gpt2

babilong-eval -m hf/Qwen/Qwen2.5-0.5B-Instruct -t qa1-qa5 -l 0k,4k-32k -n 50

babilong-eval -m rmt/runs/train/mine --data data/novels

babilong-eval -m mine.py:Recurrent -t qa1 -l 0k,4k-32k

babilong-eval -m openai/Qwen/Qwen3-4B --base-url http://127.0.0.1:8000/v1 --concurrency 64 -l 4k-128k

babilong-eval -m hf/microsoft/Phi-3-mini-128k-instruct --protocol v1 --prompts babilong/prompts.py --dry-run

accelerate launch --multi_gpu --num_processes 4 -m evaluators.cli -m rmt-gpt2 -l 1M

[bold]Exit codes[/bold]: 0 done; 1 failed; 2 usage; 3 too many samples errored; 4 prompts over the model's limit, \
refused; 5 the dataset is not what its manifest says; 130 interrupted. Finished work is kept.
"""
_LOCAL, _SERVER, _RETRIEVAL = LocalOptions(), ServerOptions(), RetrievalOptions()

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")


@app.command(help=_HELP, epilog=_EPILOG)
def evaluate(
    model: flags.Model,
    data: flags.Data = None,
    tasks: flags.Tasks = None,
    lengths: flags.Lengths = None,
    samples: flags.Samples = None,
    protocol: flags.Protocol = "v2",
    prompts: flags.Prompts = "builtin",
    batch_size: flags.BatchSize = 8,
    max_new_tokens: flags.MaxNewTokens = None,
    dtype: flags.Dtype = "auto",
    state_every: flags.StateEvery = "1M",
    device: flags.Device = _LOCAL.device,
    device_map: flags.DeviceMap = _LOCAL.device_map,
    attention: flags.Attention = _LOCAL.attention,
    load_in: flags.LoadIn = _LOCAL.load_in,
    chat_template: flags.ChatTemplate = _LOCAL.chat_template,
    tensor_parallel: flags.TensorParallel = _LOCAL.tensor_parallel,
    engine_args: flags.EngineArgs = _LOCAL.engine_args,
    base_url: flags.BaseUrl = _SERVER.base_url,
    api: flags.Api = _SERVER.api,
    api_key_env: flags.ApiKeyEnv = _SERVER.api_key_env,
    concurrency: flags.Concurrency = _SERVER.concurrency,
    timeout: flags.Timeout = _SERVER.timeout,
    total_timeout: flags.TotalTimeout = _SERVER.total_timeout,
    max_retries: flags.MaxRetries = _SERVER.max_retries,
    rpm: flags.Rpm = _SERVER.rpm,
    tpm: flags.Tpm = _SERVER.tpm,
    seed: flags.Seed = _SERVER.seed,
    extra_body: flags.ExtraBody = _SERVER.extra_body,
    max_model_len: flags.MaxModelLen = _SERVER.max_model_len,
    tokenizer: flags.Tokenizer = _SERVER.tokenizer,
    retriever: flags.Retriever = _RETRIEVAL.retriever,
    unit: flags.Unit = _RETRIEVAL.unit,
    top_k: flags.TopK = _RETRIEVAL.top_k,
    results: flags.Results = Path("runs"),
    score: flags.Score = None,
    max_error_rate: flags.MaxErrorRate = 0.0,
    retry_errors: flags.RetryErrors = "default",
    shard: flags.Shard = "1/1",
    no_resume: flags.NoResume = False,
    quiet: flags.Quiet = False,
    debug: flags.Debug = False,
    version: flags.Version = False,
    dry_run: flags.DryRun = False,
    rate: flags.Rate = None,
    prices: flags.Prices = None,
) -> None:
    """Evaluate a model (see `_HELP`)."""
    given = dict(locals())
    groups = {
        "local": _group(LocalOptions, given),
        "server": _group(ServerOptions, given),
        "retrieval": _group(RetrievalOptions, given),
    }
    command.run(lambda: _carry_out(given, groups))


def _carry_out(given: dict[str, Any], groups: dict[str, Any]) -> None:
    from evaluators.models.protocol import ModelOptions
    from evaluators.orders import Orders, carry_out

    options = ModelOptions(batch_size=given["batch_size"], dtype=given["dtype"], **groups)
    carry_out(_group(Orders, given | {"options": options}))


def _group(kind: type[_Group], given: dict[str, Any]) -> _Group:
    """The flags that are fields of a group, as that group."""
    return kind(**{field.name: given[field.name] for field in fields(kind)})  # type: ignore[arg-type]


def main() -> None:
    """The console script."""
    app()


if __name__ == "__main__":
    main()
