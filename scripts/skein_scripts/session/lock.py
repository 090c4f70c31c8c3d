"""The lock that keeps two sessions from measuring on one machine at once.

A file with an advisory lock (flock); it holds the holder's pid and command line, for whoever finds
it taken. The lock goes with the descriptor: a holder that dies frees it, and `skein run` is handed
the descriptor so that it stays held while a cell runs.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shlex
from pathlib import Path

from ..base.errors import MeasureError

DEFAULT_LOCK_FILE = "/tmp/skein.lock"


def lock_path(environment: dict[str, str] | os._Environ[str] = os.environ) -> Path:
    """$SKEIN_LOCK_FILE, or the default."""
    return Path(environment.get("SKEIN_LOCK_FILE") or DEFAULT_LOCK_FILE)


class MeasuringLock:
    """Held from construction to `release`. Raises MeasureError that names the holder."""

    def __init__(self, path: Path, argv: list[str]) -> None:
        self.path = path
        self.descriptor = _open(path)
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self.descriptor, 4096, 0).decode(errors="replace").strip()
            os.close(self.descriptor)
            raise MeasureError(
                f"another session is measuring: {holder or 'its name is not in the file'}"
                f" (lock {path}). Two at once would spoil both; wait for it to end"
            ) from None
        except OSError as error:
            os.close(self.descriptor)
            raise MeasureError(f"cannot lock {path}: {error.strerror}") from error
        self._sign(f"pid {os.getpid()}: {shlex.join(argv)}\n")

    def _sign(self, text: str) -> None:
        """Leaves our name for whoever finds the lock taken; the lock holds without it, as where the
        file is another user's and could be opened for reading only."""
        with contextlib.suppress(OSError):
            os.ftruncate(self.descriptor, 0)
            os.pwrite(self.descriptor, os.fsencode(text), 0)

    def release(self) -> None:
        """Empties the file and frees the lock. The file stays: removing it would race."""
        self._sign("")
        os.close(self.descriptor)


def _open(path: Path) -> int:
    """Not with O_CREAT where the file is there: in a sticky folder the kernel refuses that for
    another user's file."""
    flags = os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        try:
            return os.open(path, os.O_RDWR | flags)
        except FileNotFoundError:
            return os.open(path, os.O_RDWR | os.O_CREAT | flags, 0o666)
        except PermissionError:
            return os.open(path, os.O_RDONLY | flags)
    except OSError as error:
        raise MeasureError(
            f"cannot open the lock file {path}: {error.strerror}; name another in SKEIN_LOCK_FILE"
        ) from error
