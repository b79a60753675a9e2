"""What `babilong-eval` was told, and how that becomes a run: checks, model, samples, answers, table.

What costs nothing is checked first, then the model is loaded, and only then are samples generated::

    carry_out(Orders(model="random", options=ModelOptions(), results=Path("runs")))
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from babilong import command
from babilong.errors import BabilongError, UsageError, unknown
from babilong.lengths import parse_lengths, tokens
from babilong.prompts import PromptSet, load_prompts
from babilong.published_prompts import PUBLISHED_HASH
from babilong.scoring import SCORES
from babilong.tasks import parse_tasks
from evaluators import provision
from evaluators.again import parse_retry
from evaluators.job import Job
from evaluators.models import registry
from evaluators.models.errors import ERRORS
from evaluators.models.protocol import Model, ModelOptions
from evaluators.protocols import Protocol, get_protocol
from evaluators.sharding import launched, wait_for_everyone, within
from generators.progress import silence
from generators.units import parse_shard

if TYPE_CHECKING:
    from evaluators.outcome import Outcome
    from evaluators.provision import Plan


class ErrorRateError(BabilongError):
    """The run is finished, but more of its samples errored than `--max-error-rate` allows."""

    exit_code = 3


@dataclass(frozen=True, slots=True)
class Orders:
    """The flags of the command, as they were given; see `evaluators.flags`."""

    model: str
    options: ModelOptions
    results: Path
    data: Path | None = None
    tasks: list[str] | None = None
    lengths: list[str] | None = None
    samples: int | None = None
    protocol: str = "v2"
    prompts: str = "builtin"
    max_new_tokens: int | None = None
    state_every: str = "1M"
    score: str | None = None
    max_error_rate: float = 0.0
    retry_errors: str = "default"
    shard: str = "1/1"
    no_resume: bool = False
    quiet: bool = False
    dry_run: bool = False
    rate: float | None = None
    prices: Path | None = None


def carry_out(orders: Orders) -> None:
    """Check the orders, then do what they say.

    Raises:
        BabilongError: of whatever kind; its exit code says which.
    """
    registry.check_model_name(orders.model)
    protocol = get_protocol(orders.protocol)
    score = orders.score or protocol.score
    if score not in SCORES:
        raise unknown("score", score, SCORES)
    if not orders.dry_run and (orders.rate is not None or orders.prices is not None):
        raise UsageError("--rate and --prices are for --dry-run; add it, or leave them away.")
    again = parse_retry(orders.retry_errors)
    process = launched()
    shard = within(parse_shard(orders.shard), process)
    quiet = orders.quiet or process.number > 1
    if quiet:
        silence()
    prompts = load_prompts(orders.prompts)
    protocol.check_prompts(prompts)
    options = replace(
        orders.options,
        max_new_tokens=protocol.new_tokens(orders.max_new_tokens),
        state_every=tokens(orders.state_every),
        system=prompts.system,
    )
    plan = provision.choose(
        orders.data,
        parse_tasks(orders.tasks) if orders.tasks else None,
        parse_lengths(orders.lengths) if orders.lengths else None,
        orders.samples,
    )
    for line in () if quiet else plan.notes:
        command.note(line)
    if orders.dry_run:
        _foretell(orders, plan, prompts, options)
        return
    from evaluators.outcome import write_outcome
    from evaluators.runner import evaluate

    model = registry.make_model(orders.model, options)
    _check_prompted(orders, model.prompted)
    for line in [] if quiet else _notes(orders, plan, model, prompts, protocol):
        command.note(line)
    job = Job(model, plan.fetch(), plan.cells, prompts, orders.samples, protocol.name)
    folder = evaluate(job, orders.results, shard=shard, again=again, anew=orders.no_resume, quiet=quiet)
    wait_for_everyone()
    if process.number > 1:
        return
    if shard.jobs > 1 and not any(file.stat().st_size for file in folder.glob("samples*.jsonl")):
        command.note("This job had nothing to do, and no other has an answer yet.")
        return
    outcome = write_outcome(folder, score)
    _show(outcome)
    if outcome.error_rate > orders.max_error_rate:
        raise ErrorRateError(
            f"{outcome.error_rate:.1%} of the samples errored, most of them with {outcome.worst_error}"
            f"{_meaning(outcome.worst_error)}; that is over "
            f"--max-error-rate {orders.max_error_rate:.1%}. The same command tries those again that may pass."
        )


def _meaning(kind: str) -> str:
    return f" ({ERRORS[kind].meaning})" if kind in ERRORS else ""


def _check_prompted(orders: Orders, prompted: bool | None) -> None:
    if prompted is not False:
        return
    if orders.protocol != "v2":
        raise UsageError(f"--protocol {orders.protocol} is for models that read prompts; {orders.model} reads none.")
    if orders.prompts != "builtin":
        raise UsageError(f"{orders.model} reads the bare text without a prompt; leave --prompts away.")


def _foretell(orders: Orders, plan: Plan, prompts: PromptSet, options: ModelOptions) -> None:
    """Print what the run would take."""
    from evaluators.dry_run import Rate, describe, foresee, past_rate
    from evaluators.prices import load_price
    from evaluators.weightless import find_counter

    if orders.shard != "1/1":
        raise UsageError("--dry-run counts the whole run, of which a shard is a part; leave out --shard.")
    registry.check_options(orders.model, options)
    price = load_price(orders.prices, orders.model) if orders.prices else None
    counter = find_counter(orders.model, options, plan.tokenizer)
    _check_prompted(orders, counter.prompted)
    forecast = foresee(
        plan, counter, prompts, limit=orders.samples, max_new_tokens=options.max_new_tokens, quiet=orders.quiet
    )
    kind = orders.model.partition("/")[0]
    at_once = options.server.concurrency if kind == "openai" else 1
    rate = Rate(orders.rate, "as --rate says") if orders.rate else None
    # The seconds of samples that vLLM's engine has at once overlap, nobody knows how much; those of a model behind
    # retrieval are for the part of the tokens that it reads.
    if rate is None and kind not in ("vllm", "rag"):
        rate = past_rate(orders.results, registry.full_name(orders.model), at_once)
    for line in (f"model: {orders.model}, protocol {orders.protocol}", *describe(forecast, counter, rate, price)):
        print(line)


def _notes(orders: Orders, plan: Plan, model: Model, prompts: PromptSet, protocol: Protocol) -> Iterator[str]:
    """What is worth saying before work starts."""
    trained = model.describe().get("trained_on") or ()
    strange = [task for task in dict.fromkeys(task for task, _ in plan.cells) if task not in trained]
    if trained and strange:
        yield f"{model.name} was trained on {', '.join(trained)}, not on {', '.join(strange)}; asked all the same."
    if protocol.published and prompts.hash != PUBLISHED_HASH:
        yield f"The prompts {orders.prompts} are not word for word the published ones; say so beside the numbers."
    for block in plan.gaps:
        yield f"Generating {plan.samples} samples of each of {provision.in_words([block])} in {plan.folder}."


def _show(outcome: Outcome) -> None:
    from rich.console import Console

    Console(highlight=False).print(outcome.table)
    print(f"summary: {outcome.summary}\nheatmap: {outcome.heatmap}", flush=True)
