"""A training recipe: one YAML file that says all that decides a checkpoint."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field

from babilong.errors import UsageError
from baselines.bounds import Count, Finite, Natural, Number, Part, Positive
from baselines.tasks.splits import must_not_be_test
from baselines.training.schedules import rate
from baselines.training.stage import Stage, must_be_drawn


@dataclass(frozen=True, slots=True)
class Validation:
    """When the model is tried on batches it does not learn from, and what follows.

    Attributes:
        every: steps between two validations; there is one at the end of each stage, too.
        batches: of the `valid` split, the same ones each time in a stage.
        metric: the one that decides what is best: `loss`, `accuracy`, `gate` or one of `metrics`.
        mode: whether the highest or the lowest value is best.
        patience: this many validations in a row without a new best end the stage.
        desired: a value that ends the stage when it is reached.
        metrics: more metrics as `module:function`; each takes `(model, batch, stage)` and gives a dictionary of
            numbers, of which the mean over the batches is taken.
    """

    every: Count
    batches: Count = 4
    metric: str = "accuracy"
    mode: Literal["max", "min"] = "max"
    patience: Count | None = None
    desired: float | None = None
    metrics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lora:
    """Low-rank adapters: only they and the memory are trained, and they are merged into a saved checkpoint.

    Attributes:
        r: rank.
        alpha: the adapters' output is scaled by alpha / r.
        dropout: of their input.
        targets: names of the linear layers that get one; None: those peft knows for the architecture.
    """

    r: Count = 8
    alpha: int = 32
    dropout: float = 0.0
    targets: tuple[str, ...] | None = None


class Place(NamedTuple):
    """Where in the curriculum a step is: the number of its stage, its first step, and the first of the next one."""

    stage: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a checkpoint is trained from.

    Attributes:
        name: of the recipe and its checkpoint.
        task: bAbI task, or several, each with how often it is drawn.
        seed: names all random streams.
        split: of the stories; never `test`.
        precision: of the forward pass: `no`, `bf16` or `fp16`.
        model: configuration of the base model, as transformers takes it, without the vocabulary; or
            `from_pretrained`, a folder or hub id, with what of its configuration is to be different.
        tokenizer: `builtin`, a folder or a hub id; by default that of the pretrained model, if there is one.
        memory: fields of `MemoryConfig`.
        start: a checkpoint, bundled or a folder, whose weights are begun from instead of fresh ones; its sizes must be
            this recipe's.
        start_without: regular expressions; parameters whose names one of them is found in stay fresh.
        lora: adapters in the base model, which is frozen then.
        train_only: regular expressions; parameters whose names none of them is found in are frozen.
        noise_volumes: volumes of built-in prose, edition `train`.
        noise_books: folder of books whose sentences are noise, too, in stages of `moments`; nothing can tell whether
            it is measured in later, so keep the books that you measure in out of it. A validation reads them, too: what
            it says of a gate is said of sentences that were learnt from.
        warmup: optimizer steps over which the rate rises from 0.
        optimizer: `adamw`, `adam`, `sgd` or `adafactor`.
        optimizer_options: its other arguments.
        weight_decay: of the optimizer.
        clip: gradient norm above which it is scaled down.
        clip_value: what each entry of the gradient is cut to, instead of `clip`.
        accumulate: micro-batches that each process reads one after the other for one step.
        checkpointing: compute a segment's activations again in the backward pass, not keep them: memory for time.
        transform: `module:function`, which takes `(batch, stage, step)` and gives the batch to train on.
        validation: when to validate.
        log_every: steps that a line of the log sums up.
        gate_floor: `MemoryConfig.gate_floor` of the finished checkpoint; training itself is without, since a gate that
            is shut has no gradient to open it.
        gate_threshold: `MemoryConfig.gate_threshold` of the finished checkpoint.
        stages: the curriculum.
        text: the YAML it was read from.
    """

    name: str
    task: str | dict[str, float]
    model: dict[str, Any]
    memory: dict[str, Any]
    stages: Annotated[tuple[Stage, ...], Field(min_length=1)]
    seed: Annotated[int, Field(ge=0, lt=1 << 63)] = 0
    split: str = "train"
    precision: Literal["no", "bf16", "fp16"] = "bf16"
    tokenizer: str | None = None
    start: str | None = None
    start_without: tuple[str, ...] = ()
    lora: Lora | None = None
    train_only: tuple[str, ...] = ()
    noise_volumes: Natural = 16
    warmup: Natural = 100
    optimizer: str = "adamw"
    optimizer_options: dict[str, Any] = field(default_factory=dict)
    weight_decay: Number = 0.01
    clip: Positive | None = 1.0
    clip_value: Positive | None = None
    accumulate: Count = 1
    checkpointing: bool = False
    transform: str | None = None
    validation: Validation | None = None
    log_every: Count = 25
    gate_floor: Part = 0.0
    gate_threshold: Finite = 0.0
    noise_books: str | None = None
    text: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        must_not_be_test(self.split)
        if self.split == "valid" and self.validation is not None:
            raise UsageError("What is trained on `valid` cannot be validated on it; drop `split` or `validation`.")
        must_be_drawn(self.tasks)
        for pattern in (*self.train_only, *self.start_without):
            _must_be_pattern(pattern)
        if self.clip is not None and self.clip_value is not None:
            raise UsageError("Gradients are clipped by norm or by value, not both; drop `clip` or `clip_value`.")
        if self.validation is None and any(stage.from_best for stage in self.stages):
            raise UsageError("A stage with `from_best` needs to know what is best; give the recipe a `validation`.")
        if self.start is not None and "from_pretrained" in self.model:
            raise UsageError(
                "Weights are begun from a checkpoint or from a pretrained model; drop `start` or `from_pretrained`."
            )

    @property
    def tasks(self) -> dict[str, float]:
        """What is trained on, and how often each task is drawn where a stage does not say otherwise."""
        return {self.task: 1.0} if isinstance(self.task, str) else self.task

    @property
    def all_tasks(self) -> tuple[str, ...]:
        """The tasks of all stages, in the order of their numbers."""
        named = {name for stage in self.stages for name in stage.task or self.tasks}
        return tuple(sorted(named, key=lambda name: (len(name), name)))

    @property
    def steps(self) -> int:
        """Optimizer steps in all."""
        return sum(stage.steps for stage in self.stages)

    def place(self, step: int) -> Place:
        """Where in the curriculum a step (from 0) is."""
        start = 0
        for number, stage in enumerate(self.stages):
            if step < start + stage.steps:
                return Place(number, start, start + stage.steps)
            start += stage.steps
        raise ValueError(f"step {step} is past the end of the recipe")

    def stage(self, step: int) -> Stage:
        """The stage of a step (from 0)."""
        return self.stages[self.place(step).stage]

    def at(self, step: int) -> tuple[Stage, float]:
        """The stage of a step (from 0) and the learning rate in it."""
        number, start, _ = self.place(step)
        stage = self.stages[number]
        if stage.schedule is not None:
            length = stage.schedule_steps or stage.steps
            named = rate(stage.schedule, step - start, stage.warmup, length, stage.schedule_options)
            return stage, stage.learning_rate * named
        risen = stage.learning_rate * min(1.0, (step + 1) / max(1, self.warmup))
        left = 1 - (step - start) / stage.steps
        return stage, risen * max(0.05, left / stage.decay) if left < stage.decay else risen


def _must_be_pattern(pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise UsageError(f"{pattern!r} is no regular expression, as parameters are named by: {error}.") from error
