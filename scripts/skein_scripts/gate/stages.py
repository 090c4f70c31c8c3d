"""The gate's two stages. Screening measures every cell and flags what looks worse, on little
evidence: a false flag costs time and nothing else. Confirming measures the flagged cells again, on
fresh pairs and with all the time that is left, and only what holds there, at a level of 0.01
adjusted over all that is judged then, is a regression. Because the pairs are fresh, what chance
flagged is as unlikely to be confirmed as anything else.

What was flagged is either confirmed, or cleared, or left open, and with anything left open no gate
passes. Cleared is what enough fresh pairs show as worse by less than what matters. Pairs that were
lost to noise are measured anew until there are enough. What they show as worse and are not sure of
is measured again, as often as there is time.

Leaves out how many pairs there are (schedule.py), the measuring of a pair (paired_runs.py) and the
statistics (judge.py).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from ..matrix.matrix import Cell
from ..records.metrics import Metric
from ..records.purposes import INSTRUCTIONS, LOAD
from .compared import INCONCLUSIVE, INVALID, NEW, REGRESSED, UNCHANGED, Comparison, Pairs
from .judge import judge
from .paired_runs import MeasuredPairs, OnPair
from .pairing import Wanted, lost_cells, make_counts, make_pairs, unjudged_cells
from .schedule import (
    CONFIRM_ALPHA,
    CONFIRM_FEW,
    CONFIRM_PAIRS,
    LEAST_CONFIRM_PAIRS,
    LEAST_SCREEN_PAIRS,
    SCREEN_FEW,
    SCREEN_PAIRS,
    SCREEN_SHARE,
    USUAL_PAIRS,
    PairCounts,
    Schedule,
    least_pairs,
    least_to_confirm,
    make_schedule,
)

__all__ = [
    "CONFIRM_ALPHA", "CONFIRM_FEW", "CONFIRM_PAIRS", "LEAST_CONFIRM_PAIRS", "LEAST_SCREEN_PAIRS",
    "SCREEN_FEW", "SCREEN_PAIRS", "SCREEN_SHARE", "USUAL_PAIRS", "PairCounts", "Schedule",
    "least_pairs", "make_schedule",
]  # fmt: skip

SCREEN_ALPHA = 0.25
# A flag is raised by half of what matters: a change of just that much is else missed every other
# time, by a stage that decides nothing.
FLAGGED_SHARE = 0.5
TIMES_TO_CONFIRM = 2  # at most: the second for what the first left open


@dataclass(frozen=True)
class Result:
    """What the gate found, stage by stage."""

    screened: list[Comparison]
    confirmed: list[Comparison]
    failed: list[str] = field(default_factory=list)  # the candidate's runs that ended badly
    incomplete: str | None = None  # why it ended before its time
    left_open: list[str] = field(default_factory=list)  # flagged, and neither confirmed nor cleared

    @property
    def regressions(self) -> list[Comparison]:
        """The only reason to fail."""
        return [one for one in self.confirmed if one.verdict == REGRESSED]

    @property
    def lost(self) -> list[Comparison]:
        """Gated comparisons without a single pair, that the base has numbers for."""
        return [one for one in [*self.screened, *self.confirmed] if one.is_lost]

    @property
    def undecided(self) -> list[Comparison]:
        """Gated comparisons without a verdict."""
        decided_later = {one.name for one in self.confirmed}
        return [
            one
            for one in [*self.screened, *self.confirmed]
            if one.metric.gated
            and one.verdict == INCONCLUSIVE
            and (one in self.confirmed or one.name not in decided_later)
        ]


def flagged(screened: Iterable[Comparison]) -> list[Comparison]:
    """What is to be measured again: gated, worse by half of what matters, and hardly by chance."""
    return [one for one in screened if one.metric.gated and _is_suspect(one)]


def _is_suspect(one: Comparison) -> bool:
    if one.metric.exact or one.p is None:  # of a count: it rose from 0
        return one.verdict == REGRESSED
    is_likely = one.is_worse(FLAGGED_SHARE) and one.p <= SCREEN_ALPHA
    return is_likely or one.verdict == REGRESSED


def judge_screened(pairs: Sequence[Pairs]) -> list[Comparison]:
    """The verdicts of the first stage, to be shown: what is flagged is another question. With too
    few pairs to flag anything a comparison was not made."""
    return [_enough_to_flag(one) for one in judge(pairs)]


def _enough_to_flag(one: Comparison) -> Comparison:
    is_enough = 0.5**one.pairs <= SCREEN_ALPHA
    if is_enough or not one.metric.is_tested or one.metric.optional or not one.pairs:
        return one
    why = f"{one.pairs} pair is too few to flag anything"
    return replace(one, verdict=INVALID, reasons=[*one.reasons, why])


def judge_confirmed(pairs: Sequence[Pairs], suspects: Sequence[Comparison]) -> list[Comparison]:
    """The verdicts of the second stage, on all gated metrics of the cells that were flagged: what
    makes a cell worse shows in several, and noise decides in which of them first."""
    cells = {one.cell for one in suspects}
    chosen = [one for one in pairs if one.cell in cells and one.metric.gated]
    return [_by_two_of_three(one) for one in judge(chosen, CONFIRM_ALPHA)]


def _by_two_of_three(one: Comparison) -> Comparison:
    if not one.metric.exact or one.verdict != REGRESSED or one.worse_pairs > 1:
        return one
    why = "one pair alone confirms nothing, of a figure that is exact"
    return replace(one, verdict=INCONCLUSIVE, reasons=[*one.reasons, why])


def left_open(suspects: Sequence[Comparison], confirmed: Sequence[Comparison]) -> list[str]:
    """The flagged comparisons that the second stage neither confirmed nor cleared, and why: a line
    for each."""
    found = {one.name: one for one in confirmed}
    judged = sum(one.p is not None for one in confirmed)
    lines = [(one.name, _why_open(found.get(one.name), judged)) for one in suspects]
    return [f"{name}: {why}" for name, why in lines if why]


def _why_open(one: Comparison | None, judged: int) -> str | None:
    if one is None:
        return "flagged, and no fresh pair was measured"
    if one.is_lost or one.verdict == NEW:
        return f"flagged, and lost: {one.reasons[-1] if one.reasons else one.verdict}"
    if one.metric.must_be_0 and one.verdict == UNCHANGED and one.p is None:
        return f"flagged, and seen in none of {one.pairs} fresh pairs"
    if one.verdict != INCONCLUSIVE:
        return None
    if one.hosts_disagree:
        return f"flagged, and {one.reasons[-1]}"
    needed = CONFIRM_FEW[INSTRUCTIONS] if one.metric.exact else least_pairs(judged)
    if one.pairs < needed:
        return f"flagged, and of the fresh pairs {one.pairs} count where {needed} are needed"
    if _is_unsure(one):
        return f"flagged, and {one.pairs} fresh pairs show it worse by what matters, but not surely"
    return None


def _is_unsure(one: Comparison) -> bool:
    return one.verdict == INCONCLUSIVE and one.is_worse()


def unsure_cells(judged: Sequence[Comparison], suspects: Sequence[Comparison]) -> set[str]:
    """Of which fresh pairs show what was flagged as worse by what matters, but not surely."""
    flags = {one.name for one in suspects}
    return {one.cell for one in judged if one.name in flags and _is_unsure(one)}


def screen(
    paired: MeasuredPairs,
    cells: Sequence[Cell],
    schedule: Schedule,
    metrics: Sequence[Metric],
    on_pair: OnPair,
    began: float | None = None,
) -> list[Comparison]:
    """Measures every cell and judges it: the fewest pairs within the budget, which `began` at that
    time, and more within screening's share of it."""
    until, share_until = None, None
    if schedule.budget_s is not None:
        start = time.monotonic() if began is None else began
        until = start + schedule.budget_s
        share_until = start + schedule.budget_s * SCREEN_SHARE
    first = paired.next_pair
    done = measure(paired, cells, schedule.screen, on_pair, until, most=LEAST_SCREEN_PAIRS)
    measure(paired, cells, schedule.screen, on_pair, share_until, done)
    return judge_screened(pairs_of(cells, first, paired, metrics))


