"""The published sets: their questions, in their order, and nothing else."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from babilong.errors import BabilongError, DataError, UsageError
from generators.dataset import open_dataset
from generators.kitchen import Kitchen
from generators.published import load_questions, pick, published_stories
from generators.recipe import Recipe, load_recipe, with_values
from generators.stories.babi_files import find_file, read_stories
from generators.stories.story import Story
from generators.verify import verify
from generators.writer import generate
from tests.generators.hub_server import Hub

DATA = Path(__file__).parents[3] / "shared" / "data"
BABI = DATA / "babi" / "tasks_1-20_v1-2" / "en-10k"
PREDICTIONS = DATA / "published" / "predictions" / "microsoft" / "Phi-3-mini-128k-instruct"
LIST = DATA / "published" / "test_100_idxs.json"
TASKS = ("qa1", "qa2", "qa3", "qa4", "qa5")
real = pytest.mark.skipif(
    not (BABI.is_dir() and PREDICTIONS.is_dir()), reason=f"no official bAbI files and published predictions in {DATA}"
)


def published_rows(task: str, length: str) -> list[tuple[str, str]]:
    file = PREDICTIONS / f"{task}_{length}_instruction_no_examples_no_post_prompt_no.csv"
    with open(file, encoding="utf-8", newline="") as lines:
        return [(row["question"].strip(), row["target"].strip()) for row in csv.DictReader(lines)]


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    parts = {"stories": str(BABI), "background": "builtin", "tokenizer": "builtin", "legacy": True}
    return with_values(load_recipe("published"), parts)


@real
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("length", ["0k", "1k", "4k", "16k"])
def test_the_published_questions_row_by_row(recipe: Recipe, task: str, length: str) -> None:
    theirs = published_rows(task, length)
    ours = Kitchen(recipe).stories(task, 1_000, length).chosen
    assert [(story.question, story.answer) for story in ours[: len(theirs)]] == theirs
    assert len(theirs) in (100, len(ours))  # at 0k the predictions are for the first hundred


@real
@pytest.mark.parametrize(("task", "differ"), [("qa1", 0), ("qa2", 0), ("qa3", 14), ("qa4", 0), ("qa5", 1)])
def test_the_published_hundred(recipe: Recipe, task: str, differ: int) -> None:
    listed = with_values(recipe, {"questions": str(LIST)})
    ours = Kitchen(listed).stories(task, 100, "128k").chosen
    theirs = published_rows(task, "128k")
    assert len(ours) == len(theirs) == 100
    assert sum((s.question, s.answer) != row for s, row in zip(ours, theirs, strict=True)) == differ


@real
@pytest.mark.parametrize(
    ("task", "length", "rows"),
    [("qa1", "1k", 1000), ("qa3", "1k", 862), ("qa3", "2k", 998), ("qa3", "4k", 999), ("qa5", "1k", 997)]
    + [(f"qa{n}", "0k", 1000 if 6 <= n <= 10 or n == 1 else 999) for n in range(1, 21)],
)
def test_the_published_counts(recipe: Recipe, task: str, length: str, rows: int) -> None:
    stories = read_stories(find_file(BABI, task), task)
    assert len(published_stories(stories, task, length, reserve=300)) == rows


def story(number: int, facts: int) -> Story:
    told = tuple("Mary went to the garden." for _ in range(facts))
    return Story("qa3", told, "Where is Mary?", "garden", (0,), f"file#{number}")


def test_long_stories_go_and_then_the_last() -> None:
    stories = [story(number, facts) for number, facts in enumerate((86, 87, 3, 212, 5))]
    numbers = {
        length: [int(s.source[5:]) for s in published_stories(stories, "qa3", length, 300)]
        for length in ("0k", "1k", "2k", "4k")
    }
    assert numbers == {"0k": [0, 1, 2, 3], "1k": [0, 2], "2k": [0, 1, 2], "4k": [0, 1, 2, 3]}
    assert published_stories(stories, "qa1", "1k", 300) == [stories[0], stories[2], stories[4]]
    assert published_stories(stories, "qa3", "1k", 300, listed=True) == [stories[0], stories[2], stories[4]]


def test_a_dataset_of_the_published_kind(babi: Path, books: Path, tmp_path: Path) -> None:
    parts = {"stories": str(babi), "background": str(books), "tokenizer": "builtin", "legacy": True}
    recipe = with_values(load_recipe("published"), parts)
    generate(recipe, ["qa1"], ["0k", "1k"], 1_000, tmp_path / "data")
    dataset = open_dataset(tmp_path / "data")
    assert dataset.rows("qa1", "1k") == 4
    assert [sample.story_source[-2:] for sample in dataset.samples("qa1", "1k")] == ["#3", "#6", "#9", "12"]
    before = (tmp_path / "data" / "manifest.json").read_bytes()
    generate(recipe, ["qa1"], ["0k", "1k"], 1_000, tmp_path / "data")
    assert (tmp_path / "data" / "manifest.json").read_bytes() == before
    assert "each made again" in verify(tmp_path / "data")
    with pytest.raises(UsageError, match="qa1 has no story short enough for 310"):
        generate(recipe, ["qa1"], ["310"], 1_000, tmp_path / "data")


def test_listed_questions_in_their_order(babi: Path, books: Path, tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text('{"qa1": [3, 0]}')
    recipe = Recipe(stories=str(babi), background=str(books), questions=str(tmp_path / "list.json"))
    kitchen = Kitchen(recipe)
    assert [s.source[-2:] for s in kitchen.stories("qa1", 2).chosen] == ["12", "#3"]
    with pytest.raises(UsageError, match="qa1 has 2 stories"):
        kitchen.stories("qa1", 3)
    (tmp_path / "other.json").write_text('{ "qa1": [3, 0] }\n')
    (tmp_path / "shorter.json").write_text('{"qa1": [3]}')
    lists = (str(tmp_path / "other.json"), str(tmp_path / "shorter.json"), None)
    same, *others = (Kitchen(replace(recipe, questions=questions)).recipe_hash for questions in lists)
    assert kitchen.recipe_hash == same and len({same, *others}) == 3


@pytest.mark.parametrize(
    ("content", "error", "says"),
    [
        (None, DataError, "No such file"),
        ("{", DataError, "not JSON"),
        ("[1, 2]", DataError, "it must map tasks to lists"),
        ('{"qa21": [1]}', UsageError, "Unknown task in .*'qa21'; did you mean qa2"),
        ('{"qa1": 4}', DataError, "qa1 must have a list of whole numbers from 0 on, not 4"),
        ('{"qa1": [-1]}', DataError, "whole numbers from 0 on"),
        ('{"qa1": [true]}', DataError, "whole numbers from 0 on"),
        ('{"qa1": ["1"]}', DataError, "whole numbers from 0 on"),
        ('{"qa1": [1.5]}', DataError, "whole numbers from 0 on"),
        ('{"qa2": [1]}', UsageError, "list none of qa1; they list qa2"),
        ("{}", UsageError, "list none of qa1; they list nothing"),
        ('{"qa1": [0, 4]}', UsageError, "ask for question 4 of qa1, whose file has 4, 0 to 3"),
    ],
)
def test_bad_lists(tmp_path: Path, content: str | None, error: type[BabilongError], says: str) -> None:
    path = tmp_path / "list.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(error, match=says) as caught:
        pick([story(number, 1) for number in range(4)], "qa1", path)
    assert "\n" not in str(caught.value) and re.search(r"[.?]$", str(caught.value))


def test_a_list_is_read_as_it_stands(tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text(json.dumps({"qa1": [2, 1], "qa7": []}))
    assert load_questions(tmp_path / "list.json") == {"qa1": (2, 1), "qa7": ()}


def test_the_recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # whoever works here may have the stories in the folder that they are looked for in
    recipe = load_recipe("published")
    assert (recipe.reserve, recipe.avoid_collisions, recipe.legacy) == (300, False, False)
    assert recipe.tokenizer == "openai-community/gpt2" and recipe.background.startswith("emozilla/pg19@")
    with pytest.raises(DataError, match=r"no folder tasks_1-20_v1-2/en-10k of bAbI files; get bAbI v1.2 .* --stories"):
        _ = Kitchen(with_values(recipe, {"background": "builtin"})).recipe_hash
    with pytest.raises(UsageError, match="'publisht'; did you mean published"):
        load_recipe("publisht")


def command(folder: Path, environment: dict[str, str], *words: object) -> str:
    line = [sys.executable, "-m", "generators.cli", *map(str, words)]
    done = subprocess.run(line, env=environment, capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_its_books_are_read_from_a_hub(babi: Path, tmp_path: Path) -> None:
    """From one on this machine; the real one was never asked."""
    sink = io.BytesIO()
    pq.write_table(pa.table({"text": ["It rained all day, and nobody went out of the house. " * 400]}), sink)
    words = ["--recipe", "published", "--stories", babi, "--tokenizer", "builtin", "-t", "qa1", "-l", "0k,1k", "-n", 4]
    with Hub() as hub:
        commit = hub.add("emozilla/pg19", "main", {"README.md": b"", "data/test-0.parquet": sink.getvalue()})
        there = os.environ | hub.environment(tmp_path)
        command(tmp_path, there, *words, "-o", "data")
        assert "8 samples are as the manifest says, each made again" in command(tmp_path, there, "--verify", "data")
    gone = there | {"BABILONG_CACHE": str(tmp_path / "cache")}
    said = command(tmp_path, gone, "--verify", "data")
    assert "8 samples are as the manifest says. Samples could not be made again without the background (Cannot" in said
    assert open_dataset(tmp_path / "data").recipe.background == f"emozilla/pg19@{commit}#text"


@pytest.mark.parametrize("values", [{"legacy": True}, {"questions": "list.json"}])
def test_simulated_stories_have_no_file(values: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=f"recipe's {next(iter(values))} goes with bAbI's own files"):
        with_values(Recipe(), values)
