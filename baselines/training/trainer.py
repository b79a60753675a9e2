"""Trains a recurrent memory from a recipe, on accelerate; can be killed at any time and goes on from the last save.

    train(recipe, tokenizer, source, loss, Path("runs/train/mine"))

A batch is a pure function of the recipe and the step, so a resumed run sees what an undisturbed one would have seen.
Several processes (`torchrun`, `accelerate launch`) and several micro-batches each read a share of the same batch.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from babilong.errors import BabilongError, UsageError, first_sentence
from babilong.locks import take_alone
from babilong.tokenizers import Tokenizer
from baselines.memory.model import MemoryModel
from baselines.tasks.splits import must_not_be_test
from baselines.training import keeping, state, validation
from baselines.training.log import RunLog, has_tensorboard
from baselines.training.losses import Sums
from baselines.training.models import fresh_model
from baselines.training.optimizers import make_optimizer
from baselines.training.outside import digests
from baselines.training.recipe import Recipe, Validation
from baselines.training.shares import same_weights
from baselines.training.stage import Stage
from baselines.training.steps import Learner, Loss, Source
from baselines.training.stopping import stop_asked

if TYPE_CHECKING:
    from accelerate import Accelerator

_SPLITS_WEIGHTS = ("DEEPSPEED", "FSDP", "MEGATRON_LM")


def train(
    recipe: Recipe,
    tokenizer: Tokenizer,
    source: Source,
    loss: Loss,
    out: Path,
    *,
    validate: validation.Validate | None = None,
    build: Callable[[Recipe, Tokenizer], MemoryModel] = fresh_model,
    save_minutes: float = 3.0,
    say: Callable[[str], None] = lambda line: None,
) -> Path:
    """Train to the end of the recipe.

    Args:
        recipe: what to train.
        tokenizer: the model's.
        source: gives the batch of a stage and a step, or a share of its rows: a pure function. One with an attribute
            `split` is refused if that is `test`.
        loss: what the model makes of a batch.
        out: run folder: `state/` to go on from, `train.jsonl` and `valid.jsonl`, `tensorboard/`, `best/` with the best
            checkpoint of the present stage, and at the end the checkpoint in `model/`.
        validate: gives metrics of the model in a stage; needed where the recipe has a `validation`.
        build: makes the untrained model.
        save_minutes: time between two saves.
        say: gets a line of progress now and then, on the first process.

    Returns:
        The folder of the finished checkpoint.

    Raises:
        DataError: the folder holds a run of another recipe, or the loss is no number any more.
        BabilongError: another training is writing the folder.
        UsageError: accelerate is not installed, or parts of the recipe do not fit together.
        KeyboardInterrupt: it was asked to stop by Ctrl-C or SIGTERM; the step it was at is done and saved.
    """
    must_not_be_test(getattr(source, "split", "train"))
    if recipe.validation is not None and validate is None:
        raise UsageError("The recipe has a `validation`, but there is nothing to validate with; pass `validate`.")
    accelerator = _accelerator(recipe)
    torch.manual_seed(recipe.seed)
    model = build(recipe, tokenizer)
    optimizer = accelerator.prepare_optimizer(make_optimizer(recipe, model))
    # In evaluation mode, which only means: without torch's own data parallelism; see shares.py.
    model = accelerator.prepare_model(model, evaluation_mode=True)
    same_weights(accelerator, model)
    if accelerator.process_index:
        torch.manual_seed(recipe.seed + accelerator.process_index)  # dropout of its own
    with _locked(out) if accelerator.is_main_process else nullcontext():
        run = _Run(recipe, tokenizer, accelerator, model, optimizer, out, validate, say)
        learner = Learner(recipe, accelerator, model, optimizer, source, loss, out)
        saved = time.monotonic()
        with stop_asked() as stop:
            while run.progress.step < recipe.steps:
                # The first process's clock is that of all.
                save = accelerator.is_main_process and _due(saved, save_minutes)
                stage, rate = recipe.at(run.progress.step)
                sums, norm = learner.step(stage, run.progress.step, rate, save=save, stop=stop.is_set())
                due = run.after(stage, rate, sums, norm)
                if due or sums.saves or sums.stops:
                    run.save()
                    saved = time.monotonic()
                if sums.stops:  # asked of any process: one that went on alone would wait for the others
                    raise KeyboardInterrupt
        return run.finish()


class _Run:
    """A run under way: what happens around its steps."""

    def __init__(
        self,
        recipe: Recipe,
        tokenizer: Tokenizer,
        accelerator: Accelerator,
        model: MemoryModel,
        optimizer: Any,
        out: Path,
        validate: validation.Validate | None,
        say: Callable[[str], None],
    ) -> None:
        self.recipe, self.tokenizer, self.out = recipe, tokenizer, out
        self.accelerator, self.model, self.optimizer = accelerator, model, optimizer
        self.validate, self.main = validate, accelerator.is_main_process
        self.say: Callable[[str], None] = say if self.main else lambda line: None
        self.outside = digests(recipe)
        self.progress = state.resume(accelerator, recipe, self.outside, out)
        done = self.progress
        self.log = RunLog(out, done.step, done.samples, has_tensorboard()) if self.main else None
        self.seen = Sums()
        self.started, self.done = time.monotonic(), 0  # not by `progress`, which an early stop lets jump
        if done.step:
            self.say(f"goes on from {out / 'state'}, saved after step {done.step} of {recipe.steps}")

    def after(self, stage: Stage, rate: float, sums: Sums, norm: float) -> bool:
        """Count, log and validate a step that is done; whether the run should be saved now."""
        end = self.recipe.place(self.progress.step).end
        self.progress.step += 1
        self.done += 1
        self.progress.samples += int(sums.rows)
        self.seen += sums
        if self.progress.step % self.recipe.log_every == 0 or self.progress.step == end:
            self._report(stage, rate, norm)
        wanted = self.recipe.validation
        due = wanted is not None and (self.progress.step % wanted.every == 0 or self.progress.step == end)
        if wanted is not None and due and self._validate(wanted, stage, end):
            if self.seen.rows:
                self._report(stage, rate, norm)
            self.progress.step = end
        if self.progress.step < end:
            return False
        if end < self.recipe.steps and self.recipe.stage(end).from_best:
            self._take_best(stage)
        self.progress.best, self.progress.worse = None, 0
        # From here on `best/` is the next stage's.
        return wanted is not None

    def save(self) -> None:
        """Save what to go on from."""
        state.save(self.accelerator, self.recipe, self.outside, self.progress, self.out)

    def finish(self) -> Path:
        """Save the last state and the checkpoint."""
        self.save()
        if self.main:
            keeping.keep(self.out / "model", self.model, self.tokenizer, self.recipe)
        if self.log is not None:
            self.log.close()
        self.accelerator.wait_for_everyone()
        return self.out / "model"

    def _report(self, stage: Stage, rate: float, norm: float) -> None:
        step, steps = self.progress.step, self.recipe.steps
        means = self.seen.means()
        self.seen = Sums()
        if self.log is not None:
            values = {**means, "rate": rate, "gradient_norm": norm}
            self.log.write("train", step, self.progress.samples, stage.name, values)
        left = (time.monotonic() - self.started) / self.done * (steps - step) / 60
        figures = f"accuracy {means['accuracy']:.3f}, loss {means['loss']:.3f}"
        self.say(f"{stage.name}: step {step} of {steps}, {figures}, about {left:.0f} min left")

    def _validate(self, wanted: Validation, stage: Stage, end: int) -> bool:
        """Validate, and keep the model if it is the best; whether the stage is over."""
        assert self.validate is not None
        step = self.progress.step
        with self.accelerator.autocast():
            metrics = validation.run(self.validate, self.model, stage)
        verdict = validation.judge(wanted, self.progress, metrics)
        if self.log is not None:
            values = {**metrics, "worse": self.progress.worse}
            self.log.write("valid", step, self.progress.samples, stage.name, values)
        self.say(f"{stage.name}: step {step}, valid {', '.join(f'{k} {v:.4g}' for k, v in metrics.items())}")
        if verdict.best and self.main:
            keeping.keep_best(self.out, self.model, self.tokenizer, self.recipe)
        if verdict.over:
            self.say(f"{stage.name} ends after step {step} of {end}: {verdict.why}.")
        return verdict.over

    def _take_best(self, stage: Stage) -> None:
        """Go on from the best weights of a stage that is done."""
        if self.progress.best is None:
            raise UsageError(
                f"The stage after {stage.name} begins from its best weights, but the metric that decides was never a "
                "number; choose another `metric`, or leave out `from_best`."
            )
        self.accelerator.wait_for_everyone()
        keeping.load_best(self.out, self.model, self.optimizer)


@contextmanager
def _locked(out: Path) -> Iterator[None]:
    """Hold a run folder against another run."""
    out.mkdir(parents=True, exist_ok=True)
    with (out / ".lock").open("ab") as file:
        if not take_alone(file):  # batch workers are forked, and outlive a kill
            raise BabilongError(
                f"Another training is writing {out}; wait for it to end, or choose another folder with --out."
            )
        yield


def _accelerator(recipe: Recipe) -> Accelerator:
    try:
        from accelerate import Accelerator
        from accelerate.state import AcceleratorState
    except ImportError as error:
        raise UsageError("Training needs accelerate; install it with: pip install 'babilong[train]'.") from error
    # It is shared by all of a Python process, and a run before this one may have had another precision.
    AcceleratorState._reset_state()
    try:
        accelerator = Accelerator(mixed_precision=recipe.precision, cpu=not torch.cuda.is_available())
    except ValueError as error:
        raise UsageError(f"The precision {recipe.precision!r} is not possible here: {first_sentence(error)}") from error
    if accelerator.distributed_type in _SPLITS_WEIGHTS:
        raise UsageError(
            f"Processes share batches here, not weights; launch the training without {accelerator.distributed_type}, "
            "and save memory by `checkpointing` and `accumulate`."
        )
    if recipe.precision == "fp16" and accelerator.scaler is None:
        raise UsageError("The precision 'fp16' is not possible on this processor; choose bf16 or no.")
    return accelerator


def _due(saved: float, minutes: float) -> bool:
    return time.monotonic() - saved > minutes * 60
