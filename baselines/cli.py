"""`babilong-train`: trains a recurrent-memory model from a recipe."""

from __future__ import annotations

import os
import re
from contextlib import nullcontext
from itertools import takewhile
from pathlib import Path
from typing import Annotated

import typer

from babilong import __version__
from babilong.command import note, run
from babilong.errors import UsageError

_EPILOG = """\
[bold]Examples[/bold]

babilong-train rmt-gpt2 --out runs/train/rmt-gpt2; babilong-eval --model rmt/runs/train/rmt-gpt2/model

babilong-train rmt-gpt2 --set seed=1 --set stages.0.steps=500 --out runs/train/seed-1

torchrun --nproc_per_node 2 -m baselines.cli rmt-gpt2 --out runs/train/two

accelerate launch --multi_gpu --num_processes 2 -m baselines.cli rmt-gpt2 --out runs/train/two

[bold]Exit codes[/bold]: 0 done; 1 failed; 2 usage; 130 interrupted. The same command goes on from the last save.
"""

_WORKERS = 4

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")


def _version(asked: bool) -> None:
    if asked:
        print(f"babilong-train {__version__}")
        raise typer.Exit


def _list(asked: bool) -> None:
    if asked:
        from baselines.training.loading import bundled

        for name, file in bundled().items():
            print(f"{name:24} {_about(file.read_text('utf-8'))}")
        raise typer.Exit


def _about(recipe: str) -> str:
    """The first sentence of the comment that a recipe begins with."""
    comment = takewhile(lambda line: line.startswith("#"), recipe.splitlines())
    return " ".join(line.lstrip("# ") for line in comment).partition(". ")[0].removesuffix(".") + "."


@app.command(epilog=_EPILOG)
def train(
    recipe: Annotated[str, typer.Argument(help="A bundled recipe by name, or a YAML file.")] = "rmt-gpt2",
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Run folder. Default: runs/train/RECIPE.")] = None,
    seed: Annotated[int | None, typer.Option(help="Instead of the recipe's.")] = None,
    change: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="Instead of the recipe's: seed=1, stages.0.steps=10. May be repeated."
        ),
    ] = None,
    save_minutes: Annotated[float, typer.Option(help="Minutes between two saves.")] = 3.0,
    threads: Annotated[int | None, typer.Option(min=1, help="CPU threads. Default: as torch chooses.")] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=0, help="Processes that make batches ahead. Default: 4 with a GPU, or else none."),
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback when something fails.")] = False,
    listing: Annotated[
        bool, typer.Option("--list", help="List the bundled recipes and stop.", callback=_list, is_eager=True)
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and stop.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Train a recurrent-memory model; it can be killed at any time and goes on from the last save."""
    changes = [*(change or []), *([f"seed={seed}"] if seed is not None else [])]
    run(lambda: _train(recipe, changes, out, save_minutes, threads, workers))


def _train(
    name: str, changes: list[str], out: Path | None, save_minutes: float, threads: int | None, workers: int | None
) -> None:
    from baselines.training.loading import load_recipe

    recipe = load_recipe(name, changes)
    import torch

    from baselines.training import checks, kinds
    from baselines.training.models import end_token, tokenizer_of
    from baselines.training.prefetch import Prefetch
    from baselines.training.recorded import loss_of
    from baselines.training.steps import Source
    from baselines.training.trainer import train as run_training
    from baselines.training.validation import on_batches

    checks.check(recipe)
    if threads:
        torch.set_num_threads(threads)
    tokenizer, end = tokenizer_of(recipe), end_token(recipe)

    validate = None
    if recipe.validation is not None:
        validate = on_batches(recipe.validation, kinds.batches(recipe, tokenizer, end, "valid", 2), kinds.loss)
    source: Source = kinds.batches(recipe, tokenizer, end, recipe.split, recipe.noise_volumes)
    if workers is None:
        workers = _WORKERS if torch.cuda.is_available() else 0
    with Prefetch(source, recipe, workers) if workers else nullcontext(source) as made:
        folder = run_training(
            recipe,
            tokenizer,
            made,
            loss_of(recipe),
            out or _folder(recipe.name),
            validate=validate,
            save_minutes=save_minutes,
            say=note,
        )
    if os.environ.get("RANK", "0") == "0":
        print(folder)


def _folder(name: str) -> Path:
    if not re.fullmatch(r"\w[\w.-]*", name):
        raise UsageError(
            f"The recipe's name {name!r} cannot name a folder; use letters, digits, - and _, or give --out."
        )
    return Path("runs/train") / name


def main() -> None:
    """The console script."""
    app()


if __name__ == "__main__":
    main()
