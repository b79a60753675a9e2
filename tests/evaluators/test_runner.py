"""A run survives bad samples, goes on where it stopped, and never mixes what cannot be mixed."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from babilong.errors import DataError, OverLengthError, UsageError
from babilong.prompts import load_prompts
from babilong.sample import Sample
from evaluators.again import parse_retry
from evaluators.job import Job
from evaluators.models.protocol import Answer, Request
from evaluators.models.random_floor import RandomModel
from evaluators.records import read_records
from evaluators.reports.cells import is_right
from evaluators.run_folder import run_folder, slug
from evaluators.runner import evaluate
from generators.dataset import Dataset, open_dataset
from generators.manifest import File
from generators.recipe import Recipe
from generators.writer import generate


def run(job: Job, results: Path, **options: Any) -> Path:
    return evaluate(job, results, quiet=True, **options)


def lines(folder: Path) -> list[str]:
    return (folder / "samples.jsonl").read_text().splitlines()


def test_every_sample_is_answered_short_lengths_first(job: Job, tmp_path: Path) -> None:
    folder = run(job, tmp_path)
    records = list(read_records(folder / "samples.jsonl").values())
    assert [record.id for record in records] == [
        f"{task}/{length}/{index}" for length in ("0k", "1k") for task in ("qa1", "qa2") for index in range(5)
    ]
    samples = {s.id: s for cell in job.dataset.cells for s in job.dataset.samples(*cell)}
    for record in records:
        sample = samples[record.id]
        assert (record.question, record.target, record.index) == (sample.question, sample.target, sample.index)
        assert (record.output, record.finish_reason) == ("kitchen", "stop")
        assert record.tokens_in == len(sample.input.split())


def test_batches_hold_one_length(job: Job, fake: Any, tmp_path: Path) -> None:
    fake.batch_size = 4
    run(job, tmp_path)
    assert [len(batch) for batch in fake.batches] == [4, 4, 2, 4, 4, 2]
    assert all(len({name.split("/")[1] for name in batch}) == 1 for batch in fake.batches)


@pytest.mark.parametrize(
    ("error", "kind"),
    [(MemoryError(), "oom"), (RuntimeError("out of memory\nlong story"), "oom"), (ValueError("bad"), "ValueError")],
)
def test_one_bad_sample_costs_only_itself(job: Job, fake: Any, tmp_path: Path, error: Exception, kind: str) -> None:
    fake.failing = {"qa1/1k/3": error}
    records = read_records(run(job, tmp_path) / "samples.jsonl")
    assert len(records) == 20
    bad = records.pop("qa1/1k/3")
    assert (bad.error, bad.message, bad.output) == (kind, str(error).split("\n")[0], "")
    assert all(record.error is None and record.output == "kitchen" for record in records.values())


def test_errors_are_tried_again_and_nothing_else(job: Job, fake: Any, tmp_path: Path) -> None:
    fake.failing = {"qa1/1k/3": MemoryError()}
    folder = run(job, tmp_path)
    fake.failing, fake.batches = {}, []
    assert run(job, tmp_path) == folder
    assert fake.batches == [["qa1/1k/3"]]
    assert len(lines(folder)) == 21
    assert all(record.error is None for record in read_records(folder / "samples.jsonl").values())
    fake.batches = []
    run(job, tmp_path)
    assert fake.batches == []


def test_interrupt_keeps_what_is_finished(job: Job, fake: Any, tmp_path: Path) -> None:
    fake.failing = {"qa2/0k/2": KeyboardInterrupt()}
    with pytest.raises(KeyboardInterrupt):
        run(job, tmp_path)
    folder = run_folder(tmp_path, "fake", job.identity)
    assert len(lines(folder)) == 6
    fake.failing = {}
    run(job, tmp_path)
    assert len(lines(folder)) == 20 == len(set(lines(folder)))


def test_limit_and_cells_extend_the_same_run(job: Job, tmp_path: Path) -> None:
    first = run(replace(job, cells=[("qa1", "0k")], limit=2), tmp_path)
    assert len(lines(first)) == 2
    assert run(replace(job, cells=[("qa1", "0k")]), tmp_path) == first
    assert len(lines(first)) == 5
    assert run(replace(job, limit=3), tmp_path) == first
    assert len(lines(first)) == 5 + 3 * 3
    run_yaml = yaml.safe_load((first / "run.yaml").read_text())
    assert set(run_yaml["cells"]) == {"qa1/0k", "qa2/0k", "qa1/1k", "qa2/1k"}
    assert len(run_yaml["calls"]) == 3
    assert run_yaml["dataset"]["recipe"]["stories"] == "simulate"


def test_what_decides_the_answers_decides_the_folder(job: Job, fake: Any, tmp_path: Path) -> None:
    def folder(model: Any = fake, **changes: Any) -> str:
        return run_folder(tmp_path, "fake", replace(job, model=model, **changes).identity).name

    prompts = load_prompts()
    other = replace(prompts, system="Be brief.")
    assert folder() == folder(limit=1) == folder(cells=[("qa1", "0k")]) == folder(model=replace(fake, batch_size=7))
    assert folder(prompts=other) == folder()  # this model reads no prompts
    reads = replace(fake, prompted=True)
    assert len({folder(), folder(model=reads), folder(model=reads, prompts=other)}) == 3
    assert folder(model=replace(fake, answer_text="garden")) != folder()
    manifest = replace(job.dataset.manifest, recipe_hash="another")
    assert folder(dataset=replace(job.dataset, manifest=manifest)) != folder()


def test_anew_forgets_the_answers_of_this_run_only(job: Job, fake: Any, tmp_path: Path) -> None:
    other = run(replace(job, model=replace(fake, answer_text="garden")), tmp_path)
    before = lines(other)
    folder = run(job, tmp_path)
    (folder / "summary.csv").write_text("old")
    fake.batches = []
    assert run(replace(job, limit=1), tmp_path, anew=True) == folder
    assert len(lines(folder)) == 4
    assert not (folder / "summary.csv").exists()
    assert lines(other) == before


def test_over_long_prompts_are_refused_before_work_starts(job: Job, fake: Any, tmp_path: Path) -> None:
    fake.max_tokens, fake.prompted = 500, True
    with pytest.raises(OverLengthError, match=r"10 of 20 prompts .* 500 tokens that fake .*qa\d/1k/\d, has \d+"):
        run(job, tmp_path / "runs")
    assert not (tmp_path / "runs").exists()
    assert fake.batches == []
    assert len(lines(run(replace(job, cells=[("qa1", "0k")]), tmp_path / "runs"))) == 5


def test_prompted_models_get_the_rendered_prompt(job: Job, fake: Any) -> None:
    sample = next(job.dataset.samples("qa1", "1k"))
    bare = job.request(sample)
    assert (bare.before, bare.after) == ("", "")
    request = replace(job, model=replace(fake, prompted=True)).request(sample)
    assert request.prompt == job.prompts.render("qa1", sample.input, sample.question)


def test_prompts_without_a_task_are_refused_first(job: Job, fake: Any, tmp_path: Path) -> None:
    fake.prompted = True
    few = replace(job.prompts, tasks={"qa1": job.prompts.tasks["qa1"]})
    with pytest.raises(Exception, match="have none for qa2"):
        run(replace(job, prompts=few), tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def rewrite(dataset: Dataset, folder: Path, change: Callable[[Sample], Sample]) -> Dataset:
    """The same dataset as a whole and valid other folder, its samples changed."""
    shutil.copytree(dataset.folder, folder)
    manifest = dataset.manifest
    for task, length in dataset.cells:
        cell = manifest.cell(task, length)
        assert cell is not None and len(cell.files) == 1
        path = Path(cell.files[0].path).with_suffix(".jsonl")
        rows = [json.dumps(change(sample).to_row()) for sample in dataset.samples(task, length)]
        (folder / path).write_text("\n".join(rows) + "\n")
        data = (folder / path).read_bytes()
        file = File(path.as_posix(), len(rows), len(data), hashlib.sha256(data).hexdigest())
        manifest = manifest.with_cell(replace(cell, files=(file,)))
    manifest.save(folder)
    return open_dataset(folder)


def test_a_dataset_in_other_files_is_the_same_dataset(job: Job, fake: Any, tmp_path: Path) -> None:
    folder = run(job, tmp_path / "runs")
    fake.batches = []
    other = rewrite(job.dataset, tmp_path / "data", lambda sample: sample)
    assert other.fingerprint("qa1", "0k") != job.dataset.fingerprint("qa1", "0k")
    assert run(replace(job, dataset=other), tmp_path / "runs") == folder
    assert fake.batches == []
    assert yaml.safe_load((folder / "run.yaml").read_text())["cells"]["qa1/0k"] == other.fingerprint("qa1", "0k")


def test_a_run_yaml_that_somebody_has_emptied_is_filled_again(job: Job, tmp_path: Path) -> None:
    folder = run(job, tmp_path / "runs")
    (folder / "run.yaml").write_text("cells:\ncalls:\n")
    run(job, tmp_path / "runs")
    again = yaml.safe_load((folder / "run.yaml").read_text())
    assert len(again["calls"]) == 1
    assert again["cells"]


@pytest.mark.parametrize("part", ["input", "question", "target"])
def test_a_dataset_that_changed_is_refused(job: Job, tmp_path: Path, part: str) -> None:
    folder = run(replace(job, limit=3), tmp_path / "runs")
    before = lines(folder)
    other = rewrite(
        job.dataset,
        tmp_path / "data",
        lambda s: replace(s, **{part: getattr(s, part) + " "}) if s.id == "qa2/1k/2" else s,
    )
    for _ in range(2):  # a refusal is not forgotten
        with pytest.raises(
            DataError, match=r"has changed: qa2/1k/2 is not the sample that was answered before; choose"
        ):
            run(replace(job, dataset=other, limit=3), tmp_path / "runs")
    assert lines(folder) == before


def test_a_dataset_that_is_made_anew_while_a_run_is_at_work(job: Job, fake: Any, tmp_path: Path) -> None:
    copy = rewrite(job.dataset, tmp_path / "data", lambda sample: sample)

    def answered(batch: Any) -> Any:
        shutil.rmtree(copy.folder)
        rewrite(job.dataset, copy.folder, lambda s: replace(s, input=s.input + " "))
        fake._answer = type(fake)._answer.__get__(fake)
        return fake._answer(batch)

    fake._answer = answered
    with pytest.raises(
        DataError, match=r"samples of qa2 at 0k in .*data were made anew .*; give the same command again"
    ):
        run(replace(job, dataset=copy), tmp_path / "runs")


def test_records_of_older_files_are_compared_by_question_and_answer(job: Job, tmp_path: Path) -> None:
    folder = run(job, tmp_path)
    path = folder / "samples.jsonl"
    old = [{k: v for k, v in json.loads(line).items() if k != "sample"} for line in lines(folder)]
    path.write_text("".join(json.dumps(row) + "\n" for row in old))
    text = (folder / "run.yaml").read_text()
    (folder / "run.yaml").write_text(text.replace(job.fingerprints["qa1/0k"], "0" * 64))
    run(job, tmp_path)
    old[0]["target"] = "elsewhere"
    path.write_text("".join(json.dumps(row) + "\n" for row in old))
    (folder / "run.yaml").write_text(text.replace(job.fingerprints["qa1/0k"], "0" * 64))
    with pytest.raises(DataError, match="qa1/0k/0 is not the sample that was answered"):
        run(job, tmp_path)


@pytest.mark.parametrize(
    ("retry", "asked_again"),
    [
        ("default", {"server", "empty", "blank"}),
        ("all", {"server", "empty", "blank", "content_filter", "context_overflow"}),
        ("none", set()),
        ("content_filter, empty", {"content_filter", "empty", "blank"}),
    ],
)
def test_which_errors_are_asked_again(job: Job, fake: Any, tmp_path: Path, retry: str, asked_again: set[str]) -> None:
    kinds = ["server", "empty", "content_filter", "context_overflow"]
    ids = {kind: f"qa1/0k/{index}" for index, kind in enumerate([*kinds, "blank"])}
    asked: list[str] = []

    def answer(requests: Iterator[Request]) -> Iterator[Answer]:
        for request in requests:
            asked.append(request.id)
            kind = next((kind for kind in kinds if ids[kind] == request.id), None)
            yield Answer(request.id, " " if request.id == ids["blank"] else "" if kind else "kitchen",
                         None if kind else "stop", 1, 1, 0.1, kind, kind and "no")  # fmt: skip

    fake.answer = answer
    folder = run(job, tmp_path, again=parse_retry(retry))
    before = lines(folder)
    asked.clear()
    run(job, tmp_path, again=parse_retry(retry))
    assert set(asked) == {ids[kind] for kind in asked_again}
    assert lines(folder) == before  # it came to the same, and is not written twice


def test_an_error_class_that_is_none() -> None:
    with pytest.raises(UsageError, match="Unknown error class 'server_'; did you mean server"):
        parse_retry("timeout,server_")
    with pytest.raises(UsageError, match="Unknown error class 'Timeout'; did you mean timeout"):
        parse_retry("Timeout")


def test_errors_of_python_can_be_asked_again_by_name() -> None:
    again = parse_retry("RuntimeError,timeout")
    assert [again(kind) for kind in ("RuntimeError", "timeout", "OutOfMemoryError")] == [True, True, False]


def test_samples_with_their_own_labels(job: Job, tmp_path: Path) -> None:
    own = ("atrium", "cellar")
    data = rewrite(job.dataset, tmp_path / "data", lambda s: replace(s, target="atrium", labels=own))
    assert job.request(next(data.samples("qa1", "0k"))).labels == own
    folder = run(replace(job, dataset=data, model=RandomModel()), tmp_path / "runs")
    records = list(read_records(folder / "samples.jsonl").values())
    assert {record.labels for record in records} == {own}
    assert {record.output for record in records} == set(own)
    for record in records:
        assert all(is_right(record, score) == (record.output == "atrium") for score in ("v1", "v2", "exact"))


def test_more_samples_of_a_grown_dataset(fake: Any, tmp_path: Path, dataset: Dataset) -> None:
    small = generate(Recipe(), ["qa1"], ["0k"], 2, tmp_path / "grows")
    job = Job(fake, small, small.cells, load_prompts())
    folder = run(job, tmp_path / "runs")
    grown = generate(Recipe(), ["qa1"], ["0k"], 4, tmp_path / "grows")
    assert run(replace(job, dataset=grown), tmp_path / "runs") == folder
    assert len(lines(folder)) == 4


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("hf/org/name", "hf-org-name"),
        ("../../etc", "etc"),
        ("..", "model"),
        ("hf/x y\n", "hf-x-y"),
        ("a" * 300, "a" * 100),
    ],
)
def test_names_become_safe_folders(name: str, expected: str) -> None:
    assert slug(name) == expected
