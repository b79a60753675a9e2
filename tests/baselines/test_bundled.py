"""The bundled checkpoints do what the README says of them."""

from functools import cache
from pathlib import Path

import pytest

from babilong.sample import Sample
from baselines import checkpoints
from baselines.bundled import BUNDLED
from baselines.reader import load_reader
from generators.kitchen import Kitchen
from generators.recipe import Recipe

BOOKS = Path(__file__).parents[3] / "shared" / "data" / "books"
# Well below what was measured on other samples: 40 of these say little more.
LEAST = {"qa1": 0.95, "qa2": 0.8, "qa3": 0.75, "qa4": 0.85, "qa5": 0.85}
MORE = {f"qa{number}": 0.9 for number in range(6, 21)} | {"qa17": 0.85, "qa19": 0.65}


@cache
def made(recipe: Recipe, task: str, length: str, samples: int) -> list[Sample]:
    return list(Kitchen(recipe).samples(task, length, samples))


def accuracy(name: str, recipe: Recipe, task: str, length: str, samples: int) -> float:
    """Share of right answers, all of which end by themselves."""
    reader = load_reader(name)
    asked = made(recipe, task, length, samples)
    readings = reader.answer([(sample.input, sample.question) for sample in asked], 20)
    assert all(reading.finish_reason == "stop" for reading in readings)
    return sum(reading.text == sample.target for reading, sample in zip(readings, asked, strict=True)) / samples


@pytest.mark.parametrize("name", ["rmt-gpt2", "armt-gpt2"])
@pytest.mark.parametrize("task", LEAST)
def test_they_answer_qa1_to_qa5_on_the_built_in_recipe(name, task):
    assert accuracy(name, Recipe(seed=20_261), task, "1k", 40) >= LEAST[task]


def test_the_labelled_one_is_the_first_but_for_its_gate():
    first, labelled = (load_reader(name, "float32").model.state_dict() for name in ("rmt-gpt2", "rmt-gated"))
    same = {name: tensor.equal(labelled[name]) for name, tensor in first.items()}
    assert labelled.keys() == first.keys()
    assert {name for name, equal in same.items() if not equal} == {name for name in same if "segment_gate" in name}


@pytest.mark.parametrize("task", MORE)
def test_the_associative_memory_answers_more_tasks(task):
    assert accuracy("armt-gpt2", Recipe(seed=20_263), task, "1k", 40) >= MORE[task]


@pytest.mark.parametrize("name", BUNDLED)
def test_length_takes_nothing_away(name):
    short, long = (accuracy(name, Recipe(seed=20_262), "qa1", length, 30) for length in ("0k", "16k"))
    assert min(short, long) >= 0.95


@pytest.mark.parametrize("name", BUNDLED)
@pytest.mark.skipif(not BOOKS.is_dir(), reason=f"no books at {BOOKS}")
def test_they_answer_in_novels_they_never_saw(name, tmp_path):
    for novel in sorted(BOOKS.glob("*.txt"))[1:8:2]:  # every second was learnt from
        (tmp_path / novel.name).symlink_to(novel)
    assert accuracy(name, Recipe(background=str(tmp_path)), "qa1", "2k", 30) >= 0.9


@pytest.mark.parametrize("name", BUNDLED)
@pytest.mark.parametrize(
    "heading", ["Chapter 12", "THE PARISH", "Category: Parishes", "Chapter 12 of the Annals of a Quiet Country Parish"]
)
def test_a_heading_hides_no_fact(name, heading):
    text = f"It rained. {heading} John travelled to the hallway. It was late."
    assert load_reader(name, "float32").answer([(text, "Where is John?")], 5)[0].text == "hallway"


def test_what_their_gates_were_trained_from_is_said():
    told = {name: load_reader(name, "float32").describe()["memory"]["gate_from"] for name in BUNDLED}
    assert told == {"rmt-gpt2": "answers", "armt-gpt2": "answers", "rmt-gated": "labels"}


@pytest.mark.parametrize("name", BUNDLED)
def test_they_are_small_enough_to_ship(name):
    assert sum(file.stat().st_size for file in checkpoints.find(name).iterdir()) <= 30_000_000
