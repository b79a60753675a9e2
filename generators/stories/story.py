"""A story: the facts before one question, the question and its answer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Story:
    """One bAbI question with the facts before it.

    Attributes:
        task: `qa1` to `qa20`.
        facts: sentences in order, each as bAbI writes it ("Mary went to the garden.").
        question: one line, no blank at the end ("Where is Mary?").
        answer: as bAbI writes it ("garden", "apple,milk", "n,w").
        supporting: indices into `facts` (from 0), in bAbI's order for the task.
        source: where it is from: `simulate`, or the file's name and the question's line number ("qa1_x.txt#3").
        labels: what may be answered where that is not what the task's table says: in the open vocabulary the words of
            this story.
    """

    task: str
    facts: tuple[str, ...]
    question: str
    answer: str
    supporting: tuple[int, ...]
    source: str
    labels: tuple[str, ...] = ()
