from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from babilong.errors import DataError
from babilong.tokenizers import load_tokenizer
from generators.backgrounds.build import workplace
from generators.backgrounds.collisions import BABI_WORDS, finder
from generators.backgrounds.corpus import Corpus, Document, load_corpus
from generators.backgrounds.store import Store, open_store, read_store


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BABILONG_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "stores"


def check(store: Store, corpus: Corpus) -> None:
    """Everything in a store follows from its corpus."""
    tokenizer = load_tokenizer()
    sentences = [f" {sentence}" for document in corpus.documents() for sentence in document.sentences]
    text = bytes(store.text)
    assert text.decode() == "".join(sentences)
    assert store.n_sentences == len(sentences) and store.n_tokens == len(store.tokens) == store.token_bounds[-1]
    for i in range(0, len(sentences), 37):
        assert text[store.byte_bounds[i] : store.byte_bounds[i + 1]].decode() == sentences[i]
        assert text.decode()[store.char_bounds[i] : store.char_bounds[i + 1]] == sentences[i]
        assert store.tokens[store.token_bounds[i] : store.token_bounds[i + 1]].tolist() == tokenizer.encode(
            sentences[i]
        )
    lengths = [len(document.sentences) for document in corpus.documents()]
    assert (store.document_bounds[1:] - store.document_bounds[:-1]).tolist() == lengths


def test_round_trip(fresh: Path, books: Path) -> None:
    corpus = load_corpus(str(books), "test")
    store = open_store(corpus, load_tokenizer())
    assert store.additive
    check(store, corpus)
    before = {file: file.stat().st_ino for file in fresh.rglob("*")}
    open_store(corpus, load_tokenizer())
    assert {file: file.stat().st_ino for file in fresh.rglob("*")} == before


def made_of(*documents: list[str]) -> Corpus:
    return Corpus("made", repr(documents), lambda: iter([Document("", sentences) for sentences in documents]))


def sentences_of(store: Store) -> list[str]:
    bounds = store.byte_bounds.tolist()
    return [bytes(store.text[a + 1 : b]).decode() for a, b in zip(bounds, bounds[1:], strict=False)]


def test_collisions_are_counted_and_left_out(fresh: Path) -> None:
    corpus = made_of(["It rained.", "Mary went out.", "So it was."], ["The kitchen."], ["The end."])
    kept = open_store(corpus, load_tokenizer())
    avoided = open_store(corpus, load_tokenizer(), avoid=True)
    assert sentences_of(kept) == [s for document in corpus.documents() for s in document.sentences]
    assert sentences_of(avoided) == ["It rained.", "So it was.", "The end."]
    assert avoided.document_bounds.tolist() == [0, 2, 3]
    assert (kept.sentences_seen, kept.collisions) == (avoided.sentences_seen, avoided.collisions) == (5, 2)
    others = open_store(corpus, load_tokenizer(), avoid=True, words={"ends": ("end",)})
    assert sentences_of(others)[-1] == "The kitchen." and others.collisions == 1
    assert len(list(fresh.iterdir())) == 3


def test_nothing_is_left_without_collisions(fresh: Path) -> None:
    with pytest.raises(DataError, match="Every sentence of the background made .*; --no-avoid-collisions keeps them"):
        open_store(made_of(["Mary went out."]), load_tokenizer(), avoid=True)
    assert list(fresh.iterdir()) == []


def test_collisions_of_books(fresh: Path, books: Path) -> None:
    corpus = load_corpus(str(books), "test")
    store = open_store(corpus, load_tokenizer(), avoid=True)
    sentences = [sentence for document in corpus.documents() for sentence in document.sentences]
    assert store.sentences_seen == len(sentences)
    assert store.collisions == sum(map(finder(BABI_WORDS), sentences)) == len(sentences) - store.n_sentences


