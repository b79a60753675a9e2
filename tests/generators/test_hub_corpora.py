"""Backgrounds on a hub: real clients in a process of their own, a real server on this machine."""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from generators.backgrounds.hub import HubText, parse
from tests.generators.hub_server import Hub

# For each background given: what it is pinned to, its fingerprint and its documents' sizes, or what went wrong.
READER = """
import json, sys
from babilong.errors import BabilongError
from generators.backgrounds.corpus import load_corpus

for background in sys.argv[2:]:
    try:
        corpus = load_corpus(background, sys.argv[1], tokens=1_000)
        documents = list(corpus.documents())
        answer = corpus.name, corpus.fingerprint, [document.sentences[:2] for document in documents]
    except BabilongError as error:
        answer = str(error)
    print(json.dumps(answer), flush=True)
"""
PAGE = "It rained all day, and nobody went out of the house. " * 400  # 21,200 characters


def table(texts: list[str], **columns: list[Any]) -> bytes:
    sink = io.BytesIO()
    pq.write_table(
        pa.table(columns | {"text": texts}), sink, row_group_size=1, compression="none", use_dictionary=False
    )
    return sink.getvalue()


def card(**splits: str) -> bytes:
    files = "".join(f"  - split: {split}\n    path: {path}\n" for split, path in splits.items())
    return f"---\nconfigs:\n- config_name: default\n  data_files:\n{files}---\n".encode()


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    with Hub() as hub:
        # Longer than what a shelf holds, in books of two million characters.
        books = table([f"Book {number}. {PAGE * 100}" for number in range(12)], title=[""] * 12)
        hub.add("owner/books", "main", {"README.md": b"", "data/test-0.parquet": books})
        hub.add("owner/splits", "main", {
            "README.md": card(train="a.jsonl", validation="b.jsonl", test="c.jsonl"),
            "a.jsonl": b'{"text": "The train."}\n', "b.jsonl": b'{"text": "The valid.", "title": "A title."}\n',
            "c.jsonl": b'{"body": "The test."}\n{"body": "More."}\n',
        })  # fmt: skip
        hub.add("owner/two", "main", {
            "README.md": b"---\nconfigs:\n- config_name: raw\n  data_files: raw/*.txt\n"
                         b"- config_name: clean\n  data_files: clean/*.txt\n---\n",
            "raw/a.txt": b"A book,\nwrapped.", "clean/a.txt": b"Clean.",
        })  # fmt: skip
        hub.add("owner/csv", "main", {"README.md": b"", "rows.csv": b"text,n\nFirst row.,1\nSecond row.,2\n"})
        hub.add("owner/several", "main", {"README.md": card(a="a.parquet", b="a.parquet"), "a.parquet": table(["A."])})
        hub.add("owner/script", "main", {"README.md": b"", "script.py": b"import datasets\n"})
        hub.add("owner/numbers", "main", {"README.md": b"", "data/a.jsonl": b'{"n": 1}\n'})
        yield hub


def read(hub: Hub, home: Path, split: str, *backgrounds: str, **environment: str) -> list[Any]:
    done = subprocess.run(
        [sys.executable, "-c", READER, split, *backgrounds],
        env=os.environ | hub.environment(home) | environment,
        capture_output=True, text=True, timeout=100, cwd=home,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("a/b", ("a/b", None, None, None)),
        ("a/b/c@d#e", ("a/b", "c", "d", "e")),
        ("a-1/b.2@refs/convert/parquet", ("a-1/b.2", None, "refs/convert/parquet", None)),
        ("a/b#my column", ("a/b", None, None, "my column")),
    ],
)
def test_names(name: str, parts: tuple[str | None, ...]) -> None:
    assert parse(name) == HubText(*parts)  # type: ignore[arg-type]
    assert str(parse(name)) == name


@pytest.mark.parametrize("name", ["a", "./a/b", "/a/b", "a/b/c/d", "a/b@", "a/b#", "a /b", "../a", "~/a", "a/b@c d"])
def test_what_is_no_name(name: str) -> None:
    assert parse(name) is None


