"""Reads contexts of any length with a recurrent-memory model and answers questions about them.

    reader = load_reader("rmt-gpt2")
    reader.answer([("Mary went to the garden.", "Where is Mary?")], max_new_tokens=20)[0].text    # "garden"

Memory does not grow with length: of a context only the segment being read is held as tokens.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from babilong.errors import UsageError
from baselines.checkpoints import BUNDLED, Checkpoint, load
from baselines.memory import segments
from baselines.reading import Pages

if TYPE_CHECKING:
    import torch

    from baselines.memory.model import State

__all__ = ["BUNDLED", "Reading", "RecurrentReader", "load_reader"]

DTYPES = ("auto", "float32", "bfloat16")


class Reading(NamedTuple):
    """One answer.

    Attributes:
        text: the answer, stripped.
        finish_reason: `stop` if the model ended it, `length` if it was cut at `max_new_tokens`.
        tokens_in: tokens read, question included.
        tokens_out: tokens written, the end token included.
    """

    text: str
    finish_reason: str
    tokens_in: int
    tokens_out: int


class RecurrentReader:
    """A recurrent-memory model with its tokenizer, ready to read.

    Args:
        checkpoint: a loaded checkpoint.
        dtype: `float32`, `bfloat16`, or `auto`: bfloat16 where the processor multiplies in it, else float32.
    """

    def __init__(self, checkpoint: Checkpoint, dtype: str = "auto") -> None:
        self.checkpoint = checkpoint
        self.dtype = resolve_dtype(dtype)
        self.model = checkpoint.model.to(self.dtype)
        self.tokenizer = checkpoint.tokenizer
        self.tasks = checkpoint.tasks
        self.reading = checkpoint.reading
        end = self.model.base.config.eos_token_id
        self.ends = frozenset(end if isinstance(end, list) else [end])

    def describe(self) -> dict[str, Any]:
        """Everything about the model that decides its answers."""
        return {
            "checkpoint": self.checkpoint.name,
            "sha256": self.checkpoint.sha256,
            "architecture": self.model.base.config.model_type,
            "memory": self.model.config.to_dict(),
            "tokenizer": self.tokenizer.fingerprint,
            "dtype": str(self.dtype).removeprefix("torch."),
        }

    def answer(self, batch: Sequence[tuple[str, str]], max_new_tokens: int) -> list[Reading]:
        """Answer a question about each context.

        Args:
            batch: contexts with their questions; contexts may differ in length.
            max_new_tokens: where an answer is cut.

        Returns:
            An answer for each pair, in order.
        """
        pages = [self.pages(context, question) for context, question in batch]
        state, tokens = self._read(pages)
        readings = self.complete([page.last.tolist() for page in pages], state, max_new_tokens)
        return [
            reading._replace(tokens_in=count + reading.tokens_in)
            for reading, count in zip(readings, tokens, strict=True)
        ]

    def reply(self, questions: Sequence[str], state: State, max_new_tokens: int) -> list[Reading]:
        """Answer a question about what each of B memories has read; tokens of the question are those read."""
        asked = [self.reading.asked(self.tokenizer, question) for question in questions]
        return self.complete(asked, state, max_new_tokens)

    def complete(self, asked: Sequence[Sequence[int]], state: State, max_new_tokens: int) -> list[Reading]:
        """Go on from the token ids of B last segments, each with its memory."""
        import torch

        with torch.inference_mode():
            written = self._generate(asked, state, max_new_tokens)
        readings = []
        for question, ids in zip(asked, written, strict=True):
            end = next((place for place, token in enumerate(ids) if token in self.ends), None)
            text = self.tokenizer.decode(ids[:end]).strip()
            out = len(ids) if end is None else end + 1
            readings.append(Reading(text, "length" if end is None else "stop", len(question), out))
        return readings

    def read(self, contexts: Sequence[str], state: State | None = None) -> tuple[State, list[int]]:
        """Read contexts segment by segment.

        Args:
            contexts: B texts.
            state: memory to go on from; fresh if None.

        Returns:
            The memory afterwards, and the number of tokens read of each context.
        """
        return self._read(list(map(self.segments, contexts)), state)

    def _read(
        self, texts: Sequence[Iterator[NDArray[np.int64]]], state: State | None = None
    ) -> tuple[State, list[int]]:
        tokens = [0] * len(texts)
        state = self.model.init_state(len(texts)) if state is None else state
        for rows in zip_longest(*texts):
            for i, row in enumerate(rows):
                tokens[i] += 0 if row is None else self.new_tokens(row, tokens[i])
            state = self.step(rows, state)
        return state, tokens

    def segments(self, context: str) -> Iterator[NDArray[np.int64]]:
        """The token ids of a context, segment by segment."""
        return self._cut(self.reading.pieces(self.tokenizer, context))

    def pages(self, context: str, question: str) -> Pages[NDArray[np.int64]]:
        """The segments of a context to be read; the last is that behind which the answer to the question stands."""
        asked = np.asarray(self.reading.asked(self.tokenizer, question), dtype=np.int64)
        if self.reading.joined:
            return Pages(self._cut(chain(self.reading.pieces(self.tokenizer, context), [asked])))
        return Pages(chain(self.segments(context), [asked]))

    def _cut(self, pieces: Iterable[Sequence[int] | NDArray[np.int64]]) -> Iterator[NDArray[np.int64]]:
        return segments.stream(pieces, self.model.config.segment_size, self.model.config.overlap)

    def new_tokens(self, segment: NDArray[np.int64], before: int) -> int:
        """How many tokens of a segment were not in the one before it, `before` tokens having been read."""
        return len(segment) - (self.model.config.overlap if before else 0)

    def step(self, rows: Sequence[NDArray[np.int64] | None], state: State) -> State:
        """Read the next segment of each of B texts; where one has ended (None) its memory stays.

        Args:
            rows: B segments of token ids.
            state: the memory of the B texts.

        Returns:
            The memory afterwards.
        """
        import torch

        # Always a whole segment wide, so that a text's answer does not depend on what it is batched with.
        ids = np.zeros((len(rows), self.model.config.segment_size), dtype=np.int64)
        mask = np.zeros(ids.shape, dtype=np.bool_)
        for i, row in enumerate(rows):
            if row is not None:
                ids[i, : len(row)], mask[i, : len(row)] = row, True
        full = bool(mask.all())
        with torch.inference_mode():
            return self.model.step(torch.from_numpy(ids), state, None if full else torch.from_numpy(mask)).state

    def _generate(self, questions: Sequence[Sequence[int]], state: State, max_new_tokens: int) -> list[list[int]]:
        """Greedy answers; a question is short, so it is read anew for each token of the answer."""
        import torch

        ends_it = torch.tensor(sorted(self.ends))
        longest = max(map(len, questions)) + max_new_tokens
        ids = torch.zeros(len(questions), longest, dtype=torch.long)
        ends = torch.tensor([len(question) for question in questions])
        for row, question in enumerate(questions):
            ids[row, : len(question)] = torch.tensor(question)
        rows, places = torch.arange(len(questions)), torch.arange(longest)
        done = torch.zeros(len(questions), dtype=torch.bool)
        answers: list[list[int]] = [[] for _ in questions]
        for _ in range(max_new_tokens):
            width = int(ends.max())
            mask = places[None, :width] < ends[:, None]
            hidden = self.model.read(ids[:, :width], state, mask)
            token = self.model.logits(hidden[rows, ends - 1]).argmax(dim=-1)
            for row in (~done).nonzero().flatten().tolist():
                answers[row].append(int(token[row]))
            ids[rows, ends] = token
            ends = ends + (~done)
            done |= torch.isin(token, ends_it)
            if bool(done.all()):
                break
        return answers


def load_reader(name: str, dtype: str = "auto") -> RecurrentReader:
    """A reader for a bundled checkpoint or a folder.

    Raises:
        UsageError: there is no such checkpoint or dtype.
        DataError: the checkpoint is broken.
    """
    resolve_dtype(dtype)
    return RecurrentReader(load(name), dtype)


def resolve_dtype(name: str) -> torch.dtype:
    """The torch dtype of a name; `auto` is bfloat16 where the processor multiplies matrices in it, else float32.

    Raises:
        UsageError: no such dtype.
    """
    import torch

    if name not in DTYPES:
        raise UsageError(f"Unknown dtype {name!r}; choose {', '.join(DTYPES)}.")
    if name == "auto":
        fast = torch.backends.cpu.get_cpu_capability() == "AVX512" and torch.cpu._is_amx_tile_supported()
        name = "bfloat16" if fast else "float32"
    return torch.bfloat16 if name == "bfloat16" else torch.float32
