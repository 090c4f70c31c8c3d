"""Files that are written at the end, checked at the start: to find out when all is measured that a
path cannot be written would be late. Leaves out the folder of results (session/preflight.py)."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from .errors import MeasureError, ScriptError, UsageError, warn


def require_writable(
    *paths: Path | None, read: Iterable[Path | None] = (), measured_into: Path | None = None
) -> None:
    """Makes the folders of files to write. Raises UsageError where one cannot be written, is named
    twice, or is among those that are `read` or gets the records of what is measured: these would
    be gone."""
    taken = {_place(path): "is read" for path in read if path is not None}
    if measured_into is not None:
        taken[_place(measured_into)] = "gets what is measured"
    for path in paths:
        if path is None:
            continue
        if why := taken.get(_place(path)):
            raise UsageError(f"cannot write {path}: it {why} as well; name another file")
        _require_one(path)
        if path.is_file() or not path.exists():  # a device or a pipe takes what two write
            taken[_place(path)] = "is another output"


def _place(path: Path) -> str:
    return os.path.realpath(path)


def _require_one(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not path.is_file() and not path.is_dir():
            # Whoever reads a pipe would take an opening that ends for the end.
            if not os.access(path, os.W_OK):
                raise PermissionError(0, "Permission denied")
            return
        is_new = not os.path.lexists(path)
        with path.open("ab"):
            pass
        if is_new:
            path.unlink()
    except OSError as error:
        raise UsageError(f"cannot write {path}: {_why(error)}; name another file") from error


def require_folder(folder: Path) -> None:
    """Makes a folder for files to write. Raises UsageError where none can be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UsageError(
            f"cannot write into {folder}: {_why(error)}; name another folder"
        ) from error


def _why(error: OSError) -> str:
    # What mkdir says of a folder that is a file would be read as of the file to write.
    return "Not a directory" if isinstance(error, FileExistsError) else str(error.strerror)


def write_text(path: Path, text: str) -> None:
    """Writes a file, and the folders above it. Raises MeasureError where that cannot be."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Half a surrogate is written as the escape that JSON has for it.
        path.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
    except OSError as error:
        raise MeasureError(f"cannot write {path}: {_why(error)}") from error


def do_all(outputs: Iterable[Callable[[], None]]) -> list[ScriptError]:
    """Writes every output, whatever becomes of the others. Returns the errors."""
    errors = []
    for write in outputs:
        try:
            write()
        except ScriptError as error:
            errors.append(error)
    return errors


def raise_first(errors: Sequence[ScriptError]) -> None:
    """Ends with the first error, if there is one; the others are said before."""
    for error in errors[1:]:
        warn(str(error))
    if errors:
        raise errors[0]
