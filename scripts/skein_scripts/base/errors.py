"""The ways a script ends, and their exit statuses. Every script ends through run_program(), so that
1 is a confirmed regression (of scripts/run_tests.py a failed test, of scripts/render_readme.py a
README that says something else) and nothing else: Python's own 1 for an error, its 120 for output
that cannot be written, and a missing package are none.

Imports the standard library alone, in words that an older Python reads: it has to work where our
packages are missing. Leaves out formatting: messages are text.
"""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from collections.abc import Callable
from importlib import import_module
from typing import IO, NoReturn

from .inherited import take_back
from .visible import visible

OK = 0
REGRESSION = 1
FAILED_TESTS = 1
DIFFERS = 1
USAGE = 2
UNDECIDED = 3
COULD_NOT_MEASURE = 4
INTERRUPTED = 130
READER_GONE = 141  # what a shell makes of SIGPIPE, for which Python has an exception

_LEAST_PYTHON = (3, 11)


class ScriptError(Exception):
    """An error a person can act on: its text says what happened and what to do about it."""

    status = COULD_NOT_MEASURE


class UsageError(ScriptError):
    """A wrong option, value, matrix file or result file."""

    status = USAGE


class MeasureError(ScriptError):
    """Nothing could be measured, or the results could not be written."""

    status = COULD_NOT_MEASURE


class ReaderGoneError(ScriptError):
    """Whoever read our output has closed it."""

    status = READER_GONE

    def __init__(self) -> None:
        super().__init__("nobody reads the output any more")


def run_program(program: str, module: str) -> NoReturn:
    """A script from its first line to its exit status: `main` of the module named, which is
    imported only now, since its packages may be missing."""
    take_back()
    status = run_main(program, lambda words: _main_of(module)(words))
    sys.exit(_after_last_output(program, status))


def _main_of(module: str) -> Callable[[list[str]], int]:
    if sys.version_info < _LEAST_PYTHON:
        least = ".".join(map(str, _LEAST_PYTHON))
        raise MeasureError(f"{sys.executable} is older than {least}; {_how_to_run()}")
    main: Callable[[list[str]], int] = import_module(module).main
    return main


def _how_to_run() -> str:
    script = f"scripts/{os.path.basename(sys.argv[0])}"  # noqa: PTH119
    return f"run scripts/setup, then '.venv/bin/python {script}'"


def run_main(program: str, main: Callable[[list[str]], int]) -> int:
    """Runs `main` on the command line and turns whatever ends it into a message and a status. An
    error that nobody foresaw is one of ours, and no verdict."""
    try:
        return main(sys.argv[1:])
    except ScriptError as error:
        return _say_error(program, str(error), error.status)
    except BrokenPipeError:
        gone = ReaderGoneError()
        return _say_error(program, str(gone), gone.status)
    except KeyboardInterrupt:
        return _say_error(program, None, INTERRUPTED)
    except SystemExit as end:
        return _status_of_exit(program, end)
    except ModuleNotFoundError as error:  # one of ours is there, or nothing would be
        what = f"{sys.executable} has no module '{error.name}'; {_how_to_run()}"
        return _say_error(program, what, COULD_NOT_MEASURE)
    except OSError as error:
        what = f"{error.filename}: " if error.filename else ""
        return _say_error(program, f"{what}{error.strerror or error}", COULD_NOT_MEASURE)
    except Exception as error:
        with contextlib.suppress(OSError):
            traceback.print_exc()
        return _say_error(program, f"a fault in {program} itself: {error!r}", COULD_NOT_MEASURE)


def _status_of_exit(program: str, end: SystemExit) -> int:
    """argparse ends like this, and libraries that think they are the program."""
    if end.code is None:
        return OK
    if end.code in (OK, USAGE):
        return int(end.code)
    return _say_error(program, f"a library ended it with {end.code!r}", COULD_NOT_MEASURE)


def _say_error(program: str, text: str | None, status: int) -> int:
    """The status, with its reason on standard error."""
    if status == READER_GONE:
        _abandon(sys.stdout)
    warn(f"{program}: " + ("interrupted" if text is None else f"error: {text}"))
    return status


def warn(text: str) -> None:
    """A word on standard error, where anybody is there to read it."""
    try:
        print(visible(text, keep="\n\t"), file=sys.stderr, flush=True)
    except OSError:
        _abandon(sys.stderr)


def _after_last_output(program: str, status: int) -> int:
    """Output is buffered, so it may turn out only now that nobody can have it."""
    try:
        sys.stderr.flush()
    except OSError:
        _abandon(sys.stderr)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        return _say_error(program, str(ReaderGoneError()), status or READER_GONE)
    except OSError as error:
        _abandon(sys.stdout)
        what = f"cannot write to standard output: {error.strerror}"
        return _say_error(program, what, status or COULD_NOT_MEASURE)
    return status


def _abandon(stream: IO[str]) -> None:
    """What is left in its buffer goes nowhere: Python would try once more to write it, and end with
    another status."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
