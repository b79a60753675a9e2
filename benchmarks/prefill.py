"""A long prompt through a plain language model on this CPU: memory and time of the hf backend against the obvious way.

    python benchmarks/prefill.py --tokens 32000

The obvious way is one `model.generate` over the whole prompt that keeps the logits of every position. Ours is the
backend that `babilong-eval -m hf/...` uses. Each runs in a process of its own, in turns, over the same Llama of random
weights and the same tokens; both must write the same answer. The ratio is that of the medians. CPU time is the fairer
figure on a machine that is busy with other things.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from peak import peak_mib

from babilong import command

ANSWER = 8
SIZE: dict[str, Any] = {
    "hidden_size": 512,
    "intermediate_size": 1408,
    "num_hidden_layers": 4,
    "num_attention_heads": 8,
    "num_key_value_heads": 4,
    "vocab_size": 32_000,
    "bos_token_id": 0,
    "eos_token_id": 0,
    "initializer_range": 0.1,
}


def save_model(folder: Path, tokens: int) -> None:
    """A Llama of random weights with the built-in tokenizer."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    from babilong.tokenizers import load_tokenizer

    torch.manual_seed(0)
    LlamaForCausalLM(LlamaConfig(max_position_embeddings=tokens + ANSWER, **SIZE)).save_pretrained(folder)
    PreTrainedTokenizerFast(tokenizer_object=load_tokenizer().backend).save_pretrained(folder)


def text_of(tokens: int) -> str:
    """About so many tokens of text."""
    from generators.kitchen import Kitchen
    from generators.recipe import Recipe

    context = next(iter(Kitchen(Recipe()).samples("qa1", f"{tokens // 1000}k", 1))).input
    return str(context)


def ours(folder: Path, text: str, piece: int | None) -> Callable[[], str]:
    """The backend."""
    from evaluators.models import huggingface
    from evaluators.models.protocol import ModelOptions, Request

    huggingface.PREFILL = piece or huggingface.PREFILL
    options = ModelOptions(dtype="float32", max_new_tokens=ANSWER, batch_size=1)
    model = huggingface.HuggingFaceModel.load("hf/random", str(folder), options)
    request = Request("qa1/1k/0", "qa1", "1k", text, "Where is Mary?")
    return lambda: next(iter(model.answer(iter([request])))).text


def obvious(folder: Path, text: str, piece: int | None) -> Callable[[], str]:
    """One call of the library, all logits kept."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

    model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    settings = GenerationConfig(max_new_tokens=ANSWER, do_sample=False, eos_token_id=0, pad_token_id=0)

    def answer() -> str:
        ids = torch.tensor([tokenizer(text)["input_ids"]])
        with torch.inference_mode():
            written = model.generate(
                ids, attention_mask=torch.ones_like(ids), generation_config=settings, logits_to_keep=0
            )
        return str(tokenizer.decode(written[0, ids.shape[1] :], skip_special_tokens=True))

    return answer


WAYS = {"obvious": obvious, "ours": ours}


def run(way: str, folder: Path, piece: int | None) -> dict[str, Any]:
    """Read the prompt in one way; what it took, loading left out of the times but not of the peak."""
    read = WAYS[way](folder, (folder / "prompt.txt").read_text("utf-8"), piece)
    wall, cpu = time.perf_counter(), time.process_time()
    answer = read()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"wall": wall, "cpu": cpu, "peak": peak_mib(), "answer": answer}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokens", type=int, default=32_000, help="of the prompt, in whole thousands")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--piece", type=int, help="tokens a piece; default: the backend's own")
    parser.add_argument("--way", choices=tuple(WAYS), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.way:
        print(json.dumps(run(args.way, args.folder, args.piece)))
        return
    found: dict[str, list[dict[str, Any]]] = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory() as folder:
        save_model(Path(folder), args.tokens)
        (Path(folder) / "prompt.txt").write_text(text_of(args.tokens), "utf-8")
        for _ in range(args.repeats):
            for way, runs in found.items():
                command = [sys.executable, __file__, "--way", way, "--folder", folder]
                command += ["--piece", str(args.piece)] if args.piece else []
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                runs.append(json.loads(done.stdout.splitlines()[-1]))
    assert len({each["answer"] for runs in found.values() for each in runs}) == 1, "the answers differ"
    for what, unit in (("wall", "s"), ("cpu", "s"), ("peak", "MiB")):
        plain, mine = (statistics.median(each[what] for each in runs) for runs in found.values())
        print(f"{what}: obvious {plain:,.1f} {unit}, ours {mine:,.1f} {unit}, ratio {mine / plain:.3f}")


if __name__ == "__main__":
    command.run(main)
