"""`babilong-train`: trains a recurrent-memory model from a recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from babilong import command

HELP = """Train a recurrent-memory model from a recipe: a bundled one by name, or a YAML file.

Kill it at any time; the same command goes on from the last save.

Example: babilong-train rmt-gpt2 --out runs/rmt-gpt2
"""

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(help=HELP)
def train(
    recipe: Annotated[str, typer.Argument(help="Bundled recipe or YAML file.")] = "rmt-gpt2",
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Run folder. [default: runs/train/RECIPE]")] = None,
    seed: Annotated[int | None, typer.Option(help="Instead of the recipe's.")] = None,
    save_minutes: Annotated[float, typer.Option(help="Minutes between two saves.")] = 3.0,
    threads: Annotated[int | None, typer.Option(help="CPU threads. [default: as torch chooses]")] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    """Train a model (see HELP)."""
    from dataclasses import replace

    import torch

    from babilong.tokenizers import load_tokenizer
    from baselines.tasks.babilong import StoryTask, prose_noise
    from baselines.training.recipe import load_recipe
    from baselines.training.trainer import train as run

    plan = load_recipe(recipe)
    if seed is not None:
        plan = replace(plan, seed=seed)
    if threads:
        torch.set_num_threads(threads)
    folder = out or Path("runs/train") / plan.name
    tokenizer = load_tokenizer()
    noise = prose_noise(tokenizer, "train", plan.noise_volumes)
    task = StoryTask(plan.task, tokenizer, end=0, noise=noise, seed=plan.seed)
    print(run(plan, tokenizer, task, folder, save_minutes, command.note))


def main() -> None:
    """Entry point of the console script."""
    command.run(lambda: app(standalone_mode=False))
