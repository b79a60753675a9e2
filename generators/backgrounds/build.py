"""Building a token store: written beside its place, checksummed on the way, and renamed into it when whole.

Example::

    with workplace(folder) as temporary:
        build(temporary / "new", corpus, tokenizer, finder(BABI_WORDS), avoid=True)
        (temporary / "new").rename(folder)
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
import time
import zlib
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import accumulate, chain
from pathlib import Path
from typing import BinaryIO

import numpy as np

from babilong.errors import DataError
from babilong.tokenizers import Tokenizer
from generators.backgrounds.corpus import Corpus
from generators.progress import bar

STORE_VERSION = 2
META = "meta.json"
BUILDING = ".building"
_BATCH = 4_096
_CHECKED = 256
# A build locks its folder right after making it; where the file system has no locks, age must tell.
_LOCKED_WITHIN_S, _ABANDONED_S = 60.0, 24 * 3600.0


def build(folder: Path, corpus: Corpus, tokenizer: Tokenizer, collides: Callable[[str], bool], avoid: bool) -> None:
    """Tokenise a corpus into a new folder.

    Args:
        folder: not there yet.
        corpus: what to tokenise.
        tokenizer: with what.
        collides: which sentences are counted as collisions.
        avoid: whether these are left out.

    Raises:
        DataError: a document cannot be read, or no sentence is left.
        OSError: the folder cannot be written to.
    """
    folder.mkdir()
    dtype = np.dtype(np.uint16 if tokenizer.vocab_size <= 1 << 16 else np.uint32)
    bounds = {name: array("q", [0]) for name in ("byte_bounds", "char_bounds", "token_bounds", "document_bounds")}
    additive = tokenizer.additive
    seen = collisions = 0
    with (
        open(folder / "text", "wb") as text_file,
        open(folder / "tokens", "wb") as tokens_file,
        bar(f"Tokenising {corpus.name} (once)", unit="tok") as advance,
    ):
        text, tokens = _Sink(text_file), _Sink(tokens_file)
        for document in corpus.documents():
            colliding = list(map(collides, document.sentences))
            seen, collisions = seen + len(colliding), collisions + sum(colliding)
            kept = [s for s, hit in zip(document.sentences, colliding, strict=True) if not (avoid and hit)]
            for start in range(0, len(kept), _BATCH):
                sentences = [f" {sentence}" for sentence in kept[start : start + _BATCH]]
                encoded = [sentence.encode() for sentence in sentences]
                ids = tokenizer.encode_batch(sentences)
                if additive and start == 0:
                    additive = tokenizer.count("".join(sentences[:_CHECKED])) == sum(map(len, ids[:_CHECKED]))
                text.write(b"".join(encoded))
                tokens.write(np.fromiter(chain.from_iterable(ids), dtype=dtype).tobytes())
                for name, parts in (("byte_bounds", encoded), ("char_bounds", sentences), ("token_bounds", ids)):
                    bounds[name].extend(accumulate(map(len, parts), initial=bounds[name].pop()))
                advance(sum(map(len, ids)))
            if kept:
                bounds["document_bounds"].append(len(bounds["token_bounds"]) - 1)
    if not bounds["token_bounds"][-1]:
        raise DataError(
            f"Every sentence of the background {corpus.name} names a person, place or thing of the tasks; "
            "--no-avoid-collisions keeps them."
        )
    arrays = {
        "text": ["uint8", bounds["byte_bounds"][-1], text.checksum],
        "tokens": [dtype.name, bounds["token_bounds"][-1], tokens.checksum],
    }
    for name, values in bounds.items():
        data = np.asarray(values, dtype=np.int64).tobytes()
        (folder / name).write_bytes(data)
        arrays[name] = ["int64", len(values), zlib.crc32(data)]
    meta = {
        "corpus": corpus.name + (" without collisions" if avoid else ""),
        "tokenizer": tokenizer.name,
        "version": STORE_VERSION,
        "additive": additive,
        "sentences_seen": seen,
        "collisions": collisions,
        "arrays": arrays,
    }
    (folder / META).write_text(json.dumps(meta, indent=1), "utf-8")


@contextmanager
def workplace(folder: Path) -> Iterator[Path]:
    """A folder beside another, locked as long as this process is at it, and removed with all in it."""
    temporary = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", suffix=BUILDING, dir=folder.parent))
    handle = os.open(temporary, os.O_RDONLY)
    try:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        os.close(handle)


def remove(folder: Path) -> None:
    """Remove a store at one blow: no process finds half of it, and one that reads it goes on undisturbed."""
    with workplace(folder) as temporary:
        os.rename(folder, temporary / "removed")


def is_abandoned(building: Path) -> bool:
    """Whether the process that built here was killed."""
    try:
        age = time.time() - building.stat().st_mtime
        handle = os.open(building, os.O_RDONLY)
    except OSError:
        return False  # just finished
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return age > _LOCKED_WITHIN_S
    except BlockingIOError:
        return False
    except OSError:
        return age > _ABANDONED_S
    finally:
        os.close(handle)


def remove_abandoned(stores: Path) -> None:
    """Remove what killed builds have left."""
    for left in stores.glob(f"*{BUILDING}"):
        if is_abandoned(left):
            shutil.rmtree(left, ignore_errors=True)


class _Sink:
    """A binary file whose checksum is kept while it is written."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.checksum = file, 0

    def write(self, data: bytes) -> None:
        self._file.write(data)
        self.checksum = zlib.crc32(data, self.checksum)
