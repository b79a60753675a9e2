"""Training batches: facts in noise, questions along the way."""

import numpy as np
import pytest

from babilong.errors import UsageError
from babilong.tokenizers import load_tokenizer
from baselines.memory import segments
from baselines.memory.segments import IGNORE
from baselines.tasks.babilong import StoryTask, prose_noise
from generators.stories.solve import solve

SIZE, OVERLAP = 64, 8


@pytest.fixture(scope="module")
def task() -> StoryTask:
    tokenizer = load_tokenizer()
    return StoryTask("qa1", tokenizer, 0, prose_noise(tokenizer, "train", 1), seed=1)


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


def test_a_task_without_questions_along_the_way_is_refused(task):
    with pytest.raises(UsageError, match="Training on 'qa2' is not possible yet; choose qa1"):
        StoryTask("qa2", task.tokenizer, 0, task.noise, seed=1)
