"""The bundled checkpoint does what the README says of it."""

from pathlib import Path

import pytest

from baselines import checkpoints
from baselines.reader import load_reader
from generators.kitchen import Kitchen
from generators.recipe import Recipe

BOOKS = Path(__file__).parents[3] / "shared" / "data" / "books"


def accuracy(recipe: Recipe, length: str, samples: int) -> float:
    reader = load_reader("rmt-gpt2", "float32")
    asked = list(Kitchen(recipe).samples("qa1", length, samples))
    readings = reader.answer([(sample.input, sample.question) for sample in asked], 20)
    assert all(reading.finish_reason == "stop" for reading in readings)
    return sum(reading.text == sample.target for reading, sample in zip(readings, asked, strict=True)) / samples


@pytest.mark.parametrize(("length", "samples"), [("0k", 200), ("1k", 60), ("4k", 30)])
def test_it_answers_qa1_on_the_built_in_recipe(length, samples):
    assert accuracy(Recipe(seed=20_261), length, samples) >= 0.95


@pytest.mark.skipif(not BOOKS.is_dir(), reason=f"no books at {BOOKS}")
def test_it_answers_qa1_in_novels_it_never_saw(tmp_path):
    for novel in sorted(BOOKS.glob("*.txt"))[:4]:  # all of them would take half a minute to tokenise
        (tmp_path / novel.name).symlink_to(novel)
    assert accuracy(Recipe(background=str(tmp_path)), "2k", 30) >= 0.9


def test_it_is_small_enough_to_ship():
    folder = checkpoints.find("rmt-gpt2")
    assert sum(file.stat().st_size for file in folder.iterdir()) <= 30_000_000
