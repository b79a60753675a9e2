"""A run survives bad samples, goes on where it stopped, and never mixes what cannot be mixed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from babilong.errors import DataError, OverLengthError
from babilong.prompts import load_prompts
from evaluators.records import read_records
from evaluators.run_folder import run_folder, slug
from evaluators.runner import Job, evaluate
from generators.dataset import Dataset
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


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("out of memory\nlong story"), ValueError("bad")])
def test_one_bad_sample_costs_only_itself(job: Job, fake: Any, tmp_path: Path, error: Exception) -> None:
    fake.failing = {"qa1/1k/3": error}
    records = read_records(run(job, tmp_path) / "samples.jsonl")
    assert len(records) == 20
    bad = records.pop("qa1/1k/3")
    assert (bad.error, bad.message, bad.output) == (type(error).__name__, str(error).split("\n")[0], "")
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


def test_changed_samples_are_noticed(job: Job, tmp_path: Path) -> None:
    folder = run(job, tmp_path)
    path = folder / "samples.jsonl"
    path.write_text(path.read_text().replace('"target": ', '"target": "not ', 1).replace('not "', "not ", 1))
    text = (folder / "run.yaml").read_text()
    (folder / "run.yaml").write_text(text.replace(job.fingerprints["qa1/0k"], "0" * 64))
    with pytest.raises(DataError, match="qa1/0k/0 is not the sample that was answered"):
        run(job, tmp_path)


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
