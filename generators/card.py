"""The card of a dataset folder: README.md with the `configs` that `datasets.load_dataset` reads, and what was done."""

from __future__ import annotations

from generators.manifest import Manifest
from generators.recipe import Recipe, with_values

_BABI = (
    "The questions and facts are those of the bAbI tasks, v1.2 (Weston et al., 2015, https://arxiv.org/abs/1502.05698),"
    " by Facebook AI Research, under CC BY 3.0."
)
_SIMULATED = "The questions and facts are simulated, in the form of the bAbI tasks (Weston et al., 2015)."
_PROSE = "The background is generated prose that comes with babilong (Apache-2.0)."
_BOOKS = "The background is from the books of the folder named below; their own terms apply to it."


def card(manifest: Manifest) -> str:
    """The text of README.md.

    Every length is a config, every task a split of it::

        datasets.load_dataset(FOLDER, "128k", split="qa1")
    """
    import yaml

    recipe = with_values(Recipe(), manifest.recipe)
    simulated, prose = recipe.stories == "simulate", recipe.background == "builtin"
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
                "data_files": [{"split": task, "path": f"{length}/{task}-*.{manifest.format}"} for task in tasks],
            }
            for length, tasks in by_length.items()
        ],
    }
    tasks = {cell.task: cell.left_out for cell in manifest.cells}
    left_out = [f"{task}: {count}" for task, count in tasks.items() if count]
    lines = [
        "---",
        str(yaml.safe_dump(front, sort_keys=False, allow_unicode=True)).rstrip(),
        "---",
        "",
        "# BABILong",
        "",
        "Facts of a little story, hidden in long text, and a question about them. A length counts tokens of "
        + ("the whole prompt and the answer" if recipe.reserve is None else f"the context and {recipe.reserve} more")
        + f" by the tokenizer `{recipe.tokenizer}`; `0k` is the facts alone.",
        "",
        "## Read it",
        "```python",
        "from datasets import load_dataset",
        "",
        *(f'load_dataset("FOLDER", "{cell.length}", split="{cell.task}")' for cell in manifest.cells[:1]),
        "```",
        "",
        "## What is in it",
        "| length | task | rows | mean tokens of a context |",
        "|---|---|---:|---:|",
        *(f"| {cell.length} | {cell.task} | {cell.rows} | {cell.mean_tokens:,.1f} |" for cell in manifest.cells),
        "",
        f"Stories whose prompt without background takes more than {recipe.max_story_tokens} tokens are left out at "
        f"every length alike: {', '.join(left_out) or 'there were none'}.",
        "",
        "## Where it is from",
        f"{_SIMULATED if simulated else _BABI} {_PROSE if prose else _BOOKS}",
        "",
        "## Make it again",
        "Every sample is a function of the recipe, its task, length and index, and comes out the same everywhere.",
        f"Save this as `recipe.yaml` and run `babilong-generate --recipe recipe.yaml` (babilong {manifest.version}):",
        "```yaml",
        recipe.to_yaml().rstrip(),
        "```",
        "What its parts held:",
        "",
        *(f"- {part}: `{value}`" for part, value in manifest.fingerprints.items()),
        f"- recipe: `{manifest.recipe_hash}`",
        "",
    ]
    return "\n".join(lines)
