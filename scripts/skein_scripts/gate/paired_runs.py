"""Measures two builds in turns: a pair is one run of each on the same cell with the same seed, one
right after the other, and which comes first alternates (ABBA), so that drift and order fall on
both alike. A pair in which a run is invalid is measured anew, as often as the matrix allows. One in
which a run failed is not: a program that crashes or answers wrongly does so.

Leaves out what the pairs say (judge.py) and how many are wanted (stages.py).
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from ..matrix.matrix import Cell, Matrix
from ..matrix.plan import Slot, estimate_s
from ..records.purposes import INSTRUCTIONS
from ..records.results import ResultWriter
from ..records.shapes import ArmName, Run
from .counting import counted_s

ARMS: tuple[ArmName, ...] = ("base", "candidate")
FAILED = ("failed", "timeout")  # that is no figure, and no noise of the machine


class Measurer(Protocol):
    """Measures a slot, to a valid record."""

    def measure(self, slot: Slot) -> Run:
        """The caller appends it."""


@dataclass(frozen=True)
class Arm:
    """Base or candidate, and what runs its cells."""

    name: ArmName
    measurer: Measurer
    prepare: Prepare = lambda _: None
    cell_of: CellOf = lambda cell: cell


# Called before each run of an arm: what a program is started with may depend on the cell.
Prepare = Callable[[Cell], None]
# The arm's own form of a cell: on another runtime, where two are compared.
CellOf = Callable[[Cell], Cell]
# Called before each pair, with its number.
OnPair = Callable[[Cell, int], None]


class MeasuredPairs(ABC):
    """Pairs as they are measured, a stage after the other."""

    def __init__(self) -> None:
        self.runs: dict[str, list[Run]] = {arm: [] for arm in ARMS}  # the last of their tries
        self.tries: dict[str, list[Run]] = {arm: [] for arm in ARMS}
        self.repeated = 0
        self.next_pair = 0  # its number; those before it are of earlier stages
        self.host_of: dict[str, str] = {}  # by session, where there are several
        self._took_s: dict[str, list[float]] = {}  # by key of the cell
        self._cell_of: dict[str, str] = {}  # the key of the cell, by run
        self._good: dict[str, list[int]] = {}  # pairs that count, by key of the cell

    @abstractmethod
    def rounds(
        self, cells: Sequence[Cell], count: int, on_pair: OnPair, until: float | None = None
    ) -> None:
        """`count` pairs of each cell, the cells in turns; only those that end before `until`, by
        the monotonic clock, as far as is known how long they take. KeyboardInterrupt passes
        through."""

    def _fits(self, cell: Cell, until: float | None) -> bool:
        return until is None or time.monotonic() + self.pair_s(cell) <= until

    def pair_s(self, cell: Cell) -> float:
        """What a pair of the cell took so far, on average, or is expected to take."""
        took = self._took_s.get(cell.key)
        return sum(took) / len(took) if took else self._expected_s(cell)

    def _expected_s(self, cell: Cell) -> float:
        return pair_s(cell)

    def name_of(self, run: Run) -> str:
        """The cell that a run is of; also of runs that could not say so themselves."""
        return self._cell_of[run["run_id"]]

    def since(self, first: int) -> tuple[list[Run], list[Run]]:
        """The runs of both arms from a pair on."""
        return self._from(self.runs, first)

    def tries_since(self, first: int) -> tuple[list[Run], list[Run]]:
        """The same with the tries that were repeated."""
        return self._from(self.tries, first)

    @staticmethod
    def _from(runs: dict[str, list[Run]], first: int) -> tuple[list[Run], list[Run]]:
        base, candidate = (
            [run for run in runs[arm] if (pair := run["pair"]) is not None and pair >= first]
            for arm in ARMS
        )
        return base, candidate

    def good_pairs(self, cell: Cell, first: int) -> int:
        """How many pairs of a cell count, from a pair on: those with both runs ok."""
        return sum(pair >= first for pair in self._good.get(cell.key, ()))


class PairedRuns(MeasuredPairs):
    """Measures pairs on this machine and keeps them."""

    def __init__(self, arms: Sequence[Arm], matrix: Matrix, writer: ResultWriter) -> None:
        super().__init__()
        self._arms = arms
        self._matrix = matrix
        self._writer = writer

    def rounds(
        self, cells: Sequence[Cell], count: int, on_pair: OnPair, until: float | None = None
    ) -> None:
        """One pair after the other."""
        for _ in range(count):
            if not any(self._fits(cell, until) for cell in cells):
                return
            pair = self.next_pair
            self.next_pair += 1
            for cell in cells:
                if self._fits(cell, until):
                    on_pair(cell, pair)
                    self._pair(cell, pair, until)

    def _pair(self, cell: Cell, number: int, until: float | None) -> None:
        began = time.monotonic()
        for left in range(self._matrix.retry_invalid, -1, -1):
            measured = self._try(cell, number)
            statuses = {record["status"] for _, record in measured}
            if statuses & set(FAILED) or "invalid" not in statuses or not left:
                break
            if until is not None and time.monotonic() + (time.monotonic() - began) > until:
                break
            self.repeated += 1
        for arm, record in measured:
            self.runs[arm].append(record)
        if statuses == {"ok"}:
            self._good.setdefault(cell.key, []).append(number)
        self._took_s.setdefault(cell.key, []).append(time.monotonic() - began)

    def _try(self, cell: Cell, number: int) -> list[tuple[ArmName, Run]]:
        order = self._arms if number % 2 == 0 else self._arms[::-1]
        measured = []
        for place, one in enumerate(order):
            one.prepare(cell)
            record = one.measurer.measure(_slot(one.cell_of(cell), one.name, number, place))
            self._writer.append(record)
            self.tries[one.name].append(record)
            self._cell_of[record["run_id"]] = cell.key
            measured.append((one.name, record))
        return measured


def _slot(cell: Cell, arm: ArmName, number: int, place: int) -> Slot:
    return replace(Slot(cell, number, place), arm=arm, pair=number)


def pair_s(cell: Cell) -> float:
    """Seconds that a pair takes, about."""
    one_s = counted_s(cell) if cell.purpose == INSTRUCTIONS else estimate_s(cell)
    return len(ARMS) * one_s
