"""Stories among book text, a segment a sentence, and questions about many moments of them.

    MomentTask({"qa1": 1, "qa2": 2}, tokenizer, end=0, noise=noise, seed=0).moments(range(32), step, Telling(...))

A row tells stories one after the other, with sentences of books in between. Each question is about one moment of one
story: it sees the segments from the story's first to the one after which it is asked, and none of another story.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate, groupby
from typing import NamedTuple

import numpy as np

from babilong.errors import UsageError
from babilong.tokenizers import Tokenizer
from baselines.memory.segments import IGNORE, Ids
from baselines.memory.sentences import Block
from baselines.tasks.interleaved import interleaved
from baselines.tasks.lessons import Lessons
from baselines.tasks.moment_batch import LONGEST, Moments, blank
from baselines.tasks.noise import Sentences
from baselines.tasks.renaming import Renaming, as_told, renaming
from baselines.tasks.single import Question
from baselines.tasks.splits import must_not_be_test
from generators.streams import Stream

_LINGER = 0.8  # chance that a question is asked one sentence of noise later, and so on


class Telling(NamedTuple):
    """What a row is made of.

    Attributes:
        facts: about how many facts it tells.
        noise: about how many sentences of books stand among them.
        questions: K, asked of it.
        size: L, most tokens of a segment.
        prefix: share of facts that stand behind words of a book in their segment, as behind a heading.
        near: share of the sentences of books that are facts with one or two tokens exchanged instead.
        near_tokens: most tokens that each of these is exchanged for.
        renamed: share of the stories in which any of bAbI's people are called by the names of any others.
        own: share of the questions that are of the story's own task; the others may be of any that can be asked.
    """

    facts: int
    noise: int
    questions: int
    size: int
    prefix: float = 0.0
    near: float = 0.0
    near_tokens: int = 1
    renamed: float = 0.0
    own: float = 0.75


class _Told(NamedTuple):
    """A moment that can be asked about.

    Attributes:
        first: the story's first segment.
        last: the one behind this fact's.
        asked: the questions.
        rename: what its people are called.
    """

    first: int
    last: int
    asked: tuple[tuple[Question, ...], ...]
    rename: Renaming


class MomentTask:
    """Makes batches of one or several tasks.

    Args:
        tasks: names and how often each is drawn.
        tokenizer: encodes facts and questions.
        end: token id that ends an answer.
        noise: sentences of books, as `SentenceCutter` cuts them.
        seed: names the random streams.
        split: `train` or `valid`.

    Raises:
        UsageError: an unknown task, or the split that is measured on.
    """

    def __init__(
        self, tasks: Mapping[str, float], tokenizer: Tokenizer, end: int, noise: Block, seed: int, split: str = "train"
    ) -> None:
        must_not_be_test(split)
        self.lessons, self.tokenizer, self.end, self.noise = Lessons(tasks), tokenizer, end, Sentences(noise)
        self.seed, self.split = seed, split
        self._encode = lru_cache(maxsize=200_000)(lambda text: tuple(tokenizer.encode(f" {text}")))

    def moments(self, rows: range, step: int, telling: Telling, tasks: Mapping[str, float] | None = None) -> Moments:
        """Rows of a batch; each is a function of the step and its own number.

        Args:
            rows: which.
            step: names the random streams with the row.
            telling: what each is made of.
            tasks: instead of the task's own, how often each is drawn.

        Raises:
            UsageError: a fact has more tokens than a segment, or a question with its answer more than 20.
        """
        lessons = self.lessons.of(tasks)
        made = [self._row(row, step, telling, lessons) for row in rows]
        return Moments(*(np.stack([getattr(row, name) for row in made]) for name in Moments.__slots__))

    def background(
        self,
        rows: range,
        step: int,
        count: int,
        near: float = 0.0,
        tasks: Mapping[str, float] | None = None,
        near_tokens: int = 1,
    ) -> Block:
        """Sentences that no question is about, as most of a long text is.

        Args:
            rows: which.
            step: names the random streams with the row.
            count: of sentences a row.
            near: share of them that are facts in which one or two tokens were exchanged for those of books.
            tasks: instead of the task's own, which these facts are of.
            near_tokens: most tokens that each of the exchanged ones is exchanged for.
        """
        lessons = self.lessons.of(tasks)
        streams = [Stream(self.split, "background", self.seed, step, row) for row in rows]
        block = self.noise.draw([stream for stream in streams for _ in range(count)])
        for at in range(len(block.ids)):
            stream = streams[at // count]
            if stream.random() < near and (spoilt := self._spoilt(lessons, stream, block.ids.shape[1], near_tokens)):
                block.ids[at] = 0
                block.ids[at, : len(spoilt)], block.lengths[at] = spoilt, len(spoilt)
        return block

    def _spoilt(self, lessons: Lessons, stream: Stream, size: int, most: int) -> list[int]:
        """A fact that says something else; none where it is too long, or the exchange made another fact."""
        facts = lessons.draw(stream).facts
        ids = self.noise.exchanged(self._encode(stream.choice(facts)), stream, self.tokenizer.vocab_size, most)
        return [] if len(ids) > size or tuple(ids) in map(self._encode, facts) else ids

    def interleaved(
        self, batch: int, length: int, step: int, tasks: Mapping[str, float] | None = None
    ) -> tuple[Ids, Ids]:
        """Facts with questions and answers between them: ids and labels, [batch, length]."""
        streams = (Stream(self.split, "interleaved moments", self.seed, step, row) for row in range(batch))
        return interleaved(self.lessons.of(tasks), self._encode, self.end, streams, length)

    def _row(self, row: int, step: int, telling: Telling, lessons: Lessons) -> Moments:
        size, near, total = telling.size, telling.near, telling.facts + telling.noise
        share = telling.noise / total
        stream = Stream(self.split, "moments", self.seed, step, row)
        out = blank(total, size, telling.questions)
        told: list[_Told] = []
        begins: set[int] = set()
        at = 0
        while at < total:
            start, first, story = at, None, lessons.draw(stream)
            # Nothing is drawn for a stage that renames nobody, whose batches stay what they were.
            is_renamed = telling.renamed > 0 and stream.random() < telling.renamed
            rename = renaming(stream) if is_renamed else as_told
            for fact, asked, state in zip(story.facts, story.asked, story.states, strict=True):
                while at < total and stream.random() < share:
                    is_near = near > 0 and stream.random() < near
                    spoilt = self._spoilt(lessons, stream, size, telling.near_tokens) if is_near else []
                    self._put(out, at, spoilt or self.noise.sentence(stream, size))
                    at += 1
                if at == total:
                    break
                if first is None:
                    # Of the noise between two stories each is asked in its part of it.
                    first = start + (stream.below(at - start + 1) if at > start else 0)
                    begins.add(first)
                text = rename(fact)
                ids = self._encode(text)
                if len(ids) > size:
                    raise UsageError(f"The fact {text!r} has {len(ids)} tokens, a segment {size}; raise segment_size.")
                if stream.random() < telling.prefix:
                    ids = (*self.noise.sentence(stream, size)[: size - len(ids)][:-1], *ids)
                self._put(out, at, ids)
                out.fact[at] = True
                out.states[at] = [self._encode(place)[0] if place else IGNORE for place in (state.place, state.before)]
                out.held[at] = IGNORE if state.held is None else state.held
                at += 1
                if any(asked):
                    told.append(_Told(first, at, asked, rename))
        stories = [list(moments) for _, moments in groupby(told, key=lambda moment: moment.first)]
        # By the root, so that stories with one question at their end are asked about beside those with many.
        bounds = list(accumulate(math.sqrt(len(moments)) for moments in stories))
        for k in range(telling.questions if told else 0):
            moments = stories[bisect_right(bounds, stream.random() * bounds[-1])]
            self._ask(out, k, moments, telling.own, begins, stream)
        return out

    def _put(self, out: Moments, at: int, ids: Sequence[int]) -> None:
        out.segments[at, : len(ids)], out.mask[at, : len(ids)] = ids, True

    def _ask(
        self, out: Moments, k: int, told: list[_Told], share: float, begins: Collection[int], stream: Stream
    ) -> None:
        own = [moment for moment in told if moment.asked[0]]
        if own and stream.random() < share:
            moment = stream.choice(own)
            group = moment.asked[0]
        else:
            moment = stream.choice(told)
            group = stream.choice([group for group in moment.asked if group])
        question = stream.choice(group)
        text = moment.rename(question.text)
        asked = self._encode(text)
        answer = (*self._encode(moment.rename(question.answer)), self.end)
        if len(asked) + len(answer) - 1 > LONGEST:
            raise UsageError(
                f"The question {text!r} with its answer has {len(asked) + len(answer)} tokens, and there is "
                f"room for {LONGEST + 1}; train with a tokenizer of longer tokens, such as the built-in one."
            )
        last = moment.last
        while last < len(out.fact) and not out.fact[last] and last not in begins and stream.random() < _LINGER:
            last += 1
        out.questions[k, : len(asked) + len(answer) - 1] = (*asked, *answer[:-1])
        out.labels[k, len(asked) - 1 : len(asked) + len(answer) - 1] = answer
        out.first[k], out.last[k] = moment.first, last
