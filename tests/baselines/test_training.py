"""Training: curriculum, truncation, resume."""

import dataclasses
import json
import math
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from babilong.errors import BabilongError, DataError, UsageError
from baselines import checkpoints
from baselines.tasks.babilong import prose_noise
from baselines.training import kinds, losses, models, state, stopping, trainer, validation
from baselines.training.recipe import Validation
from baselines.training.shares import Share
from baselines.training.stage import Stage
from generators.streams import Stream
from tests.baselines.training_runs import TINY, Killed, batches, changed, dying_loss, one_stage, run, story_task


def same(ours, theirs):
    ours, theirs = (load_file(folder / "model.safetensors") for folder in (ours, theirs))
    assert ours.keys() == theirs.keys()
    for name in ours:
        torch.testing.assert_close(ours[name], theirs[name], rtol=0, atol=0)


FULL = changed(
    accumulate=2,
    stages=(*TINY.stages[:2], dataclasses.replace(TINY.stages[2], schedule="cosine", warmup=1, steps=4)),
    validation=Validation(every=2, batches=1, metric="loss", mode="min", patience=5),
    precision="no",
)


@pytest.mark.parametrize("recipe", [TINY, FULL], ids=["plain", "with everything"])
def test_a_killed_run_goes_on_bit_for_bit(tmp_path, monkeypatch, recipe):
    options = {}
    if recipe.validation:
        options["validate"] = validation.on_batches(recipe.validation, batches(recipe, "valid"), kinds.loss)
    whole = run(recipe, tmp_path / "whole", **options)
    monkeypatch.setattr(trainer, "_due", lambda saved, minutes: True)
    with pytest.raises(Killed):
        run(recipe, tmp_path / "killed", dying_loss(recipe.accumulate * 5), **options)
    stored = json.loads((tmp_path / "killed" / "state" / "progress.json").read_text())
    assert stored["step"] == 5
    resumed = run(recipe, tmp_path / "killed", **options)
    same(resumed, whole)
    if recipe.validation:
        same(tmp_path / "killed" / "best", tmp_path / "whole" / "best")
        lines = [(tmp_path / name / "valid.jsonl").read_text() for name in ("killed", "whole")]
        assert lines[0] == lines[1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_asked_to_stop_saves_first_and_goes_on_from_there(tmp_path, number):
    whole = run(TINY, tmp_path / "whole")
    before = signal.getsignal(number)
    left = [2]

    def interrupted(model, batch, stage):
        left[0] -= 1
        if not left[0]:
            signal.raise_signal(number)
            signal.raise_signal(number)  # the same Ctrl-C, handed on by a launcher
        return kinds.loss(model, batch, stage)

    with pytest.raises(KeyboardInterrupt):
        run(TINY, tmp_path / "stopped", interrupted)
    assert signal.getsignal(number) == before
    assert json.loads((tmp_path / "stopped" / "state" / "progress.json").read_text())["step"] == 3
    said: list[str] = []
    same(run(TINY, tmp_path / "stopped", say=said.append), whole)
    assert said[0] == f"goes on from {tmp_path / 'stopped' / 'state'}, saved after step 3 of 7"


def test_who_is_asked_again_stops_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(stopping, "_ONCE", -1.0)

    def interrupted(model, batch, stage):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        run(TINY, tmp_path / "run", interrupted)
    assert not (tmp_path / "run" / "state").exists()


def test_a_kill_amid_the_swap_of_states_loses_nothing(tmp_path):
    out = tmp_path / "run"
    finished = run(one_stage(2), out)
    before = load_file(finished / "model.safetensors")
    (out / "state").rename(out / "state.part")
    run(one_stage(2), out, dying_loss(0))
    assert all(tensor.equal(before[name]) for name, tensor in load_file(finished / "model.safetensors").items())


def test_a_finished_run_gives_its_checkpoint_at_once(tmp_path):
    first = run(TINY, tmp_path / "run")
    before = load_file(first / "model.safetensors")
    after = load_file(run(TINY, tmp_path / "run") / "model.safetensors")
    assert all(after[name].equal(before[name]) for name in before)
    loaded = checkpoints.load(str(first))
    assert loaded.tasks == ("qa1",)
    assert loaded.model.config.gate_floor == 0.05
    assert (first / "training.yaml").read_text() == TINY.text


def test_a_run_of_another_recipe_is_not_gone_on_with(tmp_path):
    run(one_stage(1), tmp_path / "run")
    other = one_stage(1, rows=8, seed=1)
    with pytest.raises(DataError, match=r"a run of another recipe, which differs in seed, stages\.0\.rows; choose"):
        run(other, tmp_path / "run")


def test_other_books_or_other_code_is_another_recipe(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    books, code = Path("books"), Path("mine.py")
    books.mkdir()
    (books / "one.txt").write_text("It was a dark night. Nobody came.")
    code.write_text("def same(batch, stage, step):\n    return batch\n")
    recipe = one_stage(1, noise_books="books", transform="mine.py:same")
    run(recipe, tmp_path / "run")
    run(recipe, tmp_path / "run")
    (books / "two.txt").write_text("Then it rained.")
    with pytest.raises(DataError, match="a run of another recipe, which differs in what noise_books holds; choose"):
        run(recipe, tmp_path / "run")
    (books / "two.txt").unlink()
    code.write_text("def same(batch, stage, step):\n    return batch  # still\n")
    with pytest.raises(DataError, match=r"differs in what mine\.py:same holds"):
        run(recipe, tmp_path / "run")


def test_what_does_no_harm_may_change_between_two_runs(tmp_path):
    run(one_stage(1), tmp_path / "run")
    more = one_stage(1, log_every=1, checkpointing=True)
    more = dataclasses.replace(more, stages=(*more.stages, Stage("more", 1, kind="facts", rows=4)))
    run(more, tmp_path / "run")
    lines = (tmp_path / "run" / "train.jsonl").read_text().splitlines()
    assert [json.loads(line)["stage"] for line in lines] == ["facts", "more"]


def test_whether_a_stage_starts_from_the_best_is_decided_at_the_end_of_the_one_before():
    recipe = changed(validation=Validation(every=1))
    stored = state._plain(recipe)
    first, second, third = recipe.stages
    other = dataclasses.replace(recipe, stages=(first, dataclasses.replace(second, from_best=True), third))
    assert state.differences(stored, other, first.steps - 1) == []
    assert state.differences(stored, other, first.steps) == ["stages.1.from_best"]


def test_stages_may_change_until_they_begin():
    stored = state._plain(TINY)
    later = changed(stages=(*TINY.stages[:2], dataclasses.replace(TINY.stages[2], rows=8)))
    assert state.differences(stored, later, step=4) == []
    assert state.differences(stored, later, step=5) == ["stages.2.rows"]


def test_a_loss_that_is_no_number_stops_the_run_and_keeps_the_batch(tmp_path):
    nan = losses.Score(torch.tensor(math.nan, requires_grad=True), 1, 1, 0, 1)

    def breaks(model, batch, stage):
        return nan if stage.name == "facts" else kinds.loss(model, batch, stage)

    message = (
        r"The loss became nan at step 2; what it read is kept in .*bad-batch-2-0\.pt, and nothing was saved before"
    )
    with pytest.raises(DataError, match=message):
        run(TINY, tmp_path / "run", breaks)
    kept = torch.load(tmp_path / "run" / "bad-batch-2-0.pt", weights_only=True)
    batch = batches()(TINY.stages[1], 2, Share())
    assert kept["step"] == 2
    assert [read["segments"].equal(torch.from_numpy(batch.segments)) for read in kept["batches"]] == [True]
    with pytest.raises(DataError, match="the last state before it is in .*state. Look at what was read"):
        run(TINY, tmp_path / "other", breaks, save_minutes=0)


def test_a_gradient_that_is_no_number_stops_the_run_too(tmp_path):
    def breaks(model, batch, stage):
        score = kinds.loss(model, batch, stage)
        # Its derivative at 0 is infinite, and infinity times 0 is no number.
        return score._replace(loss=score.loss + (model.memory * 0).sum().sqrt())

    with pytest.raises(DataError, match=r"The gradient became nan at step 0; what it read is kept in"):
        run(one_stage(1, accumulate=2), tmp_path / "run", breaks)
    # Any part of the step may have done it.
    assert len(torch.load(tmp_path / "run" / "bad-batch-0-0.pt", weights_only=True)["batches"]) == 2


def test_without_accelerate_it_is_said_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "accelerate", None)
    with pytest.raises(UsageError, match=r"install 'babilong\[train\]'"):
        run(TINY, tmp_path / "run")


def test_gradient_stops_where_the_truncation_says():
    task = story_task()
    model = models.fresh_model(TINY, task.tokenizer)
    batch = task.segmented(4, 200, 64, 8, 2, step=1)
    total = batch.segments.shape[0]
    for backprop, reached in ((total, True), (total - 1, False)):
        model.zero_grad()
        losses.segments_loss(model, batch, backprop, 0.0).loss.backward()
        # The initial memory enters the first segment only.
        grad = model.memory.grad
        assert (grad is not None and bool(grad.abs().sum() > 0)) is reached


def test_the_loss_is_the_mean_over_the_wanted_tokens():
    task = story_task()
    model = models.fresh_model(TINY, task.tokenizer).eval()
    batch = task.segmented(4, 0, 96, 8, 2, step=1)
    with torch.no_grad():
        score = losses.segments_loss(model, batch, 1, 0.0)
        mask = torch.from_numpy(batch.mask[0])
        state = model.step(torch.from_numpy(batch.segments[0]), model.init_state(4), mask).state
        hidden = model.read(torch.from_numpy(batch.questions[0]), state)
        labels = torch.from_numpy(batch.labels[0])
        expected = torch.nn.functional.cross_entropy(model.logits(hidden).flatten(0, 1), labels.flatten())
    torch.testing.assert_close(score.loss, expected)
    assert score.asked == 8


def test_an_answer_is_right_if_all_of_it_is():
    targets = torch.tensor([3, 0, 5, 6, 0, 7, losses.IGNORE])
    first = torch.tensor([True, False, True, False, False, True, False])
    logits = torch.nn.functional.one_hot(torch.tensor([3, 0, 5, 1, 0, 2, 9]), 10).float()
    assert losses.judged(logits, targets, first)[1] == 1  # of [3, 0], [5, 6, 0] and [7]
    logits = torch.nn.functional.one_hot(torch.tensor([3, 0, 5, 6, 0, 7, 9]), 10).float()
    assert losses.judged(logits, targets, first)[1] == 3
    assert losses.judged(logits[:0], targets[:0], first[:0])[1] == 0


def test_without_memory_tokens_there_is_no_gate_to_price(tmp_path):
    recipe = one_stage(2, memory={"memory_tokens": 0, "segment_size": 64}, warmup=0, log_every=1)
    run(recipe, tmp_path / "run")
    logged = [json.loads(line) for line in (tmp_path / "run" / "train.jsonl").read_text().splitlines()]
    assert all(math.isfinite(line["loss"]) for line in logged)
    assert (tmp_path / "run" / "model" / "model.safetensors").is_file()


HOLDER = """
import os, sys, time
from pathlib import Path
from baselines.training.trainer import _locked
held = _locked(Path(sys.argv[1]))
held.__enter__()
worker = os.fork()
if worker:
    print(worker, flush=True)
time.sleep(60)
"""


def test_two_runs_do_not_share_a_folder_and_what_a_killed_one_forked_does_not_hold_it(tmp_path):
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "run")]
    holder = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    worker = int(holder.stdout.readline())
    try:
        with pytest.raises(BabilongError, match="Another training is writing .*run; wait for it to end"):
            run(one_stage(1), tmp_path / "run")
        holder.kill()
        holder.wait()
        assert (run(one_stage(1), tmp_path / "run") / "model.safetensors").is_file()
    finally:
        os.kill(worker, signal.SIGKILL)
        holder.stdout.close()


