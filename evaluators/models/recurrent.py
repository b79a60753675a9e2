"""Recurrent-memory models: read segment by segment, in memory that does not grow with the length.

A batch is a number of seats: a sample that has been read to its end leaves, and the next one takes its place, so that
samples of unlike lengths are read together and none waits for another. What a sample has read so far is a small state,
which is saved now and then; after a kill the sample goes on from there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from babilong.command import note
from babilong.errors import BabilongError
from evaluators.models.batches import error_class
from evaluators.models.protocol import Answer, ModelOptions, Request
from evaluators.models.reading_state import Place, fresh_place, load_place, save_place

if TYPE_CHECKING:
    from baselines.memory.scan import Segment
    from baselines.reader import Reading, RecurrentReader
    from baselines.reading import Pages


@dataclass(eq=False)
class _Seat:
    """A sample that is being read: its next segments, how far it is, and in the end its answer or its error."""

    request: Request
    pages: Pages[Segment]
    segments: Iterator[Segment]
    place: Place
    saved: int
    seconds: float = 0.0
    window: list[Segment] = field(default_factory=list)
    reading: Reading | None = None
    error: tuple[str, str] | None = None


class RecurrentModel:
    """A trained recurrent-memory checkpoint: the bundled one, a folder, or a published one on the hub.

    It was fine-tuned to read the bare context and question, as in the RMT papers, so it sees no instructions; how it
    reads them comes with the checkpoint.
    """

    prompted = False
    max_tokens = None

    def __init__(self, name: str, reader: RecurrentReader, options: ModelOptions) -> None:
        self.name = name
        self.reader = reader
        self.options = options

    @classmethod
    def load(cls, name: str, source: str, options: ModelOptions) -> RecurrentModel:
        """The checkpoint of a bundled name or of a folder.

        Raises:
            UsageError: an option that is not for it, or a device that is not here.
            DataError: no such checkpoint, or one that cannot be read.
        """
        from baselines.reader import load_reader

        options.local.check("rmt")
        return cls(name, load_reader(source, options.dtype, options.local.place(), shared_background=True), options)

    def describe(self) -> dict[str, Any]:
        """Weights, architecture and decoding; the same wherever the checkpoint lies."""
        reader = {key: value for key, value in self.reader.describe().items() if key != "checkpoint"}
        return {
            "model": self.name,
            **reader,
            "trained_on": list(self.reader.tasks),
            "prompt": self.reader.reading.name,
            "decoding": self.options.decoding,
        }

    def count(self, request: Request) -> int:
        """Nothing to count: there is no limit."""
        return 0

    def answer(self, requests: Iterator[Request]) -> Iterator[Answer]:
        """Answers in the order in which contexts end; no more of them are held than a batch has seats."""
        seats: list[_Seat] = []
        fits = self.options.batch_size
        while True:
            seats += map(self._seat, islice(requests, self.options.batch_size - len(seats)))
            if not seats:
                return
            for seat in seats:
                _try([seat], self._turn_pages)
            waiting = [seat for seat in seats if seat.window]
            while waiting:
                batch, waiting = waiting[:fits], waiting[fits:]
                fits = _try(batch, self._read) or fits
            for seat in seats:
                if seat.error is None and seat.request.state_file:
                    self._save(seat, seat.request.state_file)
            ended = [seat for seat in seats if not seat.window or seat.error is not None]
            seats = [seat for seat in seats if seat not in ended]
            _try([seat for seat in ended if seat.error is None], self._reply)
            yield from map(_answer, ended)

    def _seat(self, request: Request) -> _Seat:
        """A sample at its beginning, or where it was left; with an error, if its question cannot be encoded."""
        from baselines.reading import Pages

        place = load_place(request.state_file, request.context) if request.state_file else None
        place = place or fresh_place(self.reader.model)
        place = replace(place, state=self.reader.here(place.state))
        try:
            pages = self.reader.pages(request.context, request.question)
        except BabilongError:
            raise
        except Exception as caught:
            return _Seat(request, Pages(()), iter(()), place, place.tokens, error=_told(caught))
        return _Seat(request, pages, islice(pages, place.segments, None), place, place.tokens)

    def _turn_pages(self, seats: Sequence[_Seat]) -> None:
        for seat in seats:
            seat.window = []
            seat.window = list(islice(seat.segments, self.reader.at_once))

    def _read(self, batch: Sequence[_Seat]) -> None:
        """Read the next segments of each sample."""
        from baselines.memory.model import join

        windows = [[segment.ids for segment in seat.window] for seat in batch]
        states = self.reader.step(windows, join([seat.place.state for seat in batch]))
        for row, seat in enumerate(batch):
            own = {name: tensor[row : row + 1] for name, tensor in states.items()}
            tokens = sum(segment.tokens for segment in seat.window)
            seat.place = Place(own, seat.place.segments + len(seat.window), seat.place.tokens + tokens)

    def _reply(self, batch: Sequence[_Seat]) -> None:
        """Answer the question of each sample, which has been read."""
        from baselines.memory.model import join

        states = join([seat.place.state for seat in batch])
        readings = self.reader.complete([seat.pages.last for seat in batch], states, self.options.max_new_tokens)
        for seat, reading in zip(batch, readings, strict=True):
            seat.reading = reading

    def _save(self, seat: _Seat, file: Path) -> None:
        if seat.place.tokens - seat.saved >= self.options.state_every:
            seat.saved = seat.place.tokens
            try:
                save_place(file, seat.place, seat.request.context)
            except OSError as error:  # answers are worth more than where one was
                note(f"Cannot save how far {seat.request.id} is: {error}; after a kill it would begin anew.")


def _told(error: Exception) -> tuple[str, str]:
    """The class of an error and the first line of what it says."""
    return error_class(error), next(iter(str(error).splitlines()), "")


def _try(batch: Sequence[_Seat], work: Callable[[Sequence[_Seat]], None]) -> int | None:
    """Do something with samples together; where it fails, in halves, down to those with which it cannot be done.

    Returns:
        How many went together, if memory was short for them all.
    """
    if not batch:
        return None
    started = time.perf_counter()
    error = None
    try:
        work(batch)
    except BabilongError:
        raise
    except Exception as caught:
        error = _told(caught)
    # The exception is gone here, and with it the frames that held the batch's memory.
    if error is None:
        for seat in batch:
            seat.seconds += (time.perf_counter() - started) / len(batch)
        return None
    if len(batch) == 1:
        batch[0].error = error
        return None
    middle = len(batch) // 2
    fitted = [_try(half, work) or middle for half in (batch[:middle], batch[middle:])]
    return min(fitted) if error[0] == "oom" else None


def _answer(seat: _Seat) -> Answer:
    seconds = round(seat.seconds, 4)
    reading = seat.reading
    if reading is None:
        return Answer(seat.request.id, "", None, 0, 0, seconds, *(seat.error or ()))
    tokens = seat.place.tokens + reading.tokens_in
    return Answer(seat.request.id, reading.text, reading.finish_reason, tokens, reading.tokens_out, seconds)
