"""Code that users bring: `mine.py:NAME` or `module:NAME`, the path of a file from the working directory.

Example::

    halved, source = named("mine.py:halved", "the function mine.py:halved of the recipe")
    source.sha256     # of the very bytes that were run
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from babilong.errors import UsageError, few, first_sentence


@dataclass(frozen=True, slots=True)
class Source:
    """A file of Python code.

    Attributes:
        path: resolved, as tracebacks name it.
        code: its bytes.
    """

    path: Path
    code: bytes

    @property
    def sha256(self) -> str:
        """Of its bytes; not of what it imports."""
        return hashlib.sha256(self.code).hexdigest()

    def module(self) -> ModuleType:
        """What the file defines, run once, and known by its name to what looks it up there, as dataclasses do.

        The bytes themselves are run, never a compiled file of before; what lies beside the file can be imported, but is
        found last, so that it hides no package.
        """
        name = f"{self.path}@{self.sha256[:12]}"
        if name not in sys.modules:
            module = ModuleType(name)
            module.__file__ = str(self.path)
            if str(self.path.parent) not in sys.path:
                sys.path.append(str(self.path.parent))
            sys.modules[name] = module
            try:
                exec(compile(self.code, self.path, "exec", dont_inherit=True), module.__dict__)
            except BaseException:
                del sys.modules[name]
                raise
        return sys.modules[name]

    def line_of(self, error: BaseException) -> str:
        """The line of the file that an error came through last, as a beginning: `mine.py, line 3: `, or nothing."""
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno for frame in frames if frame.filename == str(self.path)]
        return f"{self.path.name}, line {lines[-1]}: " if lines else ""


def read_source(file: Path) -> Source:
    """A file of code; nothing of it is run.

    Raises:
        OSError: it cannot be read.
    """
    return Source(file.resolve(), file.read_bytes())


def named(name: str, what: str) -> tuple[Any, Source | None]:
    """The function or class that `module:NAME` or `path/to/file.py:NAME` names, and the file as it was run.

    Args:
        name: where it is.
        what: what it is, in the words of the error.

    Raises:
        UsageError: there is none, or its module fails.
    """
    place, _, attribute = name.rpartition(":")
    source = None
    try:
        if not place or not attribute:
            raise AttributeError("it is written module:NAME or file.py:NAME")
        source = read_source(Path(place)) if place.endswith(".py") else None
        module = source.module() if source else importlib.import_module(place)
    except (Exception, SystemExit) as error:  # whatever a user's module does
        raise UsageError(f"Cannot find {what}: {told(error, source)}") from error
    if not hasattr(module, attribute):
        own = [key for key, value in vars(module).items() if getattr(value, "__module__", None) == module.__name__]
        raise UsageError(f"Cannot find {what}: {place} has no {attribute}; it defines {few(own) or 'nothing'}.")
    return getattr(module, attribute), source


def takes(function: Any, *arguments: str) -> bool:
    """Whether something can be called with these arguments; a function that does not say so is taken to."""
    try:
        inspect.signature(function).bind(*arguments)
    except TypeError:
        return False
    except ValueError:  # of functions that are not written in Python
        return True
    return True


def told(error: BaseException, source: Source | None) -> str:
    """What an error says, in a sentence, with its class and the line of the user's file that it came from."""
    if isinstance(error, OSError) and error.filename and error.strerror:
        said = f"{error.strerror}: {error.filename}."
    else:
        said = first_sentence(error)
    kind = type(error).__name__
    where = source.line_of(error) if source else ""
    return where + (said if said == f"{kind}." else f"{kind}: {said}")
