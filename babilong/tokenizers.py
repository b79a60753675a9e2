"""Tokenizers: the built-in one, a folder, or a hub id, behind one small class.

Lengths of samples are counted in tokens, so what is needed here is exact and fast counting::

    tokenizer = load_tokenizer("builtin")
    tokenizer.count("Mary went to the garden.")
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from babilong.errors import DataError
from babilong.hub import is_hub_id, is_out_of_reach

if TYPE_CHECKING:
    from tokenizers import Tokenizer as Backend

# Two sentences joined by a blank are tokenised apart by every tokenizer that starts a new word at a blank. Whether one
# does is looked up here, over everything a sentence of book text may end or start with.
_ENDS = ("a", "Z", "9", "é", "ж", *".,;:!?…-–—_*/&%$#@+=~^|`'\"”’»)]}>", "...", '."', ".”", "!’", "--")
_STARTS = ("a", "Z", "9", "é", "ж", *"-–—_*/&$#@+=~^|`'\"“‘«([{<", "'s", "'ll", "...", '"A', "“A", "--")


class Tokenizer:
    """Counts and encodes text without adding special tokens.

    Attributes:
        name: what was asked for: `builtin`, a folder or a hub id.
        backend: the `tokenizers.Tokenizer` underneath.
    """

    def __init__(self, name: str, backend: Backend) -> None:
        self.name = name
        self.backend = backend
        self.backend.no_padding()
        self.backend.no_truncation()

    @cached_property
    def fingerprint(self) -> str:
        """sha256 of the whole definition: two tokenizers with one fingerprint give the same tokens."""
        return hashlib.sha256(self.backend.to_str().encode()).hexdigest()

    @property
    def vocab_size(self) -> int:
        """Number of token ids, added tokens included."""
        return int(self.backend.get_vocab_size())

    def encode(self, text: str) -> list[int]:
        """Token ids of a text."""
        return list(self.backend.encode(text, add_special_tokens=False).ids)

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of many texts, on all cores."""
        return [encoding.ids for encoding in self.backend.encode_batch_fast(list(texts), add_special_tokens=False)]

    def count(self, text: str) -> int:
        """Number of tokens of a text."""
        return len(self.backend.encode(text, add_special_tokens=False))

    def encode_pieces(self, text: str, size: int = 1 << 17, before: str = "") -> Iterator[list[int]]:
        """Token ids of a long text, piece after piece, in bounded memory.

        The pieces together are exactly `encode(before + text)`, but the two are never copied into one. An additive
        tokenizer cuts at single blanks, some 8,000 characters at a time (tokenizers are slow on huge strings), and
        encodes about `size` characters a batch on all cores. Any other tokenizer must see the text whole.
        """
        if not self.additive or not text:
            yield self.encode(before + text)
            return
        batch: list[str] = []
        start = 0
        while start < len(text):
            cut = _blank_after(text, start + 8_000)
            batch.append(before + text[start:cut])
            start, before = cut, ""
            if start >= len(text) or len(batch) * 8_000 >= size:
                yield [token for ids in self.encode_batch(batch) for token in ids]
                batch = []

    def decode(self, ids: Sequence[int]) -> str:
        """Text of token ids, as the tokenizer's own decoder writes it."""
        return str(self.backend.decode(list(ids), skip_special_tokens=True))

    @cached_property
    def additive(self) -> bool:
        """Whether `count(a + " " + b) == count(a) + count(" " + b)` for all sentences `a` and `b`.

        True where no normalizer runs and the pre-tokenizer always starts a new word at a single blank, since no token
        crosses a word. False where that is not so (SentencePiece): texts are then counted whole.
        """
        splitter = self.backend.pre_tokenizer
        if self.backend.normalizer is not None or splitter is None:
            return False
        return all(
            any(start == len(end) for _, (start, _) in splitter.pre_tokenize_str(f"{end} {begin}"))
            for end in _ENDS
            for begin in _STARTS
        )


def _blank_after(text: str, position: int) -> int:
    """The first place at or after `position` where one blank stands between two other characters, or the end."""
    while True:
        position = text.find(" ", position)
        if position < 0:
            return len(text)
        around = text[position - 1] + text[position + 1 : position + 2]
        if len(around) == 2 and not around[0].isspace() and not around[1].isspace():
            return position
        position += 1


def load_tokenizer(name: str = "builtin") -> Tokenizer:
    """The tokenizer `builtin`, of a folder, or of a hub id.

    Raises:
        DataError: it cannot be found or read, or has no fast implementation.
    """
    if name == "builtin":
        from tokenizers import Tokenizer as Backend

        return Tokenizer(name, Backend.from_str(files("babilong").joinpath("data/tokenizer.json").read_text("utf-8")))
    single = Path(name) / "tokenizer.json"
    if single.is_file():
        from tokenizers import Tokenizer as Backend

        try:
            return Tokenizer(name, Backend.from_file(str(single)))
        except Exception as error:  # the Rust library raises bare Exception
            raise DataError(f"Cannot read the tokenizer {single}: {error}.") from error
    return Tokenizer(name, _from_transformers(name))


def _from_transformers(name: str) -> Backend:
    folder = Path(name).is_dir()
    if not folder and (Path(name).exists() or not is_hub_id(name)):
        raise DataError(f"No folder with a tokenizer at {name}; give one, or `--tokenizer builtin`.")
    from transformers import AutoTokenizer

    try:
        loaded: Any = AutoTokenizer.from_pretrained(name, local_files_only=folder or is_out_of_reach(name))
    except Exception as error:
        where = "the folder holds no tokenizer" if folder else "no such folder, and the hub did not give it"
        raise DataError(f"Cannot load the tokenizer {name!r}: {where}; `--tokenizer builtin` needs neither.") from error
    if not knows_words(loaded):
        raise DataError(f"Cannot use the tokenizer {name!r}: it comes without a vocabulary; add its tokenizer.json.")
    backend = getattr(loaded, "backend_tokenizer", None)
    if backend is None:
        raise DataError(f"The tokenizer {name!r} has no fast implementation; choose one with a tokenizer.json.")
    return backend


def knows_words(tokenizer: Any) -> bool:
    """Whether a tokenizer of transformers has a vocabulary: where the files are missing, one without is made."""
    ids = tokenizer("Mary went to the garden.", add_special_tokens=False)["input_ids"]
    return bool(set(ids) - {tokenizer.unk_token_id})
