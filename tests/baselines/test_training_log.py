"""What a run tells of itself: a line for so many steps and at the end of each stage, and the same for TensorBoard."""

import dataclasses
import json
import time

import pytest

from baselines.training import trainer
from baselines.training.stage import Stage
from tests.baselines.training_runs import TINY, Killed, dying_loss, one_stage, run


def test_the_log_has_a_line_for_every_25_steps_and_at_the_end_of_each_stage(tmp_path):
    lines: list[str] = []
    stages = (Stage("stories", 30, kind="interleaved", rows=2), Stage("facts", 2, kind="facts", rows=8))
    run(dataclasses.replace(TINY, stages=stages), tmp_path / "run", say=lines.append)
    logged = [json.loads(line) for line in (tmp_path / "run" / "train.jsonl").read_text().splitlines()]
    assert [(line["step"], line["stage"]) for line in logged] == [(25, "stories"), (30, "stories"), (32, "facts")]
    assert [line["samples"] for line in logged] == [50, 60, 76]
    assert logged[0]["rate"] == 1e-3
    assert logged[0]["gradient_norm"] > 0
    assert len(lines) == 3
    assert lines[0].startswith("stories: step 25 of 32")


def scalars(out, axis: str, name: str) -> list[int]:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    board = EventAccumulator(str(out / "tensorboard" / axis)).Reload()
    return [event.step for event in board.Scalars(name)]


def test_tensorboard_has_the_figures_by_steps_and_by_samples(tmp_path):
    run(one_stage(4, log_every=2, rows=8), tmp_path / "run")
    for name in ("loss", "accuracy", "gate", "rate", "gradient_norm"):
        assert scalars(tmp_path / "run", "steps", f"train/{name}") == [2, 4]
        assert scalars(tmp_path / "run", "samples", f"train/{name}") == [16, 32]


def test_what_was_logged_after_the_last_save_is_not_logged_twice(tmp_path, monkeypatch):
    out = tmp_path / "run"
    recipe = one_stage(4, log_every=1)
    monkeypatch.setattr(trainer, "_due", lambda saved, minutes: not (out / "state").exists())
    with pytest.raises(Killed):
        run(recipe, out, dying_loss(3))
    time.sleep(1)  # TensorBoard reads files in the order of the seconds in their names
    run(recipe, out)
    assert [json.loads(line)["step"] for line in (out / "train.jsonl").read_text().splitlines()] == [1, 2, 3, 4]
    assert scalars(out, "steps", "train/loss") == [1, 2, 3, 4]
    assert scalars(out, "samples", "train/loss") == [8, 16, 24, 32]


def test_other_files_in_the_folder_of_a_run_stay_as_they_are(tmp_path):
    out = tmp_path / "run"
    out.mkdir()
    (out / "samples.jsonl").write_text('{"id": "qa1/0k/0"}\n')
    (out / "train.jsonl").write_text("[1, 2]\n")  # the log itself is mended
    run(one_stage(1, log_every=1), out)
    assert (out / "samples.jsonl").read_text() == '{"id": "qa1/0k/0"}\n'
    assert [json.loads(line)["step"] for line in (out / "train.jsonl").read_text().splitlines()] == [1]
