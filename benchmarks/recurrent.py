"""How fast a recurrent-memory model reads, against the obvious loop, and how much memory it takes as contexts grow.

    python benchmarks/recurrent.py
    python benchmarks/recurrent.py --model armt-gpt2 --device cuda --batches 1 16 256

The obvious loop is the published wrapper's: float32, batch 1, every segment with its memory tokens through the base
model with `output_hidden_states`, the logits and hidden states kept to the end. Ours is the reader,
tokenising and answering included, in float32 and in what `--dtype auto` picks; a gate on segments, where there is one,
is counted in, and the same reader is timed reading every segment. That `babilong-eval` remembers what the gate kept out
is timed by itself, on a context read once and again. All in one run.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from peak import peak_mib

from babilong import command
from baselines.memory.bank import MemoryBank
from baselines.memory.layer_memory import LayerMemory
from baselines.memory.model import MemoryModel, State
from baselines.memory.position_ids import position_ids
from baselines.reader import RecurrentReader, load_reader, resolve_dtype
from generators.kitchen import Kitchen
from generators.recipe import Recipe

QUESTION = "Where is Mary?"


def obvious(model: MemoryModel, segments: Iterable[NDArray[np.int64]]) -> State:
    """Read segments one by one as one would first write it: the whole base model, all it puts out kept; the last state.

    Of a bank, whose segments do not read what was read before, the loop is the same but for the memory before the text.
    """
    state, kept = model.init_state(1), []
    m = model.config.memory_tokens
    for ids in segments:
        if isinstance(model, LayerMemory):
            outputs, state = layer_by_layer(model, torch.from_numpy(ids[None]).to(model.device), state)
            kept.append(outputs)
            continue
        text = model.embed(torch.from_numpy(ids[None]).to(model.device))
        if isinstance(model, MemoryBank):
            before, joined = 0, torch.cat((text, model.memory[None]), dim=1)
        else:
            before, memory = m, state["memory"]
            slots = (model.read_slots, model.write_slots) if model.config.slot_embeddings else (0.0, 0.0)
            joined = torch.cat((memory + slots[0], text, memory + slots[1]), dim=1)
        positions = position_ids(model.config, model.positions, before, len(ids), m, None, model.device)
        output = model.base(inputs_embeds=joined, position_ids=positions, output_hidden_states=True)
        kept.append((output.logits, output.hidden_states))
        written = output.hidden_states[-1][:, -m:]
        if isinstance(model, MemoryBank):
            state = model.put(state, written[None], written.new_ones(1, 1))
        else:
            opening = torch.sigmoid(model.gate(torch.cat((written, memory), dim=-1))) if model.config.gate else 1.0
            state = {"memory": memory + opening * (written - memory)}
    if model.device.type == "cuda":
        torch.cuda.synchronize()
    return state


def layer_by_layer(
    model: LayerMemory, ids: torch.Tensor, state: State
) -> tuple[tuple[torch.Tensor, list[torch.Tensor]], State]:
    """The same of a memory in the layers: logits of all positions, all hidden states, and the memory afterwards."""
    hidden, passage = model.enter(ids, None, None, write=True)
    through, written = [hidden], []
    for number, cell in enumerate(model.cells()):
        hidden, memory = cell(hidden, {name: tensor[:, number] for name, tensor in state.items()}, passage)
        through.append(hidden)
        written.append(memory)
    after = {name: torch.stack([memory[name] for memory in written], dim=1) for name in state}
    return (model.logits(model.stack.finish(hidden)), through), after


def products(model: MemoryModel, segments: Iterable[NDArray[np.int64]], dtype: torch.dtype, repeats: int = 20) -> float:
    """Seconds of the plain matrix products that segments one after the other need, in this precision.

    A segment's positions are its text and memory tokens, no padding; all are counted as long as they are on average.
    """
    lengths, width = [len(ids) for ids in segments], model.width
    # What else is around a bank's segment is the place where a question finds the bank.
    rows = round(np.mean(lengths)) + model.around - isinstance(model, MemoryBank)
    layers = model.base.config.num_hidden_layers
    shapes = [(width, 3 * width), (width, width), (width, 4 * width), (4 * width, width)]
    kind: Any = {"dtype": dtype, "device": model.device}
    pairs = [(torch.randn(rows, n, **kind), torch.randn(n, k, **kind)) for n, k in shapes]

    def work() -> None:
        for _ in range(layers):
            for a, b in pairs:
                a @ b
        if model.device.type == "cuda":
            torch.cuda.synchronize()

    work()
    return seconds(work, repeats) * len(lengths)


def without_gate(reader: RecurrentReader) -> RecurrentReader:
    """The same reader, but every segment is read."""
    reader.model.config = replace(reader.model.config, segment_gate=0)
    dtype, device = str(reader.dtype).removeprefix("torch."), str(reader.model.device)
    return RecurrentReader(replace(reader.checkpoint, model=reader.model), dtype, device)


def seconds(work: Callable[[], object], repeats: int) -> float:
    """The best of some runs."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def alone(name: str, length: str, dtype: str) -> tuple[float, float]:
    """Peak memory, MiB less the text, of a process that answers about one context from a file; and its seconds."""
    context = next(iter(Kitchen(Recipe()).samples("qa1", length, 1))).input
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "context.txt")
        file.write_text(context, "utf-8")
        command = [sys.executable, __file__, "--peak-of", str(file), "--model", name, "--dtype", dtype]
        memory, took = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        return float(memory), float(took)


