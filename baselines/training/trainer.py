"""Trains a recurrent memory from a recipe, on accelerate; can be killed at any time and goes on from the last save.

A batch is a pure function of the recipe and the step, so a resumed run sees what an undisturbed one would have seen.
"""

from __future__ import annotations

import json
import math
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from babilong.errors import DataError, UsageError
from babilong.tokenizers import Tokenizer
from baselines import checkpoints
from baselines.memory.model import MemoryModel
from baselines.tasks.babilong import IGNORE, Batch, StoryTask
from baselines.training.recipe import Recipe, Stage
from generators.streams import Stream

if TYPE_CHECKING:
    from accelerate import Accelerator

# Reading a segment without gradient costs about a third of reading it with.
_UNTRAINED_COST = 1 / 3


class Score(NamedTuple):
    """Loss and accuracy of answers.

    Attributes:
        loss: mean cross-entropy of the answer tokens, with the gate's penalty.
        correct: first answer tokens that were right.
        asked: questions.
        gate: mean opening of the gate.
    """

    loss: Tensor
    correct: int
    asked: int
    gate: float


def train(
    recipe: Recipe, tokenizer: Tokenizer, task: StoryTask, out: Path, save_minutes: float, say: Callable[[str], None]
) -> Path:
    """Train to the end of the recipe.

    Args:
        recipe: what to train.
        tokenizer: the model's.
        task: makes the batches.
        out: run folder: `state/` to go on from, `train.jsonl` with a line for every 25 steps, and at the end the
            checkpoint in `model/`.
        save_minutes: time between two saves.
        say: gets a line of progress now and then.

    Returns:
        The folder of the finished checkpoint.

    Raises:
        DataError: the folder holds a run of another recipe, or the loss is no number any more.
        UsageError: accelerate is not installed.
    """
    try:
        from accelerate import Accelerator
    except ImportError as error:
        raise UsageError("Training needs accelerate; install it with: pip install 'babilong[train]'.") from error

    torch.manual_seed(recipe.seed)
    accelerator = Accelerator(mixed_precision=recipe.precision, cpu=not torch.cuda.is_available())
    model = fresh_model(recipe, tokenizer)
    optimizer = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.98), weight_decay=recipe.weight_decay)
    model, optimizer = accelerator.prepare(model, optimizer)
    step = _resume(accelerator, recipe, out)
    seen: list[Score] = []
    started = saved = time.monotonic()
    first = step
    while step < recipe.steps:
        stage, rate = recipe.at(step)
        for group in optimizer.param_groups:
            group["lr"] = rate
        with accelerator.autocast():
            score = (_interleaved if stage.kind == "interleaved" else _segmented)(model, task, stage, step)
        if not torch.isfinite(score.loss):
            raise DataError(
                f"The loss became {score.loss.item()} at step {step}; the last saved state in {out} is sound."
            )
        accelerator.backward(score.loss)
        accelerator.clip_grad_norm_(model.parameters(), recipe.clip)
        optimizer.step()
        optimizer.zero_grad()
        seen.append(score)
        step += 1
        if step % 25 == 0:
            _log(out, stage, step, seen)
            left = (time.monotonic() - started) / (step - first) * (recipe.steps - step) / 60
            say(f"{stage.name}: step {step} of {recipe.steps}, {_summary(seen)}, about {left:.0f} min left")
            seen = []
        if _due(saved, save_minutes):
            _save(accelerator, recipe, step, out)
            saved = time.monotonic()
    _save(accelerator, recipe, step, out)
    finished = accelerator.unwrap_model(model)
    finished.config = replace(finished.config, gate_floor=recipe.gate_floor)
    checkpoints.save(out / "model", finished, tokenizer, (recipe.task,), recipe.text)
    return out / "model"


def fresh_model(recipe: Recipe, tokenizer: Tokenizer) -> MemoryModel:
    """The untrained model of a recipe; attention written out, whose backward pass is the faster one on a CPU."""
    config = {
        **recipe.model,
        "vocab_size": tokenizer.vocab_size,
        "bos_token_id": 0,
        "eos_token_id": 0,
        "attn_implementation": "eager",
    }
    return checkpoints.build(config, recipe.memory)


def segments_loss(model: MemoryModel, batch: Batch, backprop: int, write_penalty: float) -> Score:
    """Read a batch; ask after each of the last `backprop` segments, through which the gradient flows.

    The segments before are read without gradient: the clean form of truncated back-propagation, in which the memory is
    attached at border i of S segments iff i >= S - backprop.
    """
    device = model.device
    total, height, _ = batch.segments.shape
    state = model.init_state(height)
    losses, gates = [], []
    correct = asked = tokens = 0
    for i in range(total):
        attached = i >= total - backprop
        with torch.set_grad_enabled(attached and torch.is_grad_enabled()):
            mask = torch.from_numpy(batch.mask[i]).to(device)
            step = model.step(torch.from_numpy(batch.segments[i]).to(device), state, None if bool(mask.all()) else mask)
            state = step.state
            if not attached:
                continue
            hidden = model.read(torch.from_numpy(batch.questions[i]).to(device), state)
            loss, right, count, n = _answers(model, hidden, torch.from_numpy(batch.labels[i]).to(device))
            losses.append(loss)
            gates.append(step.gate.float().mean())
            correct, asked, tokens = correct + right, asked + count, tokens + n
    gate = torch.stack(gates).mean()
    return Score(
        torch.stack(losses).sum() / max(1, tokens) + write_penalty * gate, correct, asked, float(gate.detach())
    )


