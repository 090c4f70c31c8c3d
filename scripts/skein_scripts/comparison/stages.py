"""The gate's two stages. Screening measures every cell and flags what looks worse, on little
evidence: a false flag costs time and nothing else. Confirming measures the flagged cells again, on
fresh pairs and with all the time that is left, and only what holds there, at a level of 0.01
adjusted over all that is judged then, is a regression. Because the pairs are fresh, what chance
flagged is as unlikely to be confirmed as anything else.

The time is known before: pairs follow from a budget, and never from what earlier pairs of the same
stage said. Leaves out the arms (duel.py) and the statistics (judge.py).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..errors import UsageError
from ..matrix import INSTRUCTIONS, LOAD, MEMORY, Cell
from ..results import Record
from ..units import format_clock
from .duel import FAILED, Duel, Told, pair_s
from .judge import INCONCLUSIVE, REGRESSED, Comparison, Pairs, judge
from .metrics import Metric
from .pairing import lost_cells, make_pairs

SCREEN_ALPHA, CONFIRM_ALPHA = 0.25, 0.01
# A flag is raised by half of what matters: a change of just that much is else missed every other
# time, by a stage that decides nothing.
FLAGGED_SHARE = 0.5
USUAL_PAIRS = SCREEN_PAIRS, CONFIRM_PAIRS = 40, 100
# Of memory and instructions a few pairs tell as much as many. Three that agree are flagged (two
# would be flagged of every other cell), ten confirm what 10 comparisons were flagged for.
# Instructions are exact: one flags, and two of three confirm.
SCREEN_FEW = {MEMORY: 3, INSTRUCTIONS: 1}
CONFIRM_FEW = {MEMORY: 10, INSTRUCTIONS: 3}
# Fewer pairs than these decide nothing (0.5 ** n).
LEAST_SCREEN_PAIRS, LEAST_CONFIRM_PAIRS = 5, 7
SCREEN_SHARE = 0.6  # of the budget; the rest is for confirming


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

        def takes_s(pairs: PairCounts) -> float:
            return sum(pairs.of(cell) * times_s.get(cell.key, pair_s(cell)) for cell in cells)

        least = least_pairs(judged)
        for loaded in range(most.loaded, least, -1):
            counts = replace(most, loaded=loaded)
            if takes_s(counts) <= self.budget_s - used_s:
                return counts
        return replace(most, loaded=least)


def least_pairs(judged: int) -> int:
    """The fewest pairs with which one of so many comparisons can be confirmed."""
    return max(LEAST_CONFIRM_PAIRS, math.ceil(math.log2(max(judged, 1) / CONFIRM_ALPHA)))


def make_schedule(
    cells: Sequence[Cell],
    budget_s: float | None,
    most: tuple[int, int] = USUAL_PAIRS,
) -> Schedule:
    """Fits the stages, of at most so many pairs each, into the budget. Raises UsageError where it
    is too short for any verdict."""

    def screen_s(pairs: PairCounts) -> float:
        return sum(pairs.of(cell) * pair_s(cell) for cell in cells)

    screen, confirm = PairCounts(most[0], SCREEN_FEW), PairCounts(most[1], CONFIRM_FEW)
    if budget_s is not None:
        for loaded in range(most[0], LEAST_SCREEN_PAIRS - 1, -1):
            screen = PairCounts(loaded, SCREEN_FEW)
            if screen_s(screen) <= budget_s * SCREEN_SHARE:
                break
        else:
            least = screen_s(screen) / SCREEN_SHARE
            raise UsageError(
                f"--budget is too short for {len(cells)} cells: the least is {format_clock(least)};"
                " give more, or fewer cells with --filter"
            )
    return Schedule(screen, confirm, screen_s(screen), budget_s)


@dataclass(frozen=True)
class Result:
    """What the gate found, stage by stage."""

    screened: list[Comparison]
    confirmed: list[Comparison]
    failed: list[str] = field(default_factory=list)  # the candidate's runs that ended badly
    incomplete: str | None = None  # why it ended before its time

    @property
    def regressions(self) -> list[Comparison]:
        """The only reason to fail."""
        return [one for one in self.confirmed if one.verdict == REGRESSED]

    @property
    def undecided(self) -> list[Comparison]:
        """Gated comparisons without a verdict."""
        decided_later = {(one.cell, one.metric.name) for one in self.confirmed}
        return [
            one
            for one in [*self.screened, *self.confirmed]
            if one.metric.gated
            and one.verdict == INCONCLUSIVE
            and (one in self.confirmed or (one.cell, one.metric.name) not in decided_later)
        ]


def flagged(screened: Iterable[Comparison]) -> list[Comparison]:
    """What is to be measured again: gated, worse by half of what matters, and hardly by chance."""
    return [one for one in screened if one.metric.gated and _is_suspect(one)]


def _is_suspect(one: Comparison) -> bool:
    if one.metric.exact:
        return one.verdict == REGRESSED
    return one.is_worse(FLAGGED_SHARE) and one.p is not None and one.p <= SCREEN_ALPHA


def judge_screened(pairs: Sequence[Pairs]) -> list[Comparison]:
    """The verdicts of the first stage, to be shown: what is flagged is another question."""
    return judge(pairs)


def judge_confirmed(pairs: Sequence[Pairs], suspects: Sequence[Comparison]) -> list[Comparison]:
    """The verdicts of the second stage, on all gated metrics of the cells that were flagged: what
    makes a cell worse shows in several, and noise decides in which of them first."""
    cells = {one.cell for one in suspects}
    return judge([one for one in pairs if one.cell in cells and one.metric.gated], CONFIRM_ALPHA)


def screen(duel: Duel, cells: Sequence[Cell], schedule: Schedule, metrics: Sequence[Metric],
           told: Told) -> list[Comparison]:  # fmt: skip
    """Measures every cell and judges it. Fewer pairs are made where they take too long."""
    within_s = None if schedule.budget_s is None else schedule.budget_s * SCREEN_SHARE
    first = measure(duel, cells, schedule.screen, told, LEAST_SCREEN_PAIRS, within_s)
    return judge_screened(pairs_of(cells, *duel.since(first), duel, metrics))


def confirm(duel: Duel, cells: Sequence[Cell], pairs: PairCounts, suspects: Sequence[Comparison],
            metrics: Sequence[Metric], told: Told, least: int,
            within_s: float | None) -> list[Comparison]:  # fmt: skip
    """Measures the cells again and judges them on the fresh pairs alone: `least` of them, and more
    as far as the time goes."""
    first = measure(duel, cells, pairs, told, least, within_s)
    return judge_confirmed(pairs_of(cells, *duel.since(first), duel, metrics), suspects)


def pairs_of(
    cells: Sequence[Cell], base: list[Record], candidate: list[Record], duel: Duel,
    metrics: Sequence[Metric],
) -> list[Pairs]:  # fmt: skip
    """Of each cell, the metrics that it is for. A cell of which no run counts is not passed over:
    it has the first metric that is gated of its purpose, without a pair."""
    purposes = {cell.key: cell.purpose for cell in cells}
    found = [
        one
        for one in make_pairs(base, candidate, duel.name_of, metrics)
        if purposes[one.cell] in (LOAD, one.metric.purpose)
    ]

    def stands_for(cell: str) -> Metric | None:
        return next((m for m in metrics if m.gated and m.purpose == purposes[cell]), None)

    return found + lost_cells(base, candidate, duel.name_of, stands_for)


def failures(cells: Sequence[Cell], runs: Sequence[Record], duel: Duel) -> list[str]:
    """A line for each cell of which runs crashed, hung or answered wrongly."""
    lines = []
    for cell in cells:
        of_cell = [run for run in runs if duel.name_of(run) == cell.key]
        bad = [run for run in of_cell if run["status"] in FAILED]
        if bad:
            why = bad[-1]["reasons"][0] if bad[-1]["reasons"] else "no reason given"
            lines.append(
                f"{cell.key}: {len(bad)} of {len(of_cell)} runs {bad[-1]['status']}: {why}"
            )
    return lines


def measure(duel: Duel, cells: Sequence[Cell], pairs: PairCounts, told: Told, least: int = 0,
             within_s: float | None = None) -> int:  # fmt: skip
    """The rounds of a stage; cells that want fewer pairs are in its first rounds. Returns the
    number of the stage's first pair."""
    first = duel.next_pair
    until = duel.deadline(within_s)
    done = 0
    for count in sorted({pairs.of(cell) for cell in cells}):
        some = [cell for cell in cells if pairs.of(cell) >= count]
        duel.rounds(some, count - done, told, max(0, least - done), until)
        done = count
    return first
