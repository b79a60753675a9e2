"""How fast samples are made, against the obvious way, and how much memory the longest takes.

    python benchmarks/generation.py --background ../shared/data/books --tokenizer ../shared/data/gpt2_tokenizer

The obvious way, which is what it is compared with: draw sentence after sentence, tokenise each with `tokenizers`, keep
the ids until there are enough, put the facts' ids among them, decode the whole to text. It is not asked to write files;
ours writes parquet, hashes it and fills the budget exactly. Both start from sentences that are split already.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from peak import peak_mib

from babilong.lengths import tokens
from generators.kitchen import Kitchen
from generators.recipe import Recipe
from generators.stories.story import Story
from generators.streams import Stream
from generators.writer import generate


def obvious(sentences: list[str], kitchen: Kitchen, story: Story, size: int) -> str:
    """A context of `size` tokens, made the way one would first think of."""
    stream = Stream("obvious", story.question)
    backend = kitchen.tokenizer.backend
    facts = [backend.encode(f" {fact}", add_special_tokens=False).ids for fact in story.facts]
    room = size - sum(map(len, facts))
    background: list[list[int]] = []
    number, total = stream.below(len(sentences)), 0
    while True:
        ids = backend.encode(f" {sentences[number % len(sentences)]}", add_special_tokens=False).ids
        if total + len(ids) > room:
            break
        background.append(ids)
        total, number = total + len(ids), number + 1
    places = sorted((stream.below(len(background) + 1) for _ in facts), reverse=True)
    for place, fact in zip(places, reversed(facts), strict=True):
        background.insert(place, fact)
    return str(backend.decode([token for ids in background for token in ids]))


def best(work: Callable[[], int], repeats: int = 3) -> float:
    """Tokens a second of the best of some runs; `work` returns its tokens."""
    rates = []
    for _ in range(repeats):
        start = time.perf_counter()
        made = work()
        rates.append(made / (time.perf_counter() - start))
    return max(rates)


def write(recipe: Recipe, length: str, samples: int) -> int:
    """Write a dataset into a temporary folder; the tokens of it."""
    with tempfile.TemporaryDirectory() as folder:
        cell = generate(recipe, ["qa1"], [length], samples, Path(folder) / "data").manifest.cells[0]
        return round(cell.mean_tokens * cell.rows)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--background", default="builtin", help="builtin or a folder of books")
    parser.add_argument("--tokenizer", default="builtin", help="builtin, a folder or a hub id")
    parser.add_argument("--samples", type=int, default=500, help="samples at 128k")
    parser.add_argument("--longest-only", action="store_true", help="only the sample at 11M, in this process")
    args = parser.parse_args()
    recipe = Recipe(background=args.background, tokenizer=args.tokenizer)
    if args.longest_only:
        start = time.perf_counter()
        write(recipe, "11M", 1)
        print(f"11M, one sample: {time.perf_counter() - start:.1f} s, peak RSS {peak_mib():.0f} MiB (goal < 1024)")
        return

    kitchen = Kitchen(recipe)
    store = kitchen.store("128k")
    kitchen.store("11M")  # so that the process measured below finds it built
    assert store is not None
    text, bounds = bytes(store.text), store.byte_bounds.tolist()
    sentences = [text[start + 1 : end].decode() for start, end in zip(bounds, bounds[1:], strict=False)]
    stories = kitchen.stories("qa1", args.samples).chosen
    slow = best(lambda: sum(1 for s in stories[:2] if obvious(sentences, kitchen, s, tokens("128k"))) * tokens("128k"))
    made = best(lambda: sum(h.rest.n_tokens for h in kitchen.haystacks("qa1", "128k", stories)))
    written = best(lambda: write(recipe, "128k", args.samples))
    print(f"128k, the obvious way:           {slow / 1e6:8.2f} M tokens/s")
    print(f"128k, samples made:              {made / 1e6:8.2f} M tokens/s  {made / slow:6.0f} times")
    print(f"128k, dataset written (parquet): {written / 1e6:8.2f} M tokens/s  {written / slow:6.0f} times (goal >= 50)")
    subprocess.run([sys.executable, __file__, *sys.argv[1:], "--longest-only"], check=True)


if __name__ == "__main__":
    main()
