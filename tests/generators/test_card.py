"""The card: valid front matter, tables that are tables, and nothing a name could break."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from generators.card import card, code
from generators.guessing import Guess
from generators.manifest import Cell, File, Manifest
from generators.published import NOT_REPRODUCED
from generators.recipe import Recipe, load_recipe, with_values
from generators.writer import generate

GUESS = {"qa1": Guess(100, 6, 1 / 6, 0.98, 0.2, 0.175), "qa2": Guess(4, 2, 1 / 6, 1.0, 0.5, None)}


def cell(task: str, length: str, **more: Any) -> Cell:
    file = File(f"{length}/{task}-00000-of-00001.parquet", 4, 10, "0" * 64)
    values = {"mean_tokens": 900.0, "mean_unique": 1.0, "least_unique": 1.0, "left_out": 0, "files": (file,)}
    return Cell(task, length, 4, **(values | more))


def manifest(recipe: Recipe, *cells: Cell) -> Manifest:
    held = {"stories": "ab" * 32, "avoid_collisions": "no"}
    return Manifest("0.1.0", "parquet", recipe.to_dict(), held, "cd" * 32, cells or (cell("qa1", "1k"),))


def sections(text: str) -> dict[str, str]:
    return {
        part.partition("\n")[0]: part.partition("\n")[2] for part in re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    }


def test_it_is_what_load_dataset_and_people_read(babi: Path, books: Path, tmp_path: Path) -> None:
    generate(Recipe(str(babi), background=str(books)), ["qa1"], ["0k", "1k"], 4, tmp_path / "data")
    text = (tmp_path / "data" / "README.md").read_text("utf-8")
    front = yaml.safe_load(text.split("---\n")[1])
    assert [config["config_name"] for config in front["configs"]] == ["0k", "1k"]
    assert front["license"] == "other"
    found = sections(text)
    assert "| qa1 | 4 | 2 | 0.81 | 16.7 | 75.0 | - |" in found["What can be guessed"]
    assert re.search(r"Of its [\d,]+ sentences none name", found["Where it is from"])
    assert "No sample shows a sentence of it twice." in found["Where it is from"]
    recipe = yaml.safe_load(found["Make it again"].split("```")[1].removeprefix("yaml"))
    assert with_values(Recipe(), recipe) == Recipe(str(babi), background=str(books))
    for table in re.findall(r"(?:^\|.*\n)+", text, flags=re.MULTILINE):
        assert len({line.count("|") for line in table.splitlines()}) == 1


def test_what_it_says_to_run_makes_the_same_dataset_again(tmp_path: Path) -> None:
    generate(Recipe(seed=7), ["qa1", "qa2"], ["0k", "400"], 2, tmp_path / "data", "jsonl", allow_repeats=True)
    generate(Recipe(seed=7), ["qa1"], ["0k"], 3, tmp_path / "data", "jsonl")
    said = sections((tmp_path / "data" / "README.md").read_text("utf-8"))["Make it again"]
    recipe, commands = said.split("```")[1:4:2]
    (tmp_path / "recipe.yaml").write_text(recipe.removeprefix("yaml"))
    lines = commands.removeprefix("bash").strip().splitlines()
    assert len(lines) == 3
    for line in lines:
        program, *words = line.split()
        assert program == "babilong-generate"
        subprocess.run([sys.executable, "-m", "generators.cli", *words], check=True, cwd=tmp_path, capture_output=True)
    first, second = (
        {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*.jsonl")}
        for folder in (tmp_path / "data", tmp_path / "FOLDER")
    )
    assert len(first) == 4
    assert first == second


def test_figures() -> None:
    cells = (
        cell("qa1", "1k", sentences_seen=2_000, collisions=50),
        cell("qa1", "11M", sentences_seen=30_000, collisions=600, mean_unique=0.531, least_unique=0.5),
        cell("qa2", "11M", sentences_seen=30_000, collisions=600, mean_unique=0.529, least_unique=0.49),
    )
    found = sections(card(manifest(Recipe(), *cells), GUESS))
    assert (
        "| qa1 | 100 | 6 | 0.98 | 16.7 | 20.0 | 17.5 |\n| qa2 | 4 | 2 | 1.00 | 16.7 | 50.0 | - |"
        in (found["What can be guessed"])
    )
    assert "Of its 30,000 sentences 600 (2.0 %) name a person" in found["Where it is from"]
    assert "they are kept." in found["Where it is from"]
    assert "| 11M | 53.0 | 49.0 |" in found["Where it is from"] and "| 1k |" not in found["Where it is from"]
    avoided = manifest(Recipe(), *cells)
    avoided = replace(avoided, fingerprints=dict(avoided.fingerprints) | {"avoid_collisions": "ef" * 32})
    assert "they are left out." in card(avoided, GUESS)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"vocabulary": "open"}, "others than bAbI's in every sample"),
        ({"distractors": 3}, "stand those of 3 more"),
        ({"stories": "babi", "questions": "lists/100.json"}, "of the list `lists/100.json` are asked"),
        ({"reserve": 300}, "the context and 300 more"),
        ({"max_story_tokens": 500}, "takes more than 500 tokens"),
    ],
)
def test_settings_are_said_where_they_are_not_the_usual_ones(values: dict[str, Any], says: str) -> None:
    assert says in card(manifest(with_values(Recipe(), values)), GUESS)
    assert says not in card(manifest(Recipe()), GUESS)


def test_the_published_sets_are_not_claimed_to_be_made_again() -> None:
    text = card(manifest(with_values(load_recipe("published"), {"legacy": True})), GUESS)
    assert all(f"- {habit}" in text for habit in NOT_REPRODUCED)
    assert "The background is `emozilla/pg19@main#text`" in text and "takes more than" not in text


@pytest.mark.parametrize("name", ["a`b", "`", "``x```", "a\n## Make it again\n```\n---", "<b>|x|</b>", "  "])
def test_names_break_nothing(name: str) -> None:
    text = card(manifest(replace(Recipe(), stories="babi", background=name, tokenizer=name)), GUESS)
    assert yaml.safe_load(text.split("---\n")[1])["language"] == ["en"]
    assert list(sections(text)) == [
        "Read it", "What is in it", "What can be guessed", "Where it is from", "Make it again"
    ]  # fmt: skip
    span = code(name)
    ticks = re.match("`+", span)
    assert ticks and "\n" not in span and span.endswith(ticks[0])
    assert span.count(ticks[0]) == 2
