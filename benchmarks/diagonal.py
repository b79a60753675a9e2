"""How fast segments are read along the diagonal, against one after the other, by a memory in the layers.

    python benchmarks/diagonal.py
    python benchmarks/diagonal.py --device cuda --dtype bfloat16 --width 768 --layers 12 --heads 12 --segment 512

All ways read the same random tokens through the same model of random weights, in turns, in one run; in float32 they
must give the same memory, up to rounding, and in bfloat16 it is told how far they are apart. Ratios are of medians, to
reading one segment after the other; below 1 a way is faster. On a GPU the diagonal is also timed with its steps
recorded and replayed, and all is given as a share of what one large matrix product reaches there. On a CPU it is CPU
time.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial

import torch
from transformers import AutoConfig, AutoModelForCausalLM

from babilong.command import run
from baselines.memory.config import MemoryConfig
from baselines.memory.diagonal import Diagonal, Read, run_sequential
from baselines.memory.kinds import remember
from baselines.memory.layer_memory import LayerMemory
from baselines.memory.model import State
from baselines.memory.windows import worthwhile

VOCABULARY = 1000
LARGE = 8192  # rows and columns of the product that says what the card can do

ALIKE = 1e-2  # with random weights rounding errors add up over segments and layers

Way = Callable[[torch.Tensor, State], State]


def model_of(kind: str, args: argparse.Namespace) -> LayerMemory:
    """A GPT-2 of random weights with such a memory."""
    torch.manual_seed(0)
    positions = max(1024, args.segment + args.memory)
    sizes = {"n_embd": args.width, "n_layer": args.layers, "n_head": args.heads, "n_positions": positions}
    config = AutoConfig.for_model("gpt2", vocab_size=VOCABULARY, bos_token_id=0, eos_token_id=0, **sizes)
    # Keys of length 1, since those drawn at random blow rounding up where readings are divided.
    sizes = {"memory_tokens": args.memory, "segment_size": args.segment, "key_size": args.key}
    model = remember(AutoModelForCausalLM.from_config(config), MemoryConfig(kind=kind, key_scale="unit", **sizes))
    assert isinstance(model, LayerMemory)
    for association in getattr(model, "associations", ()):
        torch.nn.init.normal_(association.value.weight, std=0.02)
    return model.to(args.device, getattr(torch, args.dtype)).eval()


def ways(model: LayerMemory) -> dict[str, Way]:
    """How segments can be read, the slow way first."""

    def memory(read: Callable[..., Read], segments: torch.Tensor, state: State) -> State:
        return read(segments, state)[1]

    found: dict[str, Way] = {
        "sequential": partial(memory, partial(run_sequential, model)),
        "diagonal": partial(memory, Diagonal(model, replays=False)),
    }
    if model.device.type == "cuda":
        found["diagonal, replayed"] = partial(memory, Diagonal(model))
    return found


def seconds(work: Callable[[], object], device: str) -> float:
    """One run."""
    cpu = device == "cpu"
    clock = time.process_time if cpu else time.perf_counter
    start = clock()
    work()
    if not cpu:
        torch.cuda.synchronize()
    return clock() - start


def difference(ours: State, theirs: State) -> float:
    """How far memories are apart, relative to their length."""
    return max(float((ours[name] - tensor).norm() / (tensor.norm() + 1e-12)) for name, tensor in theirs.items())


def operations(model: LayerMemory, args: argparse.Namespace) -> float:
    """Floating-point operations of a segment of one text: matrix products of the layers, attention, recall."""
    positions, width = args.segment + args.memory * (2 if model.config.kind == "prmt" else 1), args.width
    layer = 24 * width**2 + 4 * positions * width
    if model.config.kind == "armt":
        layer += 2 * width * args.key + 12 * args.key * width
    return float(args.layers * positions * layer)


def peak(args: argparse.Namespace) -> float:
    """Operations a second of one large matrix product."""
    a, b = (torch.randn(LARGE, LARGE, device=args.device, dtype=getattr(torch, args.dtype)) for _ in range(2))
    times = [seconds(lambda: a @ b, args.device) for _ in range(10)]
    return 2 * LARGE**3 / statistics.median(times[3:])


def main() -> None:
    """Print a line for each kind of memory, number of segments and way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--segments", type=int, nargs="+", default=[4, 16, 64])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--batch", type=int, default=1)
    for name, size in (("width", 128), ("layers", 4), ("heads", 4), ("memory", 8), ("segment", 128), ("key", 16)):
        parser.add_argument(f"--{name}", type=int, default=size)
    args = parser.parse_args()
    most = peak(args) if args.device != "cpu" else None
    if most is not None:
        print(f"{torch.cuda.get_device_name()}: {most / 1e12:.0f} TFLOP/s in a large matrix product, {args.dtype}")
    for kind in ("armt", "prmt"):
        model = model_of(kind, args)
        found = ways(model)
        for total in args.segments:
            segments = torch.randint(VOCABULARY, (total, args.batch, args.segment), device=args.device)
            with torch.inference_mode():
                start = model.init_state(args.batch)
                expected = found["sequential"](segments, start)
                apart = {name: difference(way(segments, start), expected) for name, way in found.items()}
                if args.dtype == "float32" and not max(apart.values()) < ALIKE:
                    raise SystemExit(f"The ways give different memories: {apart}")
                taken: dict[str, list[float]] = {name: [] for name in found}
                for _ in range(args.repeats):
                    for name, times in taken.items():
                        times.append(seconds(partial(found[name], segments, start), args.device))
            medians = {name: statistics.median(times) for name, times in taken.items()}
            default = "diagonal" if worthwhile(model.device, total) else "sequential"
            print(f"{kind}, {total} segments, batch {args.batch}; by default {default}")
            for name, median in medians.items():
                line = f"  {name}: {median:.4f} s, ratio {median / medians['sequential']:.3f}"
                line += f", memory apart by {apart[name]:.1e}"
                if most is not None:
                    rate = total * args.batch / median
                    share = rate * operations(model, args) / most
                    line += f", {rate * args.segment:,.0f} tokens/s, {share:.1%} of that product's rate"
                print(line)


if __name__ == "__main__":
    run(main)
