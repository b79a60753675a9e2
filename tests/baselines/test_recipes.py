"""Training recipes: what they say, and how they are read."""

import pytest
import yaml

from babilong.errors import DataError, UsageError
from babilong.tokenizers import load_tokenizer
from baselines import checkpoints
from baselines.bundled import BUNDLED
from baselines.training import checks
from baselines.training.loading import bundled, load_recipe
from baselines.training.models import fresh_model
from baselines.training.recipe import Recipe
from baselines.training.stage import Stage
from tests.baselines.training_runs import TINY, changed, one_stage

LEAST = "name: x\ntask: qa1\nmodel: {}\nmemory: {}\nstages: [{name: a, steps: 2}]\n"


def read(tmp_path, text, changes=()) -> Recipe:
    (tmp_path / "recipe.yaml").write_text(text)
    return load_recipe(str(tmp_path / "recipe.yaml"), changes)


def test_the_rate_rises_stays_and_falls():
    rates = [TINY.at(step)[1] for step in range(TINY.steps)]
    assert rates[0] == pytest.approx(5e-4)
    assert rates[1:5] == [1e-3] * 4
    assert rates[6] < 1e-3
    with pytest.raises(ValueError, match="past the end"):
        TINY.at(TINY.steps)


@pytest.mark.parametrize("name", BUNDLED)
def test_the_bundled_recipe_is_the_one_of_the_bundled_checkpoint(name):
    recipe = load_recipe(name)
    assert list(recipe.tasks)[:5] == ["qa1", "qa2", "qa3", "qa4", "qa5"]
    folder = checkpoints.find(name)
    assert (folder / "training.yaml").read_text() == recipe.text
    if (folder / "training-gate.yaml").exists():
        recipe = load_recipe(f"{name}-gate")
        assert (folder / "training-gate.yaml").read_text() == recipe.text
    config = checkpoints.load(name).model.config
    assert (config.gate_threshold, config.headings) == (recipe.gate_threshold, recipe.memory.get("headings"))


@pytest.mark.parametrize("name", bundled())
def test_every_recipe_that_comes_along_can_begin(name):
    recipe = load_recipe(name)
    checks.check(recipe)
    model = fresh_model(recipe, load_tokenizer())
    trained = {key.split(".")[0] for key, parameter in model.named_parameters() if parameter.requires_grad}
    assert (trained == {"segment_gate"}) == bool(recipe.train_only)


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


def test_a_recipe_in_another_encoding_is_broken(tmp_path):
    (tmp_path / "recipe.yaml").write_bytes(LEAST.replace("x", "ü").encode("latin-1"))
    with pytest.raises(DataError, match="recipe.yaml is broken: 'utf-8' codec"):
        load_recipe(str(tmp_path / "recipe.yaml"))


def test_an_unknown_recipe_is_answered_with_the_bundled_ones():
    with pytest.raises(UsageError, match="did you mean rmt-gpt2"):
        load_recipe("rmt-gpt3")


def rates(**stage) -> list[float]:
    recipe = changed(warmup=100, stages=(Stage("first", 3), Stage("second", 4, learning_rate=0.5, **stage)))
    return [recipe.at(step)[1] for step in range(3, 7)]


