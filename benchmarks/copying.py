"""Whether a memory behind the text learns to copy from one segment to the next, and one before the text does not.

    python benchmarks/copying.py
    python benchmarks/copying.py --task reverse

The tasks and the size of the model are those of the paper (2207.06881, section 4.1): 24 symbols copied twice, or
reversed once, in segments of 24 with as many memory tokens, by 4 layers of width 128; without dropout, and with AdamW
at 1e-3 for its 1e-4. All batches are fresh; what is told is the share of right symbols in the last 50 of them, each
symbol predicted from those before it as they should be. Memory tokens before the text alone cannot hold what follows
them, so that with those only the symbol is known that its own segment begins with.
"""

from __future__ import annotations

import argparse
import time

import torch
from torch import nn
from transformers import AutoConfig, AutoModelForCausalLM

from babilong.command import run
from baselines.memory.config import MemoryConfig
from baselines.memory.kinds import remember
from baselines.memory.model import MemoryModel
from baselines.memory.sequences import sequence_loss
from baselines.tasks.copying import VOCABULARY, copying

SIZES = {"n_embd": 128, "n_layer": 4, "n_head": 4, "n_inner": 256}
DROPOUT = {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0}
WEIGHTS = 0.06  # standard deviation of the first ones; with the 0.02 of a larger model all memories are alike at first
WARMUP, LEARNING_RATE, CLIP = 100, 1e-3, 1.0
TOLD, SOLVED = 50, 0.999


def learner(symbols: int, behind: bool) -> MemoryModel:
    """A model of random weights whose memory tokens stand behind the text as well, or before it alone."""
    torch.manual_seed(0)
    config = AutoConfig.for_model(
        "gpt2", vocab_size=VOCABULARY, n_positions=3 * symbols, bos_token_id=0, eos_token_id=0, **SIZES, **DROPOUT
    )
    memory = MemoryConfig(memory_tokens=symbols, segment_size=symbols, mem_at_end=behind)
    model = remember(AutoModelForCausalLM.from_config(config), memory).train()
    for weight in model.parameters():
        if weight.dim() > 1:
            nn.init.normal_(weight, std=WEIGHTS)
    return model


def train(model: MemoryModel, task: str, symbols: int, batch: int, steps: int) -> None:
    """Print the share of right symbols as training goes on, until nearly all are right."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE)
    warm = torch.optim.lr_scheduler.LinearLR(optimizer, 1 / WARMUP, total_iters=WARMUP)
    start, right = time.perf_counter(), 0.0
    for step in range(1, steps + 1):
        ids, targets = map(torch.from_numpy, copying(task, symbols, batch, 0, step))
        score = sequence_loss(model, ids, targets)
        optimizer.zero_grad()
        score.loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        optimizer.step()
        warm.step()
        right += score.right / score.tokens / TOLD
        if step % TOLD == 0:
            print(f"  step {step}: {right:.2%} right, {time.perf_counter() - start:.0f} s", flush=True)
            if right > SOLVED:
                return
            right = 0.0


def main() -> None:
    """Train both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--task", choices=["copy", "reverse"], default="copy")
    parser.add_argument("--symbols", type=int, default=24)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=1500, help="at most, and of the memory before the text half")
    args = parser.parse_args()
    for behind, steps in ((True, args.steps), (False, args.steps // 2)):
        print(f"{args.task} {args.symbols}, memory {'behind' if behind else 'before'} the text", flush=True)
        train(learner(args.symbols, behind), args.task, args.symbols, args.batch, steps)


if __name__ == "__main__":
    run(main)
