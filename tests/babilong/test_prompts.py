"""Prompts: the built-in ones are complete and right, any text renders as it is, broken files are named."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from babilong.errors import DataError, UsageError
from babilong.prompts import Example, PromptSet, TaskPrompt, load_prompts
from babilong.scoring import score
from babilong.tasks import TASKS

BUILTIN = load_prompts()
TEXT = st.text() | st.sampled_from(
    ["{context}", "{question}", "{}", "{0}", "{{", "\\1 \\g<1>", "</context>", "{examples}"]
)


def minimal(**changes: Any) -> dict[str, Any]:
    """A prompt file with one task, and changes to it."""
    task = {
        "instruction": "Do.",
        "examples": [{"context": "A.", "question": "B?", "answer": "c"}],
        "answer_format": "E.",
    }
    template = "{instruction}\n\n{examples}\n\n{answer_format}\n\n<context>\n{context}\n</context>\n\n{question}"
    return {"name": "mine", "system": None, "template": template, "tasks": {"qa1": task}} | changes


def written(folder: Path, data: Any) -> str:
    path = folder / "prompts.yaml"
    path.write_text(data if isinstance(data, str) else yaml.safe_dump(data), encoding="utf-8")
    return str(path)


def test_builtin_has_every_task_in_order() -> None:
    assert list(BUILTIN.tasks) == list(TASKS)


@pytest.mark.parametrize("task", TASKS)
def test_builtin_examples_show_different_right_answers(task: str) -> None:
    examples = BUILTIN.tasks[task].examples
    assert 2 <= len(examples) <= 3
    answers = [example.answer for example in examples]
    assert len(set(answers)) == len(answers)
    for example in examples:
        assert score("v2", task, example.answer, example.answer, example.question)
        assert score("exact", task, example.answer, example.answer, example.question)
        assert set(example.answer.split(",")) <= set(TASKS[task].labels) or example.answer in TASKS[task].labels
        assert example.context.endswith(".") and example.question.endswith("?")
    if set(TASKS[task].labels) <= {"yes", "no", "maybe"}:
        assert set(answers) == set(TASKS[task].labels)


@pytest.mark.parametrize("task", TASKS)
def test_builtin_prompt_is_whole(task: str) -> None:
    before, after = BUILTIN.frame(task, "Where is Mary? ")
    assert before.endswith("\n\n<context>\n")
    assert after == "\n</context>\n\nQuestion: Where is Mary?\nAnswer:"
    assert before.count("<context>") == 1
    assert before.count("<example>") == before.count("</example>") == len(BUILTIN.tasks[task].examples)
    assert "{" not in before and "\n\n\n" not in before


@given(st.sampled_from(list(TASKS)), TEXT, TEXT)
def test_frame_and_render_agree_on_any_text(task: str, context: str, question: str) -> None:
    before, after = BUILTIN.frame(task, question)
    assert BUILTIN.render(task, context, question) == before + context + after
    assert question.strip() in after
    assert before == BUILTIN.frame(task, "")[0]


@given(TEXT, TEXT, TEXT, TEXT)
def test_braces_in_the_parts_are_text(instruction: str, facts: str, answer: str, answer_format: str) -> None:
    parts = TaskPrompt(instruction, (Example(facts, "?", answer),), answer_format)
    before, after = replace(
        BUILTIN, template="{instruction}|{examples}|{answer_format}|{context}|{question}", tasks={"qa1": parts}
    ).frame("qa1", "Q")
    example = f"<example>\n{facts}\nQuestion: ?\nAnswer: {answer}\n</example>"
    assert before == f"{instruction}|{example}|{answer_format}|"
    assert after == "|Q"


def test_an_empty_part_leaves_no_hole(tmp_path: Path) -> None:
    task = {"instruction": "Do.", "examples": [], "answer_format": ""}
    prompts = load_prompts(written(tmp_path, minimal(tasks={"qa1": task})))
    assert prompts.render("qa1", "C", "Q") == "Do.\n\n<context>\nC\n</context>\n\nQ"


def test_a_question_may_stand_twice_and_other_braces_are_text(tmp_path: Path) -> None:
    template = minimal()["template"] + '\n{question} {"answer": ...}'
    assert (
        load_prompts(written(tmp_path, minimal(template=template)))
        .frame("qa1", "Q?")[1]
        .endswith('Q?\nQ? {"answer": ...}')
    )


def test_yaml_and_json_give_one_hash(tmp_path: Path) -> None:
    (tmp_path / "prompts.json").write_text(json.dumps(minimal()), encoding="utf-8")
    assert load_prompts(str(tmp_path / "prompts.json")).hash == load_prompts(written(tmp_path, minimal())).hash


def test_hash_follows_what_decides_rendering() -> None:
    def changed(**parts: Any) -> PromptSet:
        return replace(BUILTIN, **parts)

    qa1 = replace(BUILTIN.tasks["qa1"], answer_format="One word.")
    assert changed(name="another").hash == BUILTIN.hash == load_prompts().hash
    assert changed(tasks=dict(reversed(list(BUILTIN.tasks.items())))).hash == BUILTIN.hash
    others = [changed(system="Be brief."), changed(template=BUILTIN.template + "!"), changed(tasks={"qa1": qa1})]
    assert len({prompts.hash for prompts in [BUILTIN, *others]}) == 4


@pytest.mark.parametrize("suffix", ["yaml", "json", "py"])
def test_a_mark_of_byte_order_is_no_text(tmp_path: Path, suffix: str) -> None:
    text = json.dumps(minimal())
    if suffix == "py":
        parts = {"instruction": "Read.", "examples": "", "post_prompt": "Answer."}
        template = "{instruction}{examples}{post_prompt}{context}{question}"
        text = f"TEMPLATE = {template!r}\nPROMPTS = {dict(qa1=parts)!r}\n"
    file = tmp_path / f"prompts.{suffix}"
    file.write_text(text, encoding="utf-8")
    plain = load_prompts(str(file))
    file.write_text(text, encoding="utf-8-sig")
    assert load_prompts(str(file)) == plain


def test_a_task_the_file_lacks(tmp_path: Path) -> None:
    prompts = load_prompts(written(tmp_path, minimal()))
    with pytest.raises(UsageError, match="have none for qa2"):
        prompts.frame("qa2", "?")
    with pytest.raises(UsageError, match="Unknown task 'qa21'"):
        prompts.frame("qa21", "?")


TEMPLATE = minimal()["template"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("a: [", "not YAML, line"),
        ("- a\n- b", "the file must be a mapping"),
        ("", "the file must be a mapping"),
        ({key: value for key, value in minimal().items() if key != "system"}, "lacks the key 'system'"),
        (minimal(sytem="x"), "unknown key 'sytem'"),
        (minimal(tasks={}), "there is no task"),
        (minimal(tasks=["qa1"]), "tasks must be a mapping"),
        (minimal(tasks={"qa1": {"instruction": "x", "examples": []}}), "qa1 lacks the key 'answer_format'"),
        (minimal(tasks={"qa1": {"instruction": "x", "examples": "y", "answer_format": ""}}), "must be a list"),
        (
            minimal(tasks={"qa1": {"instruction": "x", "examples": [{"context": ""}], "answer_format": ""}}),
            "'question'",
        ),
        (minimal(tasks={"qa1": {"instruction": True, "examples": [], "answer_format": ""}}), "put it in quotes"),
        (minimal(template=TEMPLATE.replace("{context}", "")), r"lacks \{context\}"),
        (minimal(template=TEMPLATE + "{context}"), r"\{context\} more than once"),
        (minimal(template=TEMPLATE.replace("{question}", "")), r"lacks \{question\}"),
        (minimal(template=TEMPLATE + "{post_prompt}"), r"\{post_prompt\} is unknown"),
    ],
)
def test_broken_files_are_named_in_one_sentence(tmp_path: Path, data: Any, message: str) -> None:
    source = written(tmp_path, data)
    with pytest.raises(DataError, match=message) as caught:
        load_prompts(source)
    assert source in str(caught.value) and "\n" not in str(caught.value)


def test_missing_and_unknown_sources(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No such file"):
        load_prompts(str(tmp_path / "none.yaml"))
    with pytest.raises(UsageError, match="give builtin or the path"):
        load_prompts("bultin")
    with pytest.raises(UsageError, match="Unknown task 'qa21'"):
        load_prompts(written(tmp_path, minimal(tasks={"qa21": minimal()["tasks"]["qa1"]})))
    (tmp_path / "broken.json").write_text("{", encoding="utf-8")
    with pytest.raises(DataError, match="not JSON, line 1"):
        load_prompts(str(tmp_path / "broken.json"))
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(DataError, match="not UTF-8"):
        load_prompts(str(tmp_path / "bytes.yaml"))
