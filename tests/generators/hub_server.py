"""A Hugging Face hub of datasets and models on this machine, as much of one as its clients need to read.

Example::

    with Hub() as hub:
        hub.add("owner/name", "main", {"README.md": b"...", "data/test.parquet": b"..."})
        subprocess.run(..., env=os.environ | hub.environment(tmp_path))
        hub.bytes_sent
"""

from __future__ import annotations

import hashlib
import json
import re
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Any
from urllib.parse import unquote, urlsplit

_API = re.compile(r"/api/(?:datasets|models)/([^/]+/[^/]+)(?:/(revision|tree|paths-info)/([^/]+)(?:/(.*))?)?")
_FILE = re.compile(r"(?:/datasets)?/([^/]+/[^/]+)/resolve/([^/]+)/(.+)")


class Hub:
    """Datasets by id and revision; a commit is the hash of its files.

    Attributes:
        bytes_sent: of files, since the start.
        requests: the path of each, in order.
    """

    def __init__(self) -> None:
        self._commits: dict[str, dict[str, dict[str, bytes]]] = {}
        self._branches: dict[tuple[str, str], str] = {}
        self.bytes_sent = 0
        self.requests: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))

    def add(self, id: str, branch: str, files: dict[str, bytes]) -> str:
        """Commit the files of a dataset to a branch; gives the commit."""
        content = json.dumps([id, *((name, hashlib.sha1(data).hexdigest()) for name, data in sorted(files.items()))])
        commit = hashlib.sha1(content.encode()).hexdigest()
        self._commits.setdefault(id, {})[commit] = files
        self._branches[id, branch] = commit
        return commit

    def commit(self, id: str, revision: str) -> str | None:
        """The commit that a revision of a dataset stands for."""
        return revision if revision in self._commits.get(id, {}) else self._branches.get((id, revision))

    def files(self, id: str, revision: str) -> dict[str, bytes] | None:
        """The files of a dataset at a revision."""
        commit = self.commit(id, revision)
        return self._commits[id][commit] if commit else None

    def has(self, id: str) -> bool:
        """Whether there is such a dataset."""
        return id in self._commits

    def environment(self, home: Path) -> dict[str, str]:
        """The variables with which a process takes this for the hub."""
        port = self._server.server_address[1]
        return {"HF_ENDPOINT": f"http://127.0.0.1:{port}", "HF_HUB_DISABLE_XET": "1", "HF_HOME": str(home)}

    def __enter__(self) -> Hub:
        Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = unquote(urlsplit(self.path).path)
            hub.requests.append(path)
            if api := _API.fullmatch(path):
                self._info(*api.groups())
            elif file := _FILE.fullmatch(path):
                self._file(*file.groups())
            else:
                self._fail("EntryNotFound")

        do_HEAD = do_GET

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            path = unquote(urlsplit(self.path).path)
            hub.requests.append(path)
            api = _API.fullmatch(path)
            files = hub.files(api[1], api[3]) if api and api[2] == "paths-info" else None
            if files is None:
                return self._fail("EntryNotFound")
            asked = json.loads(body)["paths"]
            self._json([entry for entry in _tree(files, "", True) if entry["path"] in asked])

        def _info(self, id: str, what: str | None, revision: str | None, path: str | None) -> None:
            if not hub.has(id):
                return self._fail("RepoNotFound")
            commit, files = hub.commit(id, revision or "main"), hub.files(id, revision or "main")
            if commit is None or files is None:
                return self._fail("RevisionNotFound")
            if what == "tree":
                entries = _tree(files, path or "", "recursive=true" in self.path.lower())
                return self._json(entries) if entries else self._fail("EntryNotFound")
            self._json({"id": id, "sha": commit, "siblings": [{"rfilename": name} for name in files]})

        def _file(self, id: str, revision: str, path: str) -> None:
            if not hub.has(id):
                return self._fail("RepoNotFound")
            files = hub.files(id, revision)
            if files is None or path not in files:
                return self._fail("RevisionNotFound" if files is None else "EntryNotFound")
            data, status, headers = files[path], HTTPStatus.OK, {}
            if asked := re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", "")):
                start, stop = int(asked[1]), int(asked[2] or len(data) - 1) + 1
                headers["Content-Range"] = f"bytes {start}-{min(stop, len(data)) - 1}/{len(data)}"
                data, status = data[start:stop], HTTPStatus.PARTIAL_CONTENT
            headers |= {"ETag": f'"{hashlib.sha1(files[path]).hexdigest()}"', "X-Repo-Commit": hub.commit(id, revision)}
            if self.command == "GET":
                hub.bytes_sent += len(data)
            self._answer(status, data, **headers)

        def _json(self, value: Any) -> None:
            self._answer(HTTPStatus.OK, json.dumps(value).encode(), **{"Content-Type": "application/json"})

        def _fail(self, code: str) -> None:
            self._answer(HTTPStatus.NOT_FOUND, b"{}", **{"X-Error-Code": code, "X-Error-Message": code})

        def _answer(self, status: HTTPStatus, data: bytes, **headers: str | None) -> None:
            self.send_response(status)
            for name, value in (headers | {"Content-Length": str(len(data))}).items():
                self.send_header(name, str(value))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


def _tree(files: dict[str, bytes], folder: str, recursive: bool) -> list[dict[str, Any]]:
    entries: dict[str, dict[str, Any]] = {}
    for name, data in files.items():
        inside = name.removeprefix(f"{folder}/") if folder else name
        if folder and inside == name:
            continue
        first, *rest = inside.split("/")
        path = f"{folder}/{first}" if folder else first
        if rest and not recursive:
            entries[path] = {"type": "directory", "path": path, "oid": "0" * 40, "size": 0}
        else:
            oid = hashlib.sha1(data).hexdigest()
            entries[name] = {"type": "file", "path": name, "oid": oid, "size": len(data)}
    return list(entries.values())