def test_only_as_much_is_fetched_as_is_read_and_the_process_ends(hub: Hub, tmp_path: Path) -> None:
    sent = hub.bytes_sent
    ((name, _, documents),) = read(hub, tmp_path, "test", "owner/books")
    assert name == f"owner/books@{hub.commit('owner/books', 'main')}"
    # A shelf is 9.6 million characters: five books of the twelve.
    assert [document[0] for document in documents] == [f"Book {number}." for number in range(5)]
    files = hub.files("owner/books", "main")
    assert files and hub.bytes_sent - sent < 0.8 * len(files["data/test-0.parquet"])


def test_splits_configs_columns_and_kinds_of_files(hub: Hub, tmp_path: Path) -> None:
    test = read(hub, tmp_path, "test", "owner/splits", "owner/splits#body", "owner/two/raw@main", "owner/csv")
    assert [answer[2] for answer in test] == [
        [["The test.", "More."]], [["The test.", "More."]], [["A book, wrapped."]], [["First row.", "Second row."]]
    ]  # fmt: skip
    assert len({answer[1] for answer in test}) == 4
    valid = read(hub, tmp_path, "valid", "owner/splits", "owner/splits#title")
    assert [answer[2] for answer in valid] == [[["The valid."]], [["A title."]]]


def test_what_the_hub_does_not_have(hub: Hub, tmp_path: Path) -> None:
    wanted = {
        "owner/nothing": "no such folder here, and no such dataset on the hub",
        "owner/books@v9": "it has no revision 'v9'",
        f"owner/books@{'0' * 40}": f"it has no revision '{'0' * 40}'",
        "owner/two": "['raw', 'clean']",
        "owner/two/cooked": "cooked",
        "owner/splits#n": "No column 'n' of text in",
        "owner/several": "Unknown split of owner/several@",
        "owner/script": "Cannot read the background owner/script",
        "owner/numbers": "columns of text: none",
    }
    for answer, says in zip(read(hub, tmp_path, "test", *wanted), wanted.values(), strict=True):
        assert isinstance(answer, str) and says in answer and "\n" not in answer
        assert "#COLUMN" in answer or "`--background builtin`" in answer or "Known: a, b." in answer


@pytest.mark.parametrize("why", ["nobody answers", "offline"])
def test_a_hub_out_of_reach(hub: Hub, tmp_path: Path, why: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {"HF_HUB_OFFLINE": "1"} if why == "offline" else {"HF_ENDPOINT": f"http://127.0.0.1:{port}"}
    (unpinned, pinned) = read(hub, tmp_path, "test", "owner/books", f"owner/books@{'0a' * 20}", **environment)
    for answer in (unpinned, pinned):
        assert answer.startswith("Cannot read the background owner/books")
        assert "the hub (http://127.0.0.1:" in answer and "does not answer" in answer
        assert answer.endswith("`--background builtin` or a folder of texts does without the hub.")


def test_a_dataset_is_pinned_and_made_again_without_the_hub(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "generators.cli", "-t", "qa1", "-l", "1k", "-n", "2", "--background"]

    def generate(background: str, out: str, **environment: str) -> subprocess.CompletedProcess[str]:
        cache = {"BABILONG_CACHE": str(tmp_path / "cache")}
        return subprocess.run(
            [*words, background, "-o", str(tmp_path / out)],
            env=os.environ | hub.environment(tmp_path) | cache | environment,
            capture_output=True, text=True, timeout=100,
        )  # fmt: skip

    with Hub() as hub:
        first = hub.add("me/rain", "main", {"README.md": b"", "test.parquet": table([PAGE])})
        assert generate("me/rain", "one").returncode == 0
        manifest = json.loads((tmp_path / "one" / "manifest.json").read_text())
        assert manifest["recipe"]["background"] == f"me/rain@{first}"
        # The branch moves on: another recipe; the commit stays what it was.
        hub.add("me/rain", "main", {"README.md": b"", "test.parquet": table([PAGE * 2])})
        moved = generate("me/rain", "one")
        assert moved.returncode == 2 and "they differ in: background" in moved.stderr
        assert generate(f"me/rain@{first}", "one").returncode == 0
    again = generate(f"me/rain@{first}", "two", HF_HUB_OFFLINE="1")
    assert again.returncode == 0, again.stderr
    names = ("manifest.json", "1k/qa1-00000-of-00001.parquet")
    assert all((tmp_path / "one" / n).read_bytes() == (tmp_path / "two" / n).read_bytes() for n in names)
