"""Verification: whatever is changed in a dataset is found, and named."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from babilong.errors import BabilongError, DataError, UsageError, VerificationError
from generators import cli
from generators.recipe import Recipe, recipe_hash
from generators.verify import verify
from generators.writer import generate

FILE = "1k/qa1-00000-of-00001.jsonl"
Row = dict[str, Any]
QUESTIONS = """\
1 Bill took the milk there.
2 Bill gave the milk to Fred.
3 Fred gave the milk to Bill.
4 Bill took the apple there.
5 Bill gave the apple to Fred.
6 What did Bill give to Fred? \tmilk\t2
"""


@pytest.fixture(scope="module")
def made(books: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Simulated stories of qa1 in four books, at 0k and 1k, as JSON lines."""
    folder = tmp_path_factory.mktemp("verify") / "data"
    generate(Recipe(background=str(books)), ["qa1"], ["0k", "1k"], 3, folder, "jsonl")
    return folder


@pytest.fixture
def data(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "data")
    return tmp_path / "data"


def change_manifest(folder: Path, change: Callable[[Row], object]) -> None:
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    change(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")


def change_rows(folder: Path, change: Callable[[list[Row]], object]) -> None:
    """Change the rows of a file, and have the manifest say that it is right so."""
    rows = [json.loads(line) for line in (folder / FILE).read_text("utf-8").splitlines()]
    change(rows)
    raw = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    (folder / FILE).write_bytes(raw)

    def rehash(manifest: Row) -> None:
        for cell in manifest["cells"]:
            for file in cell["files"]:
                if file["path"] == FILE:
                    file |= {"bytes": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}

    change_manifest(folder, rehash)


def rehash_recipe(manifest: Row) -> None:
    manifest["recipe_hash"] = recipe_hash(manifest["recipe"], manifest["fingerprints"])


@pytest.mark.parametrize("format", ["parquet", "jsonl"])
def test_a_good_dataset(books: Path, tmp_path: Path, format: str) -> None:
    generate(Recipe(background=str(books), reserve=300), ["qa1", "qa2"], ["0k", "2k"], 3, tmp_path / "data", format)
    said = verify(tmp_path / "data")
    assert (
        said
        == f"{tmp_path / 'data'}: 4 files and 12 samples are as the manifest says, each made again from the recipe."
    )


def test_open_words_and_distractors(books: Path, tmp_path: Path) -> None:
    recipe = Recipe(background=str(books), vocabulary="open", distractors=1)
    generate(recipe, ["qa1", "qa2"], ["0k", "2k"], 3, tmp_path / "data")
    assert "12 samples are as the manifest says, each made again" in verify(tmp_path / "data")


def test_a_changed_byte(data: Path) -> None:
    raw = bytearray((data / FILE).read_bytes())
    raw[500] ^= 1
    (data / FILE).write_bytes(raw)
    with pytest.raises(VerificationError, match=FILE) as caught:
        verify(data)
    assert caught.value.exit_code == 5


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda row: row.update(input=row["input"].replace(" the ", " The ", 1)),
            "its prompt_tokens|another from character",
        ),
        (lambda row: row.update(fact_offsets=[n + 1 for n in row["fact_offsets"]]), "fact 0 does not stand at"),
        (lambda row: row.update(fact_offsets=row["fact_offsets"][::-1]), "fact [01] does not stand at"),
        (lambda row: row.update(fact_offsets=row["fact_offsets"][1:]), "facts and .* fact_offsets"),
        (lambda row: row.update(fact_offsets=["0", "9"][: len(row["facts"])]), "is broken|fact_offsets"),
        (lambda row: row.update(target="moon"), "its target is 'moon' .* the solver's answer is"),
        (lambda row: row.update(supporting=[]), r"from facts \[\]; the solver's answer"),
        (lambda row: row.update(question="Where is Levin?"), "differs"),
        (lambda row: row.update(n_tokens=7), "its n_tokens is 7, made again it is"),
        (lambda row: row.update(prompt_tokens=7), "its prompt_tokens is 7, its prompt has"),
        (lambda row: row.update(index=7), "its index is 7, made again it is 1"),
        (lambda row: row.update(length="2k"), "its length is '2k', made again it is '1k'"),
        (lambda row: row.update(fact_depths=[0.5] * len(row["facts"])), "its fact_depths is"),
        (lambda row: row.update(story_source="elsewhere"), "its story_source is 'elsewhere'"),
        (lambda row: row.update(background_unique=1), "its background_unique is 1, made again it is 1.0"),
        (lambda row: row.update(task="qa3"), "differs"),
    ],
)
def test_a_changed_row_is_named(data: Path, change: Callable[[Row], object], says: str) -> None:
    change_rows(data, lambda rows: change(rows[1]))
    with pytest.raises(VerificationError, match=rf"^The sample qa1/1k/1 .*({says})"):
        verify(data)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda rows: rows.reverse(), "The sample qa1/1k/0 differs"),
        (lambda rows: rows.append(rows[0]), f"{FILE} has 4 rows, the manifest says 3"),
        (lambda rows: rows.pop(), f"{FILE} has 2 rows, the manifest says 3"),
        (lambda rows: rows[0].pop("facts"), f"{FILE} cannot be read .*facts"),
    ],
)
def test_changed_files_are_named(data: Path, change: Callable[[list[Row]], object], says: str) -> None:
    change_rows(data, change)
    with pytest.raises(VerificationError, match=says):
        verify(data)


