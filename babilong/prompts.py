"""Prompts as data: an instruction, worked examples and an answer format for every task, around the context.

The prompt of a sample is `before + context + after`; eleven million tokens are never put through a template::

    before, after = load_prompts().frame("qa1", "Where is Mary?")

Our own wording; the kinds of parts (instruction, examples in tags, answer format) are those of the published BABILong.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from babilong import plain_yaml
from babilong.errors import DataError, UsageError
from babilong.tasks import get_task

PLACEHOLDERS = ("instruction", "examples", "answer_format", "context", "question")
_EXAMPLE = "<example>\n{context}\nQuestion: {question}\nAnswer: {answer}\n</example>"
_CONTEXT = "{context}"


@dataclass(frozen=True, slots=True)
class Example:
    """A worked example: a few facts, a question and its answer."""

    context: str
    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class TaskPrompt:
    """What the prompts of one task say besides context and question; published examples are one text."""

    instruction: str
    examples: tuple[Example, ...] | str
    answer_format: str


@dataclass(frozen=True)
class PromptSet:
    """Prompts of some or all tasks.

    Attributes:
        name: what the set calls itself; decides nothing.
        system: system message for models that take one, or None.
        template: text with every one of `PLACEHOLDERS` in braces, the context exactly once.
        tasks: the parts of each task.
        published: whether they are filled in as the published code does it, blank lines and all (protocol v1).
    """

    name: str
    system: str | None
    template: str
    tasks: Mapping[str, TaskPrompt]
    published: bool = False

    @property
    def hash(self) -> str:
        """sha256 of everything that decides rendering: two sets with one hash give the same prompts."""
        decides: dict[str, Any] = {
            "system": self.system,
            "template": self.template,
            "example": _EXAMPLE,
            "tasks": {task: asdict(parts) for task, parts in self.tasks.items()},
        }
        if self.published:
            decides = {**decides, "example": None, "published": True}
        return hashlib.sha256(json.dumps(decides, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    def frame(self, task: str, question: str) -> tuple[str, str]:
        """The text before and after the context; the prompt is `before + context + after`, exactly.

        Raises:
            UsageError: no such task, or the set has no prompt for it.
        """
        if get_task(task).name not in self.tasks:
            raise UsageError(f"The prompts {self.name!r} have none for {task}; they have: {', '.join(self.tasks)}.")
        parts = self.tasks[task]
        values = {
            "instruction": parts.instruction,
            "examples": _examples(parts),
            "answer_format": parts.answer_format,
            "question": question if self.published else question.strip(),
        }
        before, _, after = self.template.partition(_CONTEXT)
        if self.published:
            return _fill(before, values, holes=True).lstrip(), _fill(after, values, holes=True).rstrip()
        return _fill(before, values), _fill(after, values)

    def render(self, task: str, context: str, question: str) -> str:
        """The whole prompt of a sample.

        Raises:
            UsageError: no such task, or the set has no prompt for it.
        """
        before, after = self.frame(task, question)
        return before + context + after


def load_prompts(source: str = "builtin") -> PromptSet:
    """The built-in prompts, or those of a file.

    A .yaml or .json file has the form of `babilong/data/prompts.yaml`, or that of the published prompts, which are also
    read from the published `prompts.py` without running it (see `babilong.published_prompts`).

    Raises:
        DataError: the file is missing, is not YAML or JSON, or lacks a key or placeholder; the message says which.
        UsageError: the file has prompts for a task that does not exist.
    """
    from babilong.published_prompts import is_published, read_published

    if source == "builtin":
        text, suffix = files("babilong").joinpath("data/prompts.yaml").read_text("utf-8"), ".yaml"
    else:
        path = Path(source)
        suffix = path.suffix.lower()
        if suffix not in (".yaml", ".yml", ".json", ".py"):
            raise UsageError(f"Unknown prompts {source!r}; give builtin or the path of a .yaml, .json or .py file.")
        try:
            text = path.read_text("utf-8-sig")  # editors on Windows write a mark before the text
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
            raise DataError(f"Cannot read the prompts {source}: {reason}.") from error
    data = None if suffix == ".py" else _parse(text, suffix, source)
    if suffix == ".py" or (suffix == ".json" and is_published(data)):
        return read_published(Path(source), text)
    found = _mapping(data, source, "the file", ("name", "system", "template", "tasks"))
    system = found["system"]
    tasks = {
        get_task(str(task)).name: _task_prompt(parts, source, str(task))
        for task, parts in _mapping(found["tasks"], source, "tasks").items()
    }
    if not tasks:
        raise DataError(f"Cannot use the prompts {source}: there is no task under 'tasks'.")
    return PromptSet(
        name=_text(found["name"], source, "name"),
        system=None if system is None else _text(system, source, "system"),
        template=_template(_text(found["template"], source, "template"), source),
        tasks=tasks,
    )


def _examples(parts: TaskPrompt) -> str:
    if isinstance(parts.examples, str):
        return parts.examples
    return "\n\n".join(_fill(_EXAMPLE, asdict(example)) for example in parts.examples)


def _fill(template: str, values: Mapping[str, str], *, holes: bool = False) -> str:
    """The template with its placeholders filled in one pass, so that braces inside the values stay what they are.

    A placeholder without text takes the blank lines after it along, unless holes are wanted: prompts without examples
    have none.
    """

    def value(match: re.Match[str]) -> str:
        filled = values[match[1]]
        return filled + (match[2] or "") if filled or holes else ""

    return re.sub(r"\{(\w+)\}(\n{2,})?", value, template)


def _parse(text: str, suffix: str, source: str) -> Any:
    import yaml

    try:
        return json.loads(text) if suffix == ".json" else plain_yaml.load(text)
    except json.JSONDecodeError as error:
        raise DataError(f"Cannot read the prompts {source}: not JSON, line {error.lineno}: {error.msg}.") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "it cannot be parsed"
        raise DataError(f"Cannot read the prompts {source}: not YAML{where}: {problem}.") from error


def _mapping(value: Any, source: str, where: str, keys: tuple[str, ...] = ()) -> Mapping[str, Any]:
    """The value as a mapping that has exactly these keys, where any are given."""
    if not isinstance(value, dict):
        raise DataError(f"Cannot use the prompts {source}: {where} must be a mapping of keys to values.")
    missing = [key for key in keys if key not in value]
    if missing:
        raise DataError(f"Cannot use the prompts {source}: {where} lacks the key {missing[0]!r}.")
    strange = [key for key in value if keys and key not in keys]
    if strange:
        known = ", ".join(keys)
        raise DataError(f"Cannot use the prompts {source}: {where} has the unknown key {strange[0]!r}; known: {known}.")
    return value


def _text(value: Any, source: str, where: str) -> str:
    if not isinstance(value, str):
        hint = "; put it in quotes" if isinstance(value, bool | int | float) else ""
        raise DataError(f"Cannot use the prompts {source}: {where} must be text, not {value!r}{hint}.")
    return value.strip()


def _task_prompt(value: Any, source: str, task: str) -> TaskPrompt:
    parts = _mapping(value, source, task, ("instruction", "examples", "answer_format"))
    if not isinstance(parts["examples"], list):
        raise DataError(f"Cannot use the prompts {source}: the examples of {task} must be a list (it may be empty).")
    examples = []
    for number, example in enumerate(parts["examples"], 1):
        where = f"example {number} of {task}"
        found = _mapping(example, source, where, ("context", "question", "answer"))
        examples.append(Example(**{key: _text(found[key], source, f"{key} in {where}") for key in found}))
    return TaskPrompt(
        _text(parts["instruction"], source, f"the instruction of {task}"),
        tuple(examples),
        _text(parts["answer_format"], source, f"the answer_format of {task}"),
    )


def _template(template: str, source: str) -> str:
    """The template, if its placeholders are all there, all known, and the context stands in it once."""
    found = re.findall(r"\{(\w+)\}", template)
    for name in found:
        if name not in PLACEHOLDERS:
            known = ", ".join(f"{{{known}}}" for known in PLACEHOLDERS)
            raise DataError(f"Cannot use the prompts {source}: the template's {{{name}}} is unknown; known: {known}.")
    for name in PLACEHOLDERS:
        if name not in found:
            raise DataError(f"Cannot use the prompts {source}: the template lacks {{{name}}}.")
    if found.count("context") > 1:
        raise DataError(f"Cannot use the prompts {source}: the template has {{context}} more than once.")
    return template
