"""Calls of the `skein` binary: one process at a time, in a process group of its own, with a time
limit and a way to interrupt it. Nothing it starts outlives the call.

Leaves out what is asked of it and what becomes of the answer (runner.py, session.py).

How a call ends, in every case:
1. While it lasts, SIGINT, SIGTERM and SIGHUP are only noted; they wake the wait below.
2. We wait for the process to end, for its time limit, or for a signal.
3. Unless it ended by itself it gets SIGINT, and time to take its own children down. A second
   signal cuts that time short.
4. What is left of its process group is killed. The process is reaped only after that, so its pid,
   which names the group, cannot have been reused.
5. The handlers are put back; a noted signal goes on as KeyboardInterrupt.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO, Self

from ..base.errors import MeasureError

# After an interrupt, a cell has this long to take its processes down before it is killed.
GRACE_S = 10.0
_STDERR_TAIL_BYTES = 16 * 1024
_STDERR_TAIL_LINES = 20


@dataclass(frozen=True)
class Ending:
    """How a call ended."""

    exit_status: int | None
    signal: str | None
    timed_out: bool
    stdout: str
    stderr_tail: list[str]

    def describe(self) -> str:
        """The ending in words."""
        if self.timed_out:
            return "was still running at its time limit"
        if self.signal:
            return f"was ended by {self.signal}"
        return f"ended with exit status {self.exit_status}"


class Skein:
    """The binary, by its path."""

    def __init__(self, path: Path, environment: Mapping[str, str] | None = None) -> None:
        """`environment`: variables that every call gets beside our own."""
        self.path = path
        self.environment = dict(environment or {})

    def call(
        self,
        arguments: list[str],
        timeout_s: float,
        inherited_descriptors: tuple[int, ...] = (),
    ) -> Ending:
        """Runs to the end, or to the time limit. Raises KeyboardInterrupt when a signal arrived
        meanwhile, MeasureError where the binary cannot be started. For the main thread."""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:

            def start() -> subprocess.Popen[bytes]:
                return subprocess.Popen(
                    [str(self.path), *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    pass_fds=inherited_descriptors,
                    env={**os.environ, **self.environment},
                    start_new_session=True,  # Ctrl-C at the terminal reaches us alone
                )

            try:
                returncode, timed_out = _run_to_end(start, timeout_s)
            except OSError as error:
                raise MeasureError(
                    f"cannot start {self.path}: {error.strerror}; build it with scripts/bench or"
                    " name another with --skein"
                ) from error
            return Ending(
                exit_status=returncode if returncode >= 0 else None,
                signal=_signal_name(returncode),
                timed_out=timed_out,
                stdout=_read_all(out),
                stderr_tail=_read_all(err)[-_STDERR_TAIL_BYTES:].splitlines()[-_STDERR_TAIL_LINES:],
            )


class _NotedSignals:
    """While entered, signals that ask us to end make `descriptor` readable and do nothing else. One
    that whoever started us has ignored (nohup: SIGHUP; a shell's `&`: SIGINT) stays ignored."""

    def __enter__(self) -> Self:
        self.descriptor, self._write_end = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._previous = {
            number: signal.signal(number, self._note)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
            if signal.getsignal(number) != signal.SIG_IGN
        }
        return self

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        with contextlib.suppress(BlockingIOError):
            os.write(self._write_end, b"!")

    def take(self) -> bool:
        """True where a signal was noted since the last time."""
        try:
            return bool(os.read(self.descriptor, 1))
        except BlockingIOError:
            return False

    def __exit__(self, *_exception: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        noted = self.take()
        os.close(self.descriptor)
        os.close(self._write_end)
        if noted:
            raise KeyboardInterrupt


def _run_to_end(start: Callable[[], subprocess.Popen[bytes]], timeout_s: float) -> tuple[int, bool]:
    """Return code, and whether the time limit was reached. The steps are those at the top."""
    with _NotedSignals() as signals:
        process = start()
        watch = os.pidfd_open(process.pid)
        interrupted = timed_out = False
        if not _ends_within(watch, signals, timeout_s):
            interrupted = signals.take()
            timed_out = not interrupted
            os.kill(process.pid, signal.SIGINT)
            _ends_within(watch, signals, GRACE_S)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        os.close(watch)
        returncode = process.wait()
    if interrupted:
        raise KeyboardInterrupt
    return returncode, timed_out


def _ends_within(watch: int, signals: _NotedSignals, seconds: float) -> bool:
    """Waits for the process to end; False at the time limit or on a signal."""
    poll = select.poll()
    poll.register(watch, select.POLLIN)
    poll.register(signals.descriptor, select.POLLIN)
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        ready = {descriptor for descriptor, _ in poll.poll(left * 1000)}
        if watch in ready:
            return True
        if ready:
            return False
    return False


def _signal_name(returncode: int) -> str | None:
    if returncode >= 0:
        return None
    try:
        return signal.Signals(-returncode).name
    except ValueError:
        return f"SIG{-returncode}"


def _read_all(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")