def confirm(
    paired: MeasuredPairs,
    cells: Sequence[Cell],
    pairs: PairCounts,
    suspects: Sequence[Comparison],
    metrics: Sequence[Metric],
    on_pair: OnPair,
    least: int,
    until: float | None,
) -> list[Comparison]:
    """Measures the cells again and judges them on the fresh pairs alone: as many as planned, or as
    end in time. Of those that were lost to noise, as many anew as it takes to have `least`. Cells
    that these pairs leave open are measured once more, if there is time for as many pairs, and
    judged on those alone, so that no figure is looked at twice."""
    found: dict[str, Comparison] = {}
    again = list(cells)
    for _ in range(TIMES_TO_CONFIRM):
        judged = _confirm_once(paired, again, pairs, suspects, metrics, on_pair, least, until)
        found |= {one.name: one for one in judged}
        if any(one.verdict == REGRESSED for one in judged):
            break
        unsure = unsure_cells(judged, suspects)
        again = [cell for cell in again if cell.key in unsure]
        times_s = {cell.key: paired.pair_s(cell) for cell in again}
        in_time = until is None or time.monotonic() + pairs.seconds(again, times_s) <= until
        if not again or not in_time:
            break
    return list(found.values())


def _confirm_once(
    paired: MeasuredPairs,
    cells: Sequence[Cell],
    pairs: PairCounts,
    suspects: Sequence[Comparison],
    metrics: Sequence[Metric],
    on_pair: OnPair,
    least: int,
    until: float | None,
) -> list[Comparison]:
    first = paired.next_pair
    measure(paired, cells, pairs, on_pair, until)
    needed = least_to_confirm_of(least)
    replace_lost(paired, cells, first, needed, pairs, on_pair, until)
    of_cells = [one for one in suspects if one.cell in {cell.key for cell in cells}]
    wanted = {(one.cell, one.metric.name) for one in of_cells}
    found = pairs_of(
        cells, first, paired, metrics, lambda cell, metric: (cell, metric.name) in wanted
    )
    return judge_confirmed(found, of_cells)


