"""The table of tasks and the lists of task names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babilong.errors import UsageError
from babilong.tasks import PATHS, TASKS, get_task, parse_tasks


def test_twenty_tasks_with_distinct_labels() -> None:
    assert [task.number for task in TASKS.values()] == list(range(1, 21))
    for name, task in TASKS.items():
        assert name == task.name and len(set(task.labels)) == len(task.labels) >= 2


def test_paths_never_lead_back() -> None:
    assert sorted(PATHS) == ["e,e", "e,n", "e,s", "n,e", "n,n", "n,w", "s,e", "s,s", "s,w", "w,n", "w,s", "w,w"]
    assert [task.name for task in TASKS.values() if task.form != "label"] == ["qa8", "qa19"]


@pytest.mark.parametrize(
    ("spec", "names"),
    [
        ("qa1", ("qa1",)),
        ("qa1-qa3,qa7", ("qa1", "qa2", "qa3", "qa7")),
        ("QA2, qa1 qa2", ("qa2", "qa1")),
        (["qa20", "qa1-qa2"], ("qa20", "qa1", "qa2")),
    ],
)
def test_lists_and_ranges(spec: str | list[str], names: tuple[str, ...]) -> None:
    assert parse_tasks(spec) == names


@given(st.lists(st.sampled_from(list(TASKS)), min_size=1))
def test_a_list_gives_each_task_once_in_order(names: list[str]) -> None:
    assert parse_tasks(names) == parse_tasks(",".join(names)) == tuple(dict.fromkeys(names))


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("qa21", "Unknown task 'qa21'; did you mean"),
        ("qa3-qa1", "write qa1-qa3"),
        ("", "No task given"),
        ("qa1-x", "'x'"),
    ],
)
def test_what_is_no_task_list_is_refused(spec: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse_tasks(spec)


def test_get_task() -> None:
    assert get_task("qa15").labels == ("cat", "mouse", "sheep", "wolf")
    with pytest.raises(UsageError):
        get_task("15")
