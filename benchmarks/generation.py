"""How fast samples are made, against the obvious way; where the time goes; how much memory it takes.

    python benchmarks/generation.py --background ../shared/data/books --tokenizer ../shared/data/gpt2_tokenizer

The obvious way, which is what it is compared with: draw sentence after sentence, tokenise each with `tokenizers`, keep
the ids until there are enough, put the facts' ids among them, decode the whole to text. It is not asked to write files;
ours writes parquet, hashes it and fills the budget exactly. Both start from sentences that are split already. Times are
of the CPU, best of three, so that other work on the machine counts for little; those of workers are of the clock.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from peak import peak_mib

from babilong import command
from babilong.lengths import tokens
from generators.engines import LARGE_FROM, pool
from generators.kitchen import Kitchen
from generators.recipe import Recipe
from generators.sample_files import write_samples
from generators.stories.story import Story
from generators.streams import Stream
from generators.writer import generate

LENGTHS = ("4k", "16k", "64k", "128k", "1M", "11M")


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


def seconds(work: Callable[[], object], clock: Callable[[], float] = time.process_time) -> float:
    """The least of three runs."""
    best = float("inf")
    for _ in range(3):
        start = clock()
        work()
        best = min(best, clock() - start)
    return best


def write(recipe: Recipe, length: str, samples: int, format: str = "parquet", workers: int = 1) -> None:
    """Write a dataset into a temporary folder, as the command does."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "data"
        generate(recipe, ["qa1"], [length], samples, out, format, engine=pool(workers), allow_repeats=True)


def against_the_obvious(recipe: Recipe, kitchen: Kitchen) -> None:
    """Ratios at 128k and 1M, everything included: stories, files, manifest, card."""
    store = kitchen.store("128k")
    assert store is not None
    text, bounds = bytes(store.text), store.byte_bounds.tolist()
    sentences = [text[start + 1 : end].decode() for start, end in zip(bounds, bounds[1:], strict=False)]
    story = kitchen.stories("qa1", 1).chosen[0]
    for length, samples in (("128k", 500), ("1M", 64)):
        size = tokens(length)
        slow = size / seconds(lambda size=size: obvious(sentences, kitchen, story, size))  # type: ignore[misc]
        print(f"\n{length}, the obvious way: {slow / 1e6:.2f} M tokens/s")
        for format in ("parquet", "parquet-zstd"):
            took = seconds(lambda length=length, n=samples, f=format: write(recipe, length, n, f))  # type: ignore[misc]
            rate = size * samples / took
            goal = " (goal >= 100)" if format == "parquet" else ""
            print(f"{length}, {samples} samples, {format}: {rate / 1e6:.2f} M tokens/s, {rate / slow:.0f} times{goal}")


def steps(kitchen: Kitchen) -> None:
    """Where the time goes at 128k, and how far it is from a copy of the same bytes."""
    stories = kitchen.stories("qa1", 100).chosen
    made = list(kitchen.haystacks("qa1", "128k", stories))
    texts = [haystack.utf8 for haystack in made]
    gigabytes = sum(map(len, texts)) / 1e9
    copy = seconds(lambda: [bytes(bytearray(text)) for text in texts]) / 2
    laid = seconds(lambda: sum(len(haystack.utf8) for haystack in kitchen.haystacks("qa1", "128k", stories)))
    hashed = seconds(lambda: [hashlib.sha256(text).digest() for text in texts])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "text"
        stored = seconds(lambda: file.write_bytes(b"".join(texts))) - copy
        whole = seconds(lambda: write_samples(file, made, "parquet", large=False))
    parts = {
        "choosing sentences and places": laid - copy,
        "copying the text": copy,
        "parquet": whole - hashed - stored,
        "sha256": hashed,
        "writing the file": stored,
    }
    total = laid + whole
    print("\nwhere the time goes at 128k, stories being there")
    for name, took in parts.items():
        print(f"  {name:30} {took / gigabytes:6.2f} s/GB  {took / total:5.1%}")
    print(f"  {'all':30} {total / gigabytes:6.2f} s/GB, {total / copy:.1f} times a plain copy of the bytes")


def flatness(kitchen: Kitchen) -> None:
    """CPU time a token from 4k to 11M: laying out and writing, stories being there."""
    print("\ncost of a token (goal: within 30 % from 4k to 11M)")
    costs = {}
    with tempfile.TemporaryDirectory() as folder:
        for length in LENGTHS:
            size = tokens(length)
            stories = kitchen.stories("qa1", min(1_000, max(1, 30_000_000 // size))).chosen
            store = kitchen.store(length)
            assert store is not None

            def made(length: str = length, stories: tuple[Story, ...] = stories, size: int = size) -> None:
                rows = kitchen.haystacks("qa1", length, stories)
                write_samples(Path(folder) / "rows", rows, "parquet", large=size >= LARGE_FROM)

            costs[length] = seconds(made) / size / len(stories)
            print(f"  {length:>5} {costs[length] * 1e9:6.1f} ns, {costs[length] / costs['4k']:.2f} of that at 4k")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--background", default="builtin", help="builtin or a folder of books")
    parser.add_argument("--tokenizer", default="builtin", help="builtin, a folder or a hub id")
    parser.add_argument("--peak", help="LENGTH:SAMPLES, only these in this process, for their memory")
    parser.add_argument("--workers", action="store_true", help="only two workers against one; wants a quiet machine")
    args = parser.parse_args()
    recipe = Recipe(background=args.background, tokenizer=args.tokenizer)
    if args.peak:
        length, _, samples = args.peak.partition(":")
        start = time.perf_counter()
        write(recipe, length, int(samples))
        print(f"{length}, {samples} samples: {time.perf_counter() - start:.1f} s, peak {peak_mib():.0f} MiB")
        return
    kitchen = Kitchen(recipe)
    for length in ("128k", "11M"):
        kitchen.store(length)  # so that no process measured below builds it
    if args.workers:
        one, two = (seconds(lambda n=n: write(recipe, "128k", 4_000, "parquet", n), time.perf_counter) for n in (1, 2))  # type: ignore[misc]
        print(f"128k, 4,000 samples: {one:.1f} s, two workers {two:.1f} s, {one / two:.2f} times (goal >= 1.7)")
        return
    against_the_obvious(recipe, kitchen)
    steps(kitchen)
    flatness(kitchen)
    print("\nmemory (goals: 1,536 MiB for 100 samples at 1M, 1,024 MiB for one at 11M)", flush=True)
    for peak in ("1M:100", "11M:1"):
        subprocess.run([sys.executable, __file__, *sys.argv[1:], "--peak", peak], check=True)


if __name__ == "__main__":
    command.run(main)
