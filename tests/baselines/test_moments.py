"""Moments: stories among sentences of books, and questions about stretches of them."""

import dataclasses
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from babilong.errors import DataError, UsageError
from babilong.tasks import OBJECTS
from babilong.tokenizers import load_tokenizer
from baselines.memory.segments import IGNORE
from baselines.memory.sentences import Block, SentenceCutter
from baselines.tasks import lessons
from baselines.tasks.lessons import lesson
from baselines.tasks.moment_batch import Moments
from baselines.tasks.moments import MomentTask, Telling
from baselines.tasks.noise import Sentences, sentences_of
from baselines.tasks.renaming import PEOPLE
from generators.stories import grammar
from generators.stories.lexicon import COLOURED_PEOPLE
from generators.stories.solve import solve
from generators.streams import Stream

SIZE = 16
ROOMS = {"bathroom", "bedroom", "garden", "hallway", "kitchen", "office"}


@pytest.fixture(scope="module")
def noise() -> Block:
    return sentences_of(load_tokenizer(), SIZE, "train", 1)


@pytest.fixture(scope="module")
def task(noise) -> MomentTask:
    return MomentTask({"qa1": 1.0, "qa2": 2.0, "qa3": 1.0}, load_tokenizer(), 0, noise, seed=1)


def made(task: MomentTask, rows=range(8), step=3, **fields) -> Moments:
    return task.moments(rows, step, Telling(**{"facts": 30, "noise": 30, "questions": 8, "size": SIZE, **fields}))


def texts(task: MomentTask, batch: Moments, row: int) -> list[str]:
    return [
        task.tokenizer.decode(ids[mask].tolist())
        for ids, mask in zip(batch.segments[row], batch.mask[row], strict=True)
    ]


def questions(task: MomentTask, batch: Moments, row: int):
    """Question, answer, and the stretch it is about."""
    for k in range(batch.labels.shape[1]):
        ids, labels = batch.questions[row, k], batch.labels[row, k]
        (place,) = np.nonzero(labels != IGNORE)
        answer = labels[place].tolist()
        assert answer[-1] == task.end
        assert place.tolist() == list(range(place[0], place[0] + len(answer)))
        # What is to be said next is what stands next.
        assert ids[place[0] + 1 : place[-1] + 1].tolist() == answer[:-1]
        assert not ids[place[-1] + 1 :].any()
        asked = task.tokenizer.decode(ids[: place[0] + 1].tolist()).strip()
        yield asked, task.tokenizer.decode(answer[:-1]).strip(), batch.first[row, k], batch.last[row, k]


@given(rows=st.lists(st.integers(0, 5), min_size=2, max_size=2, unique=True).map(sorted), step=st.integers(0, 5))
@settings(max_examples=5, deadline=None)
def test_a_row_does_not_depend_on_the_rows_it_is_made_with(task, rows, step):
    start, stop = rows
    some = made(task, range(start, stop), step)
    alone = made(task, range(stop - 1, stop), step)
    for field in dataclasses.fields(Moments):
        np.testing.assert_array_equal(getattr(some, field.name)[-1:], getattr(alone, field.name))


def test_rows_and_steps_differ(task):
    batch, other = made(task, range(2)), made(task, range(1), step=4)
    assert (batch.segments[0] != batch.segments[1]).any()
    assert (batch.segments[0] != other.segments[0]).any()


