from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from babilong.errors import UsageError
from babilong.tokenizers import load_tokenizer
from generators import cli
from generators.backgrounds.build import workplace
from generators.backgrounds.corpus import load_corpus
from generators.backgrounds.store import open_store
from generators.backgrounds.stores import clear_stores, list_stores

Command = Callable[..., list[str]]


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BABILONG_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "stores"


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    def run(*words: str) -> list[str]:
        monkeypatch.setattr("sys.argv", ["babilong-generate", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        captured = capsys.readouterr()
        assert not ended.value.code, captured.err
        return captured.out.splitlines()

    return run


def build(books: Path) -> None:
    for avoid in (False, True):
        open_store(load_corpus(str(books), "test"), load_tokenizer(), avoid=avoid)


def test_no_stores(fresh: Path) -> None:
    assert list_stores() == clear_stores("all") == []


def test_states(fresh: Path, books: Path) -> None:
    build(books)
    one, other = list_stores()
    assert one.used >= other.used and {one.state, other.state} == {"ok"}
    assert {one.corpus, other.corpus} == {str(books), f"{books} without collisions"}
    assert one.tokenizer == "builtin" and one.tokens > 10_000
    assert one.bytes == sum(file.stat().st_size for file in one.folder.iterdir())
    meta = one.folder / "meta.json"
    meta.write_text(meta.read_text().replace('"version": ', '"version": 1'))
    raw = bytearray((other.folder / "tokens").read_bytes())
    raw[100] ^= 1
    (other.folder / "tokens").write_bytes(raw)
    left = fresh / "c.building"
    left.mkdir()
    os.utime(left, (0, 0))
    (fresh / "d").mkdir()
    with workplace(fresh / "e"):
        states = {entry.id: entry.state for entry in list_stores()}
    assert len(states) == 5 and (states[one.id], states[other.id]) == ("other version", "damaged")
    assert states["c.buildi"] == "unfinished" and states["d"] == "damaged" and "being built" in states.values()
    # What is of use no more is made anew.
    build(books)
    assert [entry.state for entry in list_stores() if entry.corpus] == ["ok", "ok"]


def test_last_used(fresh: Path, books: Path) -> None:
    build(books)
    for entry in list_stores():
        for file in entry.folder.iterdir():
            os.utime(file, (1_000, 1_000))
    assert {entry.used for entry in list_stores()} == {1_000}
    open_store(load_corpus(str(books), "test"), load_tokenizer(), avoid=True)
    assert [entry.corpus.endswith("without collisions") for entry in list_stores()] == [True, False]


def test_clearing(fresh: Path, books: Path) -> None:
    build(books)
    one, other = list_stores()
    reading = open_store(load_corpus(str(books), "test"), load_tokenizer())
    before = bytes(reading.text)
    with pytest.raises(UsageError, match="No token store begins with 'xyz'"):
        clear_stores("xyz")
    with pytest.raises(UsageError, match="No token store begins with ''"):
        clear_stores("")
    assert [entry.folder for entry in clear_stores(one.folder.name[:10])] == [one.folder]
    assert list(fresh.iterdir()) == [other.folder]
    with workplace(fresh / "e") as working:
        assert [entry.folder for entry in clear_stores("all")] == [other.folder]
        assert list(fresh.iterdir()) == [working]
    assert bytes(reading.text) == before


def test_the_command(fresh: Path, books: Path, command: Command) -> None:
    build(books)
    left = fresh / "c.building"
    left.mkdir()
    os.utime(left, (0, 0))
    lines = command("--list-stores")
    assert lines[0].split() == ["id", "background", "tokenizer", "tokens", "bytes", "last", "used", "state"]
    assert [line.split()[-1] for line in lines[1:]] == ["ok", "ok", "unfinished"]
    id = lines[1].split()[0]
    total = sum(entry.bytes for entry in list_stores())
    freed = next(entry.bytes for entry in list_stores() if entry.id == id)
    removed = command("--clear-stores", id)
    assert removed[0].startswith(f"Removed {id}: {books}") and removed[1] == f"Freed {freed:,} bytes."
    assert command("--clear-stores", "all")[-1] == f"Freed {total - freed:,} bytes."
    assert len(command("--list-stores")) == 1
    assert list(fresh.iterdir()) == []
