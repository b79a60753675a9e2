"""The token store: a corpus tokenised once into memory-mapped arrays, then sampled without tokenising again.

Example::

    store = open_store(load_corpus("builtin", "test"), load_tokenizer())
    bytes(store.text[: store.byte_bounds[10]])  # the first ten sentences, each after one blank
    store.tokens[: store.token_bounds[10]]  # and their token ids

A store lies in `$BABILONG_CACHE` (or `~/.cache/babilong`) under the hash of corpus, tokenizer and version. It is built
in a folder beside its place and renamed into it: it is there whole or not at all, whoever else builds it meanwhile.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import time
from array import array
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate, chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from babilong.errors import DataError
from babilong.tokenizers import Tokenizer
from generators.backgrounds.corpus import Corpus
from generators.progress import bar

STORE_VERSION = 1
_BATCH = 4_096
_CHECKED = 256
_ABANDONED_S = 24 * 3600.0
_META = "meta.json"
_BUILDING = ".building"


@dataclass(frozen=True)
class Store:
    """A tokenised corpus of S sentences, T tokens and D documents; all arrays are memory-mapped.

    Bounds begin with 0 and end with the total, so sentence `i` lies between bounds `i` and `i + 1`.

    Attributes:
        additive: tokens of sentences joined by blanks are the sum of theirs, as the tokenizer says and as a sample of
            every document was seen to be.
        text: (bytes,) uint8, UTF-8 of all sentences, each after one blank.
        tokens: (T,) uint16 or uint32, token ids of `" " + sentence` for all sentences.
        byte_bounds: (S + 1,) int64, of sentences in `text`.
        char_bounds: (S + 1,) int64, of sentences in the characters of `text`.
        token_bounds: (S + 1,) int64, of sentences in `tokens`.
        document_bounds: (D + 1,) int64, of documents in sentences.
    """

    additive: bool
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


def cache_folder() -> Path:
    """`$BABILONG_CACHE`, or `~/.cache/babilong`."""
    return Path(os.environ.get("BABILONG_CACHE") or Path.home() / ".cache" / "babilong")


def open_store(corpus: Corpus, tokenizer: Tokenizer) -> Store:
    """The store of a corpus and a tokenizer, built if it is not there or damaged.

    Raises:
        DataError: a document cannot be read, or the cache folder cannot be written to.
    """
    words = f"{STORE_VERSION}\x1f{corpus.fingerprint}\x1f{tokenizer.fingerprint}"
    folder = cache_folder() / "stores" / hashlib.sha256(words.encode()).hexdigest()[:32]
    store = _open(folder)
    if store is None:
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            _remove_abandoned(folder.parent)
            _build_into(folder, corpus, tokenizer)
        except OSError as error:
            raise DataError(
                f"Cannot write the token store in {folder.parent}: {error.strerror or error}; set BABILONG_CACHE to a "
                "folder that can be written to and has room."
            ) from error
        store = _open(folder)
    if store is None:
        raise DataError(f"The token store {folder} cannot be opened; remove that folder and run again.")
    return store


def _open(folder: Path) -> Store | None:
    """The store, or None where there is none or one whose files are not as long as they were written."""
    try:
        meta = json.loads((folder / _META).read_text("utf-8"))
        arrays = {}
        for name, (dtype, length) in meta["arrays"].items():
            if (folder / name).stat().st_size != length * np.dtype(dtype).itemsize:
                return None
            arrays[name] = np.memmap(folder / name, dtype=dtype, mode="r", shape=(length,)).view(np.ndarray)
        return Store(bool(meta["additive"]), **arrays)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _build_into(folder: Path, corpus: Corpus, tokenizer: Tokenizer) -> None:
    temporary = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", suffix=_BUILDING, dir=folder.parent))
    try:
        _build(temporary / "new", corpus, tokenizer)
        if folder.exists() and _open(folder) is None:
            os.rename(folder, temporary / "damaged")
        try:
            os.rename(temporary / "new", folder)
        except OSError:
            if _open(folder) is None:
                raise
            # Another process was first; what it built is the same.
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _build(folder: Path, corpus: Corpus, tokenizer: Tokenizer) -> None:
    folder.mkdir()
    dtype = np.dtype(np.uint16 if tokenizer.vocab_size <= 1 << 16 else np.uint32)
    bounds = {name: array("q", [0]) for name in ("byte_bounds", "char_bounds", "token_bounds", "document_bounds")}
    additive = tokenizer.additive
    with (
        open(folder / "text", "wb") as text,
        open(folder / "tokens", "wb") as tokens,
        bar(f"Tokenising {corpus.name} (once)", unit="tok") as advance,
    ):
        for document in corpus.documents():
            for start in range(0, len(document.sentences), _BATCH):
                sentences = [f" {sentence}" for sentence in document.sentences[start : start + _BATCH]]
                encoded = [sentence.encode() for sentence in sentences]
                ids = tokenizer.encode_batch(sentences)
                if additive and start == 0:
                    additive = tokenizer.count("".join(sentences[:_CHECKED])) == sum(map(len, ids[:_CHECKED]))
                text.write(b"".join(encoded))
                tokens.write(np.fromiter(chain.from_iterable(ids), dtype=dtype).tobytes())
                for name, parts in (("byte_bounds", encoded), ("char_bounds", sentences), ("token_bounds", ids)):
                    bounds[name].extend(accumulate(map(len, parts), initial=bounds[name].pop()))
                advance(sum(map(len, ids)))
            bounds["document_bounds"].append(len(bounds["token_bounds"]) - 1)
    lengths = {"text": bounds["byte_bounds"][-1], "tokens": bounds["token_bounds"][-1]}
    for name, values in bounds.items():
        np.asarray(values, dtype=np.int64).tofile(folder / name)
        lengths[name] = len(values)
    dtypes = {"text": "uint8", "tokens": dtype.name}
    meta = {
        "corpus": corpus.name,
        "tokenizer": tokenizer.name,
        "version": STORE_VERSION,
        "additive": additive,
        "arrays": {name: [dtypes.get(name, "int64"), length] for name, length in lengths.items()},
    }
    (folder / _META).write_text(json.dumps(meta, indent=1), "utf-8")


def _remove_abandoned(stores: Path) -> None:
    """Remove what killed builds have left, once no build can still be at it."""
    for left in stores.glob(f"*{_BUILDING}"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _ABANDONED_S:
                shutil.rmtree(left, ignore_errors=True)
