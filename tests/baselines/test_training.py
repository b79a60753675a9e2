"""Training: curriculum, truncation, resume."""

import dataclasses
import json
import math
import sys

import pytest
import torch
from safetensors.torch import load_file

from babilong.errors import DataError, UsageError
from babilong.tokenizers import load_tokenizer
from baselines import checkpoints
from baselines.memory.config import MemoryConfig
from baselines.tasks.babilong import StoryTask, prose_noise
from baselines.training import kinds, losses, models, trainer
from baselines.training.loading import load_recipe
from baselines.training.recipe import Recipe, Stage
from baselines.training.shares import Share

TINY = Recipe(
    name="tiny",
    task="qa1",
    model={"model_type": "gpt2", "n_layer": 1, "n_embd": 16, "n_head": 2, "n_positions": 160},
    memory={"memory_tokens": 4, "segment_size": 64, "overlap": 8, "gate": True, "token_shift": 2},
    warmup=2,
    gate_floor=0.05,
    stages=(
        Stage("stories", 2, kind="interleaved", rows=4),
        Stage("facts", 2, kind="facts", rows=4),
        Stage("noise", 3, segments=(2, 3), backprop=2, rows=16, garble=0.2, write_penalty=0.1, decay=0.5),
    ),
    text="name: tiny\n",
)


@pytest.fixture(scope="module")
def task() -> StoryTask:
    tokenizer = load_tokenizer()
    return StoryTask("qa1", tokenizer, 0, prose_noise(tokenizer, "train", 1), seed=1)


def batches(task, recipe=TINY):
    return kinds.Batches(task, MemoryConfig(**recipe.memory))


def run(recipe, task, out, loss=kinds.loss, **options):
    return trainer.train(recipe, task.tokenizer, batches(task), loss, out, save_minutes=1000, **options)


class Killed(Exception):
    pass


def test_a_killed_run_goes_on_bit_for_bit(task, tmp_path, monkeypatch):
    whole = run(TINY, task, tmp_path / "whole")
    calls = []

    def dies(model, batch, stage):
        calls.append(stage.name)
        if len(calls) == 5:
            raise Killed
        return kinds.loss(model, batch, stage)

    monkeypatch.setattr(trainer, "_due", lambda saved, minutes: True)
    with pytest.raises(Killed):
        run(TINY, task, tmp_path / "killed", dies)
    assert calls == ["stories", "stories", "facts", "facts", "noise"]
    resumed = run(TINY, task, tmp_path / "killed")
    ours, theirs = (load_file(folder / "model.safetensors") for folder in (resumed, whole))
    assert ours.keys() == theirs.keys()
    for name in ours:
        torch.testing.assert_close(ours[name], theirs[name], rtol=0, atol=0)


def test_a_finished_run_gives_its_checkpoint_at_once(task, tmp_path):
    first = run(TINY, task, tmp_path / "run")
    before = load_file(first / "model.safetensors")
    after = load_file(run(TINY, task, tmp_path / "run") / "model.safetensors")
    assert all(after[name].equal(before[name]) for name in before)
    loaded = checkpoints.load(str(first))
    assert loaded.tasks == ("qa1",)
    assert loaded.model.config.gate_floor == 0.05
    assert (first / "training.yaml").read_text() == TINY.text


def test_a_run_of_another_recipe_is_not_gone_on_with(task, tmp_path):
    run(TINY, task, tmp_path / "run")
    with pytest.raises(DataError, match="a run of another recipe"):
        run(dataclasses.replace(TINY, seed=1), task, tmp_path / "run")


def test_a_loss_that_is_no_number_stops_the_run_and_keeps_the_batch(task, tmp_path):
    nan = losses.Score(torch.tensor(math.nan, requires_grad=True), 1, 1, 0, 1)

    def breaks(model, batch, stage):
        return nan if stage.name == "facts" else kinds.loss(model, batch, stage)

    with pytest.raises(DataError, match=r"The loss became nan at step 2; the batch is kept in .*bad-batch-2-0\.pt"):
        run(TINY, task, tmp_path / "run", breaks)
    kept = torch.load(tmp_path / "run" / "bad-batch-2-0.pt", weights_only=True)
    batch = batches(task)(TINY.stages[1], 2, Share())
    assert kept["step"] == 2
    assert kept["batch"]["segments"].equal(torch.from_numpy(batch.segments))


def test_without_accelerate_it_is_said_what_to_install(task, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "accelerate", None)
    with pytest.raises(UsageError, match=r"install 'babilong\[train\]'"):
        run(TINY, task, tmp_path / "run")


def test_gradient_stops_where_the_truncation_says(task):
    model = models.fresh_model(TINY, task.tokenizer)
    batch = task.segmented(4, 200, 64, 8, 2, step=1)
    total = batch.segments.shape[0]
    for backprop, reached in ((total, True), (total - 1, False)):
        model.zero_grad()
        losses.segments_loss(model, batch, backprop, 0.0).loss.backward()
        # The initial memory enters the first segment only.
        grad = model.memory.grad
        assert (grad is not None and bool(grad.abs().sum() > 0)) is reached


def test_the_loss_is_the_mean_over_the_wanted_tokens(task):
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


def test_the_rate_rises_stays_and_falls():
    rates = [TINY.at(step)[1] for step in range(TINY.steps)]
    assert rates[0] == pytest.approx(5e-4)
    assert rates[1:5] == [1e-3] * 4
    assert rates[6] < 1e-3
    with pytest.raises(ValueError, match="past the end"):
        TINY.at(TINY.steps)


def test_the_bundled_recipe_is_the_one_of_the_bundled_checkpoint():
    recipe = load_recipe("rmt-gpt2")
    assert recipe.task == "qa1"
    stored = checkpoints.find("rmt-gpt2") / "training.yaml"
    assert stored.read_text() == recipe.text


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("stages: [", DataError, "is broken"),
        ("name: x\n", DataError, "is broken: 'stages'"),
        ("name: x\nstages: []\n", DataError, "missing"),
        ("name: x\nstages: [{name: a, steps: 1, rowz: 4}]\n", UsageError, "Unknown key 'rowz'; did you mean rows"),
    ],
)
def test_broken_recipes_are_named(tmp_path, text, error, message):
    (tmp_path / "recipe.yaml").write_text(text)
    with pytest.raises(error, match=message):
        load_recipe(str(tmp_path / "recipe.yaml"))


def test_an_unknown_recipe_is_answered_with_the_bundled_ones():
    with pytest.raises(UsageError, match="did you mean rmt-gpt2"):
        load_recipe("rmt-gpt3")


def test_the_log_has_a_line_for_every_25_steps(task, tmp_path):
    lines: list[str] = []
    long = dataclasses.replace(TINY, stages=(Stage("stories", 30, kind="interleaved", rows=2),))
    run(long, task, tmp_path / "run", say=lines.append)
    logged = [json.loads(line) for line in (tmp_path / "run" / "train.jsonl").read_text().splitlines()]
    assert [line["step"] for line in logged] == [25]
    assert len(lines) == 1
    assert lines[0].startswith("stories: step 25 of 30")
