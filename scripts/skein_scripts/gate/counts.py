"""Counts that must be 0 (records/zero_counts.py), judged wherever two arms are compared.

The rule, which scripts/COMPARE.md has for users:
1. The base has none in any of its runs, and the candidate has: that is a regression, in one run as
   in all. (The gate wants it seen again, in fresh pairs.)
2. Both have some: the sign test on the pairs that differ, adjusted with the other metrics. A pair
   differs by what matters: by at least one, and by a tenth of what the run with fewer has. So what
   happens in few runs is judged by these, however many others have none, and one run with a great
   many hides nothing in the others.
3. Only the base has some: improved.
4. Unchanged is what differs in no pair, of enough to tell, nor by a tenth in the totals per run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import median

from ..base.units import format_count, format_duration
from ..records.metrics import Metric
from ..records.shapes import Run
from ..records.zero_counts import COUNTS, Total
from .compared import IMPROVED, INCONCLUSIVE, INVALID, NEW, REGRESSED, UNCHANGED, Comparison, Pairs
from .pair_statistics import sign_test_p

_LEAST_RISE = 0.1  # of what the arm with fewer has, so that swapped arms mirror


@dataclass(frozen=True)
class Counted:
    """The runs of one cell that are counted: all tries of both arms, and the pairs that count."""

    tries: tuple[Sequence[Run], Sequence[Run]]
    pairs: Sequence[tuple[Run, Run]]


def pairs_of(cell: str, runs: Counted, wanted: Callable[[Metric], bool]) -> list[Pairs]:
    """A line for each count that an arm has some of, and for those that are wanted in any case."""
    found = []
    for one in COUNTS:
        base, candidate = (one.total(of_arm) for of_arm in runs.tries)
        if candidate is None or not (
            candidate.events or (base and base.events) or wanted(one.metric)
        ):
            continue
        values = [
            (float(before), float(after))
            for pair in runs.pairs
            if (before := one.of(pair[0])) is not None and (after := one.of(pair[1])) is not None
        ]
        only = NEW if base is None else None
        totals = (base or Total(0, 0), candidate)
        found.append(
            Pairs(cell, one.metric, values, only=only, reasons=[describe(*totals)], totals=totals)
        )
    return found


def describe(base: Total, candidate: Total) -> str:
    """Both totals in words."""
    return f"{_in_words(candidate)}; base: {_in_words(base)}"


def _in_words(total: Total) -> str:
    furthest = f", by up to {format_duration(total.most_ns)}" if total.most_ns else ""
    return f"{format_count(total.events)} in {total.runs} runs{furthest}"


def measure(one: Pairs, empty: Comparison) -> Comparison:
    """What can be said before the comparisons are adjusted together."""
    assert one.totals is not None
    base, candidate = one.totals
    if not base.runs or not candidate.runs:
        return replace(empty, verdict=INVALID)
    if not base.events or not candidate.events:
        return replace(empty, verdict=_rose(base.events, candidate.events))
    if not one.values:
        return replace(empty, verdict=INVALID)
    signs = [_sign(*pair) for pair in one.values]
    worse, better = signs.count(1), signs.count(-1)
    towards = 1 if worse >= better else -1
    medians = [median([pair[arm] for pair in one.values]) for arm in (0, 1)]
    return replace(
        empty,
        verdict=INCONCLUSIVE,
        p=sign_test_p([towards * sign for sign in signs]),
        min_effect=_LEAST_RISE * min(base.per_run, candidate.per_run),
        base_median=medians[0],
        candidate_median=medians[1],
        worse_pairs=worse,
        better_pairs=better,
    )


def _sign(before: float, after: float) -> int:
    """1 where a pair is worse by what matters, -1 where it is better by as much."""
    matters = max(1.0, _LEAST_RISE * min(before, after))
    return (after - before >= matters) - (before - after >= matters)


def _rose(base: int, candidate: int) -> str:
    if base == candidate:
        return UNCHANGED
    return REGRESSED if candidate else IMPROVED


def decide(one: Comparison, alpha: float) -> Comparison:
    """The verdict where both arms have some; the others have theirs."""
    if one.p_holm is None or one.min_effect is None:
        return one
    if one.p_holm <= alpha:
        return replace(one, verdict=REGRESSED if one.worse_pairs > one.better_pairs else IMPROVED)
    is_enough = 0.5**one.pairs <= alpha  # to tell a difference in all of them
    differs = one.worse_pairs or one.better_pairs or abs(one.rise) >= one.min_effect
    if is_enough and not differs:
        return replace(one, verdict=UNCHANGED)
    return one