@pytest.mark.parametrize("file", ["progress.json", "pytorch_model.bin"])
def test_a_state_that_cannot_be_read_is_named(tmp_path, file):
    run(one_stage(2), tmp_path / "run")
    broken = tmp_path / "run" / "state" / file
    broken.write_bytes(broken.read_bytes()[:20])
    with pytest.raises(DataError, match="Cannot read .*state.*elete .* to begin anew"):
        run(one_stage(2), tmp_path / "run")


def test_what_cannot_be_written_is_said_and_the_last_state_stays(tmp_path, monkeypatch):
    with pytest.raises(Killed):
        run(one_stage(4), tmp_path / "run", dying_loss(2), save_minutes=0)

    def full(*arguments, **options):
        raise RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 64 vs 0")

    with (
        monkeypatch.context() as patched,
        pytest.raises(DataError, match="Cannot write to .*If the disk is full, make room"),
    ):
        patched.setattr(torch, "save", full)
        run(one_stage(4), tmp_path / "run")
    assert (run(one_stage(4), tmp_path / "run") / "model.safetensors").is_file()


def test_batches_of_the_test_split_are_refused(tmp_path):
    class Leak:
        split = "test"

    with pytest.raises(UsageError, match="Training on the split 'test' is refused"):
        run(TINY, tmp_path / "run", source=Leak())
    with pytest.raises(UsageError, match="Training on the split 'test' is refused"):
        batches(split="test")
    with pytest.raises(UsageError, match="Training on the split 'test' is refused"):
        prose_noise(story_task().tokenizer, "test", 1)


