"""How well the units of a text fit a question: by their words (BM25), or by an encoder's vectors.

Example::

    retriever = make_retriever(RetrievalOptions())
    retriever.scores(["Mary left.", "It rained."], "Where is Mary?")     # [0.24, 0.0]
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Sequence
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from babilong.errors import DataError, UsageError
from evaluators.models.checkpoint import (
    cannot_load,
    check_source,
    fingerprint,
    load_tokenizer_and_config,
    only_local,
    positions,
)
from evaluators.models.retrieval_options import RetrievalOptions

_BATCH = 64  # windows of units that the encoder reads at a time


class Retriever(Protocol):
    """Anything that scores units against a question."""

    def describe(self) -> dict[str, Any]:
        """Everything about it that decides its scores."""
        ...

    def scores(self, units: Sequence[str], question: str) -> NDArray[np.float32]:
        """A score for every unit, [units]; more is better."""
        ...


def make_retriever(options: RetrievalOptions) -> Retriever:
    """The retriever of `--retriever`.

    Raises:
        UsageError: options that are wrong, or BM25 is not installed.
        DataError: there is no such encoder.
    """
    options.check()
    return Encoder(options.encoder) if options.encoder else BM25()


class BM25:
    """BM25 in Lucene's form (k1 1.5, b 0.75), by the `bm25s` library, without English stop words and question words.

    Every text is an index of its own: how rare a word is, is counted in the units of one context.
    """

    def __init__(self) -> None:
        try:
            import bm25s
        except ImportError as error:
            raise UsageError("Retrieval by BM25 needs bm25s: pip install 'babilong[rag]'.") from error
        self._library: Any = bm25s

    def describe(self) -> dict[str, Any]:
        """Method and version of the library."""
        return {"retriever": "bm25", "bm25s": importlib.metadata.version("bm25s")}

    def scores(self, units: Sequence[str], question: str) -> NDArray[np.float32]:
        """A score for every unit; all zero if the question's words are in none."""
        settings = {"stopwords": "en_plus", "show_progress": False}
        read = self._library.tokenize(list(units), **settings)
        words = self._library.tokenize(question, return_ids=False, **settings)[0]
        known = [word for word in words if word in read.vocab]
        if not known:  # among such units are those without any word, of which the library makes no index
            return np.zeros(len(units), np.float32)
        index = self._library.BM25()
        index.index(read, show_progress=False)
        return index.get_scores(known)


class Encoder:
    """Cosine of mean-pooled vectors of an encoder of transformers; a unit longer than it reads goes in windows.

    Args:
        source: folder or hub id.

    Raises:
        DataError: there is no such encoder.
    """

    def __init__(self, source: str) -> None:
        check_source(source)
        import transformers

        library: Any = transformers
        local = only_local(source)
        self.source = source
        self.tokenizer, self.config = load_tokenizer_and_config(source, local=local)
        if not self.tokenizer.is_fast:
            raise DataError(f"Cannot retrieve with {source}: its tokenizer has no fast implementation.")
        try:
            model = library.AutoModel.from_pretrained(source, local_files_only=local)
        except Exception as error:  # the libraries raise what they like
            raise cannot_load(source, error) from error
        import torch

        self.model = model.to("cuda" if torch.cuda.is_available() else "cpu").eval()
        if self.tokenizer.pad_token is None:  # padding is masked: any token does
            self.tokenizer.pad_token = self.tokenizer.eos_token or self.tokenizer.convert_ids_to_tokens(0)

    @cached_property
    def fingerprint(self) -> str:
        """Commit of a hub model; sha256 over the files of a folder."""
        return fingerprint(self.source, self.config)

    def describe(self) -> dict[str, Any]:
        """Weights of the encoder."""
        return {"retriever": "embed", "encoder": self.fingerprint}

    def scores(self, units: Sequence[str], question: str) -> NDArray[np.float32]:
        """Cosine of each unit's vector with the question's."""
        vectors = self.embed([question, *units])
        return vectors[1:] @ vectors[0]

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of length 1, [texts, d]: the mean over all tokens of a text."""
        import torch

        # RoBERTa and its kin keep two positions for themselves.
        window = min(512, (positions(self.config) or 512) - 2)
        read = self.tokenizer(list(texts), truncation=True, max_length=window, return_overflowing_tokens=True)
        owners = read["overflow_to_sample_mapping"]
        sums = torch.zeros(len(texts), self.config.hidden_size, device=self.model.device)
        # Windows of like length together, so that little is padding.
        order = sorted(range(len(owners)), key=lambda place: len(read["input_ids"][place]))
        with torch.inference_mode():
            for start in range(0, len(order), _BATCH):
                places = order[start : start + _BATCH]
                batch = self.tokenizer.pad(
                    {key: [read[key][place] for place in places] for key in ("input_ids", "attention_mask")},
                    return_tensors="pt",
                ).to(self.model.device)
                hidden = self.model(**batch).last_hidden_state * batch["attention_mask"][..., None]
                sums.index_add_(0, torch.tensor([owners[p] for p in places], device=sums.device), hidden.sum(1).float())
        vectors: NDArray[np.float32] = torch.nn.functional.normalize(sums).cpu().numpy()
        return vectors
