"""Batches made ahead by other processes: the same training."""

import dataclasses
import multiprocessing
import os
import signal
import subprocess
import sys

import psutil
import pytest
from safetensors.torch import load_file

from babilong.errors import BabilongError, UsageError
from baselines.tasks.splits import must_not_be_test
from baselines.training.prefetch import Prefetch
from baselines.training.recipe import Validation
from baselines.training.shares import Share
from tests.baselines.training_runs import TINY, Killed, batches, changed, dying_loss, run

RECIPES = {
    "plain": TINY,
    "several parts": changed(accumulate=2),
    "drawn in training": changed(model={**TINY.model, "resid_pdrop": 0.2}),
}


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_the_weights_are_those_of_batches_made_on_the_spot(tmp_path, recipe):
    with Prefetch(batches(recipe), recipe, 2) as ahead:
        folders = [run(recipe, tmp_path / "spot"), run(recipe, tmp_path / "ahead", source=ahead)]
    ours, theirs = (load_file(folder / "model.safetensors") for folder in folders)
    assert ours.keys() == theirs.keys()
    assert all(ours[name].equal(theirs[name]) for name in ours)


def test_a_resumed_run_begins_where_it_was_left(tmp_path):
    whole = run(TINY, tmp_path / "whole")
    with pytest.raises(Killed), Prefetch(batches(), TINY, 1) as ahead:
        run(TINY, tmp_path / "killed", dying_loss(4), ahead, save_minutes=0)
    with Prefetch(batches(), TINY, 1) as ahead:
        resumed = run(TINY, tmp_path / "killed", source=ahead)
    ours, theirs = (load_file(folder / "model.safetensors") for folder in (whole, resumed))
    assert all(ours[name].equal(theirs[name]) for name in ours)


def test_a_stage_that_ends_early_is_followed_by_the_next(tmp_path):
    early = Validation(every=1, batches=1, desired=0.0)
    recipe = changed(validation=early)

    def validate(model, stage):
        return {"accuracy": 1.0}

    asked = []

    class Noted(Prefetch):
        def __call__(self, stage, step, share):
            asked.append(step)
            return super().__call__(stage, step, share)

    with Noted(batches(recipe), recipe, 1) as ahead:
        run(recipe, tmp_path, source=ahead, validate=validate)
    assert asked == [0, 2, 4]


def test_a_share_is_made_of_the_batch_it_is_a_share_of():
    source = batches()
    with Prefetch(source, TINY, 1) as ahead:
        for step, share in ((0, Share(1, 2)), (1, Share(1, 2)), (0, Share(0, 2))):
            ours, theirs = (made(TINY.stage(step), step, share) for made in (ahead, source))
            for a, b in zip(ours, theirs, strict=True):
                assert (a == b).all()


def test_what_fails_in_another_process_is_seen():
    def fails(stage, step, share):
        raise ValueError("no such story")

    with pytest.raises(ValueError, match="no such story"), Prefetch(fails, TINY, 1) as ahead:
        ahead(TINY.stages[0], 0, Share())


def test_what_is_said_in_another_process_is_said_as_it_is():
    def fails(stage, step, share):
        raise UsageError("A fact has 70 tokens; give it longer segments.")

    with pytest.raises(UsageError) as raised, Prefetch(fails, TINY, 1) as ahead:
        ahead(TINY.stages[0], 0, Share())
    assert str(raised.value) == "A fact has 70 tokens; give it longer segments."
    # Though the error still holds what it passed through, Python must be able to end.
    assert not multiprocessing.active_children()


def test_a_worker_that_is_killed_is_said_to_be():
    def dies(stage, step, share):
        os.kill(os.getpid(), signal.SIGKILL)

    with Prefetch(dies, TINY, 1) as ahead, pytest.raises(BabilongError, match="was killed, .* fewer --workers"):
        ahead(TINY.stages[0], 0, Share())


def test_workers_do_not_outlive_a_training_that_is_killed():
    code = """
import os
from baselines.training.prefetch import Prefetch
from baselines.training.shares import Share
from tests.baselines.training_runs import changed
with Prefetch(lambda stage, step, share: os.getpid(), changed(accumulate=8), 2) as ahead:
    print(*{ahead(None, 0, Share(index, 8)) for index in range(8)}, flush=True)
    os.kill(os.getpid(), 9)
"""
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=False)
    workers = [int(word) for word in done.stdout.split()]
    assert done.returncode == -signal.SIGKILL
    assert workers
    _, alive = psutil.wait_procs(
        [psutil.Process(worker) for worker in workers if psutil.pid_exists(worker)], timeout=30
    )
    assert not [worker for worker in alive if worker.status() != psutil.STATUS_ZOMBIE]


def test_it_has_the_split_of_its_source():
    source = dataclasses.replace(batches())
    assert Prefetch(source, TINY, 1).split == source.split == "train"
    must_not_be_test(Prefetch(source, TINY, 1).split)