def least_to_confirm_of(least: int) -> PairCounts:
    """So many pairs, and of instructions as few as they need."""
    return PairCounts(least, {INSTRUCTIONS: CONFIRM_FEW[INSTRUCTIONS]})


def most_that_fit(
    cells: Sequence[Cell],
    suspects: Sequence[Comparison],
    judged_in: Callable[[Cell], int],
    left_s: float | None,
    paired: MeasuredPairs,
) -> tuple[list[Cell], int]:
    """The flagged cells that the time left is enough to confirm, the worst first, and how many
    comparisons are judged in them. Which they are follows from the first stage alone."""
    chosen: list[Cell] = []
    for cell in sorted(cells, key=lambda one: -_how_bad(one, suspects)):
        some = [*chosen, cell]
        judged = sum(map(judged_in, some))
        times_s = {one.key: paired.pair_s(one) for one in some}
        if left_s is None or least_to_confirm(judged).seconds(some, times_s) <= left_s:
            chosen = some
    in_order = [cell for cell in cells if cell in chosen]
    return in_order, sum(map(judged_in, in_order))


def _how_bad(cell: Cell, suspects: Sequence[Comparison]) -> float:
    """By how many times what matters it is worse."""
    of_cell = [one for one in suspects if one.cell == cell.key]
    return max((_times_what_matters(one) for one in of_cell), default=0.0)


def _times_what_matters(one: Comparison) -> float:
    if one.estimate is None or not one.min_effect:
        return math.inf  # a count that must be 0
    return one.estimate.median / math.log1p(one.min_effect)


def pairs_of(
    cells: Sequence[Cell],
    first: int,
    paired: MeasuredPairs,
    metrics: Sequence[Metric],
    wanted: Wanted = lambda _cell, _metric: False,
    every_cell: bool = True,
) -> list[Pairs]:
    """Of each cell from a pair on, the metrics that it is for, and the counts that must be 0. No
    cell is passed over: one without any gated figure has the first that it is for, without a
    pair. `every_cell`: False where the metrics are a choice that not every cell has."""
    base, candidate = paired.since(first)
    purposes = {cell.key: cell.purpose for cell in cells}
    found = [
        one
        for one in make_pairs(base, candidate, paired.name_of, metrics, paired.host_of)
        if purposes[one.cell] in (LOAD, one.metric.purpose)
    ]
    judged = {one.cell for one in found if one.metric.gated}
    stand_for = {
        cell.key: metric
        for cell in cells
        if cell.key not in judged
        if (metric := next((m for m in metrics if m.gated and m.purpose == cell.purpose), None))
    }
    if every_cell:
        found += unjudged_cells(base, candidate, paired.name_of, stand_for)
    else:
        found += lost_cells(base, candidate, paired.name_of, stand_for.get)
    return found + make_counts(base, candidate, paired.tries_since(first), paired.name_of, wanted)


def measure(
    paired: MeasuredPairs,
    cells: Sequence[Cell],
    pairs: PairCounts,
    on_pair: OnPair,
    until: float | None = None,
    done: int = 0,
    most: int | None = None,
) -> int:
    """The rounds of a stage from the one after `done`, up to `most`; cells that want fewer pairs
    are in its first rounds. Returns how many rounds were asked for."""
    for count in sorted({pairs.of(cell) for cell in cells}):
        upto = count if most is None else min(count, most)
        some = [cell for cell in cells if pairs.of(cell) >= count]
        if upto > done:
            paired.rounds(some, upto - done, on_pair, until)
            done = upto
    return done


def replace_lost(
    paired: MeasuredPairs,
    cells: Sequence[Cell],
    first: int,
    needed: PairCounts,
    most: PairCounts,
    on_pair: OnPair,
    until: float | None,
) -> None:
    """Pairs anew, at most so many of a cell, where fewer count than are needed. It follows from
    what the machine did, and not from what the pairs say."""
    for extra in range(most.loaded):
        short = [
            cell
            for cell in cells
            if extra < most.of(cell) and paired.good_pairs(cell, first) < needed.of(cell)
        ]
        before = paired.next_pair
        paired.rounds(short, 1, on_pair, until)
        if paired.next_pair == before:
            return
