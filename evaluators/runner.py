"""A model over the cells of a dataset: each finished sample is kept at once, and the same call resumes.

Example::

    job = Job(model, dataset, dataset.cells, load_prompts(), limit=100)
    folder = evaluate(job, Path("runs"))

Several processes may do one job, each a part of the samples (see `evaluators.sharding`).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from babilong.errors import BabilongError, OverLengthError, UsageError
from babilong.locks import is_taken
from babilong.sample import Sample
from evaluators.again import Again, is_finished, parse_retry
from evaluators.job import ALL, Job, state_name
from evaluators.models.protocol import Answer, Request
from evaluators.progress import progress
from evaluators.records import (
    Record,
    RecordLog,
    being_written,
    fingerprint,
    merge,
    read_folder,
    read_records,
    sample_files,
    supporting_depths,
)
from evaluators.run_folder import confirm_cells, read_run, run_folder, write_run
from evaluators.sharding import samples_file
from generators.units import Shard

_STATES = "states"


def evaluate(
    job: Job,
    results: Path,
    *,
    shard: Shard = ALL,
    again: Again = parse_retry(),  # noqa: B008 (a function)
    anew: bool = False,
    quiet: bool = False,
) -> Path:
    """Answer what is not answered yet, and return the run's folder.

    Interrupted at any point, the same call goes on from there, with any number of shards.

    Args:
        job: what is to be answered.
        results: the folder of all runs.
        shard: the part of the samples that is this call's.
        again: which classes of errors are asked again.
        anew: forget the earlier answers of this run.
        quiet: show no progress.

    Raises:
        OverLengthError: prompts are longer than the model can read; nothing was started.
        DataError: the run's samples.jsonl is broken, or the dataset has changed under it.
        UsageError: a shard cannot begin anew.
        BabilongError: another run is at work in the folder.
    """
    if anew and shard != ALL:
        raise UsageError("--no-resume would forget what other processes of this run have done; delete its folder.")
    if job.model.prompted:
        for task in dict.fromkeys(task for task, _ in job.cells):
            job.prompts.frame(task, "")  # refused now rather than in the middle
    folder = run_folder(results, job.model.name, job.identity)
    path = folder / samples_file(shard)
    _refuse_over_length(job, {} if anew else _done(read_folder(folder), again), shard, quiet)
    _refuse_other_runs(folder, shard)
    with RecordLog(path, anew=anew) as log:
        _refuse_other_runs(folder, shard)  # who began since, and may not have seen this one
        others = [file for file in sample_files(folder) if file != path]
        if anew:
            for file in (*others, *(folder / name for name in ("run.yaml", "summary.csv", "heatmap.png"))):
                file.unlink(missing_ok=True)
            shutil.rmtree(folder / _STATES, ignore_errors=True)
            others = []
        found = merge((*log.records.values(), *(record for file in others for record in read_records(file).values())))
        known = read_run(folder).get("cells", {})
        write_run(folder, job.identity, job.dataset_words, job.fingerprints)
        for record in _answered(job, _done(found, again), known, shard, folder / _STATES, quiet):
            if not _is_repeated(found.get(record.id), record):
                log.append(record)
            if record.error is None:
                (folder / _STATES / state_name(record.id)).unlink(missing_ok=True)
        confirm_cells(folder, job.fingerprints)
    return folder


def _answered(
    job: Job, done: Mapping[str, Record], known: Mapping[str, str], shard: Shard, states: Path, quiet: bool
) -> Iterator[Record]:
    """The record of every sample of the shard that is left, in the order of completion."""
    asked: dict[str, Record] = {}

    def requests() -> Iterator[Request]:
        for sample in job.samples(done, known, shard):
            asked[sample.id] = _unanswered(sample)
            yield job.request(sample, states)

    with progress(f"{job.model.name} answers", _left(job, done, shard), quiet=quiet) as step:
        for answer in job.model.answer(requests()):
            step(answer.tokens_in + answer.tokens_out)
            yield _answered_by(asked.pop(answer.id), answer)


def _left(job: Job, done: Mapping[str, Record], shard: Shard) -> int:
    """About how many samples of the shard are left."""
    return -(-sum(job.left(done).values()) // shard.jobs)


def _refuse_other_runs(folder: Path, shard: Shard) -> None:
    """Refuse to work beside a run that divides the samples otherwise; those of one division never meet."""
    mine = {samples_file(Shard(number, shard.jobs)) for number in range(1, shard.jobs + 1)}
    for file in sample_files(folder):
        if file.name not in mine and is_taken(file):
            raise being_written(file)


def _is_repeated(old: Record | None, new: Record) -> bool:
    """Whether a sample that was asked again came to the same, so that a run that goes on in vain does not grow."""
    return old is not None and (old.output, old.error, old.message) == (new.output, new.error, new.message)


def _unanswered(sample: Sample) -> Record:
    """What a record says of the sample itself; the context, which may be huge, is not held."""
    return Record(
        id=sample.id,
        task=sample.task,
        length=sample.length,
        index=sample.index,
        question=sample.question,
        target=sample.target,
        output="",
        finish_reason=None,
        tokens_in=0,
        tokens_out=0,
        seconds=0.0,
        supporting_depths=supporting_depths(sample),
        labels=sample.labels,
        sample=fingerprint(sample),
    )


def _answered_by(record: Record, answer: Answer) -> Record:
    return replace(
        record,
        output=answer.text,
        finish_reason=answer.finish_reason,
        tokens_in=answer.tokens_in,
        tokens_out=answer.tokens_out,
        seconds=answer.seconds,
        error=answer.error,
        message=answer.message,
        retries=answer.retries,
    )


def _done(records: Mapping[str, Record], again: Again) -> dict[str, Record]:
    """Those that need not be asked again."""
    return {key: record for key, record in records.items() if is_finished(record, again)}


def _refuse_over_length(job: Job, done: Mapping[str, Record], shard: Shard, quiet: bool) -> None:
    """Count the tokens of every prompt of the shard that is left, before any of them is answered."""
    limit = job.model.max_tokens
    if limit is None:
        return
    counts: list[tuple[int, str]] = []
    with progress("measuring prompts", _left(job, done, shard), quiet=quiet) as step:
        for sample in job.samples(done, job.fingerprints, shard):
            try:
                count = job.model.count(job.request(sample))
            except BabilongError:
                raise
            except Exception:  # answering meets it again, and keeps its class
                count = 0
            step(count)
            counts.append((count, sample.id))
    over = sum(count > limit for count, _ in counts)
    if over:
        longest, where = max(counts)
        raise OverLengthError(
            f"{over:,} of {len(counts):,} prompts are longer than the {limit:,} tokens that {job.model.name} can read "
            f"besides its answer; the longest, {where}, has {longest:,}. Nothing was cut and nothing was run: choose "
            f"shorter lengths with --lengths."
        )
