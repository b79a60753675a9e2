"""A training recipe: one YAML file that says all that decides a checkpoint."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from babilong.errors import DataError, UsageError, unknown


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the curriculum.

    Attributes:
        name: for the log.
        steps: optimizer steps.
        learning_rate: after the warm-up.
        decay: last share of the stage's steps over which the rate falls linearly to a twentieth.
        kind: `interleaved`, facts with questions between them and no memory; `facts`, contexts of facts alone; or
            `noise`, facts in noise.
        segments: fewest and most segments of a context with noise, drawn log-uniformly.
        segment_size: instead of the memory's, for stages whose contexts are short.
        backprop: gradient flows through this many last segments; the ones before are read without it.
        rows: rows of a batch of one segment; longer contexts get fewer, in proportion to their cost.
        short: share of batches with contexts of at most one segment, half of these without any noise.
        garble: highest share of noise tokens replaced by random ones, in half of the batches.
        questions: asked after each segment that carries gradient.
        write_penalty: weight of the gate's mean opening in the loss.
    """

    name: str
    steps: int
    learning_rate: float = 1e-3
    decay: float = 0.0
    kind: Literal["interleaved", "facts", "noise"] = "noise"
    segments: tuple[int, int] = (1, 1)
    segment_size: int | None = None
    backprop: int = 1
    rows: int = 64
    short: float = 0.15
    garble: float = 0.0
    questions: int = 2
    write_penalty: float = 0.0


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a checkpoint is trained from.

    Attributes:
        name: of the recipe and its checkpoint.
        task: bAbI task.
        seed: names all random streams.
        precision: of the forward pass: `bf16` or `no`.
        model: configuration of the base model, as transformers takes it, without the vocabulary.
        memory: fields of `MemoryConfig`.
        noise_volumes: volumes of built-in prose, edition `train`.
        warmup: optimizer steps over which the rate rises from 0.
        weight_decay: of AdamW.
        clip: gradient norm above which it is scaled down.
        gate_floor: `MemoryConfig.gate_floor` of the finished checkpoint; training itself is without, since a gate that
            is shut has no gradient to open it.
        stages: the curriculum.
    """

    name: str
    task: str
    model: dict[str, Any]
    memory: dict[str, Any]
    stages: tuple[Stage, ...]
    seed: int = 0
    precision: str = "bf16"
    noise_volumes: int = 16
    warmup: int = 100
    weight_decay: float = 0.01
    clip: float = 1.0
    gate_floor: float = 0.0
    text: str = field(default="", compare=False)

    @property
    def steps(self) -> int:
        """Optimizer steps in all."""
        return sum(stage.steps for stage in self.stages)

    def at(self, step: int) -> tuple[Stage, float]:
        """The stage of a step (from 0) and the learning rate in it."""
        start = 0
        for stage in self.stages:
            if step < start + stage.steps:
                rate = stage.learning_rate * min(1.0, (step + 1) / max(1, self.warmup))
                left = 1 - (step - start) / stage.steps
                if left < stage.decay:
                    rate *= max(0.05, left / stage.decay)
                return stage, rate
            start += stage.steps
        raise ValueError(f"step {step} is past the end of the recipe")


def load_recipe(name: str) -> Recipe:
    """A bundled recipe by name, or one from a YAML file.

    Raises:
        UsageError: there is no such recipe.
        DataError: the file is not YAML, or has unknown, missing or unfit keys.
    """
    import yaml

    bundled = {Path(str(file)).stem: file for file in files("baselines").joinpath("recipes").iterdir()}
    file = bundled.get(name, Path(name))
    if not file.is_file():
        raise unknown("training recipe", name, sorted(k for k in bundled if not k.startswith("_")))
    text = file.read_text("utf-8")
    try:
        content = yaml.safe_load(text)
        stages = tuple(_make(Stage, stage, f"a stage of {name}") for stage in content.pop("stages"))
        return _make(Recipe, {**content, "stages": stages, "text": text}, name)
    except (yaml.YAMLError, KeyError, AttributeError, TypeError) as error:
        raise DataError(f"The training recipe {name} is broken: {error}.") from error


def _make(kind: type[Any], values: dict[str, Any], where: str) -> Any:
    known = [f.name for f in fields(kind)]
    for key in values:
        if key not in known:
            raise UsageError(f"In {where}: {unknown('key', key, known)}")
    return kind(**{key: tuple(value) if isinstance(value, list) else value for key, value in values.items()})
