"""The gate's two stages. Screening measures every cell with few pairs and flags what looks worse;
confirming measures the flagged cells again on fresh pairs, and only what holds there, at a level of
0.01 adjusted over all that was flagged, is a regression. Because the pairs are fresh, what chance
flagged is as unlikely to be confirmed as anything else.

The time is known before: pairs follow from a budget. Leaves out the arms (duel.py) and the
statistics (judge.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..errors import UsageError
from ..matrix import Cell
from ..units import format_clock
from .duel import Duel, Told, pair_s
from .judge import INCONCLUSIVE, REGRESSED, Comparison, judge
from .metrics import Metric
from .pairing import make_pairs

SCREEN_ALPHA, CONFIRM_ALPHA = 0.05, 0.01
USUAL_PAIRS = SCREEN_PAIRS, CONFIRM_PAIRS = 20, 30
# Of cells without load every metric is steady: a few pairs tell as much as many.
STEADY_SCREEN_PAIRS, STEADY_CONFIRM_PAIRS = 5, 10
# Fewer pairs than these flag nothing, or confirm nothing, whatever they show (0.5 ** n).
LEAST_SCREEN_PAIRS, LEAST_CONFIRM_PAIRS = 5, 7


@dataclass(frozen=True)
class PairCounts:
    """How many pairs a stage takes, of cells with load and of cells without."""

    loaded: int
    steady: int

    def of(self, cell: Cell) -> int:
        """Of this cell."""
        return min(self.loaded, self.steady) if is_steady(cell) else self.loaded


@dataclass(frozen=True)
class Schedule:
    """The pairs of both stages, and the seconds they take."""

    screen: PairCounts
    confirm: PairCounts
    screen_s: float
    budget_s: float | None

    def confirm_pairs(self, flagged: Sequence[Cell], used_s: float) -> PairCounts:
        """What is left of the budget, spread over the flagged cells."""
        if self.budget_s is None or not flagged:
            return self.confirm
        left_s = self.budget_s - used_s
        fit = int(left_s / sum(pair_s(cell) for cell in flagged))
        return PairCounts(min(self.confirm.loaded, max(0, fit)), self.confirm.steady)


def is_steady(cell: Cell) -> bool:
    """Whether nothing of the cell but its memory is measured."""
    return cell.settings.get("mode") == "idle"


def make_schedule(
    cells: Sequence[Cell],
    budget_s: float | None,
    most: tuple[int, int] = USUAL_PAIRS,
) -> Schedule:
    """Fits the stages, of at most so many pairs each, into the budget: a third of it is kept for
    confirming. Raises UsageError where it is too short for any verdict."""

    def screen_s(pairs: PairCounts) -> float:
        return sum(pairs.of(cell) * pair_s(cell) for cell in cells)

    screen = PairCounts(most[0], STEADY_SCREEN_PAIRS)
    confirm = PairCounts(most[1], STEADY_CONFIRM_PAIRS)
    if budget_s is not None:
        for loaded in range(most[0], LEAST_SCREEN_PAIRS - 1, -1):
            screen = PairCounts(loaded, STEADY_SCREEN_PAIRS)
            if screen_s(screen) <= budget_s * 2 / 3:
                break
        else:
            least = screen_s(screen) * 3 / 2
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
    """What is to be measured again: gated, worse by what matters, and not by mere chance."""
    return [
        one
        for one in screened
        if one.metric.gated
        and one.estimate is not None
        and one.p is not None
        and one.is_worse
        and one.p <= SCREEN_ALPHA
    ]


def screen(duel: Duel, cells: Sequence[Cell], schedule: Schedule, metrics: Sequence[Metric],
           told: Told) -> list[Comparison]:  # fmt: skip
    """Measures every cell and judges it."""
    first = _measure(duel, cells, schedule.screen, told)
    return judge(make_pairs(*duel.since(first), duel.name_of, metrics), SCREEN_ALPHA)


def confirm(duel: Duel, cells: Sequence[Cell], pairs: PairCounts, suspects: Sequence[Comparison],
            told: Told) -> list[Comparison]:  # fmt: skip
    """Measures the cells again and judges what was flagged, on the fresh pairs alone."""
    first = _measure(duel, cells, pairs, told)
    wanted = {(one.cell, one.metric.name) for one in suspects}
    metrics = list(dict.fromkeys(one.metric for one in suspects))
    fresh = make_pairs(*duel.since(first), duel.name_of, metrics)
    return judge([one for one in fresh if (one.cell, one.metric.name) in wanted], CONFIRM_ALPHA)


def _measure(duel: Duel, cells: Sequence[Cell], pairs: PairCounts, told: Told) -> int:
    """The rounds of a stage; cells that want fewer pairs are in its first rounds."""
    counts = sorted({pairs.of(cell) for cell in cells})
    first: int | None = None
    done = 0
    for count in counts:
        begun = duel.rounds([cell for cell in cells if pairs.of(cell) >= count], count - done, told)
        first = begun if first is None else first
        done = count
    return first or 0
