"""Runs a plan, cell by cell, and writes a record for each, whatever happens to the cell.

`skein run` writes to a file of its own; the record is validated and only then appended to the
results, so those are valid at any moment. A cell whose binary crashes, hangs or writes nonsense
gets a record made here, with status failed or timeout; the plan goes on. What stops it is Ctrl-C
and results that cannot be written.

Every round begins with the anchor (records/anchor.py), whose figure the runs of the round carry as
`host.anchor_ns`.

Leaves out the order (matrix/plan.py), what is shown meanwhile (progress.py) and the lock (lock.py).
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ..base.utc import utc_now
from ..matrix import anchor_cell
from ..matrix.matrix import Cell, Matrix
from ..matrix.plan import Slot, estimate_s, seed_of_block
from ..records import anchor
from ..records.results import DONE, RecordError, ResultWriter
from ..records.shapes import Probe, Run
from .cell_record import check_is_of, failure_record, limit_record, obstacle, run_meta, with_key
from .session import read_run
from .skein_process import Ending, Skein

_CELL_FILE = ".cell.jsonl"


class Watcher(Protocol):
    """Is told how the plan proceeds."""

    def begin(self, slot: Slot) -> None:
        """A run is about to start."""

    def end(self, slot: Slot, record: Run, wall_s: float) -> None:
        """A run has ended, and its record is written."""


@dataclass(frozen=True)
class CellOptions:
    """What all cells of a session share."""

    cpu_options: list[str]  # --worker-cpus and --generator-cpus, where they were given
    timeout_s: float | None  # None: several times the estimate
    lock_descriptor: int | None
    extra: tuple[str, ...] = ()  # further options of skein run
    with_anchor: bool = True  # False for a binary without the anchor's runtime


@dataclass
class Tally:
    """How the runs of a plan ended: the last status of each slot."""

    by_status: dict[str, int] = field(default_factory=dict)
    retried: int = 0

    def add(self, status: str) -> None:
        self.by_status[status] = self.by_status.get(status, 0) + 1

    @property
    def not_measured(self) -> int:
        """Runs that neither measured nor met a named limit."""
        return sum(count for status, count in self.by_status.items() if status not in DONE)


class Runner:
    """Runs slots of one session."""

    def __init__(
        self,
        skein: Skein,
        matrix: Matrix,
        session_id: str,
        writer: ResultWriter,
        folder: Path,
        options: CellOptions,
    ) -> None:
        self._skein = skein
        self._matrix = matrix
        self._session_id = session_id
        self._writer = writer
        self._cell_file = folder / _CELL_FILE
        self.options = options
        self.tally = Tally()
        self.written: list[Run] = []  # every run appended so far

    def run(self, slots: list[Slot], watcher: Watcher) -> Tally:
        """Runs all slots in order, an anchor before the first of each round. KeyboardInterrupt and
        MeasureError pass through; everything appended until then is valid, and in `tally`."""
        block: int | None = None
        anchor_ns: int | None = None
        for slot in slots:
            if slot.block != block:
                block = slot.block
                anchor_ns = self._anchor_of(block)
            watcher.begin(slot)
            began = time.monotonic()
            *repeated, record = self._tries(slot, anchor_ns=anchor_ns)
            self.tally.retried += len(repeated)
            self.tally.add(record["status"])
            watcher.end(slot, record, time.monotonic() - began)
        return self.tally

    def _anchor_of(self, block: int | None) -> int | None:
        if not self.options.with_anchor:
            return None
        return anchor.anchor_ns(self.probe(Slot(anchor_cell.ANCHOR, block, None), anchor.PROBE)[-1])

    def probe(self, slot: Slot, what: Probe, append: bool = True) -> list[Run]:
        """Runs a cell that measures the machine and not a runtime. Returns the tries; the last one
        counts. They are appended, unless the caller has to do so later."""
        return list(self._tries(slot, probe=what, append=append))

    def _tries(
        self,
        slot: Slot,
        probe: Probe | None = None,
        anchor_ns: int | None = None,
        append: bool = True,
    ) -> Iterator[Run]:
        """Measures a slot, again while it is invalid, as often as the matrix allows."""
        for left in range(self._matrix.retry_invalid, -1, -1):
            record = self.measure(slot)
            if probe:
                record["probe"] = probe
            if anchor_ns is not None and (host := record.get("host")):
                host["anchor_ns"] = anchor_ns
            if append:
                self._writer.append(record)
                self.written.append(record)
            yield record
            if record["status"] != "invalid" or not left:
                return

    def measure(self, slot: Slot) -> Run:
        """One call of `skein run`, to a valid record, which the caller appends."""
        if limit := obstacle(slot.cell):
            seed = seed_of_block(self._matrix, slot.block)
            return limit_record(slot, self._session_id, seed, limit)
        self._cell_file.unlink(missing_ok=True)
        started_utc = utc_now()
        descriptor = self.options.lock_descriptor
        try:
            ending = self._skein.call(
                self._arguments(slot),
                self._timeout_s(slot.cell),
                () if descriptor is None else (descriptor,),
            )
            return self._record_of(slot, ending, started_utc)
        finally:
            self._cell_file.unlink(missing_ok=True)

    def _timeout_s(self, cell: Cell) -> float:
        # Longer than the binary's own bounds, which know more of what went wrong.
        return self.options.timeout_s or 240.0 + 4 * estimate_s(cell)

    def _arguments(self, slot: Slot) -> list[str]:
        options = self.options
        cpu_options = options.cpu_options
        if slot.cell is anchor_cell.ANCHOR:
            cpu_options = anchor_cell.cpu_options_of_anchor(cpu_options)
        words = ["run", *slot.cell.arguments()]
        words += ["--seed", str(seed_of_block(self._matrix, slot.block))]
        words += [*cpu_options, *options.extra]
        words += ["-o", str(self._cell_file), "--session", self._session_id]
        words += ["--run-meta", json.dumps(run_meta(slot))]
        if options.lock_descriptor is not None:
            words += ["--lock-fd", str(options.lock_descriptor)]
        return words

    def _record_of(self, slot: Slot, ending: Ending, started_utc: str) -> Run:
        if ending.timed_out:
            return self._failure(slot, ending, started_utc, f"skein {ending.describe()}")
        try:
            # Last words that a worker broke off inside a letter are no reason to lose the record.
            text = self._cell_file.read_bytes().decode("utf-8", "replace")
        except OSError:
            text = ""
        if not text.strip():
            why = f"skein {ending.describe()} and wrote no record"
            return self._failure(slot, ending, started_utc, why)
        try:
            record = read_run(text)
            check_is_of(record, slot, self._session_id, seed_of_block(self._matrix, slot.block))
        except RecordError as error:
            why = f"skein {ending.describe()} and wrote no valid record: {error}"
            return self._failure(slot, ending, started_utc, why)
        return with_key(record, slot)

    def _failure(self, slot: Slot, ending: Ending, started_utc: str, why: str) -> Run:
        seed = seed_of_block(self._matrix, slot.block)
        return failure_record(slot, self._session_id, seed, started_utc, ending, why)
