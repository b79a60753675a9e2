from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from babilong.errors import DataError, UsageError
from generators.backgrounds.corpus import Document, load_corpus, pinned

LONG = "It rained all day, and nobody went out. " * 600  # 24,000 characters


def documents(background: Path | str) -> list[Document]:
    return list(load_corpus(str(background), "test").documents())


def write_jsonl(file: Path, *rows: Any) -> None:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


def test_files_of_three_kinds_in_the_order_of_their_names(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text("A book, wrapped\nin lines.\n\nAnd Mr. Smith.")
    write_jsonl(tmp_path / "a.jsonl", {"text": "A row."}, {"text": "Another."})
    pq.write_table(pa.table({"n": [1, 2], "text": ["In a table.", None]}), tmp_path / "C.PARQUET")
    (tmp_path / "d.csv").write_text("text\nNot read.")
    assert [document.sentences for document in documents(tmp_path)] == [
        ["In a table."],
        ["A row.", "Another."],
        ["A book, wrapped in lines.", "And Mr. Smith."],
    ]


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_rows_are_documents_and_short_ones_are_joined(tmp_path: Path, kind: str) -> None:
    rows = [LONG, "", " = Heading = \n", LONG[:12_000], LONG[:12_000], LONG, "The end."]
    if kind == "jsonl":
        write_jsonl(tmp_path / "a.jsonl", *({"text": row} for row in rows))
    else:
        pq.write_table(pa.table({"text": pa.array(rows, pa.large_string())}), tmp_path / "a.parquet", row_group_size=2)
    assert [sum(map(len, document.sentences)) for document in documents(tmp_path)] == [23_400, 23_411, 23_400, 8]


def test_a_column_by_name_or_the_only_one(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "a.jsonl", {"id": 1, "body": "The body."}, {"id": 2, "body": None}, {"id": 3})
    assert documents(tmp_path)[0].sentences == documents(f"{tmp_path}#body")[0].sentences == ["The body."]
    write_jsonl(tmp_path / "a.jsonl", {"title": "The title.", "body": "The body.", "text": "The text."})
    assert documents(tmp_path)[0].sentences == ["The text."]
    assert documents(f"{tmp_path}#title")[0].sentences == ["The title."]
    prints = {load_corpus(f"{tmp_path}{column}", "test").fingerprint for column in ("", "#title", "#body")}
    assert len(prints) == 3


def test_rows_without_text_before_the_one_that_tells_the_column(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "a.jsonl", {"id": 1, "text": None}, {"id": 2, "text": "A row.", "title": "B"})
    assert documents(tmp_path)[0].sentences == documents(f"{tmp_path}#text")[0].sentences == ["A row."]
    assert documents(f"{tmp_path}#title")[0].sentences == ["B"]


def test_what_has_no_ends_of_sentences_is_cut(tmp_path: Path) -> None:
    entries = [f"entry {i} value {i / 7:.3f} ok-{i}" for i in range(4_000)]
    (tmp_path / "a.txt").write_text("\n".join(entries))
    (tmp_path / "b.txt").write_text("昨天下雨了。没有人出门！" * 1_000)
    (tmp_path / "c.txt").write_text("x" * 9_000)
    (tmp_path / "d.txt").write_text("昨天下雨了。没有人出门！")
    listed, chinese, word, short = (document.sentences for document in documents(tmp_path))
    assert " ".join(listed).split() == " ".join(entries).split()
    assert min(map(len, listed[:-1])) > 150 and max(map(len, listed)) <= 200
    assert chinese == ["昨天下雨了。", "没有人出门！"] * 1_000
    assert list(map(len, word)) == [200] * 45
    assert short == ["昨天下雨了。", "没有人出门！"]


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_a_column_that_cannot_be_told(tmp_path: Path, kind: str) -> None:
    def write(row: dict[str, Any]) -> None:
        if kind == "jsonl":
            write_jsonl(tmp_path / "a.jsonl", row)
        else:
            pq.write_table(pa.Table.from_pylist([row]), tmp_path / "a.parquet")

    write({"title": "A", "body": "B", "n": 1})
    with pytest.raises(DataError, match=rf"which column of .*a\.{kind} is its text \(columns of text: title, body\)"):
        documents(tmp_path)
    with pytest.raises(DataError, match=r"No column 'n' of text in .* \(its columns of text: title, body\)"):
        documents(f"{tmp_path}#n")
    write({"n": 1})
    with pytest.raises(DataError, match="columns of text: none"):
        documents(tmp_path)


@pytest.mark.parametrize(
    ("name", "raw", "says"),
    [
        ("a.jsonl", b'{"text": "Fine."}\n{"text": "cut', "a.jsonl, line 2: no row of text in JSON"),
        ("a.jsonl", b'["text"]\n', "a.jsonl, line 1"),
        ("a.jsonl", b'{"text": "A."}\n{"text": 7}\n', "a.jsonl, line 2"),
        ("a.jsonl", b'{"text": "half a character: \\ud800"}\n', "a.jsonl, line 1"),
        ("a.jsonl", b'{"text": "\xff"}\n', "a.jsonl, line 1"),
        ("a.jsonl", b'{"text": "* * *"}\n', "a.jsonl has no words"),
        ("a.parquet", b"PAR1 and nothing else PAR1", "Cannot read .*a.parquet"),
        ("a.parquet", b"", "Cannot read .*a.parquet"),
        ("a.txt", b"  \n", "a.txt has no words; remove it"),
        ("a.txt", b"* * *\n\n1815.", "a.txt has no words; remove it"),
        ("a.txt", b"\x00\x01", "Cannot read the book .*a.txt"),
    ],
)
def test_broken_files(tmp_path: Path, name: str, raw: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(raw)
    with pytest.raises(DataError, match=says):
        documents(tmp_path)


def test_a_parquet_file_cut_in_its_middle(tmp_path: Path) -> None:
    texts = [f"{i} {LONG}" for i in range(50)]
    pq.write_table(pa.table({"text": texts}), tmp_path / "a.parquet", row_group_size=10)
    raw = bytearray((tmp_path / "a.parquet").read_bytes())
    raw[len(raw) // 4 : len(raw) // 2] = bytes(len(raw) // 2 - len(raw) // 4)
    (tmp_path / "a.parquet").write_bytes(raw)
    with pytest.raises(DataError, match="Cannot read .*a.parquet"):
        documents(tmp_path)


@pytest.mark.parametrize(
    ("background", "error", "says"),
    [
        ("./nowhere", DataError, "No folder of texts at ./nowhere"),
        ("./nowhere#body", DataError, "No folder of texts at"),
        ("empty", DataError, r"holds no \.txt, \.jsonl, \.parquet file; add some"),
        ("book.txt", DataError, "The background book.txt is a file; give the folder that holds it"),
        ("buildin", UsageError, "Unknown background 'buildin'"),
    ],
)
def test_no_such_background(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, background: str, error: type[Exception], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty" / "folder.txt").mkdir(parents=True)
    (tmp_path / "book.txt").write_text("A book.")
    with pytest.raises(error, match=says):
        load_corpus(background, "test")


def test_a_folder_with_a_hash_in_its_name(tmp_path: Path) -> None:
    (tmp_path / "a#b").mkdir()
    write_jsonl(tmp_path / "a#b" / "a.jsonl", {"body": "One.", "title": "Two."})
    assert documents(f"{tmp_path / 'a#b'}#title")[0].sentences == ["Two."]
    (tmp_path / "a#b" / "a.jsonl").unlink()
    (tmp_path / "a#b" / "a.txt").write_text("A book.")
    assert documents(tmp_path / "a#b")[0].sentences == ["A book."]


def test_only_names_of_the_hub_are_pinned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "owner" / "books").mkdir(parents=True)
    at_commit = f"owner/name/config@{'0a' * 20}#body"
    for background in ("builtin", "buildin", "owner/books", "owner/books#body", "./x/y", "/x", at_commit):
        assert pinned(background) == background


def test_fingerprint_is_of_the_text_alone(tmp_path: Path) -> None:
    prints = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / f"{name}.txt").write_text('{"text": "A book."}')
        prints.append(load_corpus(str(folder), "test").fingerprint)
    assert prints[0] == prints[1]
    (tmp_path / "two" / "two.txt").rename(tmp_path / "two" / "two.jsonl")
    assert load_corpus(str(tmp_path / "two"), "test").fingerprint != prints[0]
    (tmp_path / "one" / "one.txt").write_text("Another book.")
    assert load_corpus(str(tmp_path / "one"), "test").fingerprint != prints[0]


def test_editions_of_the_library_differ() -> None:
    prints = {
        load_corpus("builtin", split, tokens).fingerprint
        for split in ("train", "test")
        for tokens in (1, 10**6, 2 * 10**6)
    }
    assert len(prints) == 4
