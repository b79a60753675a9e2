"""Finished runs, found on disk: our run folders, and folders of published predictions.

Example::

    runs = find_runs([Path("runs"), Path("predictions/microsoft")])
    check_one_protocol(runs)
    print(labels(runs))
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from babilong.errors import DataError, UsageError
from evaluators.records import Record, read_folder
from evaluators.reports.published import published_files, read_published
from evaluators.run_folder import read_run


@dataclass(frozen=True, slots=True)
class Run:
    """The records of a run, and what names it.

    Attributes:
        model: who answered; of a recurrent memory whose gate was told in training where facts stand, that too.
        config: the run-id, or the configuration of prompts that a published file names; may be empty.
        protocol: `v2` (ours) or `v1` (the published one): data, prompts and decoding.
        samples: hash of the recipe of the samples; None where it is not known.
        about: what the samples are made of, in a few words; may be empty.
        folder: where it lies.
        records: its samples.
    """

    model: str
    config: str
    protocol: str
    samples: str | None
    about: str
    folder: Path
    records: tuple[Record, ...]

    def only(self, tasks: Sequence[str] | None, lengths: Sequence[str] | None) -> Run:
        """The run with the samples of these tasks and lengths alone; None is all."""
        kept = (
            record
            for record in self.records
            if (tasks is None or record.task in tasks) and (lengths is None or record.length in lengths)
        )
        return replace(self, records=tuple(kept))


def find_runs(paths: Sequence[Path]) -> list[Run]:
    """The runs in and below these folders, in order, each once; runs without a finished sample are left out.

    Raises:
        DataError: a folder is missing, is a file, or holds no run with samples; or a file in it is broken.
    """
    found: dict[tuple[Path, str], Run] = {}
    for path in paths:
        if not path.is_dir():
            what = "is a file; name the folder it lies in" if path.is_file() else "does not exist; name a run's folder"
            raise DataError(f"{path} {what}.")
        ours = (open_run(folder) for folder in sorted({file.parent for file in path.rglob("samples*.jsonl")}))
        runs = [run for run in (*ours, *_published(path)) if run.records]
        if not runs:
            raise DataError(
                f"There is nothing to report in {path}: neither a samples.jsonl with samples, nor files named "
                f"{{task}}_{{length}}_{{config}}.csv. Run babilong-eval first, or name another folder."
            )
        for run in runs:
            found.setdefault((run.folder.resolve(), run.config), run)
    return list(found.values())


def open_run(folder: Path) -> Run:
    """One run folder of ours; without a run.yaml it is named by where it lies.

    Raises:
        DataError: its run.yaml or samples.jsonl is broken.
    """
    run = read_run(folder)
    return Run(
        model=_name(_map(run, "model"), folder),
        config=folder.resolve().name,
        protocol=str(run.get("protocol", "v2")),
        samples=run.get("samples"),
        about=_source(_map(_map(run, "dataset"), "recipe")),
        folder=folder,
        records=tuple(read_folder(folder).values()),
    )


def check_one_protocol(runs: Sequence[Run]) -> None:
    """Refuse runs of different protocols together.

    Raises:
        UsageError: there are two protocols; the message names a run of each.
    """
    first = {run.protocol: run for run in reversed(runs)}
    if len(first) > 1:
        words = " and ".join(f"{run.folder} of protocol {protocol}" for protocol, run in sorted(first.items()))
        raise UsageError(f"Results of different protocols are never mixed: {words}; report them apart.")


def labels(runs: Sequence[Run]) -> list[str]:
    """A name for each run: its model, with configuration or folder where that is needed to tell runs apart."""
    for name in (lambda run: run.model, lambda run: f"{run.model} ({run.config})"):
        names = [name(run) for run in runs]
        if len(set(names)) == len(runs):
            return names
    return [f"{run.model} ({run.folder.as_posix()} {run.config})" for run in runs]


def _published(path: Path) -> Iterator[Run]:
    for (folder, config), files in published_files(path).items():
        name = path.resolve().name if folder == path else folder.relative_to(path).as_posix()
        yield Run(name, config, "v1", None, "published predictions", folder, tuple(read_published(files)))


def _name(model: Mapping[str, Any], folder: Path) -> str:
    name, memory = str(model.get("model", folder.resolve().parent.name)), _map(model, "memory")
    # No figure of theirs stands anywhere without it: models that learn from answers alone are not told.
    told = memory.get("segment_gate") and memory.get("gate_from") == "labels"
    return f"{name} (gate from labels)" if told else name


def _map(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """A mapping of a run.yaml, which anyone may have edited."""
    found = values.get(key)
    return found if isinstance(found, dict) else {}


def _source(recipe: Mapping[str, Any]) -> str:
    """What the samples are made of, in a few words."""
    return ", ".join(f"{part} {Path(str(recipe[part])).name}" for part in ("stories", "background") if part in recipe)
