"""Likeness: what is alike looks alike, and what is not gives itself away."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from babilong.errors import DataError, UsageError
from generators.likeness import COLUMNS, compare, distance, form, likeness, marked, official, table, telltale, words
from generators.stories import grammar
from generators.stories.simulate import simulate
from generators.stories.solve import solve
from generators.stories.story import Story
from generators.streams import Stream

pytest.importorskip("sklearn", reason="the classifiers are scikit-learn's; pip install 'babilong[dev]'")

BABI = Path(__file__).parents[3] / "shared" / "data" / "babi" / "tasks_1-20_v1-2" / "en-10k"
FEW = 500


def told(*words: str) -> list[Story]:
    return [simulate("qa1", Stream(*words, index)) for index in range(FEW)]


def asks_for_the_first(story: Story) -> Story:
    """The person of the first fact is asked for, not one of the last five facts."""
    question = f"Where is {grammar.facts(story.task).read(story.facts[0]).actor}?"
    return Story(story.task, story.facts, question, *solve(story.task, story.facts, question), "wrong")


def write_file(folder: Path, task: str, stories: list[Story], split: str = "test") -> None:
    lines = []
    for story in stories:
        lines += [f"{number} {fact}" for number, fact in enumerate(story.facts, 1)]
        support = " ".join(str(fact + 1) for fact in story.supporting)
        lines.append(f"{len(story.facts) + 1} {story.question} \t{story.answer}\t{support}")
    folder.joinpath(f"{task}_some_{split}.txt").write_text("\n".join(lines))


@pytest.mark.parametrize("text", [words, marked])
def test_a_simulator_cannot_be_told_from_itself(text: Callable[[Story], str]) -> None:
    auc, error = telltale([*map(text, told("one"))], [*map(text, told("other"))])
    assert auc == pytest.approx(0.5, abs=0.06)
    assert 0 < error < 0.05


def test_a_wrong_simulator_is_found_out() -> None:
    wrong = [marked(asks_for_the_first(story)) for story in told("wrong")]
    assert telltale(wrong, [*map(marked, told("right"))])[0] > 0.7
    listless = [words(story).replace("journeyed", "went") for story in told("listless")]
    assert telltale(listless, [*map(words, told("right"))])[0] > 0.8


@pytest.mark.skipif(not BABI.is_dir(), reason=f"the official bAbI files are not at {BABI}")
def test_official_stories_are_like_official_ones_and_our_own_like_both() -> None:
    real = [words(Stream("real", index).choice(story)) for index, story in enumerate(official([BABI], "qa1"))]
    assert telltale(real[:FEW], real[-FEW:])[0] == pytest.approx(0.5, abs=0.06)
    assert telltale([*map(words, told("ours"))], real[:FEW])[0] < 0.6


def test_marks_tell_age_support_and_where_asked_and_answered_words_stand() -> None:
    facts = ("Mary went to the garden.", "John moved to the office.")
    story = Story("qa1", facts, "Where is Mary?", "garden", (0,), "here")
    assert marked(story) == (
        "Where is ASKED? garden age1 support ASKED went to the ANSWER. age0  OTHER moved to the OTHER."
    )
    assert form(facts[0]) == "_ went to the _."


def test_distance() -> None:
    assert distance("aabb", "ab") == 0
    assert distance("aaab", "abbb") == 0.5
    assert distance("a", "b") == 1
    assert (distance("", ""), distance("a", "")) == (0, 1)


def test_the_questions_of_a_story_stay_together(tmp_path: Path) -> None:
    lines = ["1 Mary went to the garden.", "2 Where is Mary? \tgarden\t1", "3 John went to the office."]
    lines += ["4 Where is John? \toffice\t3", "1 John went to the office.", "2 Where is John? \toffice\t1"]
    (tmp_path / "qa1_some_test.txt").write_text("\n".join(lines))
    assert [len(story) for story in official([tmp_path], "qa1")] == [2, 1]
    with pytest.raises(DataError, match=r"No file qa2_\*.txt in .*; name another folder with --babi"):
        official([tmp_path], "qa2")


def test_the_table_has_a_line_a_task(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for task in ("qa1", "qa6"):
        write_file(tmp_path, task, [simulate(task, Stream("file", index)) for index in range(40)])
    rows = [compare(task, [tmp_path]) for task in ("qa1", "qa6")]
    assert [(row.task, row.questions, row.stories) for row in rows] == [("qa1", 40, 40), ("qa6", 40, 40)]
    likeness([tmp_path], "qa1,qa6", tmp_path / "table.md")
    printed = capsys.readouterr().out
    assert printed == table(rows) == (tmp_path / "table.md").read_text()
    assert printed.splitlines()[0] == f"| {' | '.join(COLUMNS)} |"


def test_a_table_for_a_folder_that_is_not_there_is_refused_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no folder .*no for the table; make it, or name another --markdown file"):
        likeness([tmp_path], "qa1", tmp_path / "no" / "table.md")
