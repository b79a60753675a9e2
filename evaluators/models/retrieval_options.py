"""What retrieval before a model can be told, and the checks that cost nothing.

Example::

    RetrievalOptions(retriever="bm25", unit="chunk:100", top_k=5).words     # 100
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from babilong.errors import UsageError

_EMBED = "embed:"


@dataclass(frozen=True, slots=True)
class RetrievalOptions:
    """What is retrieved, by what, and how much of it.

    Attributes:
        retriever: `bm25`, or `embed:ID-or-folder`, an encoder of transformers.
        unit: `sentence`, or `chunk:N`: N words.
        top_k: units that the model is given.
    """

    retriever: str = "bm25"
    unit: str = "sentence"
    top_k: int = 20

    def check(self) -> None:
        """Look at everything that can be wrong before work starts.

        Raises:
            UsageError: something is.
        """
        if self.retriever != "bm25" and not self.encoder:
            raise UsageError(f"Unknown retriever {self.retriever!r}; give bm25 or embed:ID-or-folder.")
        if self.top_k < 1:
            raise UsageError(f"--top-k {self.top_k} retrieves nothing; give 1 or more.")
        _ = self.words

    @property
    def encoder(self) -> str:
        """Folder or hub id of the encoder; empty for BM25."""
        return self.retriever.removeprefix(_EMBED) if self.retriever.startswith(_EMBED) else ""

    @property
    def words(self) -> int | None:
        """Words of a chunk; None where units are sentences.

        Raises:
            UsageError: it is neither.
        """
        if self.unit == "sentence":
            return None
        found = re.fullmatch(r"chunk:([1-9]\d{0,8})", self.unit)
        if found is None:
            raise UsageError(f"Unknown unit {self.unit!r}; give sentence, or chunk:N for chunks of N words.")
        return int(found[1])
