"""The ways a script ends, and their exit statuses. Leaves out formatting: messages are text."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable

from .inherited import take_back

OK = 0
FAILED_TESTS = 1
USAGE = 2
COULD_NOT_MEASURE = 4
INTERRUPTED = 130


class ScriptError(Exception):
    """An error a person can act on: its text says what happened and what to do about it."""

    status = COULD_NOT_MEASURE


class UsageError(ScriptError):
    """A wrong option, value, matrix file or result file."""

    status = USAGE


class MeasureError(ScriptError):
    """Nothing could be measured, or the results could not be written."""

    status = COULD_NOT_MEASURE


def run_main(program: str, main: Callable[[list[str]], int]) -> int:
    """Runs `main` on the command line and turns the errors above into a message and a status. An
    error that nobody foresaw is one of ours, and no verdict: never the 1 of Python's own ending."""
    take_back()
    try:
        return main(sys.argv[1:])
    except ScriptError as error:
        print(f"{program}: error: {error}", file=sys.stderr)
        return error.status
    except KeyboardInterrupt:
        print(f"{program}: interrupted", file=sys.stderr)
        return INTERRUPTED
    except Exception as error:
        traceback.print_exc()
        print(f"{program}: error: a fault in {program} itself: {error!r}", file=sys.stderr)
        return COULD_NOT_MEASURE
