"""What can be guessed: right on rows whose answer is known, and as nltk's classifier finds it."""

from __future__ import annotations

from pathlib import Path

import pytest

from babilong.tasks import get_task
from generators.guessing import guess, guesses, question_only
from generators.kitchen import Kitchen
from generators.recipe import Recipe
from generators.streams import Stream
from generators.writer import generate

PLACES = ("garden", "office", "kitchen", "hallway")


def rows(n: int, skew: int = 1) -> list[tuple[str, str]]:
    """Questions of whose answer "Why ... bored?" tells everything and "Where ...?" nothing."""
    stream = Stream("guessing", n)
    asked = []
    for i in range(n):
        if i % 2:
            state, place = stream.choice([("bored", "garden"), ("tired", "office")])
            asked.append((f"Where does someone {state} go?", place))
        else:
            asked.append((f"Where is {stream.choice(['Mary', 'John'])}?", stream.choice(PLACES + PLACES[:1] * skew)))
    return asked


def test_what_tells_and_what_does_not() -> None:
    telling, blind = [row for row in rows(2_000) if row[0].endswith("go?")], rows(2_000)[::2]
    assert question_only(telling) == 1.0
    assert 0.2 < question_only(blind) < 0.5
    assert 0.6 < question_only(rows(2_000)) < 0.8


def test_figures() -> None:
    found = guess("qa1", [("Where is Mary?", "garden")] * 30 + [("Where is Mary?", "office")] * 10)
    assert (found.n, found.answers, found.chance, found.majority) == (40, 2, 1 / 6, 0.75)
    assert found.question_only == 0.75
    assert found.balance == pytest.approx(0.8113, abs=1e-4)
    assert guess("qa1", [("Where is Mary?", "garden"), ("Where is Mary?", "office")]).balance == 1.0
    possible = [["garden", "office"], ["garden", "office", "cellar", "attic"], []]
    chance = guess("qa1", [("Where is Mary?", "garden")] * 3, possible).chance
    assert chance == pytest.approx((1 / 2 + 1 / 4 + 1 / 6) / 3)
    single = guess("qa1", [("Where is Mary?", "garden")])
    assert (single.majority, single.balance, single.question_only) == (1.0, 0.0, None)


def test_as_nltk_has_it() -> None:
    from nltk.classify import NaiveBayesClassifier

    asked = rows(500, skew=2)
    seen = [({word: True for word in question.lower().strip("?").split()}, answer) for question, answer in asked]
    right = 0
    for fold in range(5):
        classifier = NaiveBayesClassifier.train([row for i, row in enumerate(seen) if i % 5 != fold])
        right += sum(classifier.classify(words) == answer for words, answer in seen[fold::5])
    assert question_only(asked) == pytest.approx(right / 500, abs=0.02)


@pytest.mark.parametrize("format", ["parquet", "jsonl"])
def test_a_random_label_is_one_of_those_that_a_sample_allows(tmp_path: Path, format: str) -> None:
    recipe = Recipe(vocabulary="open")
    made = generate(recipe, ["qa4"], ["0k"], 20, tmp_path / "data", format)
    possible = [len(sample.labels) for sample in Kitchen(recipe).samples("qa4", "0k", 20)]
    found = guesses(tmp_path / "data", made.manifest.cells)["qa4"]
    assert found.chance == pytest.approx(sum(1 / n for n in possible) / 20)
    assert found.chance > 1 / len(get_task("qa4").labels)


@pytest.mark.parametrize("format", ["parquet", "jsonl"])
def test_of_a_dataset_the_length_with_most_rows_is_looked_at(
    babi: Path, books: Path, tmp_path: Path, format: str
) -> None:
    recipe = Recipe(stories=str(babi), background=str(books))
    for n, length in ((2, "0k"), (4, "300"), (4, "400")):
        generate(recipe, ["qa1"], [length], n, tmp_path / "data", format, allow_repeats=True)
        last = generate(recipe, ["qa1"], ["0k"], 2, tmp_path / "data", format)
        found = guesses(tmp_path / "data", last.manifest.cells)["qa1"]
        assert found.n == n
    assert (found.answers, found.majority) == (2, 0.75)
