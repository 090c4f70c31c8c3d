"""A command that may take long, with its output in a file. Its time limit and an interrupt end it
and all that it has started.

Leaves out the binary, which is interrupted with care (session/skein_process.py).
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

_SAY_EVERY_S = 15.0
_PR_SET_PDEATHSIG = 1


def run_logged(
    command: Sequence[str],
    folder: Path,
    output: IO[str],
    timeout_s: float,
    extra: Mapping[str, str] | None = None,
    while_waiting: Callable[[float], None] | None = None,
) -> int:
    """Its exit status. It runs in the folder and in a process group of its own, with both of its
    streams in the file; whatever ends the wait ends the group. `while_waiting` is told now and then
    for how many seconds it has run. Raises OSError, subprocess.TimeoutExpired."""
    began = time.monotonic()
    process = subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        env={**os.environ, **(extra or {})},
        process_group=0,
    )
    try:
        while True:
            spent_s = time.monotonic() - began
            try:
                return process.wait(max(1.0, min(_SAY_EVERY_S, timeout_s - spent_s)))
            except subprocess.TimeoutExpired:
                spent_s = time.monotonic() - began
                if spent_s >= timeout_s:
                    raise
                if while_waiting:
                    while_waiting(spent_s)
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise


def last_lines(path: Path, most: int) -> list[str]:
    """The end of a text file, as far as it is text."""
    return path.read_text(encoding="utf-8", errors="replace").splitlines()[-most:]


def end_with_parent() -> None:
    """From now on whoever started us ends us: the kernel interrupts us when they are gone, also
    where interrupts were ignored."""
    parent = os.getppid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(signal.SIGINT))
    if os.getppid() != parent:  # gone before we asked
        raise KeyboardInterrupt