@pytest.mark.parametrize("name", ["qa1", "qa2", "qa3", "qa6", "qa7", "qa8"])
def test_questions_are_answered_by_the_facts_of_their_stretch(name, noise):
    task = MomentTask({name: 1.0}, load_tokenizer(), 0, noise, seed=2)
    batch = made(task)
    own = 0
    for row in range(8):
        read = [text.strip() for text in texts(task, batch, row)]
        for asked, answer, first, last in questions(task, batch, row):
            facts = [text for text, fact in zip(read, batch.fact[row], strict=True) if fact]
            start = int(batch.fact[row, :first].sum())
            seen = facts[start : int(batch.fact[row, :last].sum())]
            for simpler in (name, "qa2", "qa1"):
                moves = [f for f in seen if simpler != "qa1" or grammar.facts(name).read(f).kind == "move"]
                try:
                    grammar.questions(simpler).read(asked)
                except DataError:
                    continue
                assert solve(simpler, moves, asked)[0] == answer
                own += simpler == name
                break
            else:
                raise AssertionError(asked)
    assert 20 < own <= 64


def test_a_stretch_starts_where_its_story_does(task, monkeypatch):
    begun: list[tuple[str, ...]] = []

    def remember(*drawn):
        told = lesson(*drawn)
        begun.append(told.facts)
        return told

    monkeypatch.setattr(lessons, "lesson", remember)
    batch = made(task, range(1), facts=100, noise=60, questions=30)
    starts, at = [], 0  # of each story the end of the one before, and its first fact
    read = [text.strip() for text in texts(task, batch, 0)]
    for facts in begun:
        end = at
        for fact in facts:
            while at < len(read) and not batch.fact[0, at]:
                at += 1
            if at < len(read):
                starts += [(end, at)] if fact is facts[0] else []
                assert read[at] == fact
                at += 1
    assert len(set(batch.first[0])) > 1
    for first, last in zip(batch.first[0], batch.last[0], strict=True):
        # Of the noise before a story it may see a part, and behind it, but no fact of another story.
        assert any(end <= first <= fact for end, fact in starts)
        following = [fact for _, fact in starts if fact > batch.fact[0, first:].argmax() + first]
        assert not following or last <= following[0]


def test_no_question_sees_anything_of_another_story(task, noise):
    many = MomentTask({"qa1": 1.0, "qa4": 1.0}, task.tokenizer, 0, noise, seed=5)  # qa4 tells two facts a story
    lingering, waited = 0, 0
    for batch in (made(task), made(many)):
        for first, last, fact in zip(batch.first, batch.last, batch.fact, strict=True):
            for start, end in zip(first, last, strict=True):
                assert not any(start < other < end for other in first)
                lingering += not fact[end - 1]
                waited += not fact[start]
    assert lingering > 20  # asked after noise
    assert waited > 20  # told after noise


@pytest.mark.parametrize("facts", [20, 40, 60])
def test_about_as_much_is_noise_as_asked(task, facts):
    batch = made(task, range(12), facts=facts, noise=80 - facts)
    assert batch.segments.shape == (12, 80, SIZE)
    assert batch.fact.mean() == pytest.approx(facts / 80, abs=0.06)
    assert made(task, range(2), noise=0).fact.all()


def test_facts_are_whole_and_sentences_are_of_books(task, noise):
    batch = made(task)
    known = {tuple(ids[:length]) for ids, length in zip(*(array.tolist() for array in noise), strict=True)}
    languages = [grammar.facts(name) for name in task.lessons.tasks]
    for row in range(8):
        for i, text in enumerate(texts(task, batch, row)):
            ids = batch.segments[row, i]
            assert not ids[~batch.mask[row, i]].any()
            if batch.fact[row, i]:
                assert text.startswith(" ")
                assert any(_reads(language, text[1:]) for language in languages)
            else:
                assert tuple(ids[batch.mask[row, i]].tolist()) in known


def _reads(language, text: str) -> bool:
    try:
        return bool(language.read(text))
    except DataError:
        return False


def test_facts_stand_behind_words_of_a_book_where_wanted(task):
    plain, headed = made(task, noise=0), made(task, noise=0, prefix=1.0)
    language = grammar.facts("qa3")
    behind = 0
    for row in range(8):
        for text in texts(task, headed, row):
            # However much stands before it, the fact is whole and the last thing in its segment.
            assert any(_reads(language, text[i + 1 :]) for i, letter in enumerate(text) if letter == " ")
            behind += not _reads(language, text[1:])
    assert behind > 0.9 * plain.fact.size
    assert headed.fact.all()


