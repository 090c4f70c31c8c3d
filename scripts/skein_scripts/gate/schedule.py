"""How many pairs the stages of a gate take, and what time that needs. All of it is known before: it
follows from a budget and from how long pairs take, and never from what they say.

Leaves out the stages themselves (stages.py).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..base.errors import UsageError
from ..matrix.matrix import Cell
from ..records.metrics import METRICS
from ..records.purposes import INSTRUCTIONS, LOAD, MEMORY
from .paired_runs import pair_s

CONFIRM_ALPHA = 0.01
USUAL_PAIRS = SCREEN_PAIRS, CONFIRM_PAIRS = 40, 100
# Of memory and instructions a few pairs tell as much as many. Three that agree are flagged (two
# would be flagged of every other cell), ten confirm what 10 comparisons were flagged for.
# Instructions are exact: one flags, and two of three confirm.
SCREEN_FEW = {MEMORY: 3, INSTRUCTIONS: 1}
CONFIRM_FEW = {MEMORY: 10, INSTRUCTIONS: 3}
# Fewer pairs than these decide nothing (0.5 ** n).
LEAST_SCREEN_PAIRS, LEAST_CONFIRM_PAIRS = 5, 7
SCREEN_SHARE = 0.6  # of the budget; the rest is for confirming
# Before the first pair both programs are asked for their runtimes and for the machine's floor (two
# sessions of 1.0 s each were seen).
START_S = 3.0


@dataclass(frozen=True)
class PairCounts:
    """How many pairs a stage takes: of cells with load, and of each other purpose."""

    loaded: int
    few: Mapping[str, int]

    def of(self, cell: Cell) -> int:
        """Of this cell."""
        return self.of_purpose(cell.purpose)

    def of_purpose(self, purpose: str) -> int:
        """Of cells of a purpose."""
        return min(self.loaded, self.few.get(purpose, self.loaded))

    def enough_for(self, judged: int) -> PairCounts:
        """These, or as many as confirm one of so many comparisons."""
        least = least_pairs(judged)
        few = {**self.few, MEMORY: max(self.few[MEMORY], least)}
        return PairCounts(max(self.loaded, least), few)

    def seconds(self, cells: Iterable[Cell], times_s: Mapping[str, float] | None = None) -> float:
        """What they take of these cells. `times_s`: what a pair of a cell took."""
        known = times_s or {}
        return sum(self.of(cell) * known.get(cell.key, pair_s(cell)) for cell in cells)


def least_pairs(judged: int) -> int:
    """The fewest pairs with which one of so many comparisons can be confirmed."""
    return max(LEAST_CONFIRM_PAIRS, math.ceil(math.log2(max(judged, 1) / CONFIRM_ALPHA)))


def least_to_confirm(judged: int) -> PairCounts:
    """The fewest of each purpose."""
    least = least_pairs(judged)
    return PairCounts(least, {**CONFIRM_FEW, MEMORY: least})


def most_judged(cell: Cell) -> int:
    """How many comparisons of a cell may be tested together, at most."""
    return sum(metric.is_tested and cell.purpose in (LOAD, metric.purpose) for metric in METRICS)


@dataclass(frozen=True)
class Schedule:
    """The pairs of both stages at most, and the seconds that screening takes."""

    screen: PairCounts
    confirm: PairCounts
    screen_s: float
    budget_s: float | None

    def confirm_pairs(
        self, cells: Sequence[Cell], judged: int, used_s: float, times_s: Mapping[str, float]
    ) -> PairCounts:
        """What is left of the budget, spread over the flagged cells, but never so few that none of
        so many comparisons could be confirmed. `times_s`: what a pair of a cell took."""
        most = self.confirm.enough_for(judged)
        if self.budget_s is None or not cells:
            return most
        least = least_pairs(judged)
        for loaded in range(most.loaded, least, -1):
            counts = replace(most, loaded=loaded)
            if counts.seconds(cells, times_s) <= self.budget_s - used_s:
                return counts
        return replace(most, loaded=least)


def make_schedule(
    cells: Sequence[Cell],
    budget_s: float | None,
    most: tuple[int, int] = USUAL_PAIRS,
) -> Schedule:
    """Fits the stages, of at most so many pairs each, into the budget. Raises UsageError where it
    is too short for any verdict."""
    screen, confirm = PairCounts(most[0], SCREEN_FEW), PairCounts(most[1], CONFIRM_FEW)
    if budget_s is not None:
        least_s = least_budget_s(cells)
        if budget_s < least_s:
            raise UsageError(
                f"--budget is too short for {len(cells)} cells: the least is {in_seconds(least_s)};"
                " give more, or fewer cells with --filter"
            )
        for loaded in range(most[0], LEAST_SCREEN_PAIRS - 1, -1):
            screen = PairCounts(loaded, SCREEN_FEW)
            left_s = budget_s - START_S - _confirming_s(cells)
            if screen.seconds(cells) <= min(budget_s * SCREEN_SHARE, left_s):
                break
    return Schedule(screen, confirm, screen.seconds(cells), budget_s)


def least_budget_s(cells: Sequence[Cell]) -> float:
    """What it takes to start, to screen with the fewest pairs, and to confirm with the fewest
    whichever one of the cells is flagged."""
    screening_s = PairCounts(LEAST_SCREEN_PAIRS, SCREEN_FEW).seconds(cells)
    return START_S + screening_s + _confirming_s(cells)


def _confirming_s(cells: Sequence[Cell]) -> float:
    return max((least_to_confirm(most_judged(cell)).seconds([cell]) for cell in cells), default=0.0)


def in_seconds(seconds: float) -> str:
    """As it can be typed again, and is enough."""
    return f"{math.ceil(seconds)}s"
