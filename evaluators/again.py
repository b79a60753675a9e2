"""Which samples are asked again when a run goes on: errors and empty answers, but for those nothing can help.

Example::

    again = parse_retry("timeout,rate_limited")
    again("timeout"), again("content_filter")       # True, False
"""

from __future__ import annotations

import re
from collections.abc import Callable

from babilong.errors import unknown
from evaluators.models.errors import ERRORS
from evaluators.records import Record

# The same request would only be refused, or cut, the same way.
SETTLED = frozenset(("context_overflow", "content_filter", "length_cut"))

Again = Callable[[str], bool]


def parse_retry(text: str = "default") -> Again:
    """What `--retry-errors` says: from a class of errors to whether its samples are asked again.

    Args:
        text: `default` (all but `SETTLED`), `all`, `none`, or names of classes by comma, Python's own among them
            (`RuntimeError`), which errors of models that run here are called by.

    Raises:
        UsageError: there is no such class.
    """
    if text in ("default", "all", "none"):
        return {"default": lambda kind: kind not in SETTLED, "all": lambda _: True, "none": lambda _: False}[text]
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in ERRORS and not re.fullmatch(r"[A-Z]\w*(?:Error|Exception)", name):
            raise unknown("error class", name, ("default", "all", "none", *ERRORS))
    return lambda kind: kind in names


def is_finished(record: Record, again: Again) -> bool:
    """Whether a sample need not be asked again; an answer without a word counts as of the class `empty`."""
    kind = record.error or ("" if record.output.strip() else "empty")
    return not kind or not again(kind)