def test_states_are_tokens_of_what_is_known(task):
    batch = made(task)
    decode = task.tokenizer.decode
    assert {decode([token]).strip() for token in batch.states[batch.states != IGNORE].tolist()} == ROOMS
    assert (batch.states[~batch.fact] == IGNORE).all()
    assert (batch.held[~batch.fact] == IGNORE).all()
    assert set(batch.held[batch.fact].flatten().tolist()) == {IGNORE, 0, 1}  # nothing is held in qa1
    for row in range(8):
        for i, text in enumerate(texts(task, batch, row)):
            if batch.fact[row, i] and (event := grammar.facts("qa3").read(text.strip())):
                if event.kind == "move":
                    assert decode([int(batch.states[row, i, 0])]).strip() == event.what
                else:
                    assert batch.held[row, i, OBJECTS.index(event.what)] == (event.kind == "get")


def test_stories_with_one_question_are_asked_about_beside_those_with_many(noise):
    task = MomentTask({"qa1": 1.0, "qa15": 1.0}, load_tokenizer(), 0, noise, seed=2)
    batch = made(task, range(30), facts=40, noise=0, questions=10)
    asked = [q for row in range(30) for q, *_ in questions(task, batch, row)]
    about = sum(q.startswith("What is ") for q in asked) / len(asked)
    # Of the facts after which a question can be asked, those of qa15 are one in eight; of the stories, every second.
    assert 0.2 < about < 0.45


def test_a_row_too_short_for_any_question_has_none(noise):
    # Of a long story only a few facts are asked after.
    task = MomentTask({"qa12": 1.0}, load_tokenizer(), 0, noise, seed=2)
    batch = made(task, range(12), facts=1, noise=0)
    none = (batch.labels == IGNORE).all(axis=(1, 2))
    assert 0 < none.sum() < 12
    assert not batch.last[none].any()
    assert batch.last[~none].all()


def test_answers_in_interleaved_text_follow_their_questions(task):
    ids, labels = task.interleaved(6, 128, step=1)
    rows, places = np.nonzero((labels != IGNORE)[:, :-1])
    np.testing.assert_array_equal(labels[rows, places], ids[rows, places + 1])
    starts = (labels != IGNORE) & ~np.pad(labels != IGNORE, ((0, 0), (1, 0)))[:, :-1]
    asked = task.tokenizer.decode(ids[starts].tolist())
    assert set(asked) == {"?"}
    assert {task.tokenizer.decode([token]).strip() for token in labels[starts].tolist()} <= ROOMS
    np.testing.assert_array_equal(ids, task.interleaved(6, 128, step=1)[0])
    np.testing.assert_array_equal(ids[:2], task.interleaved(2, 128, step=1)[0])


def test_no_stream_of_what_is_measured_on_is_drawn_from(noise, monkeypatch):
    words: list[tuple] = []
    make = Stream.__init__
    monkeypatch.setattr(Stream, "__init__", lambda self, *names: (words.append(names), make(self, *names))[1])
    for split in ("train", "valid"):
        task = MomentTask({"qa1": 1.0, "qa4": 1.0}, load_tokenizer(), 0, noise, seed=1, split=split)
        made(task, range(2))
        task.interleaved(1, 64, 0)
        assert {names[0] for names in words} == {split}
        words.clear()


