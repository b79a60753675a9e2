"""`babilong-generate`: the command line of the generator."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from babilong import __version__
from babilong.command import note, run

if TYPE_CHECKING:
    from generators.engines import Engine
    from generators.manifest import Manifest

_EPILOG = """\
[bold]Examples[/bold]

babilong-generate --task qa1 --length 0k,1k,4k-128k

babilong-generate -t qa1-qa5 -l 0k,128k -n 100 --stories en-10k --background books -o data/novels

babilong-generate --seed 7 --print-recipe > mine.yaml; babilong-generate --recipe mine.yaml

babilong-generate -l 1M -n 1000 --shard $SLURM_ARRAY_TASK_ID/8

babilong-generate --recipe published --legacy -t qa1-qa5 -l 0k-32k -n 1000 --stories en-10k --background books

babilong-generate --verify data/novels

[bold]Exit codes[/bold]: 0 done; 1 failed; 2 usage; 5 --verify found a difference; 130 interrupted.
Finished work is kept; the same command goes on.
"""
_WHAT, _PARTS, _DETAILS, _OUTPUT = "What to make", "What it is made of", "Details", "Output"
_STORES = "Backgrounds kept tokenised on this machine (BABILONG_CACHE)"
_WORK = "Who does the work (the bytes are the same)"

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")


def _flag(panel: str, help: str, *names: str, **more: Any) -> Any:
    return typer.Option(*names, help=help, rich_help_panel=panel, **more)


def _version(asked: bool) -> None:
    if asked:
        print(f"babilong-generate {__version__}")
        raise typer.Exit


@app.command(epilog=_EPILOG)
def generate(
    context: typer.Context,
    task: Annotated[list[str], _flag(_WHAT, "Tasks: names, lists, ranges.", "-t", "--task", "--tasks")] = ["qa1-qa5"],  # noqa: B006
    length: Annotated[
        list[str], _flag(_WHAT, "Lengths in tokens; 0k is the facts alone.", "-l", "--length", "--lengths")
    ] = ["0k-16k"],  # noqa: B006
    samples: Annotated[int, _flag(_WHAT, "Samples of each task at each length.", "-n", "--samples")] = 100,
    recipe: Annotated[str, _flag(_PARTS, "`builtin`, `published` or a YAML file; flags win.", "--recipe")] = "builtin",
    stories: Annotated[str | None, _flag(_PARTS, "`simulate`, or a folder of bAbI files.", "--stories")] = None,
    background: Annotated[
        str | None, _flag(_PARTS, "`builtin`, a folder of texts, or a hub id.", "--background")
    ] = None,
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
    vocabulary: Annotated[
        str | None,
        _flag(_DETAILS, "closed: bAbI's own words; open: other people, places, things and verbs.", "--vocabulary"),
    ] = None,
    distractors: Annotated[
        int | None, _flag(_DETAILS, "Other stories whose facts stand among a sample's. Default: 0.", "--distractors")
    ] = None,
    avoid_collisions: Annotated[
        bool | None,
        _flag(
            _DETAILS,
            "Leave out background sentences that name people, places or things of bAbI. Default: with `simulate`.",
            "--avoid-collisions/--no-avoid-collisions",
            show_default=False,
        ),
    ] = None,
    questions: Annotated[
        str | None,
        _flag(_DETAILS, 'Ask these questions of bAbI files: JSON such as {"qa1": [1, 4]}, from 0.', "--questions"),
    ] = None,
    legacy: Annotated[
        bool | None,
        _flag(_DETAILS, "Choose stories length by length as the published sets do.", "--legacy", show_default=False),
    ] = None,
    allow_repeats: Annotated[
        bool, _flag(_DETAILS, "Go on where the background has fewer tokens than a length.", "--allow-repeats")
    ] = False,
    workers: Annotated[
        int | None,
        _flag(_WORK, "Processes at work. Default: 1; with Ray, one a CPU.", "-w", "--workers"),
    ] = None,
    shard: Annotated[
        str,
        _flag(_WORK, "Do a part: 1/8 to 8/8 are the jobs of an array of eight, on one shared --out.", "--shard"),
    ] = "1/1",
    engine: Annotated[
        str,
        _flag(_WORK, "local, or ray: processes of a Ray cluster, all of whose machines must see --out.", "--engine"),
    ] = "local",
    ray_address: Annotated[
        str | None,
        _flag(_WORK, "A Ray cluster. Default: RAY_ADDRESS, or else this machine.", "--ray-address"),
    ] = None,
    print_recipe: Annotated[bool, _flag(_OUTPUT, "Print the recipe and stop.", "--print-recipe")] = False,
    format: Annotated[
        str, _flag(_OUTPUT, "parquet, parquet-zstd (0.4 of the bytes, half as fast) or jsonl.", "--format")
    ] = "parquet",
    out: Annotated[
        Path | None, _flag(_OUTPUT, "The dataset folder. Default: data/ and the recipe's name.", "-o", "--out")
    ] = None,
    verify: Annotated[
        Path | None,
        _flag(
            _OUTPUT,
            "Make a dataset again from its manifest, compare every sample (of -t and -l), and stop; the flags of its "
            "parts say where they lie now.",
            "--verify",
            metavar="DIR",
        ),
    ] = None,
    list_stores: Annotated[
        bool, _flag(_STORES, "List them, compare their checksums, and stop.", "--list-stores")
    ] = False,
    clear_stores: Annotated[
        str | None,
        _flag(_STORES, "Remove `all`, or those whose id begins so, and stop.", "--clear-stores", metavar="ID"),
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
        "max_story_tokens": max_story_tokens, "vocabulary": vocabulary, "distractors": distractors,
        "avoid_collisions": avoid_collisions, "questions": questions, "legacy": legacy,
    }  # fmt: skip
    given = {key: value for key, value in flags.items() if value is not None}
    if verify:
        run(lambda: _verify(verify, given, _typed(context)))
    if list_stores:
        run(_list_stores)
    if clear_stores is not None:
        run(lambda: _clear_stores(clear_stores))
    if print_recipe:
        run(lambda: _print_recipe(recipe, given))
    work = shard, engine, workers, ray_address
    run(lambda: _generate(recipe, given, task, length, samples, format, out, work, allow_repeats))


def _generate(
    name: str,
    flags: dict[str, Any],
    tasks: list[str],
    lengths: list[str],
    samples: int,
    format: str,
    out: Path | None,
    work: tuple[str, str, int | None, str | None],
    allow_repeats: bool,
) -> None:
    from babilong.lengths import parse_lengths
    from babilong.tasks import parse_tasks
    from generators.recipe import load_recipe, with_values
    from generators.units import parse_shard

    base = load_recipe(name)
    recipe = with_values(base, flags)
    wanted = parse_tasks(tasks), parse_lengths(lengths)
    shard = parse_shard(work[0])
    from generators.kitchen import Kitchen
    from generators.writer import generate

    engine = _engine(*work[1:])
    if out is None:
        changed = f"custom-{Kitchen(recipe).recipe_hash[:8]}"
        out = Path("data") / (Path(name).stem if recipe == base else changed)
    dataset = generate(recipe, *wanted, samples, out, format, shard=shard, engine=engine, allow_repeats=allow_repeats)
    _print_cells(dataset.manifest)
    print(dataset.folder)
    waiting = [cell for cell in product(*wanted) if cell not in dataset.cells]
    if waiting:
        note(f"{len(waiting)} of {len(wanted[0]) * len(wanted[1])} cells wait for the other shards.")


def _engine(name: str, workers: int | None, address: str | None) -> Engine:
    from babilong.errors import UsageError, unknown
    from generators.engines import pool
    from generators.ray_engine import on_ray

    if name == "ray":
        return on_ray(workers, address)
    if name != "local":
        raise unknown("engine", name, ("local", "ray"))
    if address:
        raise UsageError("A Ray address is given but not --engine ray; add it, or leave out --ray-address.")
    return pool(1 if workers is None else workers)


def _print_recipe(name: str, flags: dict[str, Any]) -> None:
    from babilong.errors import BabilongError
    from generators.kitchen import Kitchen
    from generators.recipe import load_recipe, with_values

    recipe = with_values(load_recipe(name), flags)
    try:
        kitchen = Kitchen(recipe)
        recipe, held = kitchen.recipe, kitchen.fingerprints | {"recipe": kitchen.recipe_hash}
    except BabilongError as error:
        held = {"not all of it is here": str(error)}
    print(recipe.to_yaml() + "".join(f"# {part}: {value}\n" for part, value in held.items()), end="")


def _typed(context: typer.Context) -> dict[str, Any]:
    """The options that stand on the command line."""
    return {
        name: value
        for name, value in context.params.items()
        if getattr(context.get_parameter_source(name), "name", "") == "COMMANDLINE"
    }


def _verify(folder: Path, parts: dict[str, Any], typed: dict[str, Any]) -> None:
    from babilong.errors import UsageError
    from babilong.lengths import parse_lengths
    from babilong.tasks import parse_tasks
    from generators.verify import verify

    for name in typed:
        if name not in ("verify", "task", "length", "quiet", "debug", *parts):
            flag = name.replace("_", "-")
            raise UsageError(f"--verify looks at what is there and changes nothing; leave out --{flag}.")
    tasks = parse_tasks(typed["task"]) if "task" in typed else None
    lengths = parse_lengths(typed["length"]) if "length" in typed else None
    print(verify(folder, parts, tasks, lengths))


def _print_cells(manifest: Manifest) -> None:
    rows = [("length", "task", "rows", "mean tokens", "stories left out")]
    for cell in manifest.cells:
        rows.append((cell.length, cell.task, str(cell.rows), f"{cell.mean_tokens:,.1f}", str(cell.left_out)))
    _print_table(rows)


def _list_stores() -> None:
    from datetime import datetime

    from generators.backgrounds.stores import list_stores

    rows = [("id", "background", "tokenizer", "tokens", "bytes", "last used", "state")]
    for store in list_stores():
        used = datetime.fromtimestamp(store.used).isoformat(" ", "minutes")
        rows.append(
            (store.id, store.corpus, store.tokenizer, f"{store.tokens:,}", f"{store.bytes:,}", used, store.state)
        )
    _print_table(rows)


def _clear_stores(which: str) -> None:
    from generators.backgrounds.stores import clear_stores

    removed = clear_stores(which)
    for store in removed:
        print(f"Removed {store.id}: {store.corpus or 'unfinished'} {store.tokenizer}".rstrip())
    print(f"Freed {sum(store.bytes for store in removed):,} bytes.")


def _print_table(rows: Sequence[tuple[str, ...]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(text.rjust(width) for text, width in zip(row, widths, strict=True)))


def main() -> None:
    """The console script."""
    app()


if __name__ == "__main__":
    main()
