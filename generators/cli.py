"""`babilong-generate`: the command line of the generator."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from babilong import __version__
from babilong.command import run

if TYPE_CHECKING:
    from generators.manifest import Manifest

_EPILOG = """\
[bold]Examples[/bold]

babilong-generate --task qa1 --length 0k,1k,4k-128k

babilong-generate -t qa1-qa5 -l 0k,128k -n 100 --stories en-10k --background books -o data/novels

babilong-generate --seed 7 --print-recipe > mine.yaml; babilong-generate --recipe mine.yaml

[bold]Exit codes[/bold]: 0 done; 1 failed; 2 usage; 130 interrupted. Finished work is kept; the same command goes on.
"""
_WHAT, _PARTS, _DETAILS, _OUTPUT = "What to make", "What it is made of", "Details", "Output"

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")


def _flag(panel: str, help: str, *names: str, **more: Any) -> Any:
    return typer.Option(*names, help=help, rich_help_panel=panel, **more)


def _version(asked: bool) -> None:
    if asked:
        print(f"babilong-generate {__version__}")
        raise typer.Exit


@app.command(epilog=_EPILOG)
def generate(
    task: Annotated[list[str], _flag(_WHAT, "Tasks: names, lists, ranges.", "-t", "--task", "--tasks")] = ["qa1-qa5"],  # noqa: B006
    length: Annotated[
        list[str], _flag(_WHAT, "Lengths in tokens; 0k is the facts alone.", "-l", "--length", "--lengths")
    ] = ["0k-16k"],  # noqa: B006
    samples: Annotated[int, _flag(_WHAT, "Samples of each task at each length.", "-n", "--samples")] = 100,
    recipe: Annotated[str, _flag(_PARTS, "`builtin` or a YAML file; flags win over it.", "--recipe")] = "builtin",
    stories: Annotated[str | None, _flag(_PARTS, "`simulate`, or a folder of bAbI files.", "--stories")] = None,
    background: Annotated[str | None, _flag(_PARTS, "`builtin`, or a folder of .txt books.", "--background")] = None,
    tokenizer: Annotated[str | None, _flag(_PARTS, "`builtin`, a folder, or a hub id.", "--tokenizer")] = None,
    prompts: Annotated[str | None, _flag(_PARTS, "`builtin`, or a YAML or JSON file.", "--prompts")] = None,
    split: Annotated[str | None, _flag(_PARTS, "train, valid or test. Default: test.", "--split")] = None,
    seed: Annotated[int | None, _flag(_PARTS, "Any whole number. Default: 42.", "--seed")] = None,
    reserve: Annotated[
        int | None,
        _flag(
            _DETAILS, "Give the context the length less so many tokens, instead of counting the prompt.", "--reserve"
        ),
    ] = None,
    answer_tokens: Annotated[
        int | None, _flag(_DETAILS, "Tokens kept free for the answer. Default: 20.", "--answer-tokens")
    ] = None,
    depth: Annotated[
        str | None, _flag(_DETAILS, "Where facts stand: 0.25, or 0.0-0.5. Default: 0.0-1.0.", "--depth")
    ] = None,
    max_story_tokens: Annotated[
        int | None,
        _flag(_DETAILS, "Longer stories are left out at every length. Default: 1000.", "--max-story-tokens"),
    ] = None,
    print_recipe: Annotated[bool, _flag(_OUTPUT, "Print the recipe and stop.", "--print-recipe")] = False,
    format: Annotated[str, _flag(_OUTPUT, "parquet or jsonl.", "--format")] = "parquet",
    out: Annotated[
        Path | None, _flag(_OUTPUT, "The dataset folder. Default: data/ and the recipe's name.", "-o", "--out")
    ] = None,
    quiet: Annotated[bool, _flag(_OUTPUT, "No progress.", "-q", "--quiet")] = False,
    debug: Annotated[bool, _flag(_OUTPUT, "Show a traceback when something fails.", "--debug")] = False,
    version: Annotated[
        bool, _flag(_OUTPUT, "Print the version and stop.", "--version", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Make BABILong samples: facts of bAbI stories hidden in book text, at exact lengths, reproducible to the byte."""
    if quiet:
        from generators.progress import silence

        silence()
    flags = {
        "stories": stories, "split": split, "background": background, "tokenizer": tokenizer, "prompts": prompts,
        "seed": seed, "reserve": reserve, "answer_tokens": answer_tokens, "depth": depth,
        "max_story_tokens": max_story_tokens,
    }  # fmt: skip
    given = {key: value for key, value in flags.items() if value is not None}
    if print_recipe:
        run(lambda: _print_recipe(recipe, given))
    run(lambda: _generate(recipe, given, task, length, samples, format, out))


def _generate(
    name: str, flags: dict[str, Any], tasks: list[str], lengths: list[str], samples: int, format: str, out: Path | None
) -> None:
    from babilong.lengths import parse_lengths
    from babilong.tasks import parse_tasks
    from generators.recipe import load_recipe, with_values

    base = load_recipe(name)
    recipe = with_values(base, flags)
    wanted = parse_tasks(tasks), parse_lengths(lengths)
    from generators.kitchen import Kitchen
    from generators.writer import generate

    if out is None:
        changed = f"custom-{Kitchen(recipe).recipe_hash[:8]}"
        out = Path("data") / (Path(name).stem if recipe == base else changed)
    dataset = generate(recipe, *wanted, samples, out, format)
    _print_cells(dataset.manifest)
    print(dataset.folder)


def _print_recipe(name: str, flags: dict[str, Any]) -> None:
    from generators.kitchen import Kitchen
    from generators.recipe import load_recipe, with_values

    kitchen = Kitchen(with_values(load_recipe(name), flags))
    held = kitchen.fingerprints | {"recipe": kitchen.recipe_hash}
    print(kitchen.recipe.to_yaml() + "".join(f"# {part}: {value}\n" for part, value in held.items()), end="")


def _print_cells(manifest: Manifest) -> None:
    rows = [("length", "task", "rows", "mean tokens", "stories left out")]
    for cell in manifest.cells:
        rows.append((cell.length, cell.task, str(cell.rows), f"{cell.mean_tokens:,.1f}", str(cell.left_out)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(text.rjust(width) for text, width in zip(row, widths, strict=True)))


def main() -> None:
    """The console script."""
    app()


if __name__ == "__main__":
    main()
