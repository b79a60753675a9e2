"""One batch read in shares: by processes, by micro-batches, by segments that are computed again."""

import dataclasses
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml
from safetensors.torch import load_file

from babilong.errors import UsageError
from baselines.training import kinds, losses, models
from baselines.training.checkpointing import recomputed
from baselines.training.loading import load_recipe
from baselines.training.recipe import Recipe, Validation
from baselines.training.shares import Share
from baselines.training.validation import on_batches
from tests.baselines.training_runs import STILL, TINY, batches, changed, run, story_task

# Plain gradient descent: Adam divides by the gradient's size, so that rounding shows where there is hardly any.
STEADY = changed(
    seed=1,
    noise_volumes=1,
    precision="no",
    optimizer="sgd",
    clip=None,  # which would hide a wrong scale
    model={**TINY.model, **STILL},
    stages=tuple(
        dataclasses.replace(
            stage, learning_rate=0.1, write_penalty=0.0, segments=(1, 3) if stage.kind == "noise" else (1, 1)
        )
        for stage in TINY.stages
    ),
    validation=Validation(every=3, batches=3),
)


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model.safetensors")


def close(ours: dict[str, torch.Tensor], theirs: dict[str, torch.Tensor]) -> None:
    assert ours.keys() == theirs.keys()
    for name in ours:
        torch.testing.assert_close(ours[name], theirs[name], rtol=1e-4, atol=1e-6, msg=lambda m, name=name: name + m)


def train(recipe: Recipe, out: Path) -> Path:
    wanted = recipe.validation
    validate = on_batches(wanted, batches(recipe, "valid"), kinds.loss) if wanted else None
    return run(recipe, out, validate=validate)


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    return train(STEADY, tmp_path_factory.mktemp("whole"))


def test_shares_are_all_rows_once():
    for of in (1, 2, 3, 7):
        assert [row for index in range(of) for row in Share(index, of).rows(7)] == list(range(7))
    with pytest.raises(UsageError, match="A batch of 2 rows cannot be read by 3"):
        Share(0, 3).rows(2)


@pytest.mark.parametrize("stage", TINY.stages, ids=lambda stage: stage.kind)
def test_shares_together_are_the_batch(stage):
    def parts(batch):
        return batch if isinstance(batch, tuple) else (batch.segments, batch.mask, batch.questions, batch.labels)

    source = batches()
    full = parts(source(stage, 3, Share()))
    shares = [parts(source(stage, 3, Share(index, 3))) for index in range(3)]
    for number, array in enumerate(full):
        axis = 0 if array.ndim == 2 else 1
        joined = torch.cat([torch.from_numpy(share[number]) for share in shares], dim=axis)
        assert joined.equal(torch.from_numpy(array))


def test_micro_batches_give_the_weights_of_the_whole_batch(whole, tmp_path):
    close(weights(train(dataclasses.replace(STEADY, accumulate=3), tmp_path / "micro")), weights(whole))


LAUNCHERS = {
    "torchrun": ["torch.distributed.run", "--nproc_per_node", "2", "--master_port"],
    "accelerate": ["accelerate.commands.launch", "--multi_gpu", "--num_processes", "2", "--main_process_port"],
}


ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_two_processes_give_the_weights_of_one_with_the_whole_batch(whole, tmp_path, launcher):
    command = [sys.executable, "-m", *LAUNCHERS[launcher], free_port(), *training(STEADY, tmp_path, "two")]
    assert load_recipe(str(tmp_path / "recipe.yaml")) == STEADY
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=ENVIRONMENT)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(tmp_path / "two" / "model")]  # said by the first process alone
    close(weights(tmp_path / "two" / "model"), weights(whole))
    fresh = models.fresh_model(STEADY, story_task().tokenizer)
    assert (weights(whole)["memory"] - fresh.memory).abs().max() > 1e-3
    # Validated on different batches by the two, together on the same ones.
    files = [folder / "valid.jsonl" for folder in (tmp_path / "two", whole.parent)]
    ours, theirs = ([yaml.safe_load(line) for line in file.read_text().splitlines()] for file in files)
    assert [line["accuracy"] for line in ours] == [line["accuracy"] for line in theirs]
    assert [line["loss"] for line in ours] == pytest.approx([line["loss"] for line in theirs], rel=1e-3)


def test_what_one_process_is_told_all_do(tmp_path):
    endless = dataclasses.replace(
        STEADY, log_every=1, validation=None, stages=(dataclasses.replace(STEADY.stages[0], steps=100_000),)
    )
    command = [sys.executable, *training(endless, tmp_path, "stopped")]
    group = {"WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": free_port()}
    first, second = (
        subprocess.Popen(
            command, stderr=subprocess.PIPE, text=True, env={**ENVIRONMENT, **group, "RANK": rank, "LOCAL_RANK": rank}
        )
        for rank in "01"
    )
    assert first.stderr is not None
    for line in first.stderr:
        if "step 2 " in line:
            break
    second.send_signal(signal.SIGTERM)
    said = [process.communicate(timeout=300)[1] for process in (first, second)]
    assert (first.returncode, second.returncode) == (130, 130), said
    assert not any("Traceback" in text for text in said)
    assert (tmp_path / "stopped" / "state" / "progress.json").is_file()


def training(recipe: Recipe, folder: Path, out: str) -> list[str]:
    """The words after `python` that train by a recipe."""
    fields = {key: value for key, value in dataclasses.asdict(recipe).items() if key != "text"}
    (folder / "recipe.yaml").write_text(yaml.safe_dump(_lists(fields)))
    return ["-m", "baselines.cli", str(folder / "recipe.yaml"), "--out", str(folder / out)]


def free_port() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


def _lists(value):
    if isinstance(value, dict):
        return {key: _lists(part) for key, part in value.items()}
    return [_lists(part) for part in value] if isinstance(value, tuple) else value


@pytest.mark.parametrize("kind", ["rmt", "armt"])
def test_segments_computed_again_give_the_same_gradients(kind):
    memory = {"kind": kind, "memory_tokens": 4, "segment_size": 64, "overlap": 8, "key_size": 8}
    recipe = changed(memory=memory)  # with dropout, which has to fall alike both times
    batch = story_task().segmented(4, 200, 64, 8, 2, step=1)
    gradients = []
    for wrapped in (lambda model: model, recomputed):
        torch.manual_seed(0)
        model = models.fresh_model(recipe, story_task().tokenizer)
        losses.segments_loss(wrapped(model), batch, 3, 0.1).loss.backward()
        gradients.append({name: p.grad for name, p in model.named_parameters() if p.grad is not None})
    assert gradients[0].keys() == gradients[1].keys()
    for name, gradient in gradients[0].items():
        torch.testing.assert_close(gradient, gradients[1][name])


def test_a_recipe_may_ask_for_segments_to_be_computed_again(whole, tmp_path):
    close(weights(train(dataclasses.replace(STEADY, checkpointing=True), tmp_path / "again")), weights(whole))
