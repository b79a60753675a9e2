"""How fast segments are read along the diagonal, against one after the other, by a memory in the layers.

    python benchmarks/diagonal.py
    python benchmarks/diagonal.py --device cuda --dtype bfloat16 --width 768 --layers 12 --heads 12 --segment 512

Both ways read the same random tokens through the same model of random weights at batch 1, in turns, in one run; they
must give the same memory. The ratio is that of the medians; below 1 the diagonal is faster. On a CPU it is CPU time.
"""

from __future__ import annotations

import argparse
import statistics
import time

import torch
from transformers import AutoConfig, AutoModelForCausalLM

from baselines.memory.config import MemoryConfig
from baselines.memory.diagonal import run_diagonal, run_sequential, worthwhile
from baselines.memory.kinds import remember
from baselines.memory.local import LayerMemory

VOCABULARY = 1000
WAYS = {"sequential": run_sequential, "diagonal": run_diagonal}


def model_of(kind: str, args: argparse.Namespace) -> LayerMemory:
    """A GPT-2 of random weights with such a memory."""
    torch.manual_seed(0)
    sizes = {"n_embd": args.width, "n_layer": args.layers, "n_head": args.heads}
    config = AutoConfig.for_model("gpt2", vocab_size=VOCABULARY, bos_token_id=0, eos_token_id=0, **sizes)
    # Keys of length 1, since those drawn at random blow rounding up where readings are divided.
    sizes = {"memory_tokens": args.memory, "segment_size": args.segment, "key_size": args.key}
    model = remember(AutoModelForCausalLM.from_config(config), MemoryConfig(kind=kind, key_scale="unit", **sizes))
    assert isinstance(model, LayerMemory)
    for association in getattr(model, "associations", ()):
        torch.nn.init.normal_(association.value.weight, std=0.02)
    return model.to(args.device, getattr(torch, args.dtype)).eval()


def seconds(way: str, model: LayerMemory, segments: torch.Tensor) -> float:
    """One reading."""
    clock = time.process_time if segments.device.type == "cpu" else time.perf_counter
    start = clock()
    WAYS[way](model, segments, model.init_state(1))
    if segments.device.type == "cuda":
        torch.cuda.synchronize()
    return clock() - start


def main() -> None:
    """Print a line for each kind of memory and number of segments."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--segments", type=int, nargs="+", default=[4, 16, 64])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", default="float32")
    for name, size in (("width", 128), ("layers", 4), ("heads", 4), ("memory", 8), ("segment", 128), ("key", 16)):
        parser.add_argument(f"--{name}", type=int, default=size)
    args = parser.parse_args()
    for kind in ("armt", "prmt"):
        model = model_of(kind, args)
        for total in args.segments:
            segments = torch.randint(VOCABULARY, (total, 1, args.segment), device=args.device)
            with torch.inference_mode():
                ours, theirs = (run(model, segments, model.init_state(1))[1] for run in WAYS.values())
                torch.testing.assert_close(
                    ours, theirs, **({} if args.dtype == "float32" else {"rtol": 0.1, "atol": 0.1})
                )
                taken: dict[str, list[float]] = {way: [] for way in WAYS}
                for _ in range(args.repeats):
                    for way, times in taken.items():
                        times.append(seconds(way, model, segments))
            plain, diagonal = (statistics.median(times) for times in taken.values())
            default = "diagonal" if worthwhile(model.device, total) else "sequential"
            print(
                f"{kind}, {total} segments: sequential {plain:.3f} s, diagonal {diagonal:.3f} s, "
                f"ratio {diagonal / plain:.3f}; by default {default}"
            )


if __name__ == "__main__":
    main()
