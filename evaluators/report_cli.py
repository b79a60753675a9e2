"""`babilong-report`: tables, pictures and comparisons of finished runs, with any score, at any time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from babilong import __version__, command
from babilong.errors import UsageError, unknown

if TYPE_CHECKING:
    from evaluators.reports.runs import Run

_HELP = """Tables, pictures and comparisons of finished runs.

RUN is the folder of a run, a folder of such folders, or a folder of predictions as the published results hold them
({task}_{length}_{config}.csv). Everything is made from what the models wrote, with any score, at any time.
"""
_EPILOG = """\
[bold]Examples[/bold]

babilong-report table runs --csv -

babilong-report heatmap runs/rmt-gpt2/6549ade95c05 -o heatmap.pdf

babilong-report compare runs/rmt-gpt2/6549ade95c05 runs/random/f3eedccffc6b

babilong-report table predictions --score v1 --csv accuracies.csv

[bold]Exit codes[/bold]: 0 done; 1 failed; 2 usage.
"""

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich", no_args_is_help=True)

Runs = Annotated[list[Path], typer.Argument(metavar="RUN...", help="Folders of runs.", show_default=False)]
Score = Annotated[str, typer.Option("--score", help="v2, v1 or exact.")]
Tasks = Annotated[
    list[str] | None, typer.Option("-t", "--task", "--tasks", help="Tasks: names, lists, ranges. Default: all there.")
]
Lengths = Annotated[
    list[str] | None, typer.Option("-l", "--length", "--lengths", help="Lengths, likewise. Default: all there.")
]
Csv = Annotated[str | None, typer.Option("--csv", metavar="FILE|-", help="Write CSV to a file, or to stdout.")]
Markdown = Annotated[str | None, typer.Option("--markdown", metavar="FILE|-", help="Write Markdown, likewise.")]
Picture = Annotated[Path, typer.Option("-o", "--out", help="The picture, .png or .pdf.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]


def _version(asked: bool) -> None:
    if asked:
        print(f"babilong-report {__version__}")
        raise typer.Exit


@app.callback(help=_HELP, epilog=_EPILOG)
def _main(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    pass


@app.command()
def table(
    runs: Runs,
    score: Score = "v2",
    tasks: Tasks = None,
    lengths: Lengths = None,
    csv: Csv = None,
    markdown: Markdown = None,
    debug: Debug = False,
) -> None:
    """Accuracy with counts and intervals for every task and length."""
    command.run(lambda: _table(_chosen(runs, score, tasks, lengths), score, tasks, csv, markdown))


@app.command()
def heatmap(
    runs: Runs,
    out: Picture,
    score: Score = "v2",
    tasks: Tasks = None,
    lengths: Lengths = None,
    debug: Debug = False,
) -> None:
    """Draw task x length, a grid a run."""
    command.run(lambda: _heatmap(_chosen(runs, score, tasks, lengths), score, tasks, out))


@app.command()
def curves(
    runs: Runs,
    out: Picture,
    score: Score = "v2",
    tasks: Tasks = None,
    lengths: Lengths = None,
    debug: Debug = False,
) -> None:
    """Draw accuracy against length, a line a run, with bands of 95 %."""
    command.run(lambda: _curves(_chosen(runs, score, tasks, lengths), score, tasks, out))


@app.command()
def depth(
    runs: Runs,
    score: Score = "v2",
    tasks: Tasks = None,
    lengths: Lengths = None,
    bins: Annotated[int, typer.Option("--bins", help="Parts of the context.", min=1, max=100)] = 5,
    data: Annotated[
        Path | None, typer.Option("--data", help="The dataset, for runs that did not keep where the facts stand.")
    ] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="A picture, .png or .pdf.")] = None,
    csv: Csv = None,
    markdown: Markdown = None,
    debug: Debug = False,
) -> None:
    """Accuracy by where in the context the supporting facts stand."""
    command.run(lambda: _depth(_chosen(runs, score, tasks, lengths), score, bins, data, out, csv, markdown))


@app.command()
def compare(
    runs: Runs,
    score: Score = "v2",
    tasks: Tasks = None,
    lengths: Lengths = None,
    force: Annotated[bool, typer.Option("--force", help="Compare different protocols or datasets.")] = False,
    csv: Csv = None,
    markdown: Markdown = None,
    debug: Debug = False,
) -> None:
    """Compare two runs over the samples both have, by a paired test."""
    command.run(lambda: _compare(_chosen(runs, score, tasks, lengths, mixed=True), score, force, csv, markdown))


@app.command()
def disagree(
    runs: Runs,
    tasks: Tasks = None,
    lengths: Lengths = None,
    samples: Annotated[int, typer.Option("-n", "--samples", help="How many samples to show.", min=0)] = 20,
    csv: Csv = None,
    markdown: Markdown = None,
    debug: Debug = False,
) -> None:
    """Show the samples on which the scores differ, and how many there are."""
    command.run(lambda: _disagree(_chosen(runs, "v2", tasks, lengths), samples, csv, markdown))


def _chosen(
    paths: Sequence[Path],
    score: str,
    tasks: Sequence[str] | None,
    lengths: Sequence[str] | None,
    *,
    mixed: bool = False,
) -> list[Run]:
    """The runs that are named, with what is asked of them; one protocol unless they may be mixed."""
    from babilong.lengths import parse_lengths
    from babilong.scoring import SCORES
    from babilong.tasks import parse_tasks
    from evaluators.reports.runs import check_one_protocol, find_runs

    if score not in SCORES:
        raise unknown("score", score, SCORES)
    wanted = parse_tasks(tasks) if tasks else None, parse_lengths(lengths) if lengths else None
    found = [run.only(*wanted) for run in find_runs(paths)]
    kept = [run for run in found if run.records]
    if not kept:
        raise UsageError(f"No run in {', '.join(map(str, paths))} has samples of the tasks and lengths asked for.")
    if not mixed:
        check_one_protocol(kept)
    return kept


def _asked(runs: Iterable[Run], tasks: Sequence[str] | None) -> tuple[str, ...]:
    """The tasks a mean is to cover: those asked for, or all that any of the runs has."""
    from babilong.tasks import parse_tasks

    # Sorted by number, as `qa10` is after `qa2`.
    there = sorted({record.task for run in runs for record in run.records}, key=lambda task: int(task[2:]))
    return parse_tasks(tasks) if tasks else tuple(there)


def _table(runs: list[Run], score: str, tasks: list[str] | None, csv: str | None, markdown: str | None) -> None:
    from evaluators.reports.cells import summarise
    from evaluators.reports.output import give
    from evaluators.reports.runs import labels
    from evaluators.reports.tables import grid_sheet, listing

    cells = [summarise(run.records, score) for run in runs]
    asked = _asked(runs, tasks)
    titled = [(f"{name}, score {score}", found) for name, found in zip(labels(runs), cells, strict=True)]
    give(
        [listing(found, asked, title) for title, found in titled],
        [grid_sheet(found, asked, title) for title, found in titled],
        [_named(run, cell) for run, found in zip(runs, cells, strict=True) for cell in found],
        ("model", "config", "protocol", "score", "task", "length", "n", "correct", "accuracy", "low", "high", "errors"),
        csv,
        markdown,
    )


def _heatmap(runs: list[Run], score: str, tasks: list[str] | None, out: Path) -> None:
    from evaluators.reports.cells import summarise
    from evaluators.reports.heatmap import heatmap_panel
    from evaluators.reports.output import format_of, save
    from evaluators.reports.tiles import draw

    kind = format_of(out)
    panels = []
    for run in runs:
        about = "; ".join(filter(None, (run.config if len(runs) > 1 else "", run.about)))
        panels.append(heatmap_panel(summarise(run.records, score), _asked([run], tasks), run.model, about))
    save(out, draw(panels, kind))


def _curves(runs: list[Run], score: str, tasks: list[str] | None, out: Path) -> None:
    from evaluators.reports.cells import summarise
    from evaluators.reports.curves import curves as picture
    from evaluators.reports.output import format_of, save
    from evaluators.reports.runs import labels

    kind = format_of(out)
    lines = {name: summarise(run.records, score) for name, run in zip(labels(runs), runs, strict=True)}
    save(out, picture(lines, _asked(runs, tasks), f"score {score}; bands: 95 % intervals", kind))


def _depth(
    runs: list[Run], score: str, bins: int, data: Path | None, out: Path | None, csv: str | None, markdown: str | None
) -> None:
    from evaluators.reports.depth import DepthCell, by_depth, depth_panels, depth_sheet, with_depths
    from evaluators.reports.output import format_of, give, save
    from evaluators.reports.runs import labels
    from evaluators.reports.tiles import draw

    kind = format_of(out) if out else ""
    cells = [by_depth(with_depths(run, data).records, score, bins) for run in runs]
    named = list(zip(labels(runs), cells, strict=True))
    sheets = [depth_sheet(found, f"{name}, score {score}") for name, found in named]
    rows = [_named(run, cell) for run, found in zip(runs, cells, strict=True) for cell in found]
    header = ("model", "config", "protocol", *(field.name for field in fields(DepthCell)))
    if out:
        about = f"accuracy in % by score {score}, 95 % interval; samples with a supporting fact at that depth"
        save(out, draw([panel for name, found in named for panel in depth_panels(found, name, about)], kind))
    give(sheets, sheets, rows, header, csv, markdown)


def _compare(runs: list[Run], score: str, force: bool, csv: str | None, markdown: str | None) -> None:
    from evaluators.reports.comparison import Contrast, comparison_sheet
    from evaluators.reports.comparison import compare as contrast
    from evaluators.reports.output import give
    from evaluators.reports.runs import labels

    names = labels(runs)
    if len(runs) != 2:
        raise UsageError(f"Two runs are compared, and these are {len(runs)}: {', '.join(names)}; name two.")
    one, other = runs
    comparison = contrast(one, other, score, force=force)
    sheet = comparison_sheet(comparison, *names)
    rows = [{"model_a": names[0], "model_b": names[1], **asdict(row)} for row in comparison.rows]
    give([sheet], [sheet], rows, ("model_a", "model_b", *(field.name for field in fields(Contrast))), csv, markdown)


def _disagree(runs: list[Run], samples: int, csv: str | None, markdown: str | None) -> None:
    from evaluators.reports.disagreement import HEADER, counts_sheet, disputed, judge, samples_sheet
    from evaluators.reports.output import give
    from evaluators.reports.runs import labels

    sheets, rows = [], []
    for name, run in zip(labels(runs), runs, strict=True):
        judged = judge(run.records)
        found = disputed(judged)
        sheets += [counts_sheet(judged, name), samples_sheet(found, f"{name}: where the scores differ", samples)]
        names = {"model": run.model, "config": run.config}
        rows += [{**names, **each.to_row()} for each in found]
    give(sheets, sheets, rows, ("model", "config", *HEADER), csv, markdown)


def _named(run: Run, cell: Any) -> dict[str, Any]:
    """A cell as a row that names its run."""
    return {"model": run.model, "config": run.config, "protocol": run.protocol, **asdict(cell)}


def main() -> None:
    """The console script."""
    app()


if __name__ == "__main__":
    main()