@pytest.mark.parametrize("harm", ["cut", "missing", "meta", "flip text", "flip tokens", "flip char_bounds", "version"])
def test_a_damaged_store_is_built_again(fresh: Path, books: Path, harm: str) -> None:
    corpus = load_corpus(str(books), "test")
    open_store(corpus, load_tokenizer())
    (folder,) = fresh.iterdir()
    if harm == "cut":
        (folder / "tokens").write_bytes((folder / "tokens").read_bytes()[:-1])
    elif harm == "missing":
        (folder / "text").unlink()
    elif harm.startswith("flip "):
        flip(folder / harm.removeprefix("flip "))
    elif harm == "version":
        meta = (folder / "meta.json").read_text()
        (folder / "meta.json").write_text(meta.replace('"version": ', '"version": 1'))
    else:
        (folder / "meta.json").write_text("{")
    check(open_store(corpus, load_tokenizer()), corpus)
    assert list(fresh.iterdir()) == [folder]


def flip(file: Path) -> None:
    """Change one bit."""
    raw = bytearray(file.read_bytes())
    raw[len(raw) // 2] ^= 4
    file.write_bytes(raw)


def test_checksums_of_large_stores_are_compared_only_when_asked(fresh: Path, books: Path) -> None:
    open_store(load_corpus(str(books), "test"), load_tokenizer())
    (folder,) = fresh.iterdir()
    assert read_store(folder)
    flip(folder / "text")
    assert not read_store(folder) and read_store(folder, checked_bytes=1_000)


def test_a_failed_build_leaves_nothing(fresh: Path) -> None:
    def documents() -> Iterator[Document]:
        yield Document("good", ["A sentence."])
        raise DataError("The second book is bad.")

    with pytest.raises(DataError, match="second book"):
        open_store(Corpus("bad", "0", documents), load_tokenizer())
    assert list(fresh.iterdir()) == []


# Builds the store of a folder; says so when half the documents are tokenised, and goes on when it is told to.
BUILDER = """
import sys
from babilong.tokenizers import load_tokenizer
from generators.backgrounds.corpus import Corpus, load_corpus
from generators.backgrounds.store import open_store

corpus = load_corpus(sys.argv[1], "test")

def documents():
    for number, document in enumerate(corpus.documents()):
        if number == 2:
            print("half", flush=True)
            sys.stdin.readline()
        yield document

print(open_store(Corpus(corpus.name, corpus.fingerprint, documents), load_tokenizer()).n_tokens)
"""


def builder(books: Path) -> subprocess.Popen[str]:
    """A process that has built half a store."""
    process = subprocess.Popen(
        [sys.executable, "-c", BUILDER, books], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout and process.stdout.readline() == "half\n"
    return process


def test_two_processes_at_once(fresh: Path, books: Path) -> None:
    first, second = builder(books), builder(books)
    assert len(list(fresh.glob("*.building"))) == len(list(fresh.iterdir())) == 2
    assert first.communicate("go on\n", timeout=60)[0] == second.communicate("go on\n", timeout=60)[0]
    assert first.returncode == second.returncode == 0
    (folder,) = fresh.iterdir()
    corpus = load_corpus(str(books), "test")
    check(open_store(corpus, load_tokenizer()), corpus)
    assert list(fresh.iterdir()) == [folder]


def test_a_build_that_is_killed(fresh: Path, books: Path) -> None:
    process = builder(books)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    (left,) = fresh.iterdir()
    assert left.name.endswith(".building")
    corpus = load_corpus(str(books), "test")
    check(open_store(corpus, load_tokenizer()), corpus)
    assert left.exists()  # so young that its process might not have locked it yet
    os.utime(left, (0, 0))
    open_store(made_of(["Another one."]), load_tokenizer())
    assert not left.exists()


def test_a_build_at_work_is_left_alone_however_long_it_takes(fresh: Path, books: Path) -> None:
    fresh.mkdir(parents=True)
    with workplace(fresh / "a") as working:
        os.utime(working, (0, 0))
        open_store(load_corpus(str(books), "test"), load_tokenizer())
        assert working.exists()
    assert not working.exists()


def test_a_cache_that_cannot_be_written_to(tmp_path: Path, books: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("BABILONG_CACHE", str(tmp_path / "file"))
    with pytest.raises(DataError, match="set BABILONG_CACHE"):
        open_store(load_corpus(str(books), "test"), load_tokenizer())
