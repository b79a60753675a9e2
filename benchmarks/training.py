"""How long a batch of an associative memory's training takes, and how much memory, against copies of the memory.

    python benchmarks/training.py
    python benchmarks/training.py --stage noise --rounds 5

Copies: the memory is read segment by segment as any other is, its state after a segment kept for the backward pass and
picked for every question (`one_by_one`). Ours is what `babilong-train armt-gpt2` does. Both get the same batch of the
recipe, forward and back, one thread; seconds are of the processor, the least of the rounds, and take turns; peak memory
is that of a process of its own.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable

import torch
from peak import peak_mib

import baselines.training.moments
from babilong.tokenizers import load_tokenizer
from baselines.training.kinds import batches
from baselines.training.loading import load_recipe
from baselines.training.models import fresh_model
from baselines.training.moments import moments_loss
from baselines.training.passes import one_by_one, through
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
    args = parser.parse_args()
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
    main()