def test_what_cannot_be_made_is_refused(task, noise):
    tokenizer = load_tokenizer()
    with pytest.raises(UsageError, match=r"The fact '.*' has \d tokens, a segment 6; raise segment_size"):
        made(MomentTask({"qa1": 1.0}, tokenizer, 0, _short(noise), seed=1), size=6)
    with pytest.raises(UsageError, match="Unknown task 'qa21'"):
        MomentTask({"qa21": 1.0}, tokenizer, 0, noise, seed=1)
    with pytest.raises(UsageError, match="Training on the split 'test' is refused"):
        MomentTask({"qa1": 1.0}, tokenizer, 0, noise, seed=1, split="test")
    with pytest.raises(UsageError, match="Training on the split 'test' is refused"):
        sentences_of(tokenizer, SIZE, "test", 1)


def _short(noise: Block) -> Block:
    return Block(noise.ids[noise.lengths <= 6], noise.lengths[noise.lengths <= 6])


def test_a_question_of_too_many_tokens_is_refused(task, monkeypatch):
    monkeypatch.setattr("baselines.tasks.moments.LONGEST", 4)
    with pytest.raises(UsageError, match=r"The question '.*' with its answer has \d tokens"):
        made(task)


def test_sentences_of_books_fit_a_segment(tmp_path):
    (tmp_path / "novel.txt").write_text("It was late. Nobody came to the house that night, and she knew it.")
    (tmp_path / "notes.md").write_text("Not a book.")
    found = sentences_of(load_tokenizer(), SIZE, "train", 0, str(tmp_path))
    read = [load_tokenizer().decode(ids[:length].tolist()) for ids, length in zip(*found, strict=True)]
    assert read[0] == " It was late."
    assert "".join(read) == " It was late. Nobody came to the house that night, and she knew it."
    assert found.lengths.max() <= SIZE
    (tmp_path / "novel.txt").unlink()
    (tmp_path / "rows.jsonl").write_text('{"text": "It was early."}\n{"text": ""}\n{"text": "All came."}\n')
    rows = sentences_of(load_tokenizer(), SIZE, "train", 0, str(tmp_path))
    read = [load_tokenizer().decode(ids[:length].tolist()) for ids, length in zip(*rows, strict=True)]
    assert read == [" It was early.", " All came."]
    with pytest.raises(UsageError, match="There are no sentences of books to tell stories among"):
        sentences_of(load_tokenizer(), SIZE, "train", 0)


def test_facts_among_sentences_are_cut_as_they_were_made(task):
    """What is trained on is what is read: a text of these segments is cut into them again."""
    batch = made(task, range(4))
    for row in range(4):
        cut = SentenceCutter(task.tokenizer, SIZE).stream([batch.segments[row][batch.mask[row]].tolist()])
        found = [tuple(ids[:length].tolist()) for block in cut for ids, length in zip(*block, strict=True)]
        facts = batch.segments[row][batch.fact[row]]
        masks = batch.mask[row][batch.fact[row]]
        wanted = [tuple(ids[mask].tolist()) for ids, mask in zip(facts, masks, strict=True)]
        assert sum(fact in found for fact in wanted) > 0.9 * len(wanted)


def test_the_background_is_of_books_and_of_facts_that_say_something_else(task, noise):
    books = {tuple(row[:length]) for row, length in zip(noise.ids, noise.lengths, strict=True)}
    plain, near = (task.background(range(2), 3, 20, share) for share in (0.0, 1.0))
    rows = [[tuple(row[:n]) for row, n in zip(block.ids, block.lengths, strict=True)] for block in (plain, near)]
    assert len(plain.ids) == 40
    assert set(rows[0]) <= books
    spoilt = [row for row in rows[1] if row not in books]
    assert len(spoilt) > 20
    said = {task.tokenizer.decode(list(map(int, row))).strip() for row in spoilt}
    assert sum(_reads(grammar.facts("qa2"), text) for text in said) < len(said) / 10


