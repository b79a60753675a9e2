"""The token store: a corpus tokenised once into memory-mapped arrays, then sampled without tokenising again.

Example::

    store = open_store(load_corpus("builtin", "test"), load_tokenizer())
    bytes(store.text[: store.byte_bounds[10]])  # the first ten sentences, each after one blank
    store.tokens[: store.token_bounds[10]]  # and their token ids

A store lies in `$BABILONG_CACHE` (or `~/.cache/babilong`) under the hash of corpus, tokenizer, words avoided and
version. It is built beside its place and renamed into it: it is there whole or not at all, whoever builds it meanwhile.
"""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from babilong.errors import DataError
from babilong.tokenizers import Tokenizer
from generators.backgrounds import collisions
from generators.backgrounds.build import META, STORE_VERSION, build, remove_abandoned, workplace
from generators.backgrounds.corpus import Corpus

# Up to so many bytes a store's checksums are compared whenever it is opened, which takes a tenth of a second at most;
# those of larger ones when stores are listed.
_CHECKED_BYTES = 256 << 20


@dataclass(frozen=True)
class Store:
    """A tokenised corpus of S sentences, T tokens and D documents; all arrays are memory-mapped.

    Bounds begin with 0 and end with the total, so sentence `i` lies between bounds `i` and `i + 1`.

    Attributes:
        additive: tokens of sentences joined by blanks are the sum of theirs, as the tokenizer says and as a sample of
            every document was seen to be.
        sentences_seen: how many sentences the corpus has.
        collisions: how many of these name a person, a place or a thing of bAbI, whether or not they were left out.
        text: (bytes,) uint8, UTF-8 of all sentences, each after one blank.
        tokens: (T,) uint16 or uint32, token ids of `" " + sentence` for all sentences.
        byte_bounds: (S + 1,) int64, of sentences in `text`.
        char_bounds: (S + 1,) int64, of sentences in the characters of `text`.
        token_bounds: (S + 1,) int64, of sentences in `tokens`.
        document_bounds: (D + 1,) int64, of documents in sentences.
    """

    additive: bool
    sentences_seen: int
    collisions: int
    text: NDArray[np.uint8]
    tokens: NDArray[Any]
    byte_bounds: NDArray[np.int64]
    char_bounds: NDArray[np.int64]
    token_bounds: NDArray[np.int64]
    document_bounds: NDArray[np.int64]

    @property
    def n_sentences(self) -> int:
        """S."""
        return len(self.token_bounds) - 1

    @property
    def n_tokens(self) -> int:
        """T."""
        return len(self.tokens)


def stores_folder() -> Path:
    """The folder of all stores, in `$BABILONG_CACHE` or `~/.cache/babilong`."""
    return Path(os.environ.get("BABILONG_CACHE") or Path.home() / ".cache" / "babilong") / "stores"


def open_store(
    corpus: Corpus, tokenizer: Tokenizer, *, avoid: bool = False, words: collisions.Words = collisions.BABI_WORDS
) -> Store:
    """The store of a corpus and a tokenizer, built if it is not there or damaged.

    Args:
        corpus: what to tokenise.
        tokenizer: with what.
        avoid: whether sentences with one of the words are left out.
        words: what is counted as a collision.

    Raises:
        DataError: a document cannot be read, none is left, or the cache folder cannot be written to.
    """
    key = f"{STORE_VERSION}\x1f{corpus.fingerprint}\x1f{tokenizer.fingerprint}\x1f{collisions.fingerprint(words)}"
    folder = stores_folder() / hashlib.sha256(f"{key}\x1f{avoid}".encode()).hexdigest()[:32]
    store = read_store(folder)
    if store is None:
        try:
            _build_into(folder, lambda new: build(new, corpus, tokenizer, collisions.finder(words), avoid))
        except OSError as error:
            raise DataError(
                f"Cannot write the token store in {folder.parent}: {error.strerror or error}; set BABILONG_CACHE to a "
                "folder that can be written to and has room."
            ) from error
        store = read_store(folder)
    if store is None:
        raise DataError(f"The token store {folder} cannot be opened; remove that folder and run again.")
    with suppress(OSError):  # of a cache that is only read
        os.utime(folder / META)  # "last used"
    return store


def read_store(folder: Path, *, checked_bytes: float = _CHECKED_BYTES) -> Store | None:
    """The store in a folder, or None where there is none or one that is not as it was written.

    Args:
        folder: where it should be.
        checked_bytes: up to what size its checksums are compared; above, only the sizes of its files.
    """
    try:
        meta = json.loads((folder / META).read_text("utf-8"))
        if meta["version"] != STORE_VERSION:
            return None
        arrays = {}
        whole = sum((folder / name).stat().st_size for name in meta["arrays"]) <= checked_bytes
        for name, (dtype, length, checksum) in meta["arrays"].items():
            if (folder / name).stat().st_size != length * np.dtype(dtype).itemsize:
                return None
            arrays[name] = np.memmap(folder / name, dtype=dtype, mode="r", shape=(length,)).view(np.ndarray)
            if whole and zlib.crc32(arrays[name].data) != checksum:
                return None
        return Store(bool(meta["additive"]), int(meta["sentences_seen"]), int(meta["collisions"]), **arrays)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _build_into(folder: Path, build_at: Callable[[Path], None]) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    remove_abandoned(folder.parent)
    with workplace(folder) as temporary:
        build_at(temporary / "new")
        if folder.exists() and read_store(folder) is None:
            os.rename(folder, temporary / "damaged")
        try:
            os.rename(temporary / "new", folder)
        except OSError:
            if read_store(folder) is None:
                raise
            # Another process was first; what it built is the same.
