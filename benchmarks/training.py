"""How long a batch of an associative memory's training takes, and how much memory, against copies of the memory.

    python benchmarks/training.py
    python benchmarks/training.py --stage noise --rounds 5
    python benchmarks/training.py --device cuda --stage settled --rows 128 256

Copies: the memory is read segment by segment as any other is, its state after a segment kept for the backward pass and
picked for every question (`one_by_one`). Ours is what `babilong-train armt-gpt2` does. Both get the same batch of the
recipe, forward and back, one thread; seconds are of the processor, the least of the rounds, and take turns; peak memory
is that of a process of its own.

On a GPU: a batch whose kernels are started one by one from Python against one whose recording is replayed, as
`babilong-train` does there; seconds are of the clock.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace

import torch
from peak import peak_mib

import baselines.training.moments
from babilong import command
from babilong.tokenizers import load_tokenizer
from baselines.training.kinds import batches
from baselines.training.kinds import loss as loss_of_kind
from baselines.training.loading import load_recipe
from baselines.training.models import fresh_model
from baselines.training.moments import moments_loss
from baselines.training.passes import one_by_one, through
from baselines.training.recorded import Recorded
from baselines.training.shares import Share

WAYS = {"copies": one_by_one, "ours": through}


def learn(name: str, stage: str) -> Callable[[str], float]:
    """What reads the first batch of a stage one way and computes its gradient, and gives its loss."""
    recipe, tokenizer = load_recipe(name), load_tokenizer("builtin")
    torch.manual_seed(0)
    model = fresh_model(recipe, tokenizer)
    chosen = next(each for each in recipe.stages if each.name == stage)
    batch = batches(recipe, tokenizer, 0, "train", 1)(chosen, 0, Share(0, 1))

    def run(way: str) -> float:
        baselines.training.moments.through = WAYS[way]
        torch.manual_seed(0)
        model.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=recipe.precision == "bf16"):
            loss = moments_loss(model, batch, chosen).loss
        loss.backward()
        return float(loss.detach())

    return run


def on_a_gpu(args: argparse.Namespace) -> None:
    """Print both ways' seconds and how many times as fast a recording is, for each number of rows."""
    recipe, tokenizer = load_recipe(args.recipe), load_tokenizer("builtin")
    chosen = next(each for each in recipe.stages if each.name == args.stage)
    torch.set_float32_matmul_precision("high")
    for rows in args.rows or [chosen.rows]:
        stage, model = replace(chosen, rows=rows), fresh_model(recipe, tokenizer).to(args.device)
        batch = batches(recipe, tokenizer, 0, "train", 1)(stage, 0, Share(0, 1))
        seconds = {}
        for way, loss in {"plain": loss_of_kind, "recorded": Recorded()}.items():
            times = []
            for _ in range(args.rounds + 1):
                start = time.perf_counter()
                loss(model, batch, stage).loss.backward()
                torch.cuda.synchronize()
                times.append(time.perf_counter() - start)
                model.zero_grad()
            seconds[way] = min(times[1:])
            print(f"{way:8} first {times[0]:.2f} s, then {seconds[way]:.3f} s", flush=True)
        print(f"{args.recipe}, stage {args.stage}, {rows} rows, {torch.cuda.get_device_name()}: ", end="")
        print(f"recorded {seconds['plain'] / seconds['recorded']:.1f} times as fast", flush=True)


def peak(way: str, args: argparse.Namespace) -> float:
    """Peak memory of a process that learns once, MiB."""
    command = [sys.executable, __file__, "--recipe", args.recipe, "--stage", args.stage, "--once", way]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def main() -> None:
    """Print both, and what one takes of the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", default="armt-gpt2")
    parser.add_argument("--stage", default="stories")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--once", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--rows", type=int, nargs="*", help="on a GPU: of a batch, instead of the stage's")
    args = parser.parse_args()
    if args.device != "cpu":
        on_a_gpu(args)
        return
    torch.set_num_threads(1)
    run = learn(args.recipe, args.stage)
    if args.once:
        run(args.once)
        print(peak_mib())
        return
    seconds = dict.fromkeys(WAYS, float("inf"))
    for _ in range(args.rounds):
        for way in WAYS:
            start = time.process_time()
            loss = run(way)
            seconds[way] = min(seconds[way], time.process_time() - start)
            print(f"{way:8} {time.process_time() - start:6.2f} s, loss {loss:.4f}")
    memory = {way: peak(way, args) for way in WAYS}
    print(f"{args.recipe}, stage {args.stage}: {seconds['ours']:.2f} s and {memory['ours']:,.0f} MiB a batch;")
    print(f"{seconds['copies'] / seconds['ours']:.2f} times as fast as copies, ", end="")
    print(f"{memory['ours'] / memory['copies']:.2f} of their peak memory")


if __name__ == "__main__":
    command.run(main)
