"""What a program gets from whoever starts it, beside its arguments, and is not to depend on: which
signals are ignored or blocked, and whether descriptors 0, 1 and 2 are there. Leaves out the
environment and limits."""

from __future__ import annotations

import io
import os
import signal
import sys
from typing import TextIO


def take_back() -> None:
    """Called once, before anything is started or opened.

    Where SIGCHLD is ignored, the kernel buries children before their status is read, and a failed
    one passes for a good one. A blocked signal is one that nobody can end us with. A file opened
    in the place of a closed standard stream would get what is meant for people."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    for descriptor in range(3):
        _keep_open(descriptor)
    # Where there is no standard error, print() would write what is meant for it to the output.
    sys.stdout, sys.stderr = _printable(sys.stdout, 1), _printable(sys.stderr, 2)


def recordable(word: str) -> str:
    """A word of a command line, which may be any bytes, as UTF-8."""
    return os.fsencode(word).decode("utf-8", errors="replace")


def _printable(stream: TextIO | None, descriptor: int) -> TextIO:
    """A stream to which any text can be written, a path of any bytes among it."""
    if stream is None:
        stream = open(descriptor, "w", closefd=False, encoding="utf-8")  # noqa: SIM115
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    return stream


def _keep_open(descriptor: int) -> None:
    try:
        os.fstat(descriptor)
    except OSError:
        null = os.open(os.devnull, os.O_RDWR)  # the lowest that is free
        if null != descriptor:
            os.dup2(null, descriptor)
            os.close(null)
        os.set_inheritable(descriptor, True)
