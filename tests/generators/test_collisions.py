from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babilong.tasks import TASKS
from generators.backgrounds.collisions import _PLURALS, BABI_WORDS, finder, fingerprint
from generators.backgrounds.corpus import load_corpus

collides = finder(BABI_WORDS)
DATA = Path(__file__).parents[3] / "shared" / "data"


@pytest.mark.parametrize(
    "sentence",
    [
        "Mary came.",
        "Poor _Mary_ came.",
        "“Mary’s here!”",
        "Mary's.",
        "The school-master came.",
        "Into the GARDEN!",
        "Gardens are green.",
        "Two wolves, (mice) and sheep",
        "MICE",
        "A box of it.",
        "Boxes",
        "He drew a red square there.",
        "milk",
    ],
)
def test_what_collides(sentence: str) -> None:
    assert collides(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "",
        "The bill was paid.",
        "Maryland",
        "The gardener came.",
        "Marygarden9",
        "They crossed the square.",
        "A red rag; square it is.",
        "scat catch locate",
        "parked",
        "éoffice",
        "boxed",
        "MARY",
    ],
)
def test_what_does_not(sentence: str) -> None:
    assert not collides(sentence)


@given(
    st.lists(
        st.sampled_from(
            ["Mary", "garden", "Gardens", "milk", "red", "square", "x", "é", "_", " ", " ", "-", "’s", "7"]
        ),
        max_size=12,
    ).map("".join)
)
def test_the_pattern_finds_what_the_obvious_one_finds(sentence: str) -> None:
    forms = set(BABI_WORDS["people"])
    for kind in set(BABI_WORDS) - {"people"}:
        for word in BABI_WORDS[kind]:
            for number in (word, _PLURALS.get(word, word + "s")):
                forms |= {number, number.capitalize(), number.upper()}
    obvious = re.search(rf"(?<![^\W_])(?:{'|'.join(sorted(forms))})(?![^\W_])", sentence)
    assert collides(sentence) == bool(obvious)


def test_the_words_are_an_argument() -> None:
    birds = {"people": ("Ann",), "birds": ("owl",)}
    assert finder(birds)("An owl.") and finder(birds)("OWLS") and finder(birds)("Ann") and not finder(birds)("ann")
    assert fingerprint(birds) != fingerprint(BABI_WORDS) == fingerprint(dict(reversed(BABI_WORDS.items())))


def test_every_place_and_thing_of_the_tasks_collides() -> None:
    """Labels of the tasks are answers: what can be answered must not stand in the background by chance."""
    spoken = {"yes", "no", "maybe", "nothing", "none", "one", "two", "three"}
    places_and_things = {"qa1", "qa2", "qa3", "qa4", "qa5", "qa11", "qa12", "qa13", "qa14", "qa15"}
    labels = {label for task in TASKS if task in places_and_things for label in TASKS[task].labels} - spoken
    assert labels and all(collides(f"It was {label}.") for label in labels)


@pytest.mark.skipif(not (DATA / "babi").is_dir(), reason="the official bAbI files are not here")
def test_every_fact_of_the_official_files_collides() -> None:
    pronoun = re.compile(r"(?:Then|Afterwards|After that|Following that) ")
    for file in sorted((DATA / "babi" / "tasks_1-20_v1-2" / "en-10k").glob("*_test.txt")):
        for line in file.read_text("utf-8").splitlines()[:2_000]:
            if "\t" not in line:
                assert pronoun.match(line.partition(" ")[2]) or collides(line), line


@pytest.mark.parametrize("split", ["train", "test"])
def test_the_built_in_prose_hardly_collides(split: str) -> None:
    document = next(load_corpus("builtin", split).documents())
    assert sum(map(collides, document.sentences)) < 0.001 * len(document.sentences)
