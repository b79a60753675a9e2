"""Reading bAbI files: our own small ones, every way to be broken, and the official ones where they are at hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from babilong.errors import DataError, UsageError
from babilong.tasks import TASKS
from generators.stories.babi_files import find_file, read_stories
from generators.stories.story import Story

BABI = Path(__file__).parents[3] / "shared" / "data" / "babi" / "tasks_1-20_v1-2" / "en-10k"
needs_babi = pytest.mark.skipif(not BABI.is_dir(), reason=f"the official bAbI files are not at {BABI}")

GOOD = (
    "1 Mary got the milk there.\n"
    "2 John moved to the bedroom.\n"
    "3 Mary travelled to the hallway.\n"
    "4 Where is the milk? \thallway\t1 3\n"
    "5 John went to the office.\n"
    "6 Where is the milk? \thallway\t1 3\n"
    "1 John went to the garden.\n"
    "2 Where is John? \tgarden\t1\n"
)


def write(folder: Path, content: str | bytes) -> Path:
    path = folder / "qa2_two-supporting-facts_test.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_every_question_is_a_story_with_the_facts_before_it(tmp_path: Path) -> None:
    stories = read_stories(write(tmp_path, GOOD), "qa2")
    facts = ("Mary got the milk there.", "John moved to the bedroom.", "Mary travelled to the hallway.")
    source = "qa2_two-supporting-facts_test.txt#"
    assert stories == [
        Story("qa2", facts, "Where is the milk?", "hallway", (0, 2), source + "4"),
        Story("qa2", (*facts, "John went to the office."), "Where is the milk?", "hallway", (0, 2), source + "6"),
        Story("qa2", ("John went to the garden.",), "Where is John?", "garden", (0,), source + "8"),
    ]


def test_supporting_facts_keep_the_order_of_the_file_and_leave_questions_out(tmp_path: Path) -> None:
    path = write(tmp_path, "1 A.\n2 Q? \tx\t1\n3 B.\n4 C.\n5 Q? \tx\t4 1 3\n")
    assert read_stories(path, "qa3")[1].supporting == (2, 0, 1)


def test_windows_line_ends_and_a_missing_last_one_do_no_harm(tmp_path: Path) -> None:
    unix = read_stories(write(tmp_path, GOOD), "qa2")
    assert read_stories(write(tmp_path, GOOD.replace("\n", "\r\n").rstrip()), "qa2") == unix


@pytest.mark.parametrize(
    ("content", "row", "says"),
    [
        ("Mary went home.\n", 1, "expected a line number"),
        ("1 Mary went home.\n\n2 John too.\n", 2, "expected a line number"),
        ("1\n", 1, "expected a line number"),
        ("2 Mary went home.\n", 1, "number 2 neither goes on from 0"),
        ("1 A.\n2 B.\n4 C.\n", 3, "number 4 neither goes on from 2"),
        ("1 A.\n2 B.\n2 C.\n", 3, "number 2 neither goes on from 2"),
        ("1 A.\n2 Q?\tx\n", 2, "this has 2"),
        ("1 A.\n2 Q? x 1\n", 2, "kept apart by tabs"),
        ("1 A.\n2 Q?\tx\t1\t1\n", 2, "this has 4"),
        ("1 A.\n2 Q?\t\t1\n", 2, "one of them empty"),
        ("1 A.\n2 Q?\tx\t\n", 2, "one of them empty"),
        ("1 A.\n2 Q?\tx\t2\n", 2, "supporting line 2 is no earlier fact"),
        ("1 A.\n2 Q?\tx\t1\n3 Q?\tx\t2\n", 3, "supporting line 2 is no earlier fact"),
        ("1 A.\n2 Q?\tx\t3\n3 B.\n", 2, "supporting line 3 is no earlier fact"),
        ("1 A.\n2 B.\n1 C.\n2 Q?\tx\t1 two\n", 4, "supporting line two is no earlier fact"),
        (b"1 A.\n2 B\xff.\n", 2, "not UTF-8 text"),
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, content: str | bytes, row: int, says: str) -> None:
    path = write(tmp_path, content)
    with pytest.raises(DataError) as caught:
        read_stories(path, "qa2")
    assert str(caught.value).startswith(f"{path}, line {row}: ")
    assert says in str(caught.value)


@pytest.mark.parametrize(("content", "says"), [("", "is empty"), ("\n\n", "is empty"), ("1 A.\n", "no question")])
def test_a_file_without_questions_is_an_error(tmp_path: Path, content: str, says: str) -> None:
    with pytest.raises(DataError, match=says):
        read_stories(write(tmp_path, content), "qa2")


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_stories(tmp_path / "nowhere.txt", "qa2")
    with pytest.raises(UsageError, match="qa21"):
        read_stories(write(tmp_path, GOOD), "qa21")


def test_find_file_takes_the_task_and_split_asked(tmp_path: Path) -> None:
    names = ["qa1_one_test.txt", "qa1_one_train.txt", "qa10_ten_test.txt", "qa3_valid.txt", "readme.txt"]
    for name in names:
        (tmp_path / name).touch()
    assert find_file(tmp_path, "qa1").name == "qa1_one_test.txt"
    assert find_file(tmp_path, "qa1", "train").name == "qa1_one_train.txt"
    assert find_file(tmp_path, "qa10").name == "qa10_ten_test.txt"
    assert find_file(tmp_path, "qa3", "valid").name == "qa3_valid.txt"


def test_find_file_says_what_it_looked_for_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no folder .*qa1_\*_test\.txt.*--stories"):
        find_file(tmp_path / "nowhere", "qa1")
    with pytest.raises(DataError, match=r"no file qa1_\*_test\.txt \(splits of qa1 found there: none\).*--stories"):
        find_file(tmp_path, "qa1")
    (tmp_path / "qa1_one_train.txt").touch()
    with pytest.raises(DataError, match="found there: train"):
        find_file(tmp_path, "qa1")
    for name in ("a", "b"):
        (tmp_path / f"qa1_{name}_test.txt").touch()
    with pytest.raises(DataError, match="several files"):
        find_file(tmp_path, "qa1")


@needs_babi
@pytest.mark.parametrize("task", TASKS)
def test_official_files_hold_a_thousand_well_formed_questions(task: str) -> None:
    stories = read_stories(find_file(BABI, task), task)
    assert len(stories) == 1000
    assert len({story.source for story in stories}) == 1000
    words = set(TASKS[task].labels)
    for story in stories:
        assert story.facts
        assert all(fact.endswith(".") and fact == fact.strip() and "\t" not in fact for fact in story.facts)
        assert story.question.endswith("?")
        assert set(story.answer.split(",") if TASKS[task].form == "list" else [story.answer]) <= words
        assert story.supporting
        assert all(0 <= index < len(story.facts) for index in story.supporting)
