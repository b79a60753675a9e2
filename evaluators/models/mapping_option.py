"""An option that holds a mapping, in JSON or YAML: `--extra-body '{top_k: 1}'`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from babilong import plain_yaml
from babilong.errors import UsageError


def mapping_option(flag: str, text: str | None, example: str, elsewhere: Mapping[str, str | None]) -> dict[str, Any]:
    """The fields of an option.

    Args:
        flag: its name.
        text: what was given.
        example: of how it is written.
        elsewhere: fields that it cannot set, each with the flag that does, if one does.

    Raises:
        UsageError: it is no mapping of names to what JSON can hold, or sets one of those fields.
    """
    import yaml

    try:
        found = plain_yaml.load(text or "{}")
        json.dumps(found)
    except (yaml.YAMLError, TypeError, ValueError):
        found = None
    if not isinstance(found, dict) or not all(isinstance(name, str) for name in found):
        raise UsageError(f"{flag} is no JSON or YAML mapping; write it as '{example}'.")
    for name in found:
        if name in elsewhere:
            instead = elsewhere[name]
            raise UsageError(f"{flag} cannot set {name}{f'; use {instead}' if instead else ''}.")
    return found
