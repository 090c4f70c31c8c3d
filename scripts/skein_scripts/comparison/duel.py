"""Measures two builds in turns: a pair is one run of each on the same cell with the same seed, one
right after the other, and which comes first alternates (ABBA), so that drift and order fall on both
alike. A pair in which either run does not count is measured anew, as often as the matrix allows.

Leaves out what the pairs say (judge.py) and how many are wanted (stages.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ..matrix import Cell, Matrix
from ..plan import Slot, estimate_s
from ..results import Record, ResultWriter
from ..runner import Runner

ARMS = ("base", "candidate")


@dataclass(frozen=True)
class Contestant:
    """One arm, and what runs its cells."""

    arm: str
    runner: Runner
    prepare: Prepare = lambda _: None


# Called before each run of an arm: what a program is started with may depend on the cell.
Prepare = Callable[[Cell], None]
Told = Callable[[Cell, int], None]


class Duel:
    """Measures pairs and keeps them."""

    def __init__(
        self, contestants: Sequence[Contestant], matrix: Matrix, writer: ResultWriter
    ) -> None:
        self._contestants = contestants
        self._matrix = matrix
        self._writer = writer
        self.runs: dict[str, list[Record]] = {arm: [] for arm in ARMS}
        self.repeated = 0
        self._next_pair = 0
        self._cell_of: dict[str, str] = {}  # the key of the cell, by run

    def rounds(self, cells: Sequence[Cell], count: int, told: Told) -> int:
        """`count` pairs of each cell, the cells in turns. Returns the number of the first pair;
        those before it belong to what was measured earlier. KeyboardInterrupt passes through."""
        first = self._next_pair
        for number in range(first, first + count):
            self._next_pair = number + 1
            for cell in cells:
                told(cell, number - first)
                self._pair(cell, number)
        return first

    def name_of(self, run: Record) -> str:
        """The cell that a run is of; also of runs that could not say so themselves."""
        return self._cell_of[run["run_id"]]

    def since(self, first: int) -> tuple[list[Record], list[Record]]:
        """The runs of both arms from a pair on."""
        base, candidate = ([run for run in self.runs[arm] if run["pair"] >= first] for arm in ARMS)
        return base, candidate

    def _pair(self, cell: Cell, number: int) -> None:
        for left in range(self._matrix.retry_invalid, -1, -1):
            order = self._contestants if number % 2 == 0 else self._contestants[::-1]
            measured = []
            for place, one in enumerate(order):
                one.prepare(cell)
                slot = _slot(cell, one.arm, number, place)
                measured.append((one.arm, one.runner.measure(slot)))
            for _, record in measured:
                self._writer.append(record)
            if all(record["status"] == "ok" for _, record in measured) or not left:
                break
            self.repeated += 1
        for arm, record in measured:
            self.runs[arm].append(record)
            self._cell_of[record["run_id"]] = cell.key


def _slot(cell: Cell, arm: str, number: int, place: int) -> Slot:
    return replace(Slot(cell, number, place), arm=arm, pair=number)


def pair_s(cell: Cell) -> float:
    """Seconds that a pair takes, about."""
    return len(ARMS) * estimate_s(cell)
