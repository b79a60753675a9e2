"""Dataclasses from what YAML or JSON holds: every key known, every value of its type and within its bounds.

made(Stage, {"name": "facts", "steps": 200}, "a stage of mine.yaml")
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from babilong.errors import BabilongError, DataError, UsageError, unknown

T = TypeVar("T")


def made(kind: type[T], values: Mapping[str, Any], where: str) -> T:
    """An instance of a dataclass; a number may stand as a string, as YAML reads `1e-3`.

    Args:
        kind: the dataclass.
        values: by the names of its fields.
        where: what they are from, for messages.

    Raises:
        UsageError: a key is none of the fields, a word none of those to choose from, or two do not go together.
        DataError: a value is missing, of another type, or out of bounds.
    """
    from pydantic import TypeAdapter, ValidationError

    known = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    for key in values:
        if key not in known:
            raise UsageError(f"In {where}: {unknown('key', key, known)}")
    try:
        return TypeAdapter(kind).validate_python(dict(values))
    except BabilongError as error:
        raise UsageError(f"In {where}: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        name, hints = str(first["loc"][0]), get_type_hints(kind)
        if first["type"] == "missing":
            raise DataError(f"In {where}: `{name}` is missing.") from error
        if get_origin(hints[name]) is Literal:
            choices = unknown(name, str(first["input"]), get_args(hints[name]))
            raise UsageError(f"In {where}: {choices}") from error
        raise DataError(f"In {where}: `{name}` is {first['input']!r}. {first['msg']}.") from error
