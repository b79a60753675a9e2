"""Validation during training: what is best, when a stage ends, and what is gone on from."""

import dataclasses
import json
import math

import pytest
import torch
from safetensors.torch import load_file

from babilong.errors import UsageError
from baselines import checkpoints
from baselines.training import kinds, trainer
from baselines.training.functions import named
from baselines.training.recipe import Validation
from baselines.training.stage import Stage
from baselines.training.state import Progress
from baselines.training.validation import judge, on_batches
from tests.baselines.training_runs import Killed, batches, dying_loss, one_stage, run


def course(validation: Validation, values) -> list[tuple[bool, bool]]:
    progress = Progress()
    return [judge(validation, progress, {"score": value})[:2] for value in values]


def test_the_best_is_the_highest_or_the_lowest():
    upwards, downwards = (Validation(1, metric="score", mode=mode) for mode in ("max", "min"))
    assert [best for best, _ in course(upwards, [0.2, 0.1, 0.2, 0.3])] == [True, False, False, True]
    assert [best for best, _ in course(downwards, [0.2, 0.1, 0.2, 0.3])] == [True, True, False, False]


def test_what_is_no_number_is_never_the_best():
    assert course(Validation(1, metric="score"), [float("nan"), 0.2, float("nan")]) == [
        (False, False),
        (True, False),
        (False, False),
    ]


def test_patience_counts_validations_since_the_best():
    overs = [over for _, over in course(Validation(1, metric="score", patience=2), [0.2, 0.1, 0.3, 0.3, 0.1])]
    assert overs == [False, False, False, False, True]


def test_a_desired_value_ends_the_stage_when_it_is_reached():
    assert course(Validation(1, metric="score", desired=0.3), [0.2, 0.3])[-1] == (True, True)
    assert course(Validation(1, metric="score", mode="min", desired=0.1), [0.2, 0.1])[-1] == (True, True)


def test_a_metric_nobody_measures_is_answered_with_those_measured():
    with pytest.raises(UsageError, match="Unknown metric 'acuracy'; did you mean accuracy"):
        judge(Validation(1, metric="acuracy"), Progress(), {"loss": 1.0, "accuracy": 0.5})


def weights_of(model) -> torch.Tensor:
    return model.base.get_output_embeddings().weight.detach().clone()


class Scripted:
    """A validation that finds what it was told, and remembers the models it saw."""

    def __init__(self, *values: float) -> None:
        self.values, self.seen = list(values), []

    def __call__(self, model, stage):
        assert not model.training
        assert not torch.is_grad_enabled()
        torch.rand(3)  # a validation that draws must not change the run
        self.seen.append((stage.name, weights_of(model)))
        return {"score": self.values.pop(0)}


def two_stages(**validation):
    stages = (Stage("first", 6, kind="facts", rows=4), Stage("second", 2, kind="facts", rows=4))
    return dataclasses.replace(one_stage(1), stages=stages, validation=Validation(metric="score", **validation))


def test_the_best_checkpoint_is_kept(tmp_path):
    script = Scripted(0.1, 0.5, 0.3)
    recipe = one_stage(6, validation=Validation(every=2, metric="score"))
    run(recipe, tmp_path / "run", validate=script)
    best = checkpoints.load(str(tmp_path / "run" / "best"))
    assert weights_of(best.model).equal(script.seen[1][1])
    assert best.model.config.gate_floor == 0.05
    assert not weights_of(checkpoints.load(str(tmp_path / "run" / "model")).model).equal(script.seen[1][1])


