"""One sample of the benchmark: a context with facts hidden in it, a question and its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Sample:
    """A row of a dataset; the first three columns are those of the published BABILong sets.

    `input[fact_offsets[i]:].startswith(facts[i])` holds for every fact of every sample.

    Attributes:
        input: the context.
        question: the question, one line.
        target: the answer.
        task: `qa1` to `qa20`.
        length: name of the length, such as `128k`.
        index: number of the sample in its task; the story of an index is the same at every length.
        facts: the sentences of the story, in order.
        supporting: indices into `facts` of the facts the answer follows from.
        fact_offsets: character offset of each fact in `input`.
        fact_depths: token offset of each fact over the tokens of the context, in [0, 1).
        n_tokens: tokens of `input` by the recipe's tokenizer.
        prompt_tokens: tokens of the whole rendered prompt (template, instruction, examples, context, question).
        story_source: where the story is from: `simulate`, or file and line of the question (`qa1_x_test.txt#12`).
        background_unique: share of the background's sentences that occur for the first time in this sample, 1 when
            there is no background.
        labels: every answer that a reader might give, where the task's table does not say it: the words of this sample
            in the open vocabulary or among distractors. Empty for bAbI's own words.
    """

    input: str
    question: str
    target: str
    task: str
    length: str
    index: int
    facts: tuple[str, ...]
    supporting: tuple[int, ...]
    fact_offsets: tuple[int, ...]
    fact_depths: tuple[float, ...]
    n_tokens: int
    prompt_tokens: int
    story_source: str
    background_unique: float
    labels: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Unique inside a dataset: `qa1/128k/7`."""
        return f"{self.task}/{self.length}/{self.index}"

    def to_row(self) -> dict[str, Any]:
        """The sample as a dataset row, columns in order, tuples as lists."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Sample:
        """The sample of a dataset row; unknown columns are ignored.

        Raises:
            KeyError: a column is missing.
        """
        return cls(**{f.name: _frozen(row[f.name]) for f in fields(cls) if f.name != "labels" or "labels" in row})


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