def read_once(name: str, file: Path, dtype: str) -> None:
    """Read one context and print what `alone` gives."""
    # Before the model, as long as there is room for bytes and text.
    context = file.read_text("utf-8")
    reader = load_reader(name, dtype, "cpu")
    took = seconds(lambda: reader.answer([(context, QUESTION)], 5), 1)
    print(peak_mib() - file.stat().st_size / 2**20, took)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="rmt-gpt2", help="bundled checkpoint or folder")
    parser.add_argument("--length", default="16k", help="context for the speed")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--dtype", default="auto")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 16])
    parser.add_argument("--peak-of", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.peak_of:
        return read_once(args.model, args.peak_of, args.dtype)
    sample = next(iter(Kitchen(Recipe()).samples("qa1", args.length, 1)))
    plain = load_reader(args.model, "float32", args.device)
    pieces = [plain.tokenizer.encode(f" {sample.input}")]
    everything = [segment.ids for segment in without_gate(plain).scanner.segments(pieces)]
    count = len(pieces[0])
    with torch.inference_mode():
        base = seconds(lambda: obvious(plain.model, everything), args.repeats)
    print(f"obvious loop, float32, batch 1, {len(everything):,} segments: {count / base:,.0f} tokens/s")
    for dtype in dict.fromkeys(("float32", str(resolve_dtype("auto", args.device)).removeprefix("torch."))):
        reader = load_reader(args.model, dtype, args.device)
        kinds = [("reader", reader)]
        if reader.model.config.segment_gate:
            kinds.append(("reader, every segment read", without_gate(load_reader(args.model, dtype, args.device))))
        for name, asked in kinds:
            gate = asked.model.config.segment_gate
            floor = products(reader.model, everything, reader.dtype)
            for batch in args.batches:
                pairs = [(sample.input, sample.question)] * batch
                ours = seconds(lambda: asked.answer(pairs, 5), args.repeats) / batch  # noqa: B023
                print(
                    f"{name}, {dtype}, batch {batch}: {count / ours:,.0f} tokens/s, "
                    f"{base / ours:.1f} times the obvious loop"
                    + ("" if gate else f"; plain matrix products alone take {floor / ours:.0%} of the time")
                )
    again = load_reader(args.model, args.dtype, args.device, shared_background=True)
    first, second = (seconds(lambda: list(again.segments(sample.input)), repeats) for repeats in (1, args.repeats))
    print(f"looking for what is read: {count / first:,.0f} tokens/s, where all was seen before {count / second:,.0f}")
    if args.device != "cpu":
        return
    (small, _), (large, took) = (alone(args.model, length, args.dtype) for length in ("64k", "11M"))
    print(f"peak memory less the text: {small:,.0f} MiB at 64k, {large:,.0f} MiB at 11M, ratio {large / small:.3f}")
    print(f"11M tokens, answered once, none of them seen before: {took:.0f} s")


if __name__ == "__main__":
    command.run(main)
