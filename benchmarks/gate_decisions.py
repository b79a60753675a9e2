"""What a gate on segments lets in: every decision on every sample of a dataset, counted.

    python benchmarks/gate_decisions.py --model rmt-gated --data novels

A false opening is a segment let in in which no fact begins; a fact is missed if nothing that holds it, from its first
character to its last, was let in. Where facts stand is read off the dataset, never by the model. One row a task
and length; intervals are Wilson's, 95 %.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from babilong.command import run
from babilong.sample import Sample
from babilong.statistics import wilson
from babilong.tokenizers import Tokenizer
from baselines.reader import RecurrentReader, load_reader
from generators.dataset import open_dataset


class Decisions(NamedTuple):
    """The gate's decisions on one sample."""

    segments: int
    let_in: int
    false: int
    facts: int
    missed: int


def decide(reader: RecurrentReader, sample: Sample) -> Decisions:
    """Cut a sample's context, ask the gate about every segment, and compare with where the facts stand."""
    text = f" {sample.input}"
    starts = np.array(_byte_offsets(text, [offset + 1 for offset in sample.fact_offsets]), dtype=np.int64)
    ends = starts + np.array([len(fact.encode()) for fact in sample.facts], dtype=np.int64)
    sizes = _sizes(reader.tokenizer)
    counts: Counter[str] = Counter()
    found = np.zeros(len(starts), dtype=np.bool_)
    done = 0
    for block in reader.scanner.blocks(reader.tokenizer.encode_pieces(text)):
        begins = reader.scanner.let_in(block)
        let_in, places = begins >= 0, np.arange(block.ids.shape[1])
        lengths, skipped = (
            (sizes[block.ids] * (places < upto[:, None])).sum(axis=1) for upto in (block.lengths, begins)
        )
        borders = done + np.concatenate(([0], np.cumsum(lengths)))
        done = int(borders[-1])
        # The segment in which each fact begins; it holds the fact if it ends there too.
        row = np.searchsorted(borders, starts, side="right") - 1
        inside, row = (row >= 0) & (row < len(let_in)), np.clip(row, 0, len(let_in) - 1)
        # What stands before where a segment is let in is not read.
        here = inside & (borders[row] + skipped[row] <= starts)
        found |= here & (ends <= borders[row + 1]) & let_in[row]
        with_fact = np.zeros(len(let_in), dtype=np.bool_)
        with_fact[row[here]] = True
        counts.update(segments=len(let_in), let_in=int(let_in.sum()), false=int((let_in & ~with_fact).sum()))
    return Decisions(counts["segments"], counts["let_in"], counts["false"], len(starts), int((~found).sum()))


@lru_cache
def _sizes(tokenizer: Tokenizer) -> NDArray[np.int64]:
    """Bytes of each token of a byte-level vocabulary, which writes every byte as a character."""
    return np.array([len(tokenizer.backend.id_to_token(i)) for i in range(tokenizer.vocab_size)])


def _byte_offsets(text: str, characters: list[int]) -> list[int]:
    found, done, at = [], 0, 0
    for character in characters:
        done += len(text[at:character].encode())
        at = character
        found.append(done)
    return found


def rows(reader: RecurrentReader, folder: Path, lengths: Sequence[str] = (), limit: int | None = None) -> Iterator[str]:
    """A line of the table for each task and length."""
    dataset = open_dataset(folder, verify=False)
    for task, length in dataset.cells:
        if lengths and length not in lengths:
            continue
        decisions = [decide(reader, sample) for sample in dataset.samples(task, length, limit)]
        total = Decisions(*(sum(column) for column in zip(*decisions, strict=True)))
        without_fact = total.segments - (total.let_in - total.false)
        yield (
            f"{task:5} {length:>6} {len(decisions):>8,} {total.segments:>12,} {total.let_in:>9,} "
            f"{total.false:>7,} {_interval(total.false, without_fact)} {total.facts:>7,} {total.missed:>7,} "
            f"{_interval(total.missed, total.facts)}"
        )


def _interval(count: int, total: int) -> str:
    """Both ends; dashes where there is nothing to count, as segments without a fact at 0k."""
    if not total:
        return f"{'-':>8} {'-':>8}"
    share = wilson(count, total)
    return f"{share.low:>8.1e} {share.high:>8.1e}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="rmt-gated", help="bundled checkpoint or folder")
    parser.add_argument("--data", type=Path, required=True, help="dataset folder")
    parser.add_argument("--length", default="", help="lengths, with commas; all of them by default")
    parser.add_argument("--samples", type=int, help="only the first so many of each task and length")
    args = parser.parse_args()
    reader = load_reader(args.model)
    if not reader.model.config.segment_gate:
        sys.exit(f"The checkpoint {args.model} has no gate on segments.")
    print("task  length  samples     segments    let in   false (95 % interval)     facts  missed (95 % interval)")
    for row in rows(reader, args.data, args.length.split(",") if args.length else (), args.samples):
        print(row, flush=True)


if __name__ == "__main__":
    run(main)