def test_a_sample_over_its_length(data: Path) -> None:
    """A recipe that keeps more free than the samples do: the finished prompts say so."""
    change_manifest(data, lambda manifest: manifest["recipe"].update(answer_tokens=200))
    change_manifest(data, rehash_recipe)
    with pytest.raises(
        VerificationError, match=r"qa1/1k/0 differs: \d+ prompt_tokens and 200 kept free exceed its length"
    ):
        verify(data)


def test_some_cells_alone(data: Path) -> None:
    change_rows(data, lambda rows: rows.reverse())
    assert "3 samples are as the manifest says" in verify(data, lengths=["0k"])
    with pytest.raises(VerificationError, match="The sample qa1/1k/0 differs"):
        verify(data, tasks=["qa1"])
    with pytest.raises(UsageError, match="has none of the tasks and lengths asked for; leave out -t and -l"):
        verify(data, tasks=["qa2"])


def test_another_seed(data: Path) -> None:
    change_manifest(data, lambda manifest: manifest["recipe"].update(seed=7))
    with pytest.raises(VerificationError, match=r"manifest.json is not the one that its recipe_hash is of"):
        verify(data)
    change_manifest(data, rehash_recipe)
    with pytest.raises(VerificationError, match="The sample qa1/0k/0 differs"):
        verify(data)


@pytest.mark.parametrize("part", ["generator", "stories", "background", "tokenizer", "prompts", "avoid_collisions"])
def test_parts_that_are_others_here(data: Path, part: str) -> None:
    change_manifest(data, lambda manifest: manifest["fingerprints"].update({part: "0" * 64}))
    change_manifest(data, rehash_recipe)
    with pytest.raises(
        VerificationError, match=rf"The {part} here is not what .*manifest.json says \(.*, not 00000000\)"
    ):
        verify(data)


def test_parts_that_were_moved(babi: Path, books: Path, tmp_path: Path) -> None:
    for old in (babi, books):
        shutil.copytree(old, tmp_path / old.name)
    stories, background, data = tmp_path / babi.name, tmp_path / books.name, tmp_path / "data"
    generate(Recipe(str(stories), background=str(background)), ["qa1"], ["0k", "1k"], 4, data, "jsonl")
    for old in (stories, background):
        old.rename(tmp_path / f"moved-{old.name}")
    said = verify(data)
    assert "8 samples are as the manifest says. Samples could not be made again without the stories (" in said
    assert f"without the background (There is no folder {background}" in said or f"{background}" in said
    now = {"background": str(tmp_path / f"moved-{background.name}"), "stories": str(tmp_path / f"moved-{stories.name}")}
    assert "each made again" in verify(data, now)
    with pytest.raises(
        VerificationError, match="The background here, .*, is not what .*; give the right one with --back"
    ):
        verify(data, now | {"background": str(tmp_path / f"moved-{stories.name}")})
    with pytest.raises(BabilongError, match="nowhere"):
        verify(data, {"background": str(tmp_path / "nowhere" / "at-all")})
    # Without the books stories are compared still; without both, what a sample says of itself is.
    change_rows(data, lambda rows: rows[2].update(target="moon"))
    with pytest.raises(VerificationError, match="qa1/1k/2 differs: its target is 'moon', made again it is 'bathroom'"):
        verify(data, {"stories": now["stories"]})
    assert "The solver answers 1 of 8 questions otherwise than bAbI" in verify(data)
    change_rows(data, lambda rows: rows[1].update(n_tokens=7))
    with pytest.raises(VerificationError, match="qa1/1k/1 differs: its n_tokens is 7, its input has"):
        verify(data)
    change_rows(data, lambda rows: rows[1].update(fact_offsets=[n + 1 for n in rows[1]["fact_offsets"]]))
    with pytest.raises(VerificationError, match="qa1/1k/1 differs: fact 0 does not stand"):
        verify(data)


def test_an_official_answer_that_the_text_leaves_open_is_counted(books: Path, tmp_path: Path) -> None:
    (tmp_path / "babi").mkdir()
    (tmp_path / "babi" / "qa5_x_test.txt").write_text(QUESTIONS, "utf-8")
    generate(Recipe(str(tmp_path / "babi"), background=str(books)), ["qa5"], ["0k", "1k"], 1, tmp_path / "data")
    said = verify(tmp_path / "data")
    assert "each made again from the recipe. The solver answers 2 of 2 questions otherwise than bAbI" in said


def test_what_cannot_be_verified(data: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="takes the recipe from the manifest; leave out --max-story-tokens"):
        verify(data, {"max_story_tokens": "7"})
    with pytest.raises(DataError, match="No dataset folder"):
        verify(tmp_path / "nowhere")


def test_the_command(data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["babilong-generate", "--verify", str(data), *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return (int(ended.value.code or 0), *capsys.readouterr())

    code, out, err = run()
    assert (code, err) == (0, "") and out.count("\n") == 1 and "6 samples are as the manifest says" in out
    assert run("--seed", "7")[0] == 2
    assert "3 samples are as the manifest says" in run("-t", "qa1-qa2", "-l", "1k")[1]
    assert run("--workers", "2")[0::2] == (
        2, "Error: --verify looks at what is there and changes nothing; leave out --workers.\n"
    )  # fmt: skip
    change_rows(data, lambda rows: rows[2].update(target="moon"))
    code, out, err = run()
    assert (code, out) == (5, "") and err.startswith("Error: The sample qa1/1k/2 differs") and err.count("\n") == 1
