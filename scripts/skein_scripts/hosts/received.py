"""Records as they arrive from hosts: every start of a session is a file of its own, so a start that
breaks off spoils no other. Leaves out who sends them (engine.py)."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Collection
from pathlib import Path

from ..base.errors import MeasureError, UsageError
from ..matrix.rounds import in_words
from ..records.results import ResultWriter, load, parse_line, sessions
from ..records.shapes import Record
from .share import Share, share_of
from .together import LEAST_ROUNDS, hosts_of

_NO_PART_OF_A_NAME = re.compile(r"[^A-Za-z0-9_.-]")
_LOCK = "lock"
_LEFT_OUT = ".left-out"  # the suffix of a file that counts no longer


class ForeignError(Exception):
    """A session of another matrix."""


class GapError(Exception):
    """A record arrived, and one before it did not."""


class Received:
    """The files of a folder, and what is in them. Nobody else may write there: raises UsageError
    where somebody does."""

    def __init__(self, folder: Path, config_sha256: str | None = None) -> None:
        """`config_sha256`: of the matrix, of which every session has to be."""
        self._folder = folder
        self._config = config_sha256
        self._records: dict[Path, list[Record]] = {}
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise MeasureError(f"cannot write results into {folder}: {error.strerror}") from error
        self._lock = _locked(folder / _LOCK)
        for path in sorted(folder.glob("*.jsonl")):
            self._records[path] = load(path)
        self._writers: dict[Path, ResultWriter] = {}

    def take(self, host: str, start: str, number: int, line: str) -> Record | None:
        """Keeps a record, the number-th of its start; None where it is known. Raises GapError where
        an earlier one is missing, ForeignError, RecordError."""
        path = self._folder / f"{_NO_PART_OF_A_NAME.sub('_', host)}-{start}.jsonl"
        if path.with_suffix(_LEFT_OUT).exists():
            return None
        known = self._records.setdefault(path, [])
        if number < len(known):
            return None
        if number > len(known):
            raise GapError
        record = parse_line(line)
        if record["kind"] == "session" and self._config not in (None, record["config_sha256"]):
            raise ForeignError
        if path not in self._writers:
            self._writers[path] = ResultWriter(path)
        self._writers[path].append(record)
        known.append(record)
        return record

    def shares(self) -> list[Share]:
        """A share of each start, in the order in which they began. A round that was run twice, as
        Dask may start a task again, counts where it was whole first."""
        found: list[Share] = []
        known: set[int] = set()
        begun = [(records, path) for path, records in self._records.items() if sessions(records)]
        for records, path in sorted(begun, key=lambda one: sessions(one[0])[0]["created_utc"]):
            share = share_of(path, records, known)
            known.update(share.rounds)
            found.append(share)
        return found

    def rounds(self) -> set[int]:
        """Those that are whole."""
        return {block for share in self.shares() for block in share.rounds}

    def records(self) -> list[Record]:
        """All of them, a start after the other in the order in which they began."""
        begun = [records for records in self._records.values() if sessions(records)]
        in_order = sorted(begun, key=lambda records: sessions(records)[0]["created_utc"])
        return [record for records in in_order for record in records]

    def give_up(self, present: Collection[str]) -> list[str]:
        """Leaves out hosts that are gone and have too few rounds to be one of several: what they
        have is measured anew by others. Their files stay, under another name. A line for each."""
        lines = []
        for name, blocks in hosts_of(self.shares()).items():
            if name in present or len(blocks) >= LEAST_ROUNDS:
                continue
            for path in [path for path, records in self._records.items() if _is_of(records, name)]:
                if path in self._writers:
                    self._writers.pop(path).close()
                del self._records[path]
                path.rename(path.with_suffix(_LEFT_OUT))
            lines.append(
                f"host '{name}' is not there, and too few of its rounds are whole"
                f" ({in_words(blocks)}): they are run anew on others"
            )
        return lines

    def close(self) -> None:
        """Closes the files."""
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()
        os.close(self._lock)


def _is_of(records: list[Record], name: str) -> bool:
    return any((host := one.get("host")) and host["name"] == name for one in sessions(records))


def _locked(path: Path) -> int:
    """A descriptor with the lock of the folder, which goes with it."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise MeasureError(f"cannot write {path}: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise UsageError(
            f"another run_matrix.py writes into {path.parent}: wait for its end, or choose another"
            " --output"
        ) from error
    return descriptor
