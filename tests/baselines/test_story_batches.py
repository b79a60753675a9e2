"""Training batches: facts in noise, questions along the way."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from babilong.errors import UsageError
from babilong.tasks import TASKS
from babilong.tokenizers import load_tokenizer
from baselines.memory import segments
from baselines.memory.segments import IGNORE
from baselines.tasks.babilong import Noise, StoryTask, prose_noise
from baselines.tasks.lessons import FEWEST, Lessons
from generators.stories.solve import solve
from generators.streams import Stream

SIZE, OVERLAP = 64, 8


@pytest.fixture(scope="module")
def task() -> StoryTask:
    tokenizer = load_tokenizer()
    return StoryTask({"qa1": 1}, tokenizer, 0, prose_noise(tokenizer, "train", 1), seed=1)


def rows_text(task, batch):
    """The text of each row, with the overlap read once."""
    for row in range(batch.segments.shape[1]):
        ids: list[int] = []
        for segment, mask in zip(batch.segments[:, row], batch.mask[:, row], strict=True):
            if mask.any():
                ids += segment[mask][OVERLAP if ids else 0 :].tolist()
        yield task.tokenizer.decode(ids)


def test_a_batch_is_a_function_of_its_step(task):
    first, again, other = (task.segmented(4, 200, SIZE, OVERLAP, 2, step) for step in (3, 3, 4))
    for name in ("segments", "mask", "questions", "labels"):
        np.testing.assert_array_equal(getattr(first, name), getattr(again, name))
    assert not np.array_equal(first.segments, other.segments)


@pytest.mark.parametrize("tokens", [0, 200, 700])
def test_every_question_is_answered_by_the_facts_read_so_far(task, tokens):
    batch = task.segmented(8, tokens, SIZE, OVERLAP, 2, step=5)
    asked = 0
    for row, text in enumerate(rows_text(task, batch)):
        words = f" {text}"
        for i in range(batch.segments.shape[0]):
            read = segments.bounds(len(task.tokenizer.encode(words)), SIZE, OVERLAP)[: i + 1][-1][1]
            seen = task.tokenizer.decode(task.tokenizer.encode(words)[:read])
            facts = [f for s in seen.replace("?", ".").split(".") if (f := _fact(s))]
            for k in range(2):
                labels = batch.labels[i, row * 2 + k]
                if (labels == IGNORE).all():
                    continue
                place = np.flatnonzero(labels != IGNORE)
                question = task.tokenizer.decode(batch.questions[i, row * 2 + k, : place[0] + 1].tolist()).strip()
                answer = task.tokenizer.decode(labels[place][:-1].tolist()).strip()
                assert labels[place[-1]] == task.end
                assert solve("qa1", facts, question)[0] == answer
                asked += 1
    assert asked >= 16


def _fact(sentence: str) -> str | None:
    """The bAbI fact at the end of a stretch of text, if there is one."""
    for name in ("Mary", "John", "Daniel", "Sandra"):
        if f" {name} " in f" {sentence}":
            fact = sentence[sentence.rindex(name) :]
            return f"{fact}." if " to the " in fact else None
    return None


def test_the_context_has_the_length_asked_for(task):
    batch = task.segmented(4, 500, SIZE, OVERLAP, 1, step=2)
    read = batch.mask.sum(axis=(0, 2)) - OVERLAP * (batch.mask.any(axis=2).sum(axis=0) - 1)
    assert read.tolist() == [500] * 4


@settings(max_examples=20, deadline=None)
@given(tokens=st.integers(0, 900), name=st.sampled_from(["qa1", "qa3", "qa19"]), step=st.integers(0, 9))
def test_it_does_for_every_story_that_is_not_longer(task, tokens, name, step):
    ours = StoryTask({name: 1}, task.tokenizer, 0, task.noise, seed=1)
    plain, batch = (ours.segmented(3, n, SIZE, 0, 1, step) for n in (0, tokens))
    alone, read = (made.mask.sum(axis=(0, 2)) for made in (plain, batch))
    assert read.tolist() == [max(tokens, length) for length in alone]


@pytest.mark.parametrize("garble", [0.0, 1.0])
def test_a_context_longer_than_the_noise_reads_it_again(task, garble):
    few = Noise(task.noise.tokens[: task.noise.ends[20]], task.noise.ends[:21])
    ours = StoryTask({"qa1": 1}, task.tokenizer, 0, few, seed=3)
    tokens = 5 * len(few.tokens) + 7
    batch = ours.segmented(batch=2, tokens=tokens, size=512, overlap=0, questions=1, step=0, garble=garble)
    assert batch.mask.sum(axis=(0, 2)).tolist() == [tokens, tokens]


def test_noise_without_volumes_is_refused(task):
    with pytest.raises(UsageError, match="no text of books to hide stories in; raise `noise_volumes`"):
        prose_noise(task.tokenizer, "train", 0)


def test_garbling_touches_noise_alone(task):
    clean, garbled = (task.segmented(4, 500, SIZE, OVERLAP, 1, 7, garble) for garble in (0.0, 0.9))
    np.testing.assert_array_equal(clean.labels, garbled.labels)
    assert 0.02 < (clean.segments != garbled.segments).mean() < 0.9


def test_interleaved_answers_follow_their_questions(task):
    ids, labels = task.interleaved(4, 96, step=1)
    text = task.tokenizer.decode(ids[0].tolist())
    assert "Where is" in text
    answers = [task.tokenizer.decode([token]).strip() for token in labels[labels > 0]]
    assert set(answers) <= {"bathroom", "bedroom", "garden", "hallway", "kitchen", "office"}
    rows, places = np.nonzero((labels > 0)[:, :-1])
    np.testing.assert_array_equal(labels[rows, places], ids[rows, places + 1])


@pytest.mark.parametrize("name", TASKS)
def test_of_every_task_the_questions_have_the_answers_of_their_lesson(task, name):
    ours = StoryTask({name: 1}, task.tokenizer, 0, task.noise, seed=2)
    batch = ours.segmented(6, 900, SIZE, OVERLAP, 2, step=4)
    found = []
    for row in range(6):
        story = Lessons({name: 1}).draw(Stream("train", "segmented", 2, 4, row))
        may_be = {(q.text, q.answer) for asked in story.asked for group in asked for q in group}
        for k in (2 * row, 2 * row + 1):
            for ids, labels in zip(batch.questions[:, k], batch.labels[:, k], strict=True):
                if (place := np.flatnonzero(labels != IGNORE)).size:
                    words, answer = (task.tokenizer.decode(part.tolist()).strip()
                                     for part in (ids[: place[0] + 1], labels[place][:-1]))  # fmt: skip
                    found.append((words, answer))
                    assert found[-1] in may_be
        if name not in FEWEST:  # those go on as long as is wanted
            # Behind the last fact the story's own question is among them.
            assert found[-1] in {(q.text, q.answer) for group in story.asked[-1] for q in group}
    assert len(set(found)) > 6


def test_a_question_is_about_the_facts_read_so_far_and_no_more(task):
    """Of qa3, whose answers change from fact to fact: the solver's, from what had been read."""
    ours = StoryTask({"qa3": 1}, task.tokenizer, 0, task.noise, seed=2)
    batch = ours.segmented(8, 0, SIZE, 0, 3, step=1)
    asked = 0
    for row in range(8):
        story = Lessons({"qa3": 1}).draw(Stream("train", "segmented", 2, 1, row))
        ends = np.cumsum([task.tokenizer.count(f" {fact}") for fact in story.facts])
        read = np.cumsum(batch.mask[:, row].sum(axis=1))
        for i in range(len(read)):
            for k in range(3 * row, 3 * row + 3):
                labels = batch.labels[i, k]
                place = np.flatnonzero(labels != IGNORE)
                question = (
                    task.tokenizer.decode(batch.questions[i, k, : place[0] + 1].tolist()).strip() if len(place) else ""
                )
                if "before" in question:
                    facts = story.facts[: int((ends <= read[i]).sum())]
                    assert (
                        solve("qa3", facts, question)[0] == task.tokenizer.decode(labels[place][:-1].tolist()).strip()
                    )
                    asked += 1
    assert asked > 10


def test_several_tasks_are_drawn_as_often_as_is_said_and_a_stage_may_have_its_own(task):
    both = StoryTask({"qa1": 1, "qa4": 1}, task.tokenizer, 0, task.noise, seed=1)
    told = [task.tokenizer.decode(both.interleaved(1, 900, 3, tasks)[0][0].tolist()) for tasks in (None, {"qa4": 1})]
    assert [" to the " in text for text in told] == [True, False]
    texts = [task.tokenizer.decode(both.segmented(40, 0, SIZE, 0, 1, step=3, tasks=tasks).segments[0].ravel().tolist())
             for tasks in (None, {"qa1": 1}, {"qa4": 1})]  # fmt: skip
    assert [(" of the " in text, " to the " in text) for text in texts] == [(True, True), (False, True), (True, False)]


def test_an_unknown_task_is_refused(task):
    with pytest.raises(UsageError, match="Unknown task 'qa21'"):
        StoryTask({"qa21": 1}, task.tokenizer, 0, task.noise, seed=1)