def test_named_schedules_count_from_the_start_of_their_stage():
    assert rates(schedule="constant") == [0.5] * 4
    assert rates(schedule="linear") == pytest.approx([0.5, 0.375, 0.25, 0.125])
    assert rates(schedule="linear", schedule_steps=8) == pytest.approx([0.5, 0.4375, 0.375, 0.3125])
    assert rates(schedule="constant_with_warmup", warmup=2) == [0.0, 0.25, 0.5, 0.5]
    assert rates(schedule="cosine")[2] == pytest.approx(0.25)
    assert rates(schedule="cosine_with_restarts", schedule_options={"num_cycles": 2})[2] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("stage", "message"),
    [
        ({"schedule": "cosin"}, "Unknown schedule 'cosin'; did you mean cosine"),
        ({"schedule": "reduce_lr_on_plateau"}, "Unknown schedule"),
        ({"schedule": "linear", "schedule_options": {"cycles": 1}}, "does not take these options"),
        ({"schedule": "cosine_with_restarts", "schedule_options": {"num_cycles": [2]}}, "does not take these options"),
    ],
)
def test_schedules_that_do_not_fit_are_named(stage, message):
    with pytest.raises(UsageError, match=message):
        rates(**stage)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("start: rmt-gpt2\nmodel: {from_pretrained: gpt2}", "from a checkpoint or from a pretrained model; drop"),
        ("split: test", "Training on the split 'test' is refused"),
        ("split: trian", "did you mean train"),
        ("clip: 1.0\nclip_value: 5.0", "clipped by norm or by value, not both"),
        ("precision: fp8", "Unknown precision 'fp8'; did you mean fp16"),
        ("validation: {every: 2, patiense: 3}", "Unknown key 'patiense'; did you mean patience"),
        ("validation: {every: 2, mode: maximum}", "Unknown mode 'maximum'; did you mean max"),
        ("lora: {rank: 3}", "Unknown key 'rank'"),
        ("stages: [{name: a, steps: 1, gate: label}]", "In a stage of .*: Unknown gate 'label'; did you mean labels"),
        ("stages: [{name: a, steps: 1, segments: [4, 2]}]", "at least 4 and at most 2 `segments`; swap them"),
        ("stages: [{name: a, steps: 1, task: {qa1: 0}}]", "`task` is {'qa1': 0.0}; say how often each is drawn"),
        ("task: {qa1: 2, qa2: -1}", "say how often each is drawn, 0 or more"),
        ("task: {}", "`task` is {}; say how often each is drawn"),
        ("train_only: ['(']", "'\\(' is no regular expression"),
        ("stages: [{name: a, steps: 1, facts: 0}]", "The stage a tells neither `facts` nor `noise`"),
        ("split: valid\nvalidation: {every: 2}", "cannot be validated on it; drop `split` or `validation`"),
        ("start_without: ['a', '[']", "'\\[' is no regular expression"),
    ],
)
def test_what_does_not_go_together_is_said(tmp_path, more, message):
    with pytest.raises(UsageError, match=message):
        read(tmp_path, LEAST + more)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("accumulate: 0", "`accumulate` is 0. Input should be greater than or equal to 1"),
        ("log_every: 0", "`log_every` is 0"),
        ("validation: {every: 0}", "In `validation` of .*: `every` is 0"),
        ("validation: {every: 1, batches: 0}", "`batches` is 0"),
        ("warmup: long", "`warmup` is 'long'. Input should be a valid integer"),
        (
            "stages: [{name: a, steps: 2, learning_rate: fast}]",
            "`learning_rate` is 'fast'. Input should be a valid number",
        ),
        ("stages: [{name: a, steps: 2, near: 1.5}]", "`near` is 1.5. Input should be less than or equal to 1"),
        (
            "stages: [{name: a, steps: 2, segments: [0, 4]}]",
            "`segments` is 0. Input should be greater than or equal to 1",
        ),
        ("stages: [{name: a, steps: 2, facts: -1}]", "`facts` is -1"),
        ("stages: [{name: a, steps: 2, questions: 0}]", "`questions` is 0"),
        ("noise_volumes: -1", "`noise_volumes` is -1"),
        ("stages: []", "`stages` is .* at least 1 item"),
        ("clip: -1.0", "`clip` is -1.0. Input should be greater than 0"),
        ("clip: .inf", "`clip` is inf. Input should be a finite number"),
        ("clip_value: 0", "`clip_value` is 0"),
        ("seed: -1", "`seed` is -1"),
        ("gate_threshold: .nan", "`gate_threshold` is nan"),
        ("gate_floor: 2", "`gate_floor` is 2"),
        ("stages: [{name: a, steps: 2, noise: -1}]", "`noise` is -1"),
    ],
)
def test_values_that_are_none_are_named(tmp_path, more, message):
    with pytest.raises(DataError, match=message):
        read(tmp_path, LEAST + more)


