"""The haystack: facts of a story buried in background text, filled up to a budget of tokens.

`bury` is a pure function. With an additive tokenizer all counts come from the cumulative sums of the token store, and
the context is a few slices of its text: a sample of 128k tokens takes less than a millisecond.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from babilong.errors import UsageError
from babilong.sample import Sample
from generators.backgrounds.passage import Passage
from generators.ruler import Frame, Ruler
from generators.stories.story import Story


@dataclass(frozen=True, slots=True)
class Budget:
    """`tokens` is the most that `before + context + after` of `frame` may take."""

    tokens: int
    frame: Frame


@dataclass(frozen=True, slots=True)
class Haystack:
    """A finished sample whose context is still UTF-8, as files hold it; `rest.input` is empty."""

    utf8: bytes
    rest: Sample

    def sample(self) -> Sample:
        """The sample with its context as text."""
        return replace(self.rest, input=self.utf8.decode())


def bury(
    story: Story,
    passage: Passage | None,
    places: Sequence[float],
    ruler: Ruler,
    frame: Frame,
    budget: Budget,
    *,
    length: str,
    index: int,
) -> Haystack:
    """Hide the facts of a story in as much of a passage as the budget holds, to within one sentence.

    Args:
        story: its facts keep their order.
        passage: the background, or None for the facts alone.
        places: one place a fact, in [0, 1] of the background's tokens, in order; each fact stands at the end of a
            sentence, the nearest to its place.
        ruler: counts tokens.
        frame: the prompt around the context, for `prompt_tokens`.
        budget: what must not be exceeded.
        length: name of the length.
        index: number of the sample.

    Raises:
        UsageError: the facts alone exceed the budget.
    """
    layout = _Layout(story.facts, passage, places, ruler)
    size = 0
    if passage is not None:
        needed = layout.tokens(0, budget.frame)
        if needed > budget.tokens:
            raise UsageError(
                f"{story.task} at {length}: the facts of sample {index} take {needed} tokens of {budget.tokens}; "
                "ask for a longer length or for fewer --max-story-tokens."
            )
        size = _fill(layout, passage, budget, passage.within(budget.tokens - needed))
    gaps = layout.gaps(size)
    sample = Sample(
        input="",
        question=story.question,
        target=story.answer,
        task=story.task,
        length=length,
        index=index,
        facts=story.facts,
        supporting=story.supporting,
        fact_offsets=layout.offsets(gaps),
        fact_depths=layout.depths(size, gaps),
        n_tokens=layout.tokens(size, Frame()),
        prompt_tokens=layout.tokens(size, frame),
        story_source=story.source,
        background_unique=passage.unique(size) if passage else 1.0,
        labels=story.labels,
    )
    return Haystack(layout.utf8(size, gaps), sample)


def _fill(layout: _Layout, passage: Passage, budget: Budget, guess: int) -> int:
    """The number of background sentences that fit, one more of which would not."""
    fits, exceeds = 0, None
    while exceeds is None or exceeds - fits > 1:
        guess = max(guess, fits + 1)
        if exceeds is not None:
            guess = min(guess, exceeds - 1)
        room = budget.tokens - layout.tokens(guess, budget.frame)
        if room >= 0:
            fits = guess
        else:
            exceeds = guess
        guess = passage.within(max(passage.tokens(guess) + room, 0))
    return fits


class _Layout:
    """Where the facts stand among the first `size` sentences of a passage, and what follows from that."""

    def __init__(self, facts: Sequence[str], passage: Passage | None, places: Sequence[float], ruler: Ruler) -> None:
        self._facts, self._passage, self._places, self._ruler = facts, passage, places, ruler
        self._before = [0, *accumulate(map(ruler.inner, facts))]  # tokens of the facts before each, and of all
        self._counted: dict[tuple[int, Frame], int] = {}

    def gaps(self, size: int) -> list[int]:
        """How many background sentences stand before each fact."""
        return [self._gap(place, size) for place in self._places]

    def tokens(self, size: int, frame: Frame) -> int:
        """Tokens of the context in a frame, exactly."""
        if not self._ruler.additive:
            if (size, frame) not in self._counted:
                text = f"{frame.before}{self.utf8(size, self.gaps(size)).decode()}{frame.after}"
                self._counted[size, frame] = self._ruler.count(text)
            return self._counted[size, frame]
        if not self._passage or not size:
            return self._ruler.whole(frame, self._facts)
        first = self._passage.sentence(0) if self._gap(self._places[0], size) else self._facts[0]
        last = self._facts[-1] if self._gap(self._places[-1], size) == size else self._passage.sentence(size - 1)
        ends = self._ruler.head(frame.before, first) + self._ruler.tail(last, frame.after)
        return self._before[-1] + self._passage.tokens(size) + ends

    def depths(self, size: int, gaps: Sequence[int]) -> tuple[float, ...]:
        """Token offset of each fact over the tokens of the context; near to that where tokens do not add up."""
        # The first sentence stands without its blank, which may cost it a token more or less.
        first = self._passage.sentence(0) if self._passage and gaps[0] else self._facts[0]
        shift = self._ruler.head("", first)
        total = self._before[-1] + self._background(size) + shift
        offsets = [self._background(gap) + before for gap, before in zip(gaps, self._before, strict=False)]
        return tuple((offset + shift) / total if offset else 0.0 for offset in offsets)

    def offsets(self, gaps: Sequence[int]) -> tuple[int, ...]:
        """Character offset of each fact in the context."""
        before = accumulate((len(fact) + 1 for fact in self._facts), initial=0)
        background = [self._passage.chars(gap) if self._passage else 0 for gap in gaps]
        return tuple(map(sum, zip(background, before, strict=False)))

    def utf8(self, size: int, gaps: Sequence[int]) -> bytes:
        """The context."""
        parts: list[bytes | memoryview] = []
        for fact, start, stop in zip((*self._facts, None), (0, *gaps), (*gaps, size), strict=True):
            if self._passage:
                parts.extend(self._passage.utf8(start, stop))
            if fact is not None:
                parts.append(f" {fact}".encode())
        parts[0] = parts[0][1:]
        return b"".join(parts)

    def _gap(self, place: float, size: int) -> int:
        if not self._passage or not size:
            return 0
        token = place * self._passage.tokens(size)
        gap = self._passage.within(int(token))
        if gap < size and self._passage.tokens(gap + 1) - token < token - self._passage.tokens(gap):
            gap += 1
        return gap

    def _background(self, size: int) -> int:
        return self._passage.tokens(size) if self._passage else 0
