"""Functions that recipes name: a transform of batches, metrics of a validation."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from babilong import own_code
from babilong.errors import UsageError


def named(function: str, *arguments: str) -> Callable[..., Any]:
    """The function that `module:function` or `path/to/file.py:function` names, the path from the working directory.

    Args:
        function: its name.
        arguments: what it is called with, in order.

    Raises:
        UsageError: there is none, it takes other arguments, or its module fails.
    """
    found: Callable[..., Any]
    found, _ = own_code.named(function, f"the function {function!r} of the recipe")
    if not callable(found):
        raise UsageError(f"The function {function!r} of the recipe is {found!r:.80}, which cannot be called.")
    if not own_code.takes(found, *arguments):
        raise UsageError(
            f"The function {function!r} of the recipe takes {inspect.signature(found)}, but is called with "
            f"{', '.join(arguments)}; let it take these."
        )
    return found
