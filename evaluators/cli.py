"""`babilong-eval`: a model over a dataset, to a table and a heatmap."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from babilong import __version__, command
from babilong.errors import BabilongError, UsageError, unknown

if TYPE_CHECKING:
    from evaluators.models.protocol import Model
    from evaluators.outcome import Outcome
    from evaluators.provision import Plan

_HELP = """Ask a model questions about facts hidden in long text, and draw accuracy against length.

Models: rmt-gpt2 (the bundled Recurrent Memory Transformer), random (the floor), hf/ID-or-folder (a causal language
model of transformers), rmt/FOLDER (a checkpoint of babilong-train).

Kill it at any time: the same command goes on from there, and one with more lengths or samples extends the run.
"""
_EPILOG = """\
[bold]Examples[/bold]

babilong-eval --model rmt-gpt2

babilong-eval -m hf/Qwen/Qwen2.5-0.5B-Instruct -t qa1-qa5 -l 0k,4k-32k -n 50

babilong-eval -m rmt/runs/train/mine --data data/novels

[bold]Exit codes[/bold]: 0 done; 1 failed; 2 usage; 3 too many samples errored; 4 prompts over the model's limit, \
refused; 5 the dataset is not what its manifest says; 130 interrupted. Finished work is kept.
"""
_ASKED, _ANSWERS, _RUN = "What to ask", "How to answer", "The run"

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")


class ErrorRateError(BabilongError):
    """The run is finished, but more of its samples errored than `--max-error-rate` allows."""

    exit_code = 3


def _flag(panel: str, help: str, *names: str, **more: Any) -> Any:
    return typer.Option(*names, help=help, rich_help_panel=panel, **more)


def _version(asked: bool) -> None:
    if asked:
        print(f"babilong-eval {__version__}")
        raise typer.Exit


@app.command(help=_HELP, epilog=_EPILOG)
def evaluate(
    model: Annotated[str, _flag(_ASKED, "Who answers.", "-m", "--model")],
    data: Annotated[
        Path | None, _flag(_ASKED, "Dataset folder. Default: data/builtin, generated where needed.", "--data")
    ] = None,
    tasks: Annotated[
        list[str] | None, _flag(_ASKED, "Tasks: names, lists, ranges. Default: all there.", "-t", "--task", "--tasks")
    ] = None,
    lengths: Annotated[
        list[str] | None, _flag(_ASKED, "Lengths, likewise. Default: all there.", "-l", "--length", "--lengths")
    ] = None,
    samples: Annotated[
        int | None, _flag(_ASKED, "Only the first so many of each task and length.", "-n", "--samples", min=1)
    ] = None,
    prompts: Annotated[str, _flag(_ANSWERS, "`builtin`, or a YAML or JSON file.", "--prompts")] = "builtin",
    batch_size: Annotated[int, _flag(_ANSWERS, "Samples answered at a time.", "--batch-size", min=1)] = 8,
    max_new_tokens: Annotated[int, _flag(_ANSWERS, "The most tokens of an answer.", "--max-new-tokens", min=1)] = 20,
    dtype: Annotated[str, _flag(_ANSWERS, "auto, float32 or bfloat16.", "--dtype")] = "auto",
    results: Annotated[Path, _flag(_RUN, "Folder of all runs.", "-o", "--results")] = Path("runs"),
    score: Annotated[str, _flag(_RUN, "Score of table and heatmap: v2, v1 or exact.", "--score")] = "v2",
    max_error_rate: Annotated[
        float, _flag(_RUN, "Exit with 3 if a greater share of samples errored.", "--max-error-rate", min=0, max=1)
    ] = 0.05,
    no_resume: Annotated[bool, _flag(_RUN, "Forget the answers of this very run first.", "--no-resume")] = False,
    quiet: Annotated[bool, _flag(_RUN, "No progress, no notes.", "-q", "--quiet")] = False,
    debug: Annotated[bool, _flag(_RUN, "Show the traceback of an error.", "--debug")] = False,
    version: Annotated[bool, _flag(_RUN, "Show the version.", "--version", callback=_version, is_eager=True)] = False,
) -> None:
    """Evaluate a model (see `_HELP`)."""
    command.run(
        lambda: _evaluate(
            model,
            (data, tasks, lengths, samples),
            prompts,
            {"batch_size": batch_size, "max_new_tokens": max_new_tokens, "dtype": dtype},
            results,
            score,
            max_error_rate,
            anew=no_resume,
            quiet=quiet,
        )
    )


def _evaluate(
    name: str,
    asked: tuple[Path | None, list[str] | None, list[str] | None, int | None],
    prompts: str,
    options: dict[str, Any],
    results: Path,
    score: str,
    max_error_rate: float,
    *,
    anew: bool,
    quiet: bool,
) -> None:
    from babilong.lengths import parse_lengths
    from babilong.prompts import load_prompts
    from babilong.scoring import SCORES
    from babilong.tasks import parse_tasks
    from evaluators.models.protocol import ModelOptions
    from evaluators.models.registry import check_model_name, make_model
    from evaluators.outcome import write_outcome
    from evaluators.provision import choose
    from evaluators.runner import Job
    from evaluators.runner import evaluate as run
    from generators.progress import silence

    if quiet:
        silence()
    # What costs nothing is checked first, then the model is loaded, and only then are samples generated.
    check_model_name(name)
    if score not in SCORES:
        raise unknown("score", score, SCORES)
    prompt_set = load_prompts(prompts)
    data, tasks, lengths, samples = asked
    plan = choose(data, parse_tasks(tasks) if tasks else None, parse_lengths(lengths) if lengths else None, samples)
    model = make_model(name, ModelOptions(**options, system=prompt_set.system))
    if not model.prompted and prompts != "builtin":
        raise UsageError(f"{name} reads the bare text without a prompt; leave --prompts away.")
    for line in [] if quiet else _notes(plan, model):
        command.note(line)
    job = Job(model, plan.fetch(), plan.cells, prompt_set, samples)
    outcome = write_outcome(run(job, results, anew=anew, quiet=quiet), score)
    _show(outcome)
    if outcome.error_rate > max_error_rate:
        raise ErrorRateError(
            f"{outcome.error_rate:.1%} of the samples errored, most of them with {outcome.worst_error}; that is over "
            f"--max-error-rate {max_error_rate:.1%}. The same command tries those again."
        )


def _notes(plan: Plan, model: Model) -> Iterator[str]:
    """What is worth saying before work starts."""
    trained = model.describe().get("trained_on") or ()
    strange = [task for task in dict.fromkeys(task for task, _ in plan.cells) if task not in trained]
    if trained and strange:
        yield f"{model.name} was trained on {', '.join(trained)}, not on {', '.join(strange)}; asked all the same."
    for tasks, lengths in plan.gaps:
        where = f"{', '.join(tasks)} at {', '.join(lengths)}"
        yield f"Generating {plan.samples} samples of each of {where} in {plan.folder}."


def _show(outcome: Outcome) -> None:
    from rich.console import Console

    Console(highlight=False).print(outcome.table)
    print(f"summary: {outcome.summary}\nheatmap: {outcome.heatmap}", flush=True)


def main() -> None:
    """The console script."""
    app()


if __name__ == "__main__":
    main()
