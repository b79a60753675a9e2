"""The token stores on this machine: listed with their state, and cleared.

Example::

    for entry in list_stores():
        print(entry.id, entry.corpus, entry.bytes, entry.state)
    clear_stores("3fa2")  # those whose id begins so
"""

from __future__ import annotations

import json
import shutil
from contextlib import suppress
from dataclasses import dataclass
from math import inf
from pathlib import Path

from babilong.errors import UsageError
from generators.backgrounds.build import BUILDING, META, STORE_VERSION, is_abandoned, remove
from generators.backgrounds.store import read_store, stores_folder

_ID = 8
ALL = "all"


@dataclass(frozen=True, slots=True)
class Entry:
    """A store, or what a build has left or is at.

    Attributes:
        folder: where it lies.
        corpus: the name of its corpus; empty where that cannot be read, as are the next two.
        tokenizer: the name of its tokenizer.
        tokens: how many it holds.
        bytes: on disk.
        used: when it was last opened, in seconds since 1970.
        state: `ok`; `damaged` (built again on its next use); `other version` (never used again); `being built`, or
            `unfinished` after a kill.
    """

    folder: Path
    corpus: str
    tokenizer: str
    tokens: int
    bytes: int
    used: float
    state: str

    @property
    def id(self) -> str:
        """The beginning of the folder's name."""
        return self.folder.name[:_ID]


def list_stores() -> list[Entry]:
    """All stores, the last used first; the checksums of each are compared in full."""
    entries = []
    for folder in stores_folder().glob("*"):
        with suppress(FileNotFoundError):  # a build that has just ended
            entries.append(_entry(folder))
    return sorted(entries, key=lambda entry: (-entry.used, entry.folder.name))


def clear_stores(which: str) -> list[Entry]:
    """Remove stores, but none that is being built; a process that reads one goes on undisturbed.

    Args:
        which: `all`, or what their ids begin with.

    Returns:
        What was removed.

    Raises:
        UsageError: no store's id begins so.
        OSError: one cannot be removed.
    """
    entries = [entry for entry in list_stores() if which == ALL or entry.folder.name.startswith(which)]
    if which != ALL and (not which or not entries):
        raise UsageError(f"No token store begins with {which!r}; --list-stores shows them, and `all` means all.")
    entries = [entry for entry in entries if entry.state != "being built"]
    for entry in entries:
        if entry.state == "unfinished":
            shutil.rmtree(entry.folder)
        else:
            remove(entry.folder)
    return entries


def _entry(folder: Path) -> Entry:
    files = [file.stat() for file in folder.rglob("*") if file.is_file()]
    used = max((file.st_mtime for file in files), default=folder.stat().st_mtime)
    try:
        meta = json.loads((folder / META).read_text("utf-8"))
        names = str(meta["corpus"]), str(meta["tokenizer"]), int(meta["arrays"]["tokens"][1])
        version = meta["version"]
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        names, version = ("", "", 0), STORE_VERSION
    if folder.name.endswith(BUILDING):
        state = "unfinished" if is_abandoned(folder) else "being built"
    elif version != STORE_VERSION:
        state = "other version"
    else:
        state = "ok" if read_store(folder, checked_bytes=inf) else "damaged"
    return Entry(folder, *names, sum(file.st_size for file in files), used, state)
