"""Variants of a story that no list of bAbI's words helps with: other words, and other stories in between.

    story = simulate("qa1", stream)
    words = OpenWords("test", stream)
    with_distractors(words.retell(story), [words.retell(simulate("qa1", stream))], stream)

What is told and what is asked stay what they are: a retold story is the old one with every person, place and thing
renamed, and the facts of distractors are about others, so the solvers answer both from their text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from babilong.errors import UsageError
from babilong.tasks import get_task
from generators.stories import grammar, sentences
from generators.stories.forms import Event
from generators.stories.lexicon import CLOSED
from generators.stories.open_words import LISTS, WOMEN, WORDINGS, open_list
from generators.stories.story import Story
from generators.streams import Stream


class OpenWords:
    """Words of a split of the open vocabulary for one sample; no word but a colour is given twice.

    Args:
        split: `train`, `valid` or `test`.
        stream: what is drawn from.
    """

    def __init__(self, split: str, stream: Stream) -> None:
        self._split, self._stream = split, stream
        self._given: set[str] = set()

    def retell(self, story: Story) -> Story:
        """The story with other people, places, things and ways to say it; whoever is a he stays a he."""
        told, asked = grammar.facts(story.task), grammar.questions(story.task)
        lists = _lists(story.task)
        names: dict[str, str] = {}
        facts = tuple(
            self._write(grammar.facts(story.task, self._split), told.read(fact), lists, names) for fact in story.facts
        )
        question = self._write(grammar.questions(story.task, self._split), asked.read(story.question), lists, names)
        answer = ",".join(names.get(word, word) for word in story.answer.split(","))
        closed = get_task(story.task).labels
        labels = tuple(names.get(label, label) for label in closed if label in names or label not in lists)
        return replace(story, facts=facts, question=question, answer=answer, labels=labels)

    def _write(self, language: grammar.Language, event: Event, lists: dict[str, str], names: dict[str, str]) -> str:
        renamed = event._replace(
            **{slot: self._name(word, lists, names) for slot, word in event._asdict().items() if slot != "kind"}
        )
        return language.write(renamed, self._stream)

    def _name(self, word: str, lists: dict[str, str], names: dict[str, str]) -> str:
        if word not in lists:
            return word
        if word not in names:
            kind = ("women" if word in WOMEN else "men") if lists[word] == "people" else lists[word]
            taken = {*names.values()} if kind == "colours" else self._given
            left = [name for name in open_list(kind, self._split) if name not in taken]
            if not left:
                raise UsageError(
                    f"The open vocabulary has no more {kind} for one sample ({self._split}); "
                    "ask for fewer --distractors."
                )
            names[word] = self._stream.choice(left)
            self._given.add(names[word])
        return names[word]


def with_distractors(story: Story, others: Sequence[Story], stream: Stream) -> Story:
    """The story with the facts of others among its own; each keeps its order, and every way to mix them is as likely.

    Args:
        story: what is asked about.
        others: stories of the same task about other people, places and things.
        stream: what is drawn from.
    """
    left = [_blocks(one) for one in (story, *others)]
    facts: list[str] = []
    places: list[int] = []  # of the story's own facts
    while any(left):
        pick = stream.below(sum(map(len, left)))
        for number, blocks in enumerate(left):
            if pick < len(blocks):
                block = blocks.pop(0)
                places += range(len(facts), len(facts) + len(block)) if number == 0 else ()
                facts += block
                break
            pick -= len(blocks)
    own = story.labels or get_task(story.task).labels
    labels = dict.fromkeys((*own, *(label for other in others for label in other.labels)))
    supporting = tuple(places[index] for index in story.supporting)
    return replace(story, facts=tuple(facts), supporting=supporting, labels=tuple(labels))


def _blocks(story: Story) -> list[tuple[str, ...]]:
    """The facts, those together that lean on the one before ("Then he ...")."""
    language = grammar.facts(story.task, "open")
    blocks: list[tuple[str, ...]] = []
    for fact in story.facts:
        if language.read(fact).kind == "then":
            blocks[-1] += (fact,)
        else:
            blocks.append((fact,))
    return blocks


@cache
def _lists(task: str) -> dict[str, str]:
    """The list from which each of bAbI's words is renamed, of those that a task uses."""
    forms = (*sentences.FACTS[task], *sentences.QUESTIONS[task])
    classes = {name for form in forms for name in form.slots.values() if name in LISTS and name not in WORDINGS}
    return {word: LISTS[name] for name in sorted(classes) for word in CLOSED[name].values()}
