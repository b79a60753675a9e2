"""Whether a recipe can be trained to its end: asked before it begins, since a stage may be hours away."""

from __future__ import annotations

import re
from dataclasses import fields

from babilong.errors import UsageError, unknown
from baselines.memory.config import MemoryConfig
from baselines.tasks.lessons import Lessons
from baselines.tasks.moment_batch import LONGEST
from baselines.training.keeping import finished
from baselines.training.kinds import INTERLEAVED_LENGTH, KINDS, OF_MOMENTS, fewest_rows
from baselines.training.recipe import Recipe
from baselines.training.stage import Stage
from baselines.training.validation import MEASURED

# Settings of a stage of `moments` by the gates that heed them.
_GATES = {
    "write_penalty": ("answers",),
    "background": ("answers", "labels"),
    "background_price": ("answers",),
    "stretch": ("answers",),
    "stray": ("labels",),
}


def check(recipe: Recipe) -> None:
    """That all stages are of known kinds and tasks, fit the memory, and train what can be kept.

    Raises:
        UsageError: it is not so.
        DataError: a setting of the memory is of another type.
    """
    config = MemoryConfig.from_dict(recipe.memory)
    finished(config, recipe)
    Lessons(dict.fromkeys((*recipe.tasks, *recipe.all_tasks), 1.0))
    if (wanted := recipe.validation) and not wanted.metrics and wanted.metric not in MEASURED:
        raise unknown("metric", wanted.metric, MEASURED)
    first = 0
    for stage in recipe.stages:
        if stage.kind not in KINDS:
            raise unknown("kind of stage", stage.kind, KINDS)
        _check_settings(stage)
        recipe.at(first)  # its schedule, if it names one
        first += stage.steps
        positions = recipe.model.get("n_positions", recipe.model.get("max_position_embeddings"))
        at_once = INTERLEAVED_LENGTH if stage.kind == "interleaved" else config.memory_tokens + LONGEST
        if positions is not None and positions < at_once:
            raise UsageError(
                f"The stage {stage.name} reads up to {at_once} tokens at once, and the model has {positions} "
                "positions; give it more."
            )
        if (stage.segment_size or 0) > config.segment_size:
            raise UsageError(
                f"The stage {stage.name} has segments of {stage.segment_size} tokens, the memory of "
                f"{config.segment_size}; a stage's may be shorter, not longer."
            )
        if (stage.segment_size or config.segment_size) <= config.overlap:
            raise UsageError(
                f"The stage {stage.name} has segments of {stage.segment_size} tokens that share {config.overlap}; make "
                "them longer than what they share."
            )
        if fewest_rows(stage) < recipe.accumulate:
            raise UsageError(
                f"A batch of the stage {stage.name} may have only {fewest_rows(stage)} rows, which cannot be read in "
                f"{recipe.accumulate} parts; lower `accumulate`, or raise `rows`."
            )
    if any(stage.kind in OF_MOMENTS for stage in recipe.stages):
        _check_moments(recipe, config)
    if config.segment_gate:
        _check_gate(recipe, config)
    for stage in recipe.stages:
        _check_cut(stage, config)


def _check_settings(stage: Stage) -> None:
    """That nothing is set which the stage would not heed."""
    heeded = KINDS[stage.kind].settings
    foreign = frozenset.union(*(kind.settings for kind in KINDS.values())) - heeded
    for field in fields(Stage):
        if getattr(stage, field.name) == field.default:
            continue
        if field.name in foreign:
            raise UsageError(
                f"The stage {stage.name} is of the kind `{stage.kind}`, which does not heed `{field.name}`; leave it "
                "out."
            )
        if stage.kind == "moments" and stage.gate not in _GATES.get(field.name, (stage.gate,)):
            raise UsageError(
                f"The stage {stage.name} has `gate: {stage.gate}`, with which `{field.name}` is not heeded; leave it "
                f"out, or choose `gate: {_GATES[field.name][0]}`."
            )


def _check_cut(stage: Stage, config: MemoryConfig) -> None:
    """That a model is trained on segments such as it will read."""
    cut = {"facts": "tokens", "noise": "tokens"} | dict.fromkeys(OF_MOMENTS, "sentences")
    if config.cut != cut.get(stage.kind, config.cut):
        raise UsageError(
            f"The stage {stage.name} is of the kind `{stage.kind}`, whose segments are cut at {cut[stage.kind]}, and "
            f"the memory is to read others; set `cut: {cut[stage.kind]}` in `memory`."
        )
    if stage.kind in OF_MOMENTS and config.kind == "rmt-r":
        raise UsageError(
            f"The stage {stage.name} is of the kind `{stage.kind}`, which tells several stories in a row, and a memory "
            "of the kind rmt-r grows with each; choose another kind of stage, or of memory."
        )


def _check_gate(recipe: Recipe, config: MemoryConfig) -> None:
    if config.cut != "sentences":
        raise UsageError(
            "A gate on segments judges sentences; set `cut: sentences` in `memory`, or leave out its gate."
        )
    brought = recipe.start is not None and not any(re.search(p, "segment_gate.") for p in recipe.start_without)
    if not brought and all(stage.gate == "open" for stage in recipe.stages):
        raise UsageError(
            "No stage trains the gate on segments, which would then keep out what it likes; give a stage of "
            "`moments` a `gate`, or leave out `segment_gate`."
        )


def _check_moments(recipe: Recipe, config: MemoryConfig) -> None:
    for stage in recipe.stages:
        if stage.kind not in (*OF_MOMENTS, "interleaved"):
            raise UsageError(
                f"The stage {stage.name} is of the kind `{stage.kind}`, for which a recipe with `moments` makes no "
                "batches; choose moments, gate, interleaved, or train it by a recipe of its own."
            )
        if stage.kind == "gate" and stage.gate != "labels":
            raise UsageError(f"The stage {stage.name} trains the gate alone, from labels; say `gate: labels`.")
        if stage.gate != "open" and not config.segment_gate:
            raise UsageError(
                f"The stage {stage.name} trains a gate, and there is none; give `memory` a `segment_gate`."
            )
        if stage.state_weight and not config.state_heads:
            raise UsageError(
                f"The stage {stage.name} has a `state_weight`, and nothing it could train; set `state_heads` in "
                "`memory`."
            )
