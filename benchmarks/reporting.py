"""How fast finished runs are scored and reported: 100,000 predictions of all tasks at 13 lengths, on one core.

    python benchmarks/reporting.py
    python benchmarks/reporting.py --keep runs/made-up     # and keep the run folder, to look at its pictures

Outputs are made up, in the manners that models have: the bare label, a sentence, a sentence and rambling, reasoning
in tags, markup, a list, nothing at all. Goal: reading, scoring and reporting within 10 s.
"""

from __future__ import annotations

import argparse
import io
import json
import tempfile
import time
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import asdict
from pathlib import Path

from babilong.command import run
from babilong.lengths import STANDARD, tokens
from babilong.scoring import SCORES
from babilong.tasks import TASKS
from evaluators.outcome import write_outcome
from evaluators.records import Record
from evaluators.report_cli import app
from evaluators.reports.cells import summarise
from evaluators.reports.runs import open_run
from generators.streams import Stream

LENGTHS = STANDARD[:13]
GOAL = 10.0
NAMES = ("Mary", "John", "Daniel", "Sandra", "Bill", "Fred", "Jeff", "Julie")
THINGS = ("apple", "milk", "football", "kitchen", "garden", "hallway", "office", "park")
QUESTIONS = """
Where is {0}?|Where is the {1}?|Where was the {1} before the {2}?|What did {0} give to {3}?|Is {0} in the {1}?
|How many objects is {0} carrying?|What is {0} carrying?|Who gave the {1}?
"""
MANNERS = """
{0}|{0}.|The answer is {0}.|Answer: The most recent location of {1} is {0}.|**{0}**|1. {0}|{2}|
|{0}

Question: Where is {1}?
Answer: {2}|<think>
First {1} went to the {2}. Then not any more.
</think>
{0}|I do not know. There is no information about {1} in the text that I was given, but it may be the {2}.|Based on the
context, {1} is not in the {2}, so the answer must be {0}. It was a long and quiet day, and nobody said a word. Then
they went home, all of them, and the day was over before anyone had noticed that it had begun. Such days are many.
"""


def predictions(count: int) -> list[Record]:
    """So many records, the same every time; the longer the context, the more often the answer is wrong."""
    stream = Stream("benchmark", "reporting")
    cells = [(task, length) for task in TASKS.values() for length in LENGTHS]
    records = []
    for number in range(count):
        index, cell = divmod(number, len(cells))
        task, length = cells[cell]
        names, things = stream.sample(NAMES, 2), stream.sample(THINGS, 2)
        target, other = stream.sample(task.labels, 2)
        knows = stream.random() < 1.05 - 0.04 * task.number - 0.045 * LENGTHS.index(length)
        text = stream.choice(MANNERS.strip().split("|")).format(target if knows else other, names[0], other)
        records.append(
            Record(
                id=f"{task.name}/{length}/{index}",
                task=task.name,
                length=length,
                index=index,
                question=stream.choice(QUESTIONS.strip().split("|")).format(names[0], things[0], things[1], names[1]),
                target=target,
                output=text,
                finish_reason="stop",
                tokens_in=tokens(length),
                tokens_out=len(text) // 4,
                seconds=0.1,
                supporting_depths=(round(stream.random(), 6),),
            )
        )
    return records


def seconds(what: Callable[[], object]) -> float:
    """Processor time of one call, of this process alone."""
    start = time.process_time()
    what()
    return time.process_time() - start


def table(folder: Path) -> None:
    """`babilong-report table`, written to files."""
    words = ["table", str(folder), "--csv", str(folder / "table.csv"), "--markdown", str(folder / "table.md")]
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()), suppress(SystemExit):
        app(words)


def main() -> None:
    """Make the predictions, report them, and print the seconds of each step."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--predictions", type=int, default=100_000)
    parser.add_argument("--keep", type=Path, help="the folder of the run; default: a temporary one")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.keep or Path(temporary) / "run"
        folder.mkdir(parents=True)
        lines = (json.dumps(asdict(record)) + "\n" for record in predictions(args.predictions))
        (folder / "samples.jsonl").write_text("".join(lines), encoding="utf-8")

        records = open_run(folder).records
        steps = {"reading samples.jsonl": lambda: open_run(folder)}
        steps |= {f"scoring by {score}": lambda score=score: summarise(records, score) for score in SCORES}
        steps |= {
            "babilong-report table (read, score by v2, CSV, Markdown)": lambda: table(folder),
            f"what ends babilong-eval (read, three scores, picture; goal < {GOAL:.0f} s)": lambda: write_outcome(
                folder, "v2"
            ),
        }
        for name, step in steps.items():
            took = seconds(step)
            print(f"{took:6.2f} s  {args.predictions / took:10,.0f} rows/s  {name}")


if __name__ == "__main__":
    run(main)
