"""How fast a recurrent-memory model reads, against the obvious loop, and how much memory it takes as contexts grow.

    python benchmarks/recurrent.py

The obvious loop is the published wrapper's: float32, `[memory ; text ; memory]` through the base model with
`output_hidden_states`, the logits and hidden states of every segment kept to the end. Ours is the reader that
`babilong-eval` uses, tokenising included, in float32 and in what `--dtype auto` picks. All at batch 1, in one run.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable

import torch
from peak import peak_mib
from torch import Tensor

from baselines import checkpoints
from baselines.memory import segments
from baselines.reader import RecurrentReader, load_reader, resolve_dtype
from generators.kitchen import Kitchen
from generators.recipe import Recipe

QUESTION = "Where is Mary?"


def obvious(model: checkpoints.RecurrentMemory, ids: list[int]) -> Tensor:
    """Read token ids segment by segment as one would first write it; the last state."""
    state, kept = model.init_state(1)["memory"], []
    m = model.config.memory_tokens
    for start, end in segments.bounds(len(ids), model.config.segment_size, model.config.overlap):
        text = model.embed(torch.tensor([ids[start:end]]))
        joined = torch.cat((state + model.read_slots, text, state + model.write_slots), dim=1)
        output = model.base(inputs_embeds=joined, output_hidden_states=True)
        kept.append((output.logits[:, m:-m], output.hidden_states))
        written = output.hidden_states[-1][:, -m:]
        opening = torch.sigmoid(model.gate(torch.cat((written, state), dim=-1)))
        state = state + opening * (written - state)
    torch.cat([logits for logits, _ in kept], dim=1)
    return state


def seconds(work: Callable[[], object], repeats: int) -> float:
    """The best of some runs."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def peak(name: str, length: str, dtype: str) -> float:
    """Peak memory of a process that reads one context, MiB."""
    command = [sys.executable, __file__, "--peak-at", length, "--model", name, "--dtype", dtype]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def read_once(name: str, length: str, dtype: str) -> None:
    """Read one context and print this process's peak memory beyond that of the context's own text, MiB."""
    reader = load_reader(name, dtype)
    reader.answer([("Mary went to the garden. " * 400, QUESTION)], 5)
    context = next(iter(Kitchen(Recipe()).samples("qa1", length, 1))).input
    reader.answer([(context, QUESTION)], 5)
    print(peak_mib() - len(context.encode()) / 2**20)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="rmt-gpt2", help="bundled checkpoint or folder")
    parser.add_argument("--length", default="16k", help="context for the speed")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--dtype", default="auto")
    parser.add_argument("--peak-at", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.peak_at:
        return read_once(args.model, args.peak_at, args.dtype)
    sample = next(iter(Kitchen(Recipe()).samples("qa1", args.length, 1)))
    plain = checkpoints.load(args.model)
    ids = plain.tokenizer.encode(f" {sample.input}")
    with torch.inference_mode():
        base = seconds(lambda: obvious(plain.model, ids), args.repeats)
    print(f"obvious loop, float32: {len(ids) / base:,.0f} tokens/s")
    for dtype in dict.fromkeys(("float32", str(resolve_dtype("auto")).removeprefix("torch."))):
        reader = RecurrentReader(checkpoints.load(args.model), dtype)
        ours = seconds(lambda: reader.answer([(sample.input, sample.question)], 5), args.repeats)  # noqa: B023
        print(f"reader, {dtype}: {len(ids) / ours:,.0f} tokens/s, {base / ours:.1f} times the obvious loop")
    small, large = (peak(args.model, length, args.dtype) for length in ("64k", "1M"))
    print(f"peak memory less the text: {small:,.0f} MiB at 64k, {large:,.0f} MiB at 1M, ratio {large / small:.3f}")


if __name__ == "__main__":
    main()