def test_sentences_among_facts_are_nearly_facts_where_wanted(task, noise):
    books = {tuple(row[:length]) for row, length in zip(noise.ids, noise.lengths, strict=True)}
    plain, near = made(task), made(task, near=1.0)
    others = [
        {tuple(ids[mask]) for ids, mask in zip(batch.segments[~batch.fact], batch.mask[~batch.fact], strict=True)}
        for batch in (plain, near)
    ]
    assert others[0] <= books
    assert len(others[1] - books) > len(others[1]) / 2
    facts = {tuple(ids[mask]) for ids, mask in zip(near.segments[near.fact], near.mask[near.fact], strict=True)}
    assert len(others[1] & facts) < len(others[1]) / 20


def test_a_word_is_exchanged_for_as_many_tokens_as_are_wanted(noise):
    sentences, ids = Sentences(noise), list(range(100, 109))
    lengths = {
        most: {len(sentences.exchanged(ids, Stream("train", "words", seed), 9000, most)) for seed in range(300)}
        for most in (1, 3)
    }
    assert lengths == {1: {9}, 3: {9, 10, 11, 12, 13}}
    for seed in range(50):
        spoilt = sentences.exchanged(ids, Stream("train", "words", seed), 9000, 3)
        assert spoilt[-1] == ids[-1]
        assert len(set(spoilt) & set(ids)) >= 7


@pytest.mark.parametrize("near_tokens", [1, 3])
def test_exchanged_words_reach_both_the_rows_and_the_background(task, near_tokens):
    row = made(task, near=1.0, near_tokens=near_tokens)
    plain = made(task, near=1.0)
    background = task.background(range(2), 3, 20, 1.0, near_tokens=near_tokens)
    of_one = task.background(range(2), 3, 20, 1.0)
    assert np.array_equal(row.segments, plain.segments) == (near_tokens == 1)
    assert np.array_equal(background.ids, of_one.ids) == (near_tokens == 1)


def asked_in(task: MomentTask, batch: Moments) -> list[tuple[str, str, str]]:
    """Of each question: its words, its answer, and the segments that it sees."""
    found = []
    for row in range(len(batch.first)):
        told = texts(task, batch, row)
        for k in range(batch.first.shape[1]):
            answer = batch.labels[row, k][batch.labels[row, k] != IGNORE][:-1]
            length = int((batch.labels[row, k] != IGNORE).argmax()) + 1
            words = task.tokenizer.decode(batch.questions[row, k][:length].tolist()).strip()
            story = " ".join(told[batch.first[row, k] : batch.last[row, k]])
            found.append((words, task.tokenizer.decode(answer.tolist()).strip(), story))
    return found


@pytest.mark.parametrize("name", ["qa5", "qa15", "qa20"])
def test_those_who_are_renamed_are_asked_about_by_the_names_that_were_told(name, noise):
    task = MomentTask({name: 1.0}, load_tokenizer(), 0, noise, seed=3)
    people = set()
    for question, answer, story in asked_in(task, made(task, renamed=1.0)):
        told = {word.lower() for word in re.findall("[A-Za-z]+", story)} & {person.lower() for person in PEOPLE}
        people |= told
        asked = {word.lower() for word in re.findall("[A-Za-z]+", f"{question} {answer}")}
        assert asked & {person.lower() for person in PEOPLE} <= told
    assert len(people) > 12


def test_nobody_is_renamed_unless_asked_for(noise):
    task = MomentTask({"qa16": 1.0}, load_tokenizer(), 0, noise, seed=3)
    assert {word for _, _, story in asked_in(task, made(task)) for word in PEOPLE if word in story} == set(
        COLOURED_PEOPLE
    )


def test_questions_of_single_facts_have_the_share_that_is_left(noise):
    task = MomentTask({"qa15": 1.0}, load_tokenizer(), 0, noise, seed=3)

    def share(own: float) -> float:
        asked = asked_in(task, made(task, own=own))
        return sum(bool(re.fullmatch(r"What is \w+ afraid of\?", question)) for question, _, _ in asked) / len(asked)

    # What a row breaks off has no question of its own.
    assert 0 < share(0.0) < 0.7 < 0.9 < share(1.0)
