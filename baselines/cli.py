"""`babilong-train`: trains a recurrent-memory model from a recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from babilong import __version__
from babilong.command import note, run

_EPILOG = """\
[bold]Example[/bold]

babilong-train rmt-gpt2 --out runs/train/rmt-gpt2; babilong-eval --model rmt/runs/train/rmt-gpt2/model

[bold]Exit codes[/bold]: 0 done; 1 failed; 2 usage; 130 interrupted. The same command goes on from the last save.
"""

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")


def _version(asked: bool) -> None:
    if asked:
        print(f"babilong-train {__version__}")
        raise typer.Exit


@app.command(epilog=_EPILOG)
def train(
    recipe: Annotated[str, typer.Argument(help="A bundled recipe by name, or a YAML file.")] = "rmt-gpt2",
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Run folder. Default: runs/train/RECIPE.")] = None,
    seed: Annotated[int | None, typer.Option(help="Instead of the recipe's.")] = None,
    save_minutes: Annotated[float, typer.Option(help="Minutes between two saves.")] = 3.0,
    threads: Annotated[int | None, typer.Option(help="CPU threads. Default: as torch chooses.")] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback when something fails.")] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and stop.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Train a recurrent-memory model; it can be killed at any time and goes on from the last save."""
    run(lambda: _train(recipe, out, seed, save_minutes, threads))


def _train(name: str, out: Path | None, seed: int | None, save_minutes: float, threads: int | None) -> None:
    from dataclasses import replace

    from baselines.training.recipe import load_recipe

    recipe = load_recipe(name)
    if seed is not None:
        recipe = replace(recipe, seed=seed)
    import torch

    from babilong.tokenizers import load_tokenizer
    from baselines.tasks.babilong import StoryTask, prose_noise
    from baselines.training.trainer import train as run_training

    if threads:
        torch.set_num_threads(threads)
    tokenizer = load_tokenizer()
    noise = prose_noise(tokenizer, "train", recipe.noise_volumes)
    task = StoryTask(recipe.task, tokenizer, end=0, noise=noise, seed=recipe.seed)
    print(run_training(recipe, tokenizer, task, out or Path("runs/train") / recipe.name, save_minutes, note))


def main() -> None:
    """The console script."""
    app()
