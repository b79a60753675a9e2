"""Questions about single facts: answered by one fact and no other, in words of bAbI, and never bAbI's own of two."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from babilong.errors import DataError
from babilong.tasks import TASKS
from baselines.tasks.single import Question, asked_singly
from generators.stories import grammar
from generators.stories.simulate import simulate
from generators.streams import Stream

SINGLE = ("qa14", "qa15", "qa16", "qa17", "qa19", "qa20")


def told(task, *facts):
    events = [grammar.facts(task).read(fact) for fact in facts]
    return asked_singly(task, events, Stream("train", "single"))


@pytest.mark.parametrize(
    ("task", "fact", "question", "answer"),
    [
        ("qa14", "Yesterday Bill travelled to the park.", "Where was Bill yesterday?", "park"),
        ("qa15", "Gertrude is a mouse.", "What is gertrude?", "mouse"),
        ("qa15", "Mice are afraid of wolves.", "What are mice afraid of?", "wolf"),
        ("qa16", "Lily is a swan.", "What is Lily?", "swan"),
        ("qa16", "Lily is white.", "What color is Lily?", "white"),
        ("qa20", "Yann is tired.", "What is yann?", "tired"),
    ],
)
def test_a_fact_answers_what_is_asked_of_it(task, fact, question, answer):
    asked = {told(task, fact)[0] for _ in range(8)}
    assert asked == {(Question(question, answer),)}


def test_where_one_lies_tells_where_the_other_does():
    assert told("qa17", "The triangle is to the left of the red square.")[0] == (
        Question("How does the triangle lie to the red square?", "to the left of"),
        Question("How does the red square lie to the triangle?", "to the right of"),
    )
    assert told("qa19", "The garden is west of the hallway.")[0] == (
        Question("What is west of the hallway?", "garden"),
        Question("What is east of the garden?", "hallway"),
    )


def test_what_was_told_before_is_asked_for_still():
    assert told("qa15", "Gertrude is a mouse.", "Emily is a wolf.")[1] == (
        Question("What is gertrude?", "mouse"),
        Question("What is emily?", "wolf"),
    )


@pytest.mark.parametrize("task", TASKS)
def test_tasks_whose_own_questions_ask_for_one_fact_have_none(task):
    story = simulate(task, Stream("train", "single", task))
    asked = asked_singly(task, [grammar.facts(task).read(fact) for fact in story.facts], Stream("train", "words"))
    assert len(asked) == len(story.facts)
    assert any(asked) == (task in SINGLE)


@given(task=st.sampled_from(SINGLE), seed=st.integers(0, 10**6))
@settings(max_examples=200, deadline=None)
def test_no_two_facts_answer_the_same_question_differently(task, seed):
    stream = Stream("train", "single", seed)
    story = simulate(task, stream)
    asked = asked_singly(task, [grammar.facts(task).read(fact) for fact in story.facts], stream)
    answers = {}
    for question in asked[-1]:
        assert answers.setdefault(question.text.lower(), question.answer) == question.answer


@given(task=st.sampled_from([name for name in SINGLE if name != "qa16"]), seed=st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_babi_asks_in_other_words(task, seed):
    # But for colours, which are asked for in bAbI's words of those of whom bAbI does not ask.
    stream = Stream("train", "single", seed)
    story = simulate(task, stream)
    for question in asked_singly(task, [grammar.facts(task).read(fact) for fact in story.facts], stream)[-1]:
        with pytest.raises(DataError):
            grammar.questions(task).read(question.text)