def test_a_number_may_be_written_without_a_point(tmp_path):
    assert read(tmp_path, LEAST, ["stages.0.learning_rate=1e-3"]).stages[0].learning_rate == 1e-3


def test_a_stage_from_the_best_weights_needs_a_validation(tmp_path):
    with pytest.raises(UsageError, match="give the recipe a `validation`"):
        read(tmp_path, LEAST.replace("steps: 2", "steps: 2, from_best: true"))


def test_clipping_by_value_stands_instead_of_clipping_by_norm(tmp_path):
    recipe = read(tmp_path, LEAST + "clip_value: 5.0")
    assert (recipe.clip, recipe.clip_value) == (None, 5.0)
    assert read(tmp_path, LEAST).clip == 1.0


def test_no_is_a_precision_in_yaml(tmp_path):
    assert read(tmp_path, LEAST + "precision: no").precision == "no"


def test_fields_can_be_changed_on_the_way(tmp_path):
    changes = ["seed=7", "stages.0.steps=9", "validation.every=3", "model.n_layer=2"]
    recipe = read(tmp_path, LEAST, changes)
    assert recipe.seed == 7
    assert recipe.stages[0].steps == 9
    assert recipe.validation is not None
    assert recipe.validation.every == 3
    assert recipe.model == {"n_layer": 2}
    stored = yaml.safe_load(recipe.text)
    assert stored["stages"] == [{"name": "a", "steps": 9}]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("sede=7", "Unknown key 'sede'; did you mean seed"),
        ("seed", "written key=value, not 'seed'"),
        ("stages.4.steps=1", "There is no place 'stages.4.steps'"),
        ("stages.first.steps=1", "There is no place"),
    ],
)
def test_changes_that_fit_nowhere_are_named(tmp_path, change, message):
    with pytest.raises(UsageError, match=message):
        read(tmp_path, LEAST, [change])


@pytest.mark.parametrize("setting", ["token_shift: -1", "segment_gate: -1", "key_size: 0", "bank: -1"])
def test_sizes_of_a_memory_that_are_none_are_named(tmp_path, setting):
    recipe = read(tmp_path, LEAST + f"memory: {{{setting}}}")
    with pytest.raises(DataError, match=f"the configuration of the memory: `{setting.split(':')[0]}` is "):
        checks.check(recipe)


@pytest.mark.parametrize(("kind", "rows", "accumulate"), [("noise", 4, 8), ("facts", 64, 64)])
def test_a_batch_has_rows_for_all_its_parts(kind, rows, accumulate):
    long = {"segments": (1, 4), "backprop": 4} if kind == "noise" else {}
    stage = Stage("a", 1, kind=kind, rows=rows, **long)
    checks.check(changed(stages=(stage,), accumulate=accumulate))
    with pytest.raises(UsageError, match=f"only {accumulate} rows, which cannot be read in {accumulate + 1} parts"):
        checks.check(changed(stages=(stage,), accumulate=accumulate + 1))


@pytest.mark.parametrize("size", [6, 8])
def test_segments_no_longer_than_what_they_share_are_refused(size):
    stage = Stage("short", 1, kind="facts", segment_size=size)
    with pytest.raises(UsageError, match=f"segments of {size} tokens that share 8"):
        checks.check(changed(stages=(stage,)))


def test_an_unknown_kind_of_stage_is_answered_with_the_known_ones():
    with pytest.raises(UsageError, match="Unknown kind of stage 'nois'; did you mean noise"):
        checks.check(one_stage(1, kind="nois"))
