"""A model over the cells of a dataset: each finished sample is kept at once, and the same call resumes.

Example::

    job = Job(model, dataset, dataset.cells, load_prompts(), limit=100)
    folder = evaluate(job, Path("runs"))
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from babilong import lengths
from babilong.errors import DataError, OverLengthError
from babilong.prompts import PromptSet
from babilong.sample import Sample
from evaluators.models.protocol import Answer, Model, Request
from evaluators.progress import progress
from evaluators.records import Record, RecordLog, read_records
from evaluators.run_folder import read_run, run_folder, write_run
from generators.dataset import Dataset


@dataclass(frozen=True)
class Job:
    """What is to be answered, and by whom.

    Attributes:
        model: who answers.
        dataset: where the samples are from.
        cells: pairs of task and length.
        prompts: the prompts, for models that read them.
        limit: at most so many samples a cell, the first ones; None for all.
    """

    model: Model
    dataset: Dataset
    cells: Sequence[tuple[str, str]]
    prompts: PromptSet
    limit: int | None = None

    @cached_property
    def identity(self) -> dict[str, Any]:
        """What decides the answers."""
        return {
            "model": self.model.describe(),
            "prompts": self.prompts.hash if self.model.prompted else None,
            "samples": self.dataset.manifest.recipe_hash,
        }

    @property
    def dataset_words(self) -> dict[str, Any]:
        """Where the samples are from, for the run's record."""
        manifest = self.dataset.manifest
        return {"recipe": dict(manifest.recipe), "parts": dict(manifest.fingerprints), "generated_by": manifest.version}

    @cached_property
    def fingerprints(self) -> dict[str, str]:
        """The fingerprint of each cell, by `task/length`."""
        return {f"{task}/{length}": self.dataset.fingerprint(task, length) for task, length in self.cells}

    @cached_property
    def sizes(self) -> dict[tuple[str, str], int]:
        """How many samples are asked of each cell, short lengths first, so that results show early."""
        ordered = sorted(self.cells, key=lambda cell: lengths.tokens(cell[1]))
        rows = {cell: self.dataset.rows(*cell) for cell in ordered}
        return {cell: count if self.limit is None else min(count, self.limit) for cell, count in rows.items()}

    def left(self, done: Mapping[str, Record]) -> dict[tuple[str, str], int]:
        """How many samples of each cell are not done."""
        counts = Counter((record.task, record.length) for record in done.values())
        return {cell: max(0, size - counts[cell]) for cell, size in self.sizes.items()}

    def samples(self, done: Mapping[str, Record], known: Mapping[str, str]) -> Iterator[Sample]:
        """The samples that are not done; cells that are done and unchanged are not read again.

        Args:
            done: records by sample id.
            known: fingerprints of the cells when they were last asked.

        Raises:
            DataError: a sample that is done has another question or answer now.
        """
        for (task, length), left in self.left(done).items():
            if not left and known.get(f"{task}/{length}") == self.fingerprints[f"{task}/{length}"]:
                continue
            for sample in self.dataset.samples(task, length, limit=self.limit):
                record = done.get(sample.id)
                if record is None:
                    yield sample
                elif (record.question, record.target) != (sample.question, sample.target):
                    raise DataError(f"{sample.id} is not the sample that was answered before; use --no-resume.")

    def request(self, sample: Sample) -> Request:
        """The sample as a request, with its prompt if the model reads one."""
        frame = self.prompts.frame(sample.task, sample.question) if self.model.prompted else ("", "")
        return Request(sample.id, sample.task, sample.length, sample.input, sample.question, *frame)


def evaluate(job: Job, results: Path, *, anew: bool = False, quiet: bool = False) -> Path:
    """Answer what is not answered yet, and return the run's folder.

    Samples that errored before are asked again. Interrupted at any point, the same call goes on from there.

    Args:
        job: what is to be answered.
        results: the folder of all runs.
        anew: forget the earlier answers of this run.
        quiet: show no progress.

    Raises:
        OverLengthError: prompts are longer than the model can read; nothing was started.
        DataError: the run's samples.jsonl is broken, or the dataset has changed under it.
    """
    if job.model.prompted:
        for task in dict.fromkeys(task for task, _ in job.cells):
            job.prompts.frame(task, "")  # refused now rather than in the middle
    folder = run_folder(results, job.model.name, job.identity)
    path = folder / "samples.jsonl"
    _refuse_over_length(job, {} if anew else _done(read_records(path)), quiet)
    with RecordLog(path, anew=anew) as log:
        if anew:
            for name in ("run.yaml", "summary.csv", "heatmap.png"):
                (folder / name).unlink(missing_ok=True)
        known = read_run(folder).get("cells", {})
        write_run(folder, job.identity, job.dataset_words, job.fingerprints)
        for record in _answered(job, _done(log.records), known, quiet):
            log.append(record)
    return folder


def _answered(job: Job, done: Mapping[str, Record], known: Mapping[str, str], quiet: bool) -> Iterator[Record]:
    """The record of every sample that is left, in the order of completion."""
    asked: dict[str, Sample] = {}

    def requests() -> Iterator[Request]:
        for sample in job.samples(done, known):
            request = job.request(sample)
            asked[sample.id] = sample
            yield request

    with progress(f"{job.model.name} answers", sum(job.left(done).values()), quiet=quiet) as step:
        for answer in job.model.answer(requests()):
            step(answer.tokens_in + answer.tokens_out)
            yield _record(asked.pop(answer.id), answer)


def _record(sample: Sample, answer: Answer) -> Record:
    return Record(
        id=sample.id,
        task=sample.task,
        length=sample.length,
        index=sample.index,
        question=sample.question,
        target=sample.target,
        output=answer.text,
        finish_reason=answer.finish_reason,
        tokens_in=answer.tokens_in,
        tokens_out=answer.tokens_out,
        seconds=answer.seconds,
        error=answer.error,
        message=answer.message,
    )


def _done(records: Mapping[str, Record]) -> dict[str, Record]:
    """Those that need not be asked again."""
    return {key: record for key, record in records.items() if record.error is None}


def _refuse_over_length(job: Job, done: Mapping[str, Record], quiet: bool) -> None:
    """Count the tokens of every prompt that is left, before any of them is answered."""
    limit = job.model.max_tokens
    if limit is None:
        return
    over: list[tuple[int, str]] = []
    total = sum(job.left(done).values())
    with progress("measuring prompts", total, quiet=quiet) as step:
        for sample in job.samples(done, job.fingerprints):
            count = job.model.count(job.request(sample))
            step(count)
            if count > limit:
                over.append((count, sample.id))
    if over:
        longest, where = max(over)
        raise OverLengthError(
            f"{len(over):,} of {total:,} prompts are longer than the {limit:,} tokens that {job.model.name} can read "
            f"besides its answer; the longest, {where}, has {longest:,}. Nothing was cut and nothing was run: choose "
            f"shorter lengths with --lengths."
        )
