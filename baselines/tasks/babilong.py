"""bAbI stories in book text as training batches for a recurrent memory: token ids, segments and questions.

After every segment questions are asked about what was read so far; their answers are all the model learns from, where
facts stand is never told. Stories come fresh from the simulator's `train` and `valid` streams, which share nothing with
`test`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from babilong.errors import UsageError
from babilong.tokenizers import Tokenizer
from baselines.memory import segments
from baselines.memory.segments import IGNORE, Ids
from baselines.tasks.interleaved import anything, interleaved
from baselines.tasks.lessons import Lessons
from baselines.tasks.splits import must_not_be_test
from generators.streams import Stream


@dataclass(frozen=True, slots=True)
class Noise:
    """Book text as tokens.

    Attributes:
        tokens: token ids of the sentences one after the other, [n].
        ends: where each sentence ends in `tokens`, ascending.
    """

    tokens: NDArray[np.unsignedinteger]
    ends: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Batch:
    """Segments and the questions asked after each.

    Attributes:
        segments: token ids [S, B, L].
        mask: False at padding, [S, B, L].
        questions: token ids of questions with their answers [S, B * K, Q], K a row in succession.
        labels: the token that each place of `questions` should predict next, `IGNORE` where none is wanted.
    """

    segments: Ids
    mask: NDArray[np.bool_]
    questions: Ids
    labels: Ids


def prose_noise(tokenizer: Tokenizer, edition: str, volumes: int) -> Noise:
    """The first volumes of an edition of the built-in prose, `train` or `valid`, as noise.

    Raises:
        UsageError: it is not an edition to train on, or there are no volumes.
    """
    must_not_be_test(edition)
    if volumes < 1:
        raise UsageError("There is no text of books to hide stories in; raise `noise_volumes`.")
    from generators.backgrounds.prose import volume

    parts = [
        ids for number in range(volumes) for ids in tokenizer.encode_batch([f" {s}" for s in volume(edition, number)])
    ]
    ends = np.cumsum([len(ids) for ids in parts])
    return Noise(np.fromiter(chain.from_iterable(parts), dtype=np.uint32, count=int(ends[-1])), ends)


class StoryTask:
    """Makes batches of one or several tasks.

    Args:
        tasks: names and how often each is drawn.
        tokenizer: encodes facts and questions.
        end: token id that ends an answer.
        noise: background text.
        seed: names the random streams.
        split: names them, too: `train` or `valid`.

    Raises:
        UsageError: an unknown task, or the split is not one to train on.
    """

    def __init__(
        self, tasks: Mapping[str, float], tokenizer: Tokenizer, end: int, noise: Noise, seed: int, split: str = "train"
    ) -> None:
        must_not_be_test(split)
        self.lessons, self.tokenizer, self.end, self.noise = Lessons(tasks), tokenizer, end, noise
        self.seed, self.split = seed, split
        self._encode = lru_cache(maxsize=100_000)(lambda text: tuple(tokenizer.encode(f" {text}")))

    def interleaved(
        self, batch: int, length: int, step: int, tasks: Mapping[str, float] | None = None
    ) -> tuple[Ids, Ids]:
        """Facts with questions and answers between them: ids and labels, [batch, length]."""
        streams = (Stream(self.split, "interleaved", self.seed, step, row) for row in range(batch))
        return interleaved(self.lessons.of(tasks), self._encode, self.end, streams, length)

    def segmented(
        self,
        batch: int,
        tokens: int,
        size: int,
        overlap: int,
        questions: int,
        step: int,
        garble: float = 0.0,
        tasks: Mapping[str, float] | None = None,
        own: float = 0.75,
    ) -> Batch:
        """Stories in noise, cut into segments.

        Of a story that bAbI asks about at its end alone only some facts have questions: behind the others none is
        asked.

        Args:
            batch: B, rows.
            tokens: length of the context; a story that is longer stands in it alone, without noise. 0: all do.
            size: L, tokens in a segment.
            overlap: tokens that a segment shares with the one before.
            questions: K, asked after each segment.
            step: names the random streams with the row.
            garble: highest share of noise tokens replaced by random ones; the share is drawn for each row.
            tasks: instead of the task's own, how often each is drawn.
            own: share of the questions that are of the story's own task, where they can be asked.
        """
        lessons = self.lessons.of(tasks)
        rows, asked_of = [], []
        for row in range(batch):
            stream = Stream(self.split, "segmented", self.seed, step, row)
            story = lessons.draw(stream)
            ids, ends = self._bury([self._encode(fact) for fact in story.facts], tokens, garble, stream)
            cuts = segments.bounds(len(ids), size, overlap)
            rows.append((ids, cuts))
            for i, known in enumerate(np.searchsorted(ends, [end for _, end in cuts], side="right").tolist()):
                asked = story.asked[known - 1] if known else ()
                for k in range(questions if any(asked) else 0):
                    question = anything(asked[:1] if asked[0] and stream.random() < own else asked, stream)
                    answer = (*self._encode(question.answer), self.end)
                    asked_of.append((i, row * questions + k, self._encode(question.text), answer))
        total = max(len(cuts) for _, cuts in rows)
        longest = max((len(words) + len(answer) - 1 for *_, words, answer in asked_of), default=1)
        out = Batch(
            np.zeros((total, batch, size), dtype=np.int64),
            np.zeros((total, batch, size), dtype=np.bool_),
            np.zeros((total, batch * questions, longest), dtype=np.int64),
            np.full((total, batch * questions, longest), IGNORE, dtype=np.int64),
        )
        for row, (ids, cuts) in enumerate(rows):
            for i, (start, end) in enumerate(cuts):
                out.segments[i, row, : end - start] = ids[start:end]
                out.mask[i, row, : end - start] = True
        for i, at, words, answer in asked_of:
            out.questions[i, at, : len(words) + len(answer) - 1] = (*words, *answer[:-1])
            out.labels[i, at, len(words) - 1 : len(words) + len(answer) - 1] = answer
        return out

    def _bury(
        self, facts: Sequence[tuple[int, ...]], tokens: int, garble: float, stream: Stream
    ) -> tuple[Ids, NDArray[np.int64]]:
        """Facts between whole sentences of noise: ids, and where each fact ends in them."""
        space = tokens - sum(map(len, facts))
        if space <= 0:
            return np.concatenate(facts), np.cumsum([len(fact) for fact in facts])
        noise, ends = self.noise.tokens, self.noise.ends
        if space > len(noise):  # read over and over
            times = -(-space // len(noise))
            ends = np.concatenate([ends + len(noise) * i for i in range(times)])
            noise = np.tile(noise, times)
        first = stream.below(len(ends) - 1)
        start = int(ends[first])
        if start + space > len(noise):
            first, start = 0, 0
        last = int(np.searchsorted(ends, start + space, side="right"))
        text = np.asarray(noise[start : start + space], dtype=np.int64)
        gaps = np.concatenate(([0], ends[first + 1 : last] - start))
        places = np.sort([gaps[stream.below(len(gaps))] for _ in facts])
        share, seed = garble * stream.random(), stream.below(1 << 30)
        if share:
            draw = np.random.Generator(np.random.PCG64(seed))
            hit = draw.random(space) < share
            text = np.where(hit, draw.integers(0, self.tokenizer.vocab_size, space), text)
        parts: list[Ids | tuple[int, ...]] = []
        fact_ends, done, total = [], 0, 0
        for place, fact in zip(places, facts, strict=True):
            parts += [text[done:place], fact]
            total += int(place) - done + len(fact)
            done = int(place)
            fact_ends.append(total)
        parts.append(text[done:])
        return np.concatenate(parts), np.asarray(fact_ends)
