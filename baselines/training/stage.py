"""One stage of a training's curriculum: what a recipe says of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Literal

from babilong.errors import UsageError
from baselines.bounds import Count, Natural, Number, Part


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the curriculum.

    Attributes:
        name: for the log.
        steps: optimizer steps.
        learning_rate: after the warm-up.
        decay: last share of the stage's steps over which the rate falls linearly to a twentieth.
        schedule: one of transformers' schedules by name, counted from the start of the stage, instead of `decay` and
            the recipe's warm-up: `linear`, `cosine`, `constant`, `constant_with_warmup`, ...
        warmup: steps over which a named schedule rises from 0.
        schedule_steps: steps after which a named schedule ends; the stage's own if None. Published recipes take twice
            as many, so that the rate ends at half.
        schedule_options: of a named schedule, such as `num_cycles`.
        from_best: start from the best weights of the stage before, with a new optimizer.
        kind: `interleaved`, facts with questions between them and no memory; `facts`, contexts of facts alone; `noise`,
            facts in noise; `moments`, many questions about what was told until then; or `gate`, the gate on segments
            alone, from labels. See `kinds.py`.
        segments: fewest and most segments of a context with noise, drawn log-uniformly.
        segment_size: instead of the memory's, for stages whose contexts are short.
        backprop: gradient flows through this many last segments; the ones before are read without it.
        rows: rows of a batch of one segment; of `facts` and `noise` longer contexts get fewer, in proportion to their
            cost, but from 8 to 96. A batch is what all processes and all micro-batches read before the weights change
            once.
        short: about the share of batches with contexts of one segment, half of them without any noise: each half is
            drawn by itself, so that of a share s there are s - s²/4.
        garble: highest share of noise tokens replaced by random ones, in half of the batches.
        questions: asked after each segment that carries gradient; of each row in a stage of `moments`.
        write_penalty: weight of the gate's mean opening in the loss; in `moments`, of the mean softplus of its scores.
        task: the tasks of the stage and how often each is drawn, instead of the recipe's.
        facts: of `moments`, about how many facts a row tells.
        noise: about how many sentences of books stand among them.
        background: more such sentences for each row, which the gate alone judges: most of a long text is nothing else.
        background_price: how much more an opening on these costs than one in the batch, where the gate learns from
            answers; both are means, and of these there are thousands, hardly one of which is let in.
        near: share of the sentences of books that are facts with one or two words exchanged instead; where the gate
            learns from answers, of those among facts only.
        near_tokens: most tokens that each of these words is exchanged for.
        renamed: of `moments`, share of the stories in which any of bAbI's people have the names of any others.
        own: share of the questions that are of the story's own task, not of simpler ones or single facts; of
            `interleaved` any are.
        prefix: share of facts that stand behind words of a book, as behind a heading.
        gate: what is let in: `open`, everything; `answers`, what the gate learns from the answers to let in; `labels`,
            what holds a fact, and the gate learns to tell.
        stretch: how far beyond 0 and 1 the decisions reach that `answers` draws, before they are cut there; with 0 a
            segment is never wholly kept out, and what is let in by a thousandth can still be read.
        stray: share of the other segments that `labels` lets in all the same.
        state_weight: weight of the loss of the state of the story.
    """

    name: str
    steps: Count
    learning_rate: Number = 1e-3
    decay: Part = 0.0
    schedule: str | None = None
    warmup: Natural = 0
    schedule_steps: Count | None = None
    schedule_options: dict[str, Any] = field(default_factory=dict)
    from_best: bool = False
    kind: str = "noise"
    segments: tuple[Count, Count] = (1, 1)
    segment_size: Count | None = None
    backprop: Count = 1
    rows: Count = 64
    short: Part = 0.15
    garble: Part = 0.0
    questions: Count = 2
    write_penalty: Number = 0.0
    task: dict[str, float] | None = None
    facts: Natural = 40
    noise: Natural = 0
    background: Natural = 0
    background_price: Number = 10.0
    near: Part = 0.0
    near_tokens: Count = 1
    renamed: Part = 0.0
    own: Part = 0.75
    prefix: Part = 0.1
    gate: Literal["open", "answers", "labels"] = "open"
    stretch: Number = 0.0
    stray: Part = 0.1
    state_weight: Number = 0.0

    def __post_init__(self) -> None:
        least, most = self.segments
        if least > most:
            raise UsageError(f"The stage {self.name} has at least {least} and at most {most} `segments`; swap them.")
        if not self.facts + self.noise:
            raise UsageError(f"The stage {self.name} tells neither `facts` nor `noise`; give it some.")
        must_be_drawn(self.task)


def must_be_drawn(tasks: dict[str, float] | None) -> None:
    """Refuse shares of tasks of which none could be drawn.

    Raises:
        UsageError: one is below 0, or all are 0.
    """
    if tasks is not None and not (0 < sum(tasks.values()) < math.inf and min(tasks.values()) >= 0):
        raise UsageError(f"`task` is {tasks}; say how often each is drawn, 0 or more, and not 0 of all.")
