"""Records as they arrive from hosts: every start of a session is a file of its own, so a start that
breaks off spoils no other. Leaves out who sends them (engine.py)."""

from __future__ import annotations

import re
from pathlib import Path

from ..base.errors import MeasureError
from ..records.results import ResultWriter, load, parse_line, sessions
from ..records.shapes import Record
from .share import Share, share_of

_NO_PART_OF_A_NAME = re.compile(r"[^A-Za-z0-9_.-]")


class GapError(Exception):
    """A record arrived, and one before it did not."""


class Received:
    """The files of a folder, and what is in them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._records: dict[Path, list[Record]] = {}
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise MeasureError(f"cannot write results into {folder}: {error.strerror}") from error
        for path in sorted(folder.glob("*.jsonl")):
            self._records[path] = load(path)
        self._writers: dict[Path, ResultWriter] = {}

    def take(self, host: str, start: str, number: int, line: str) -> Record | None:
        """Keeps a record, the number-th of its start; None where it is known. Raises GapError where
        an earlier one is missing, RecordError."""
        path = self._folder / f"{_NO_PART_OF_A_NAME.sub('_', host)}-{start}.jsonl"
        known = self._records.setdefault(path, [])
        if number < len(known):
            return None
        if number > len(known):
            raise GapError
        record = parse_line(line)
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

    def close(self) -> None:
        """Closes the files."""
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()
