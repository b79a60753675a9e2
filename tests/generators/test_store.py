from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from babilong.errors import DataError
from babilong.tokenizers import load_tokenizer
from generators.backgrounds.corpus import Corpus, Document, load_corpus
from generators.backgrounds.store import Store, open_store


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
    before = {file: file.stat().st_mtime_ns for file in fresh.rglob("*")}
    open_store(corpus, load_tokenizer())
    assert {file: file.stat().st_mtime_ns for file in fresh.rglob("*")} == before


@pytest.mark.parametrize("harm", ["cut", "missing", "meta"])
def test_a_damaged_store_is_built_again(fresh: Path, books: Path, harm: str) -> None:
    corpus = load_corpus(str(books), "test")
    open_store(corpus, load_tokenizer())
    (folder,) = fresh.iterdir()
    if harm == "cut":
        (folder / "tokens").write_bytes((folder / "tokens").read_bytes()[:-1])
    elif harm == "missing":
        (folder / "text").unlink()
    else:
        (folder / "meta.json").write_text("{")
    check(open_store(corpus, load_tokenizer()), corpus)
    assert list(fresh.iterdir()) == [folder]


def test_a_failed_build_leaves_nothing(fresh: Path) -> None:
    def documents() -> Iterator[Document]:
        yield Document("good", ["A sentence."])
        raise DataError("The second book is bad.")

    with pytest.raises(DataError, match="second book"):
        open_store(Corpus("bad", "0", documents), load_tokenizer())
    assert list(fresh.iterdir()) == []


def test_what_a_killed_build_left_is_removed_once_old(fresh: Path, books: Path) -> None:
    young, old = fresh / "a.building", fresh / "b.building"
    for left in (young, old):
        left.mkdir(parents=True)
        (left / "text").write_text("half")
    os.utime(old, (0, 0))
    open_store(load_corpus(str(books), "test"), load_tokenizer())
    assert young.exists() and not old.exists()


def test_two_processes_at_once(fresh: Path, books: Path) -> None:
    code = (
        "import sys; from babilong.tokenizers import load_tokenizer;"
        "from generators.backgrounds.corpus import load_corpus;"
        "from generators.backgrounds.store import open_store; print(open_store(load_corpus(sys.argv[1], 'test'),"
        "load_tokenizer()).n_tokens)"
    )
    builders = [
        subprocess.Popen([sys.executable, "-c", code, books], stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    assert len({builder.communicate(timeout=60)[0] for builder in builders}) == 1
    assert [builder.returncode for builder in builders] == [0, 0]
    assert len(list(fresh.iterdir())) == 1
    corpus = load_corpus(str(books), "test")
    check(open_store(corpus, load_tokenizer()), corpus)


def test_a_cache_that_cannot_be_written_to(tmp_path: Path, books: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("BABILONG_CACHE", str(tmp_path / "file"))
    with pytest.raises(DataError, match="set BABILONG_CACHE"):
        open_store(load_corpus(str(books), "test"), load_tokenizer())