def test_train_and_valid_share_no_batch():
    ours, theirs = (batches(split=split)(TINY.stages[1], 0, Share()) for split in ("train", "valid"))
    assert ours.segments.shape == theirs.segments.shape
    assert (ours.segments != theirs.segments).any(axis=(0, 2)).all()


@pytest.mark.parametrize("split", ["train", "valid"])
def test_no_stream_of_what_is_measured_on_is_drawn_from(split, monkeypatch):
    source, words = batches(split=split), []
    make = Stream.__init__
    monkeypatch.setattr(Stream, "__init__", lambda self, *names: (words.append(names), make(self, *names))[1])
    for stage in TINY.stages:
        source(stage, 3, Share())
    assert words
    assert {names[0] for names in words} == {split}


def test_what_a_transform_makes_of_every_batch_is_trained_on(tmp_path):
    seen = []

    def loss(model, batch, stage):
        seen.append(batch)
        return kinds.loss(model, batch, stage)

    run(one_stage(2, transform="tests.baselines.test_training:halved"), tmp_path / "run", loss)
    assert SEEN == [(8, 0), (8, 1)]
    assert [batch.segments.shape[1] for batch in seen] == [4, 4]


SEEN: list[tuple[int, int]] = []


def halved(batch, stage, step):
    rows = batch.segments.shape[1]
    SEEN.append((rows, step))
    texts, questions = slice(rows // 2), slice(batch.questions.shape[1] // 2)
    return dataclasses.replace(
        batch,
        segments=batch.segments[:, texts],
        mask=batch.mask[:, texts],
        questions=batch.questions[:, questions],
        labels=batch.labels[:, questions],
    )


def test_autocast_computes_in_the_precision_of_the_recipe(tmp_path):
    found = []

    def loss(model, batch, stage):
        found.append(torch.is_autocast_enabled("cpu") and torch.get_autocast_dtype("cpu"))
        return kinds.loss(model, batch, stage)

    for precision in ("no", "bf16"):
        run(one_stage(1, precision=precision), tmp_path / precision, loss)
    assert found == [False, torch.bfloat16]


def test_lengths_are_drawn_between_the_bounds_of_their_stage_and_some_are_short():
    stage = Stage("mixed", 100, segments=(2, 6), short=0.4, rows=8)
    source = batches(changed(memory={**TINY.memory, "segment_size": 128}))
    totals = [len(source(stage, step, Share()).segments) for step in range(100)]
    assert {*totals} == {1, 2, 3, 4, 5, 6}
    assert totals.count(1) == pytest.approx(36, abs=12)
