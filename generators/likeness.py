"""How like bAbI's own stories the simulated ones are: a table with a line a task.

    python -m generators.likeness --babi ../shared/data/babi/tasks_1-20_v1-2/en-10k --tasks qa1,qa6

Distributions are compared over as many simulated questions as there are official ones (train and test together). The
classifiers see one question of a story on both sides, so that what is held out shares no fact with what they learned.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from math import sqrt
from pathlib import Path
from statistics import fmean, stdev
from typing import Annotated

import typer

from babilong.command import run
from babilong.errors import DataError, UsageError
from babilong.tasks import parse_tasks
from generators.progress import bar
from generators.stories.babi_files import read_stories
from generators.stories.lexicon import CLOSED
from generators.stories.simulate import simulate
from generators.stories.story import Story
from generators.streams import Stream

FOLDS = 5
NAMES = [word for name in CLOSED if "people" in name or name == "he or she" for word in CLOSED[name]]
THINGS = [
    word
    for name in ("house", "town", "boxes", "shapes", "animals", "animals, many", "motive objects", "kinds", "colours")
    for word in CLOSED[name]
]
VERBS = [word for name in ("move", "get", "drop", "give") for word in CLOSED[name]]
COLUMNS = (
    "task", "questions", "facts", "support age", "answers", "verbs", "names", "forms", "question forms",
    "stories", "AUC, words", "AUC, marked",
)  # fmt: skip

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


def _either(words: Iterable[str]) -> re.Pattern[str]:
    longest_first = sorted(set(words), key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, longest_first))})\b", re.IGNORECASE)


_NAME, _VERB, _CONTENT = _either(NAMES), _either(VERBS), _either(NAMES + THINGS)


@cache
def form(sentence: str) -> str:
    """A sentence without the people, places and things it is about: "_ went to the _."."""
    return _CONTENT.sub("_", sentence)


@cache
def _found(pattern: re.Pattern[str], sentence: str) -> list[str]:
    return [word.lower() for word in pattern.findall(sentence)]


# What is counted of a story for each distribution.
COUNTED: dict[str, Callable[[Story], list[str]]] = {
    "answers": lambda story: [story.answer],
    "verbs": lambda story: [verb for fact in story.facts for verb in _found(_VERB, fact)],
    "names": lambda story: [name for text in (*story.facts, story.question) for name in _found(_NAME, text)],
    "forms": lambda story: [form(fact) for fact in story.facts],
    "question forms": lambda story: [form(story.question)],
}


def official(folders: Sequence[Path], task: str) -> list[list[Story]]:
    """The stories of a task's files in these folders, each the list of its questions.

    Raises:
        DataError: no folder has a file of the task, or a file is broken.
    """
    stories: list[list[Story]] = []
    for path in sorted(path for folder in folders for path in folder.glob(f"{task}_*.txt")):
        before: tuple[str, ...] = ()
        for story in read_stories(path, task):
            if not before or story.facts[: len(before)] != before:
                stories.append([])
            stories[-1].append(story)
            before = story.facts
    if not stories:
        raise DataError(f"No file {task}_*.txt in {', '.join(map(str, folders))}; name another folder with --babi.")
    return stories


def distance(ours: Iterable[str], theirs: Iterable[str]) -> float:
    """Total variation distance of two samples, 0 (alike) to 1 (nothing in common)."""
    one, other = Counter(ours), Counter(theirs)
    if not one or not other:
        return float(bool(one) or bool(other))
    return sum(abs(one[k] / one.total() - other[k] / other.total()) for k in sorted(one.keys() | other.keys())) / 2


def words(story: Story) -> str:
    """All there is to read: facts, question and answer."""
    return " ".join((*story.facts, story.question, story.answer))


def marked(story: Story) -> str:
    """How the facts bear on the question: their ages, which are support, where the words asked and answered stand.

    Word by word a question about the wrong person looks like any other; so marked, "Mary went to the garden." of three
    facts ago may read "age3 support ASKED went to the ANSWER".
    """
    asked = {word.lower() for word in _CONTENT.findall(story.question)}
    answered = story.answer.lower().split(",")

    def mark(match: re.Match[str]) -> str:
        word = match[0].lower()
        return "ASKED" if word in asked else "ANSWER" if word in answered else "OTHER"

    lines = [_CONTENT.sub(mark, story.question), story.answer]
    for i, fact in enumerate(story.facts):
        support = "support" if i in story.supporting else ""
        lines.append(f"age{len(story.facts) - 1 - i} {support} {_CONTENT.sub(mark, fact)}")
    return " ".join(lines)


def telltale(ours: Sequence[str], theirs: Sequence[str]) -> tuple[float, float]:
    """How well a classifier tells two sets of texts apart: held-out AUC (0.5: not at all) and its standard error.

    Logistic regression on the counts of runs of one to three words; mean over folds.

    Args:
        ours: texts of stories that share no facts with one another.
        theirs: as many again.

    Raises:
        UsageError: scikit-learn is not installed.
    """
    try:
        from sklearn.feature_extraction.text import CountVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.model_selection import StratifiedKFold, cross_val_score
    except ImportError as error:
        raise UsageError("The classifiers need scikit-learn; install it with: pip install scikit-learn.") from error

    # Vocabulary is taken from all folds: it knows nothing of the two sides.
    counts = CountVectorizer(ngram_range=(1, 3), token_pattern=r"\w+", min_df=2).fit_transform([*ours, *theirs])
    labels = [0] * len(ours) + [1] * len(theirs)
    model = LogisticRegression(C=0.1, max_iter=1000, solver="liblinear")
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    scores = [float(score) for score in cross_val_score(model, counts, labels, cv=folds, scoring="roc_auc")]
    return fmean(scores), stdev(scores) / sqrt(FOLDS)


@dataclass(frozen=True, slots=True)
class Likeness:
    """One task, official against simulated.

    Attributes:
        task: its name.
        questions: how many on each side.
        facts: the mean number before a question, official and simulated.
        age: the mean number of facts after a supporting one, official and simulated.
        distances: total variation distance of what is counted.
        stories: how many the classifiers saw of each side.
        aucs: those of the classifiers of `words` and of `marked` stories, each with its standard error.
    """

    task: str
    questions: int
    facts: tuple[float, float]
    age: tuple[float, float]
    distances: dict[str, float]
    stories: int
    aucs: tuple[tuple[float, float], ...]

    def row(self) -> tuple[str, ...]:
        """The cells under `COLUMNS`."""
        pairs = (f"{theirs:.1f} / {ours:.1f}" for theirs, ours in (self.facts, self.age))
        distances = (f"{self.distances[name]:.3f}" for name in COUNTED)
        aucs = (f"{auc:.3f} ± {error:.3f}" for auc, error in self.aucs)
        return (self.task, str(self.questions), *pairs, *distances, str(self.stories), *aucs)


def compare(task: str, folders: Sequence[Path], simulator: Callable[[str, Stream], Story] = simulate) -> Likeness:
    """Simulated stories of a task beside the official ones.

    Raises:
        DataError: the official files are missing or broken.
        UsageError: an unknown task.
    """
    real = official(folders, task)
    theirs = [question for story in real for question in story]
    ours = [simulator(task, Stream("likeness", task, index)) for index in range(len(theirs))]
    one_each = [Stream("one each", task, index).choice(story) for index, story in enumerate(real)]
    sides = (theirs, ours)
    return Likeness(
        task,
        len(theirs),
        tuple(fmean(len(story.facts) for story in side) for side in sides),  # type: ignore[arg-type]
        tuple(fmean(_age(story) for story in side) for side in sides),  # type: ignore[arg-type]
        {name: distance(*([k for s in side for k in count(s)] for side in sides)) for name, count in COUNTED.items()},
        len(real),
        tuple(telltale([*map(text, ours[: len(real)])], [*map(text, one_each)]) for text in (words, marked)),
    )


def _age(story: Story) -> float:
    return fmean(len(story.facts) - 1 - fact for fact in story.supporting)


def table(rows: Iterable[Likeness]) -> str:
    """Markdown; pairs are official / simulated."""
    lines = [COLUMNS, ("---",) * len(COLUMNS), *(line.row() for line in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


@app.command()
def likeness(
    babi: Annotated[list[Path], typer.Option(help="A folder of bAbI files; may be given several times.")],
    tasks: Annotated[str, typer.Option(help="Names, lists, ranges.")] = "qa1-qa20",
    markdown: Annotated[Path | None, typer.Option(help="Write the table here too.")] = None,
) -> None:
    """Compare simulated stories with the official ones."""
    if markdown and not markdown.parent.is_dir():
        raise UsageError(
            f"There is no folder {markdown.parent} for the table; make it, or name another --markdown file."
        )
    names = parse_tasks(tasks)
    rows = []
    with bar("Tasks", "task", len(names)) as done:
        for task in names:
            rows.append(compare(task, babi))
            done(1)
    print(table(rows), end="")
    if markdown:
        markdown.write_text(table(rows))


if __name__ == "__main__":
    run(app)
