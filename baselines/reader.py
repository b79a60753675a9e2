"""Reads contexts of any length with a recurrent-memory model and answers questions about them.

    reader = load_reader("rmt-gpt2")
    reader.answer([("Mary went to the garden.", "Where is Mary?")], max_new_tokens=20)[0].text    # "garden"

Memory does not grow with length: of a context only the segment being read is held as tokens.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from babilong.errors import unknown
from baselines.bundled import BUNDLED
from baselines.checkpoints import Checkpoint, load
from baselines.reading import BARE, Pages

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedConfig

    from baselines.memory.model import MemoryModel, State
    from baselines.memory.scan import Segment

__all__ = ["BUNDLED", "Reading", "RecurrentReader", "load_reader"]

# Of a base model's configuration: by whom, from where and in what it was written.
_IRRELEVANT = ("transformers_version", "_name_or_path", "dtype", "torch_dtype", "architectures", "use_cache")
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
        dtype: `float32`, `bfloat16`, or `auto`: bfloat16 where the device multiplies in it, else float32.
        device: where it runs: `cpu`, `cuda`, `cuda:1`, ... of torch; or `auto`, a GPU where there is one.
        shared_background: whether sentences that the gate kept out are remembered, which makes reading faster where
            contexts have them in common, and changes nothing else.
    """

    def __init__(
        self, checkpoint: Checkpoint, dtype: str = "auto", device: str = "auto", shared_background: bool = False
    ) -> None:
        import torch

        from baselines.memory.kept_out import KeptOut
        from baselines.memory.scan import Scanner
        from baselines.memory.windows import Windows

        self.checkpoint = checkpoint
        place = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
        self.dtype = resolve_dtype(dtype, place)
        if place.startswith("cuda:"):
            torch.cuda.set_device(place)  # where streams and graphs are made
        self.model = _cast(checkpoint.model, place, self.dtype)
        self._windows = Windows(self.model)
        self.tokenizer = checkpoint.tokenizer
        self.tasks = checkpoint.tasks
        self.reading = checkpoint.reading
        self.scanner = Scanner(self.model, self.tokenizer)
        remembers = shared_background and self.scanner.judges and self.reading == BARE and self.tokenizer.additive
        self._kept_out = KeptOut(self.scanner, self.tokenizer) if remembers else None
        end = self.model.base.config.eos_token_id
        self.ends = frozenset(end if isinstance(end, list) else [end] if end is not None else [])

    def describe(self) -> dict[str, Any]:
        """Everything about the model that decides its answers."""
        return {
            "checkpoint": self.checkpoint.name,
            "sha256": self.checkpoint.sha256,
            "architecture": self.model.base.config.model_type,
            "base": _digest(self.model.base.config, self.checkpoint.adapted),
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
        if not batch:
            return []
        pages = [self.pages(context, question) for context, question in batch]
        state, tokens = self._read(pages)
        readings = self.complete([page.last for page in pages], state, max_new_tokens)
        return [
            reading._replace(tokens_in=count + reading.tokens_in)
            for reading, count in zip(readings, tokens, strict=True)
        ]

    def complete(self, last: Sequence[Segment], state: State, max_new_tokens: int) -> list[Reading]:
        """Go on from the last segments of B texts, each with its memory."""
        from baselines.memory.generation import generate

        prompts = [segment.ids.tolist() for segment in last]
        written = generate(self.model, prompts, self.here(state), max_new_tokens, self.ends)
        readings = []
        for segment, ids in zip(last, written, strict=True):
            end = next((place for place, token in enumerate(ids) if token in self.ends), None)
            text = self.tokenizer.decode(ids[:end]).strip()
            out = len(ids) if end is None else end + 1
            readings.append(Reading(text, "length" if end is None else "stop", segment.tokens, out))
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

    def _read(self, texts: Sequence[Iterator[Segment]], state: State | None = None) -> tuple[State, list[int]]:
        tokens = [0] * len(texts)
        state = self.model.init_state(len(texts)) if state is None else state
        while any(windows := [list(islice(text, self.at_once)) for text in texts]):
            tokens = [n + sum(s.tokens for s in window) for n, window in zip(tokens, windows, strict=True)]
            state = self.step([[segment.ids for segment in window] for window in windows], state)
        return state, tokens

    @property
    def at_once(self) -> int:
        """How many segments of a text are best read in one step."""
        return self._windows.size

    def segments(self, context: str) -> Iterator[Segment]:
        """The segments of a context that are read, one after the other."""
        if self._kept_out is not None:
            return self._kept_out.segments(context)
        return self.scanner.segments(self.reading.pieces(self.tokenizer, context))

    def pages(self, context: str, question: str) -> Pages[Segment]:
        """The segments of a context to be read; the last is that behind which the answer to the question stands."""
        asked = self._asked(question)
        if self.reading.joined:
            pieces = self.reading.pieces(self.tokenizer, context)
            return Pages(self.scanner.segments(chain(pieces, [asked.ids.tolist()])))
        return Pages(chain(self.segments(context), [asked]))

    def _asked(self, question: str) -> Segment:
        from baselines.memory.scan import Segment

        ids = np.asarray(self.reading.asked(self.tokenizer, question), dtype=np.int64)
        return Segment(ids, len(ids))

    def here(self, state: State) -> State:
        """A state where the model is."""
        return {name: tensor.to(self.model.device) for name, tensor in state.items()}

    def step(self, windows: Sequence[Sequence[NDArray[np.int64]]], state: State) -> State:
        """Read the next segments of each of B texts; where one has ended its memory stays.

        Args:
            windows: for each text so many segments of token ids as there are, at most `at_once`.
            state: the memory of the B texts.

        Returns:
            The memory afterwards.
        """
        import torch

        # Always a whole segment wide, so that a text's answer does not depend on what it is batched with.
        total, size = max(map(len, windows)), self.model.config.segment_size
        ids = np.zeros((total, len(windows), size), dtype=np.int64)
        mask = np.zeros(ids.shape, dtype=np.bool_)
        for row, window in enumerate(windows):
            for i, segment in enumerate(window):
                ids[i, row, : len(segment)], mask[i, row, : len(segment)] = segment, True
        device = self.model.device
        with torch.inference_mode():
            padding = None if mask.all() else torch.from_numpy(mask).to(device)
            return self._windows(torch.from_numpy(ids).to(device), self.here(state), padding)


def load_reader(
    name: str, dtype: str = "auto", device: str = "auto", shared_background: bool = False
) -> RecurrentReader:
    """A reader for a bundled checkpoint or a folder; see `RecurrentReader`.

    Raises:
        UsageError: there is no such checkpoint or dtype.
        DataError: the checkpoint is broken.
    """
    resolve_dtype(dtype)
    return RecurrentReader(load(name), dtype, device, shared_background)


def _cast(model: MemoryModel, place: str, dtype: torch.dtype) -> MemoryModel:
    """Move a model and cast its weights; buffers, such as the frequencies of rotary positions, stay exact."""
    exact = [(name, buffer) for name, buffer in model.named_buffers() if buffer.is_floating_point()]
    model.to(place, dtype)
    for name, buffer in exact:
        owner, _, leaf = name.rpartition(".")
        setattr(model.get_submodule(owner), leaf, buffer.to(place))
    return model


def _digest(config: PreTrainedConfig, adapted: float | None) -> str:
    """12 digits for all that a base model's configuration decides, and for the scale of merged adapters."""
    # What is as transformers has it by default is left out: another version has more of it.
    settings = {key: value for key, value in config.to_diff_dict().items() if key not in _IRRELEVANT}
    text = json.dumps([settings, adapted], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def resolve_dtype(name: str, device: str = "cpu") -> torch.dtype:
    """The torch dtype of a name; `auto` is bfloat16 where the device multiplies matrices in it, else float32.

    Raises:
        UsageError: no such dtype.
    """
    import torch

    if name not in DTYPES:
        raise unknown("dtype", name, DTYPES)
    if name == "auto":
        if device.startswith("cuda"):
            fast = torch.cuda.is_bf16_supported(including_emulation=False)
        else:
            fast = torch.backends.cpu.get_cpu_capability() == "AVX512" and torch.cpu._is_amx_tile_supported()
        name = "bfloat16" if fast else "float32"
    return torch.bfloat16 if name == "bfloat16" else torch.float32
