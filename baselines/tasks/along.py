"""Questions about a story as far as it is told, in bAbI's own forms, answered from the facts by the solvers.

    asked_along(simulate("qa19", stream), stream)      # for each fact, what may be asked once it is known

One question at the end of a story says little of what there was to know; the same story answers dozens.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cache
from itertools import product

from baselines.tasks.single import Question
from generators.stories import grammar
from generators.stories.forms import Event, Solution
from generators.stories.lexicon import CLOSED, TIMES
from generators.stories.solve import SOLVERS
from generators.stories.story import Story
from generators.streams import Stream

_STOPS = 3  # facts of a story, beside the last, after which something is asked
_TRIED = 24  # questions that are tried at each


def asked_along(story: Story, stream: Stream) -> tuple[tuple[Question, ...], ...]:
    """For each fact the questions that may be asked once it is known; each answer as often as any other there.

    An answer that another kind of fact gives counts as another: qa9's "no" of someone who is no longer there.

    The story's own question is among those of its last fact. Few facts are asked after: of a long story the others
    have none.

    Args:
        story: in bAbI's words, its question asked at its end.
        stream: what is drawn from.
    """
    events = [grammar.facts(story.task).read(fact) for fact in story.facts]
    asked: list[tuple[Question, ...]] = [()] * len(events)
    last = len(events) - 1
    for stop in sorted({*stream.sample(range(last), min(_STOPS, last)), last}):
        asked[stop] = _questions(story.task, events[: stop + 1], stream)
    asked[last] += (Question(story.question, story.answer),)
    return tuple(asked)


def _questions(task: str, events: list[Event], stream: Stream) -> tuple[Question, ...]:
    candidates = _candidates(task)
    alike: dict[tuple[str, str], list[Question]] = defaultdict(list)
    for question in stream.sample(candidates, min(_TRIED, len(candidates))):
        if solution := _solution(task, events, question):
            answer, supporting = solution
            asked = Question(grammar.questions(task).write(question, stream), answer)
            alike[answer, events[supporting[-1]].kind].append(asked)
    # Where there is but one answer, it says least.
    share = min(map(len, alike.values())) if len(alike) > 1 else 1
    return tuple(question for group in alike.values() for question in group[:share])


@cache
def _candidates(task: str) -> tuple[Event, ...]:
    """Every question of a task that its forms can ask."""
    return tuple(_forms(task))


def _forms(task: str) -> Iterator[Event]:
    for form in grammar.questions(task).values():
        words = [tuple(dict.fromkeys(CLOSED[name].values())) for name in form.slots.values()]
        for said in product(*words):
            yield Event(form.kind, **dict(zip(form.slots, said, strict=True)))


def _solution(task: str, events: list[Event], question: Event) -> Solution | None:
    """What the facts say; None where they say nothing, or where bAbI would not ask."""
    try:
        solution = SOLVERS[task](events, question)
    except ValueError:
        return None
    sensible = _SENSIBLE.get(task)
    return solution if sensible is None or sensible(events, question, solution) else None


def _of_two_rooms(events: list[Event], question: Event, solution: Solution) -> bool:
    """That "either the park or the park" is not what answers."""
    said = events[solution[1][-1]]
    return said.what != said.other


def _of_times_in_a_row(events: list[Event], question: Event, solution: Solution) -> bool:
    """That no time of day lies between the two, of which only a later fact may tell."""
    stay, before = (TIMES.index(events[fact].when) for fact in solution[1])
    return stay - before == 1


def _of_one_colour(events: list[Event], question: Event, solution: Solution) -> bool:
    """That all of the actor's kind whose colour was told have one, himself among them."""
    kind = {event.actor: event.what for event in events if event.kind == "is a"}
    told = {event.what for event in events if event.kind == "is" and kind[event.actor] == kind[question.actor]}
    return told == {solution[0]}


def _was_told(events: list[Event], question: Event, solution: Solution) -> bool:
    """That what is asked for the reason of did happen."""
    return question.kind == "will go" or any((e.actor, e.what) == (question.actor, question.what) for e in events)


def _is_near(events: list[Event], question: Event, solution: Solution) -> bool:
    """That it takes two links at most, as bAbI asks."""
    return len(solution[1]) <= 2


# Which of the questions that a solver can answer are asked.
_SENSIBLE: dict[str, Callable[[list[Event], Event, Solution], bool]] = {
    "qa10": _of_two_rooms,
    "qa14": _of_times_in_a_row,
    "qa16": _of_one_colour,
    "qa17": _is_near,
    "qa19": _is_near,
    "qa20": _was_told,
}
