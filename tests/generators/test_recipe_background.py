"""What a recipe says of its background: how much of it there must be, and whether collisions stay in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from babilong.errors import UsageError
from babilong.lengths import tokens
from babilong.tokenizers import load_tokenizer
from generators.backgrounds.collisions import BABI_WORDS, finder
from generators.backgrounds.corpus import LIBRARY, SHELF, SHELF_TOKENS, load_corpus
from generators.dataset import open_dataset
from generators.kitchen import Kitchen
from generators.recipe import Recipe, load_recipe, with_values
from generators.writer import generate


@pytest.fixture(scope="module")
def colliding(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a book in which every third sentence collides."""
    folder = tmp_path_factory.mktemp("colliding")
    lines = ("The rain fell on house {i}.", "Mary went to the garden of house {i}.", "Nobody came to house {i} then.")
    text = " ".join(line.format(i=i) for i in range(1_000) for line in lines)
    (folder / "book.txt").write_text(text)
    return folder


def test_a_length_that_would_repeat_is_refused_before_anything_is_written(books: Path, tmp_path: Path) -> None:
    recipe, out = Recipe(background=str(books)), tmp_path / "data"
    store = Kitchen(recipe).store("40k")
    assert store and store.n_tokens < 40_000
    says = rf"{books} has {store.n_tokens:,} tokens, and 40k is 40,000: .* go on with --allow-repeats"
    with pytest.raises(UsageError, match=says):
        generate(recipe, ["qa1"], ["0k", "1k", "40k"], 2, out)
    assert not out.exists()
    generate(recipe, ["qa1"], ["0k", "1k", "40k"], 2, out, allow_repeats=True)
    hashes = [Kitchen(recipe).recipe_hash, open_dataset(out).manifest.recipe_hash]
    assert hashes[0] == hashes[1]  # what is allowed changes no sample
    generate(recipe, ["qa1"], ["40k"], 2, out)  # all is there already
    samples = list(open_dataset(out).samples("qa1", "40k"))
    assert all(0 < sample.background_unique < 1 for sample in samples)


def test_a_length_as_long_as_the_background_is_made(books: Path) -> None:
    kitchen = Kitchen(Recipe(background=str(books)))
    store = kitchen.store("1k")
    assert store
    kitchen.check_background("0k")
    kitchen.check_background(str(store.n_tokens))
    with pytest.raises(UsageError, match="sentences would repeat"):
        kitchen.check_background(str(store.n_tokens + 1))


@pytest.mark.parametrize(("length", "volumes"), [("11M", LIBRARY), (str(SHELF_TOKENS), SHELF)])
def test_the_library_never_repeats(length: str, volumes: int) -> None:
    collides, tokenizer = finder(BABI_WORDS), load_tokenizer()
    document = next(load_corpus("builtin", "test", tokens(length)).documents())
    kept = [f" {sentence}" for sentence in document.sentences if not collides(sentence)]
    assert volumes * sum(map(len, tokenizer.encode_batch(kept))) > 1.05 * tokens(length)


def test_collisions_are_left_out_of_simulated_stories(colliding: Path, babi: Path) -> None:
    background = str(colliding)
    simulated, files = Recipe(background=background), Recipe(stories=str(babi), background=background)
    wanted = {simulated: False, with_values(simulated, {"avoid_collisions": False}): True,
              files: True, with_values(files, {"avoid_collisions": True}): False}  # fmt: skip
    for recipe, collide in wanted.items():
        (sample,) = Kitchen(recipe).samples("qa1", "4k", 1)
        assert ("of house" in sample.input) == collide
        store = Kitchen(recipe).store("4k")
        assert store and (store.sentences_seen, store.collisions) == (3_000, 1_000)
        assert store.n_sentences == (3_000 if collide else 2_000)


def test_what_is_avoided_is_part_of_the_recipe_as_resolved(books: Path, babi: Path) -> None:
    def hash_of(**values: object) -> str:
        return Kitchen(Recipe(background=str(books), **values)).recipe_hash  # type: ignore[arg-type]

    assert hash_of() == hash_of(avoid_collisions=True) != hash_of(avoid_collisions=False)
    stories = str(babi)
    assert hash_of(stories=stories) == hash_of(stories=stories, avoid_collisions=False)
    assert hash_of(stories=stories) != hash_of(stories=stories, avoid_collisions=True)


def test_a_folder_of_another_recipe_says_that_collisions_differ(books: Path, tmp_path: Path) -> None:
    generate(Recipe(background=str(books)), ["qa1"], ["0k"], 1, tmp_path / "data")
    with pytest.raises(UsageError, match="differ in: avoid_collisions"):
        generate(Recipe(background=str(books), avoid_collisions=False), ["qa1"], ["0k"], 1, tmp_path / "data")


def test_as_yaml_and_with_wrong_values(tmp_path: Path) -> None:
    for value in (None, True, False):
        (tmp_path / "recipe.yaml").write_text(Recipe(avoid_collisions=value).to_yaml())
        assert load_recipe(str(tmp_path / "recipe.yaml")).avoid_collisions is value
    with pytest.raises(UsageError, match="avoid_collisions cannot be 'maybe'; it is true or false or empty"):
        with_values(Recipe(), {"avoid_collisions": "maybe"})
    with pytest.raises(UsageError, match="seed cannot be True"):
        with_values(Recipe(), {"seed": True})