def _answers(model: MemoryModel, hidden: Tensor, labels: Tensor) -> tuple[Tensor, int, int, int]:
    """Summed loss, right answers, answers and tokens; logits are computed where a label stands, nowhere else."""
    wanted = labels != IGNORE
    logits, targets = model.logits(hidden[wanted]).float(), labels[wanted]
    # The first token of an answer decides it; an answer's place is where none was wanted before.
    first = (wanted & ~F.pad(wanted, (1, 0))[:, :-1])[wanted]
    right = (logits.argmax(dim=-1) == targets) & first
    return F.cross_entropy(logits, targets, reduction="sum"), int(right.sum()), int(first.sum()), len(targets)


def _interleaved(model: MemoryModel, task: StoryTask, stage: Stage, step: int) -> Score:
    ids, labels = (torch.from_numpy(array).to(model.device) for array in task.interleaved(stage.rows, 128, step))
    hidden = model.base.base_model(inputs_embeds=model.embed(ids), use_cache=False).last_hidden_state
    loss, right, asked, tokens = _answers(model, hidden, labels)
    return Score(loss / tokens, right, asked, 0.0)


def _segmented(model: MemoryModel, task: StoryTask, stage: Stage, step: int) -> Score:
    stream = Stream("train", "lengths", task.seed, step)
    size, overlap = stage.segment_size or model.config.segment_size, model.config.overlap
    least, most = stage.segments
    if stage.kind == "facts" or stream.random() < stage.short / 2:
        total, tokens = 1, 0
    elif stream.random() < stage.short / 2:
        total, tokens = 1, size // 4 + stream.below(size * 3 // 4)
    else:
        total = round(math.exp(math.log(least) + stream.random() * math.log(most / least)))
        tokens = total * (size - overlap) - stream.below(size // 2)
    attached = min(total, stage.backprop)
    cost = attached + (total - attached) * _UNTRAINED_COST
    batch = task.segmented(
        batch=max(8, min(96, round(stage.rows / cost))),
        tokens=tokens,
        size=size,
        overlap=overlap,
        questions=stage.questions,
        step=step,
        garble=stage.garble if stream.random() < 0.5 else 0.0,
    )
    return segments_loss(model, batch, stage.backprop, stage.write_penalty)


def _due(saved: float, minutes: float) -> bool:
    return time.monotonic() - saved > minutes * 60


def _resume(accelerator: Accelerator, recipe: Recipe, out: Path) -> int:
    state = out / "state"
    if not (state / "progress.json").is_file():
        return 0
    progress = json.loads((state / "progress.json").read_text("utf-8"))
    if progress["recipe"] != _identity(recipe):
        raise DataError(f"The folder {out} holds a run of another recipe; choose another one with --out.")
    accelerator.load_state(str(state))
    return int(progress["step"])


def _save(accelerator: Accelerator, recipe: Recipe, step: int, out: Path) -> None:
    """Save beside the old state and swap, so that a kill in between loses neither."""
    fresh, state, old = out / "state.part", out / "state", out / "state.old"
    for stale in (fresh, old):
        shutil.rmtree(stale, ignore_errors=True)
    accelerator.save_state(str(fresh), safe_serialization=False)
    (fresh / "progress.json").write_text(json.dumps({"step": step, "recipe": _identity(recipe)}), encoding="utf-8")
    if state.exists():
        state.rename(old)
    fresh.rename(state)
    shutil.rmtree(old, ignore_errors=True)


def _identity(recipe: Recipe) -> dict[str, Any]:
    fields = asdict(recipe)
    del fields["text"]
    return dict(json.loads(json.dumps(fields)))


def _log(out: Path, stage: Stage, step: int, seen: list[Score]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    line = {"step": step, "stage": stage.name, "loss": _mean([float(s.loss.detach()) for s in seen])}
    line |= {"accuracy": _accuracy(seen), "gate": _mean([s.gate for s in seen])}
    with (out / "train.jsonl").open("a", encoding="utf-8") as log:
        log.write(json.dumps(line) + "\n")


def _summary(seen: list[Score]) -> str:
    return f"accuracy {_accuracy(seen):.3f}, loss {_mean([float(s.loss.detach()) for s in seen]):.3f}"


def _accuracy(seen: list[Score]) -> float:
    return sum(s.correct for s in seen) / max(1, sum(s.asked for s in seen))


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)
