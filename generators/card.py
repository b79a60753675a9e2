"""The card of a dataset folder: README.md with the `configs` that `datasets.load_dataset` reads, and what was done.

Example::

    text = card(manifest, guesses(folder, manifest.cells))
    text.partition("## Make it again")[2]  # the recipe as YAML, and what its parts held
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from generators.guessing import Guess
from generators.manifest import Manifest
from generators.published import NOT_REPRODUCED
from generators.recipe import Recipe, with_values
from generators.units import suffix

_BABI = (
    "The questions and facts are those of the bAbI tasks, v1.2 (Weston et al., 2015, https://arxiv.org/abs/1502.05698),"
    " by Facebook AI Research, under CC BY 3.0."
)
_SIMULATED = "The questions and facts are simulated, in the form of the bAbI tasks (Weston et al., 2015)."
_PROSE = "The background is generated prose that comes with babilong (Apache-2.0)."
_TEXTS = "The background is {name}; its own terms apply."
_OPEN = "People, places, things and verbs are others than bAbI's in every sample, and other ones in each split."
_DISTRACTORS = "Among the facts of each sample stand those of {count} more, about other people, places and things."
_LEGACY = (
    "Which stories are asked, and in what order, is as in the published BABILong sets (Kuratov et al., 2024), and"
    " differs from length to length. Those sets came from no seed; what is theirs and is not given again here:"
)


def card(manifest: Manifest, guesses: Mapping[str, Guess]) -> str:
    """The text of README.md.

    Every length is a config, every task a split of it::

        datasets.load_dataset(FOLDER, "128k", split="qa1")

    Args:
        manifest: of the folder.
        guesses: of each task, what can be guessed without reading.
    """
    recipe = with_values(Recipe(), manifest.recipe)
    first = manifest.cells[0]
    parts = (
        _front(manifest, recipe),
        "# BABILong",
        "Facts of a little story, hidden in long text, and a question about them. A length counts tokens of "
        + ("the whole prompt and the answer" if recipe.reserve is None else f"the context and {recipe.reserve} more")
        + f" by the tokenizer {code(recipe.tokenizer)}; `0k` is the facts alone.",
        f'## Read it\n```python\nfrom datasets import load_dataset\n\nload_dataset("FOLDER", "{first.length}", '
        f'split="{first.task}")\n```',
        "## What is in it",
        _table(
            ("length", "task", "rows", "mean tokens of a context", "stories left out"),
            ((c.length, c.task, c.rows, f"{c.mean_tokens:,.1f}", c.left_out) for c in manifest.cells),
        ),
        "Left out are the last story of some tasks, and those of more sentences than an eighth of a context's tokens."
        if recipe.legacy
        else f"Stories whose prompt without background takes more than {recipe.most_tokens} tokens are left out "
        "at every length alike.",
        *_stories(recipe),
        "## What can be guessed",
        _table(
            ("task", "n", "answers", "balance", "a random label", "always the commonest", "by the question alone"),
            ((task, g.n, g.answers, f"{g.balance:.2f}", *map(_percent, _shares(g))) for task, g in guesses.items()),
        ),
        "Accuracies in % of whoever has not read the context. Balance is the entropy of the answers over the most it "
        "could be. The last column is naive Bayes over the words of the question, cross-validated in five folds.",
        "## Where it is from",
        f"{_SIMULATED if recipe.stories == 'simulate' else _BABI} "
        + (_PROSE if recipe.background == "builtin" else _TEXTS.format(name=code(recipe.background))),
        *_background(manifest),
        "## Make it again",
        "Every sample is a function of the recipe, its task, length and index, and comes out the same everywhere. Save "
        f"the first as `recipe.yaml` and run the second (babilong {manifest.version}); `babilong-generate --verify "
        "FOLDER` compares:",
        _fenced("yaml", recipe.to_yaml()),
        _fenced("bash", "\n".join(_commands(manifest))),
        "What its parts held:",
        "\n".join(f"- {part}: `{value}`" for part, value in manifest.fingerprints.items())
        + f"\n- recipe: `{manifest.recipe_hash}`",
    )
    return "\n\n".join(parts) + "\n"


def _commands(manifest: Manifest) -> Iterator[str]:
    """What makes every cell: a line for the lengths that have as many rows of the same tasks."""
    tasks: dict[tuple[str, int], list[str]] = {}
    for cell in manifest.cells:
        tasks.setdefault((cell.length, cell.rows), []).append(cell.task)
    lengths: dict[tuple[str, int], list[str]] = {}
    for (length, rows), names in tasks.items():
        lengths.setdefault((",".join(names), rows), []).append(length)
    kind = "" if manifest.format == "parquet" else f" --format {manifest.format}"
    for (named, rows), at in lengths.items():
        yield f"babilong-generate --recipe recipe.yaml -t {named} -l {','.join(at)} -n {rows}{kind} -o FOLDER"


def code(text: str) -> str:
    """A text of any characters as a Markdown code span on one line.

    Example:
        >>> code("a`b")
        '`` a`b ``'
    """
    line = " ".join(text.split()) or " "
    if "`" not in line:
        return f"`{line}`"
    ticks = "`" * (_longest_run(line) + 1)
    return f"{ticks} {line} {ticks}"


def _front(manifest: Manifest, recipe: Recipe) -> str:
    import yaml

    simulated, prose = recipe.stories == "simulate", recipe.background == "builtin"
    ending = suffix(manifest.format)
    by_length: dict[str, list[str]] = {}
    for cell in manifest.cells:
        by_length.setdefault(cell.length, []).append(cell.task)
    front = {
        "pretty_name": f"BABILong ({recipe.split}, recipe {manifest.recipe_hash[:8]})",
        "language": ["en"],
        "license": "apache-2.0" if simulated and prose else "cc-by-3.0" if prose else "other",
        "task_categories": ["question-answering"],
        "tags": ["babilong", "long-context", "synthetic"],
        "configs": [
            {
                "config_name": length,
                "data_files": [{"split": task, "path": f"{length}/{task}-*.{ending}"} for task in tasks],
            }
            for length, tasks in by_length.items()
        ],
    }
    return f"---\n{str(yaml.safe_dump(front, sort_keys=False, allow_unicode=True)).rstrip()}\n---"


def _stories(recipe: Recipe) -> list[str]:
    """What is special about the stories of a recipe."""
    special = []
    if recipe.vocabulary == "open":
        special.append(_OPEN)
    if recipe.distractors:
        special.append(_DISTRACTORS.format(count=recipe.distractors))
    if recipe.questions:
        special.append(f"Only the questions of the list {code(recipe.questions)} are asked, in its order.")
    if recipe.legacy:
        special.append(_LEGACY)
        special.append("\n".join(f"- {habit}" for habit in NOT_REPRODUCED))
    return special


def _background(manifest: Manifest) -> list[str]:
    """What is known of the background: names of bAbI in it, and what repeats."""
    said = []
    largest = max(manifest.cells, key=lambda cell: cell.sentences_seen)
    if largest.sentences_seen:
        count = f"{largest.collisions:,} ({_percent(largest.collisions / largest.sentences_seen)} %)"
        kept = "kept" if manifest.fingerprints.get("avoid_collisions") == "no" else "left out"
        said.append(
            f"Of its {largest.sentences_seen:,} sentences {count if largest.collisions else 'none'} "
            "name a person, a place or a thing of bAbI" + (f"; they are {kept}." if largest.collisions else ".")
        )
    repeating: dict[str, list[tuple[float, float, int]]] = {}
    for cell in manifest.cells:
        if cell.least_unique < 1:
            repeating.setdefault(cell.length, []).append((cell.least_unique, cell.mean_unique, cell.rows))
    if not repeating:
        return [*said, "No sample shows a sentence of it twice."] if largest.sentences_seen else said
    said.append("Part of the background of long samples repeats. First shown, in % of a sample's sentences:")
    rows = (
        (length, _percent(sum(mean * n for _, mean, n in found) / sum(n for *_, n in found)), _percent(min(found)[0]))
        for length, found in repeating.items()
    )
    return [*said, _table(("length", "mean", "least"), rows)]


def _shares(guess: Guess) -> tuple[float, float, float | None]:
    return guess.chance, guess.majority, guess.question_only


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f}"


def _table(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    heads = list(heads)
    lines = [heads, ["---" if head in ("task", "length") else "---:" for head in heads], *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def _fenced(language: str, text: str) -> str:
    ticks = "`" * max(3, _longest_run(text) + 1)
    return f"{ticks}{language}\n{text.rstrip()}\n{ticks}"


def _longest_run(text: str) -> int:
    """How many backticks stand in a row at most."""
    return max(map(len, re.findall("`+", text)), default=0)
