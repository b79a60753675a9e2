"""Sample files: some samples as one parquet or JSON-lines file, written in bounded memory and hashed on the way.

Example::

    size, sha256 = write_samples(Path("some.part"), haystacks, format="parquet", large=False)
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from generators.haystack import Haystack

if TYPE_CHECKING:
    import pyarrow as pa

_GROUP_BYTES = 8 << 20


def write_samples(path: Path, haystacks: Iterable[Haystack], format: str, large: bool) -> tuple[int, str]:
    """Write a file; when that fails, none is left.

    Args:
        path: of the file.
        haystacks: the samples.
        format: one of `FORMATS`.
        large: whether one row is so large that it is written alone, with 64-bit offsets.

    Returns:
        Its size in bytes and its sha256.

    Raises:
        OSError: it cannot be written.
    """
    sink = _Sink(path)
    rows: _Rows | None = None
    try:
        rows = _FORMATS[format](sink, large)
        for batch in _batches(haystacks, large):
            rows.write(batch)
        rows.close()
        sink.close()
    except BaseException:
        sink.discard()
        if rows:
            with suppress(Exception):  # it may still want to end its file
                rows.close()
        raise
    return sink.size, sink.sha256


def _batches(haystacks: Iterable[Haystack], large: bool) -> Iterator[list[Haystack]]:
    batch: list[Haystack] = []
    size = 0
    for haystack in haystacks:
        batch.append(haystack)
        size += len(haystack.utf8)
        if large or size >= _GROUP_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


class _Sink:
    """A binary file that is hashed while it is written."""

    def __init__(self, path: Path) -> None:
        self.path, self.size, self.closed = path, 0, False
        self._hash = hashlib.sha256()
        self._file = open(path, "wb")  # noqa: SIM115

    def write(self, data: bytes) -> int:
        if not self._file.closed:  # discarded: whatever comes is dropped
            self._file.write(data)
            self._hash.update(data)
            self.size += len(data)
        return len(data)

    def tell(self) -> int:
        return self.size

    def flush(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True
        self._file.close()

    def discard(self) -> None:
        with suppress(OSError):
            self._file.close()
        self.path.unlink(missing_ok=True)

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


class _Rows(Protocol):
    def write(self, batch: list[Haystack]) -> None: ...

    def close(self) -> None: ...


class _Jsonl:
    def __init__(self, sink: _Sink, large: bool) -> None:
        self._sink = sink

    def write(self, batch: list[Haystack]) -> None:
        for haystack in batch:
            self._sink.write(json.dumps(haystack.sample().to_row(), ensure_ascii=False).encode() + b"\n")

    def close(self) -> None:
        pass


class _Parquet:
    """A row group a batch. Contexts hardly repeat: they are kept out of dictionaries and statistics."""

    def __init__(self, sink: _Sink, large: bool, compression: str = "none") -> None:
        import pyarrow.parquet as pq

        self._schema = _schema(large)
        others = [name for name in self._schema.names if name != "input"]
        self._writer = pq.ParquetWriter(
            sink,
            self._schema,
            compression=compression,
            compression_level=None if compression == "none" else 1,
            use_dictionary=others,
            write_statistics=others,
        )

    def write(self, batch: list[Haystack]) -> None:
        import pyarrow as pa

        columns = [_texts([haystack.utf8 for haystack in batch], self._schema.field("input").type)]
        for field in list(self._schema)[1:]:
            columns.append(pa.array([getattr(haystack.rest, field.name) for haystack in batch], field.type))
        self._writer.write_table(pa.Table.from_arrays(columns, schema=self._schema))

    def close(self) -> None:
        self._writer.close()


# Compressing takes longer than all the rest, and its bytes depend on the library's version. Zstandard at level 1 writes
# half as fast and 0.4 of the bytes of a novel; higher levels are slower, LZ4 and Snappy write 1.5 times its bytes.
_FORMATS: dict[str, Callable[[_Sink, bool], _Rows]] = {
    "parquet": _Parquet,
    "parquet-zstd": partial(_Parquet, compression="zstd"),
    "jsonl": _Jsonl,
}
FORMATS = tuple(_FORMATS)


def _schema(large: bool) -> pa.Schema:
    import pyarrow as pa

    text, numbers = pa.string(), pa.int64()
    return pa.schema(
        [
            ("input", pa.large_string() if large else text),
            ("question", text),
            ("target", text),
            ("task", text),
            ("length", text),
            ("index", numbers),
            ("facts", pa.list_(text)),
            ("supporting", pa.list_(numbers)),
            ("fact_offsets", pa.list_(numbers)),
            ("fact_depths", pa.list_(pa.float64())),
            ("n_tokens", numbers),
            ("prompt_tokens", numbers),
            ("story_source", text),
            ("background_unique", pa.float64()),
            ("labels", pa.list_(text)),
        ]
    )


def _texts(texts: list[bytes], kind: Any) -> pa.Array:
    """UTF-8 as an Arrow column, without going through `str`."""
    import numpy as np
    import pyarrow as pa

    offsets = np.cumsum([0, *map(len, texts)], dtype=np.int64 if pa.types.is_large_string(kind) else np.int32)
    data = texts[0] if len(texts) == 1 else b"".join(texts)
    return pa.Array.from_buffers(kind, len(texts), [None, pa.py_buffer(offsets), pa.py_buffer(data)])
