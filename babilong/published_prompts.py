"""Prompts of the published BABILong, read from a file: its `prompts.py`, or the same as JSON.

The module is read as text and never run. Typos, blank lines and all are kept, since models react to them::

    prompts = read_published(Path("babilong/prompts.py"))
    prompts.frame("qa1", "Where is Mary? ")

Form: a template and, by task, `instruction`, `examples` (one text) and `post_prompt` (booydar/babilong, prompts.py).
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from babilong.errors import DataError
from babilong.prompts import PLACEHOLDERS, PromptSet, TaskPrompt
from babilong.tasks import get_task

# Hash of the published prompts of all twenty tasks (`PromptSet.hash`), by which a changed copy is told.
PUBLISHED_HASH = "3f0bf7e27ebfe6bb7de732a9ab308737a6ed35b58da4ddbae3f157270bbd45d9"
_TEMPLATES = ("DEFAULT_TEMPLATE", "TEMPLATE")
_PROMPTS = ("DEFAULT_PROMPTS", "PROMPTS")
_PARTS = ("instruction", "examples", "post_prompt")


def is_published(data: object) -> bool:
    """Whether what a JSON file holds has this form rather than that of our own prompts."""
    return isinstance(data, dict) and any(name in data for name in _PROMPTS)


def read_published(path: Path, text: str) -> PromptSet:
    """The published prompts that a file holds.

    Args:
        path: of the file; `.py` is read as a Python module, anything else as JSON.
        text: its content.

    Raises:
        DataError: it cannot be parsed, or lacks a part; the message says which.
        UsageError: it has prompts for a task that does not exist.
    """
    found = _assignments(path, text) if path.suffix.lower() == ".py" else json.loads(text)
    template, prompts = (
        next((found[name] for name in names if name in found), None) for names in (_TEMPLATES, _PROMPTS)
    )
    if not isinstance(template, str) or not isinstance(prompts, dict) or not prompts:
        raise DataError(
            f"Cannot use the prompts {path}: published prompts are a text {_TEMPLATES[0]} and a mapping {_PROMPTS[0]}."
        )
    tasks = {get_task(str(task)).name: _task(path, str(task), parts) for task, parts in prompts.items()}
    return PromptSet(path.stem, None, _template(path, template), tasks, published=True)


def _assignments(path: Path, text: str) -> Mapping[str, Any]:
    """The literals that a module assigns to the names we look for."""
    found = {}
    try:
        for statement in ast.parse(text).body:
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                name = statement.targets[0].id
                if name in _TEMPLATES or name in _PROMPTS:
                    found[name] = ast.literal_eval(statement.value)
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError) as error:
        raise DataError(
            f"Cannot read the prompts {path}: its template or prompts are not plain Python literals ({error})."
        ) from error
    return found


def _task(path: Path, task: str, parts: object) -> TaskPrompt:
    if not isinstance(parts, dict) or not all(isinstance(parts.get(name), str) for name in _PARTS):
        raise DataError(f"Cannot use the prompts {path}: {task} needs the texts {', '.join(_PARTS)}.")
    return TaskPrompt(*(parts[name] for name in _PARTS))


def _template(path: Path, template: str) -> str:
    """The template with our names in it."""
    ours = template.replace("{post_prompt}", "{answer_format}")
    if sorted(re.findall(r"\{(\w+)\}", ours)) != sorted(PLACEHOLDERS):
        names = ", ".join(f"{{{name}}}" for name in (*_PARTS, "context", "question"))
        raise DataError(f"Cannot use the prompts {path}: the template must hold each of {names} once.")
    return ours
