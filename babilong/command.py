"""What all commands share: errors as one sentence on stderr, exit codes, and the notes that are not the result."""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable
from io import TextIOWrapper
from typing import NoReturn

from babilong.errors import BabilongError

INTERRUPTED = 130


def note(message: str) -> None:
    """Say something that is not the command's result, on stderr."""
    print(message, file=sys.stderr, flush=True)


def run(command: Callable[[], object]) -> NoReturn:
    """Run a command line to its exit code; a traceback is shown only with `--debug`.

    0 done; 1 failed; 2 usage; 3 too many samples errored; 4 prompts over the model's limit; 5 verification mismatch;
    130 interrupted.
    """
    if isinstance(sys.stdout, TextIOWrapper):
        # What a model wrote may hold half a character, and not every terminal knows all of them.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        command()
    except BabilongError as error:
        _fail(error, str(error), error.exit_code)
    except KeyboardInterrupt as interrupt:
        _fail(
            interrupt, "Interrupted; everything finished is kept, and the same command goes on from there.", INTERRUPTED
        )
    except OSError as error:
        if error.errno == errno.ENOSPC:
            _fail(
                error,
                f"The disk is full while writing {error.filename or 'the output'}; free some space and run again.",
                1,
            )
        _fail(error, f"{error.strerror or error}: {error.filename}." if error.filename else f"{error}.", 1)
    raise SystemExit(0)


def _fail(error: BaseException, message: str, code: int) -> NoReturn:
    if "--debug" in sys.argv:
        raise error
    note(f"Error: {message}" if code != INTERRUPTED else message)
    raise SystemExit(code)
