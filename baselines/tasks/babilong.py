"""bAbI stories in book text as training batches for a recurrent memory: token ids, segments and questions.

After every segment questions are asked about what was read so far; their answers are all the model learns from, where
facts stand is never told. Stories come fresh from the simulator's `train` and `valid` streams, which share nothing with
`test`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from babilong.errors import UsageError
from babilong.tokenizers import Tokenizer
from baselines.memory import segments
from baselines.memory.segments import IGNORE
from baselines.tasks.splits import must_not_be_test
from generators.stories.simulate import simulate
from generators.stories.solve import solve
from generators.streams import Stream

Ids = NDArray[np.int64]


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
        UsageError: it is not an edition to train on.
    """
    must_not_be_test(edition)
    from generators.backgrounds.prose import volume

    parts = [
        ids for number in range(volumes) for ids in tokenizer.encode_batch([f" {s}" for s in volume(edition, number)])
    ]
    ends = np.cumsum([len(ids) for ids in parts])
    return Noise(np.fromiter(chain.from_iterable(parts), dtype=np.uint32, count=int(ends[-1])), ends)


class StoryTask:
    """Makes batches of one task.

    Args:
        task: `qa1`; others as their questions along the way are defined in `_PEOPLE_QUESTIONS`.
        tokenizer: encodes facts and questions.
        end: token id that ends an answer.
        noise: background text.
        seed: names the random streams.
        split: names them, too: `train` or `valid`.

    Raises:
        UsageError: no questions along the way are defined for the task, or the split is not one to train on.
    """

    def __init__(
        self, task: str, tokenizer: Tokenizer, end: int, noise: Noise, seed: int, split: str = "train"
    ) -> None:
        must_not_be_test(split)
        if task not in _PEOPLE_QUESTIONS:
            raise UsageError(f"Training on {task!r} is not possible yet; choose {', '.join(_PEOPLE_QUESTIONS)}.")
        self.task, self.tokenizer, self.end, self.noise = task, tokenizer, end, noise
        self.seed, self.split = seed, split
        self._encode = lru_cache(maxsize=100_000)(lambda text: tuple(tokenizer.encode(text)))

    def story(self, stream: Stream) -> tuple[str, ...]:
        """Facts of a fresh story."""
        return simulate(self.task, stream).facts

    def question(self, facts: Sequence[str], stream: Stream) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Token ids of a question on the facts so far, and of its answer with the end token."""
        text = _PEOPLE_QUESTIONS[self.task].format(stream.choice(facts).split(" ", 1)[0])
        answer, _ = solve(self.task, facts, text)
        return self._encode(f" {text}"), (*self._encode(f" {answer}"), self.end)

    def interleaved(self, batch: int, length: int, step: int) -> tuple[Ids, Ids]:
        """Facts with questions and answers between them, nothing else: ids and labels, [batch, length].

        The plainest form of the task, from which a model learns to read facts before it learns to remember them.
        """
        ids = np.zeros((batch, length), dtype=np.int64)
        labels = np.full((batch, length), IGNORE, dtype=np.int64)
        for row in range(batch):
            stream = Stream(self.split, "interleaved", self.seed, self.task, step, row)
            facts: list[str] = []
            at = 0
            while True:
                fresh = list(self.story(stream))
                part: list[int] = []
                targets: list[int] = []
                for i in range(0, len(fresh), 2):
                    facts += fresh[i : i + 2]
                    for fact in fresh[i : i + 2]:
                        part += self._encode(f" {fact}")
                    targets += [IGNORE] * (len(part) - len(targets))
                    for _ in range(2):
                        asked, answer = self.question(facts, stream)
                        part += (*asked, *answer)
                        targets += (*[IGNORE] * (len(asked) - 1), *answer, IGNORE)
                take = min(len(part), length - at)
                ids[row, at : at + take] = part[:take]
                labels[row, at : at + take] = targets[:take]
                at += take
                if at == length:
                    break
        return ids, labels

    def segmented(
        self,
        batch: int,
        tokens: int,
        size: int,
        overlap: int,
        questions: int,
        step: int,
        garble: float = 0.0,
    ) -> Batch:
        """Stories in noise, cut into segments.

        Args:
            batch: B, rows.
            tokens: length of the context; 0 for the facts alone.
            size: L, tokens in a segment.
            overlap: tokens that a segment shares with the one before.
            questions: K, asked after each segment.
            step: names the random streams with the row.
            garble: highest share of noise tokens replaced by random ones; the share is drawn for each row.
        """
        rows = []
        for row in range(batch):
            stream = Stream(self.split, "segmented", self.seed, self.task, step, row)
            facts = self.story(stream)
            ids, ends = self._bury([self._encode(f" {fact}") for fact in facts], tokens, garble, stream)
            rows.append((facts, ids, ends, stream))
        total = max(segments.count(len(ids), size, overlap) for _, ids, _, _ in rows)
        longest = 24
        out = Batch(
            np.zeros((total, batch, size), dtype=np.int64),
            np.zeros((total, batch, size), dtype=np.bool_),
            np.zeros((total, batch * questions, longest), dtype=np.int64),
            np.full((total, batch * questions, longest), IGNORE, dtype=np.int64),
        )
        for row, (facts, ids, ends, stream) in enumerate(rows):
            for i, (start, end) in enumerate(segments.bounds(len(ids), size, overlap)):
                out.segments[i, row, : end - start] = ids[start:end]
                out.mask[i, row, : end - start] = True
                known = facts[: int(np.searchsorted(ends, end, side="right"))]
                for k in range(questions if known else 0):
                    asked, answer = self.question(known, stream)
                    at = row * questions + k
                    out.questions[i, at, : len(asked) + len(answer) - 1] = (*asked, *answer[:-1])
                    out.labels[i, at, len(asked) - 1 : len(asked) + len(answer) - 1] = answer
        return out

    def _bury(
        self, facts: Sequence[tuple[int, ...]], tokens: int, garble: float, stream: Stream
    ) -> tuple[Ids, NDArray[np.int64]]:
        """Facts between whole sentences of noise: ids, and where each fact ends in them."""
        space = tokens - sum(map(len, facts))
        if space <= 0:
            return np.concatenate(facts), np.cumsum([len(fact) for fact in facts])
        noise, ends = self.noise.tokens, self.noise.ends
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


# Asked of anybody named so far; the tasks whose questions need nothing but a person.
_PEOPLE_QUESTIONS = {"qa1": "Where is {}?"}
