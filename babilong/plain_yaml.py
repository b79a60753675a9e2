"""YAML of plain values, as JSON has them: what looks like a date stays a word."""

from __future__ import annotations

from functools import cache
from typing import Any


def load(text: str) -> Any:
    """What a YAML text holds.

    Example:
        >>> load("day: 2024-07-26")
        {'day': '2024-07-26'}

    Raises:
        yaml.YAMLError: it is no YAML, or a value is not of the type it is said to be.
    """
    import yaml

    try:
        return yaml.load(text, Loader=_loader())
    except ValueError as error:  # of a tag such as !!int
        raise yaml.YAMLError(str(error)) from error


@cache
def _loader() -> type[Any]:
    import yaml

    class Loader(yaml.SafeLoader):
        yaml_implicit_resolvers = {
            first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
            for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
        }

    return Loader