def test_a_stage_that_is_over_is_followed_by_the_next(tmp_path):
    script, said = Scripted(0.5, 0.4, 0.3, 0.1, 0.2), []
    run(two_stages(every=1, patience=2), tmp_path / "run", validate=script, say=said.append)
    assert [name for name, _ in script.seen] == ["first"] * 3 + ["second"] * 2
    assert "first ends after step 3 of 6: score was not better for 2 validations." in said
    # Steps are counted as the recipe has them, so that the batches of a stage do not depend on the one before.
    lines = [json.loads(line) for line in (tmp_path / "run" / "valid.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [1, 2, 3, 7, 8]
    # What was learnt until the stop is told of the stage that it was learnt in.
    lines = [json.loads(line) for line in (tmp_path / "run" / "train.jsonl").read_text().splitlines()]
    assert [(line["step"], line["stage"]) for line in lines] == [(3, "first"), (8, "second")]


def test_patience_survives_a_kill(tmp_path, monkeypatch):
    recipe = two_stages(every=1, patience=3)
    values = (0.5, 0.4, 0.3, 0.2, 0.6, 0.7)
    whole = Scripted(*values)
    run(recipe, tmp_path / "whole", validate=whole)
    assert [name for name, _ in whole.seen] == ["first"] * 4 + ["second"] * 2
    monkeypatch.setattr(trainer, "_due", lambda saved, minutes: True)
    with pytest.raises(Killed):
        run(recipe, tmp_path / "killed", dying_loss(2), validate=Scripted(*values[:2]))
    rest = Scripted(*values[2:])
    run(recipe, tmp_path / "killed", validate=rest)
    assert [name for name, _ in rest.seen] == ["first"] * 2 + ["second"] * 2
    for (_, ours), (_, theirs) in zip(rest.seen, whole.seen[2:], strict=True):
        assert ours.equal(theirs)
    lines = [(tmp_path / name / "valid.jsonl").read_text() for name in ("killed", "whole")]
    assert lines[0] == lines[1]


def test_a_stage_can_start_from_the_best_of_the_one_before(tmp_path):
    recipe = two_stages(every=2)
    first, second = recipe.stages
    recipe = dataclasses.replace(recipe, stages=(first, dataclasses.replace(second, from_best=True, learning_rate=0.0)))
    recipe = dataclasses.replace(recipe, weight_decay=0.0)
    script = Scripted(0.1, 0.5, 0.3, 0.2)
    run(recipe, tmp_path / "run", validate=script)
    assert script.seen[3][0] == "second"
    assert script.seen[3][1].equal(script.seen[1][1])


def test_there_is_no_best_of_what_never_was_a_number(tmp_path):
    recipe = two_stages(every=3)
    first, second = recipe.stages
    recipe = dataclasses.replace(recipe, stages=(first, dataclasses.replace(second, from_best=True)))
    with pytest.raises(UsageError, match="The stage after first .* was never a number"):
        run(recipe, tmp_path / "run", validate=Scripted(math.nan, math.nan))


def test_validation_is_on_batches_of_the_valid_split_and_on_own_metrics(tmp_path):
    own = "tests.baselines.test_training_validation:rows_and_segments"
    validation = Validation(every=1, batches=2, metric="rows", metrics=(own,))
    validate = on_batches(validation, batches(split="valid"), kinds.loss)
    run(one_stage(1, validation=validation), tmp_path / "run", validate=validate)
    line = json.loads((tmp_path / "run" / "valid.jsonl").read_text())
    assert {"loss", "accuracy", "gate", "rows", "segments"} <= line.keys()
    assert line["rows"] == 8
    assert load_file(tmp_path / "run" / "best" / "model.safetensors")


def rows_and_segments(model, batch, stage):
    return {"rows": batch.segments.shape[1], "segments": batch.segments.shape[0]}


@pytest.mark.parametrize("function", ["no_such_module:f", "json:no_such_function", "json"])
def test_a_function_that_is_not_there_is_named(function):
    with pytest.raises(UsageError, match=f"Cannot find the function '{function}'"):
        named(function)


def test_a_recipe_with_a_validation_needs_something_to_validate_with(tmp_path):
    with pytest.raises(UsageError, match="nothing to validate with"):
        run(one_stage(1, validation=Validation(every=1)), tmp_path / "run")
