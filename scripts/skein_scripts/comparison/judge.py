"""From pairs of runs to verdicts, one for each cell and metric.

Verdicts: `regressed`, `improved`: the sign test says so at the level, adjusted over all gated
comparisons (Holm), and the median change is one that matters. `unchanged`: the whole interval lies
within what does not matter. `inconclusive`: neither can be said with these pairs. `invalid`: there
were runs but no pair that counts, or fewer that do than do not. `new`, `missing`: only the
candidate or only the base has it.

A metric that is exact, the same in nearly every run, needs no test: what most of its pairs show
is so.

Leaves out where the pairs come from (pairing.py) and how verdicts are shown (show.py).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ..statistics import median
from .metrics import Metric
from .paired import CONFIDENCE, Estimate, estimate, holm, log_ratios, sign_test_p

REGRESSED, IMPROVED, UNCHANGED, INCONCLUSIVE = "regressed", "improved", "unchanged", "inconclusive"
INVALID, NEW, MISSING = "invalid", "new", "missing"
VERDICTS = (REGRESSED, IMPROVED, UNCHANGED, INCONCLUSIVE, INVALID, NEW, MISSING)
ALPHA = 0.05


@dataclass(frozen=True)
class Pairs:
    """The values of one metric on one cell: (base, candidate) of each pair that counts."""

    cell: str
    metric: Metric
    values: list[tuple[float, float]]
    invalid: int = 0  # pairs of which an arm does not count
    only: str | None = None  # NEW or MISSING: the one arm that has it
    reasons: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Comparison:
    """A verdict with what it rests on."""

    cell: str
    metric: Metric
    pairs: int
    invalid_pairs: int
    verdict: str
    base_median: float | None = None
    candidate_median: float | None = None
    estimate: Estimate | None = None  # of log ratios; > 0 is worse
    p: float | None = None  # one-sided, in the direction of the median
    p_holm: float | None = None
    min_effect: float | None = None
    reasons: list[str] = field(default_factory=list)

    @property
    def ratio(self) -> float | None:
        """Candidate / base as a user reads it: of the median log ratio."""
        return self._turned(self.estimate.median) if self.estimate else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Of the ratio."""
        if self.estimate is None:
            return None
        ends = (self._turned(self.estimate.low), self._turned(self.estimate.high))
        return min(ends), max(ends)

    @property
    def detectable_effect(self) -> float | None:
        """The relative change that such pairs tell from none every other time. Less than what
        matters has no verdict, however narrow the interval."""
        if self.estimate is None or self.estimate.detectable is None:
            return None
        return max(math.expm1(self.estimate.detectable), self.min_effect or 0.0)

    def is_worse(self, share: float = 1.0) -> bool:
        """Whether the median is worse by this share of what matters; how sure that is, is another
        question."""
        if self.estimate is None or self.min_effect is None:
            return False
        return self.estimate.median >= math.log1p(share * self.min_effect)

    def _turned(self, log_ratio: float) -> float:
        return math.exp(self.metric.worse * log_ratio)


def judge(compared: Sequence[Pairs], alpha: float = ALPHA) -> list[Comparison]:
    """The verdicts, in the order given. Gated metrics are adjusted together; shown ones, which
    decide nothing, each among themselves by name."""
    raw = [_measure(one) for one in compared]
    families: dict[str, list[int]] = {}
    for index, one in enumerate(raw):
        if one.p is not None:
            family = "gated" if one.metric.gated else one.metric.name
            families.setdefault(family, []).append(index)
    for members in families.values():
        adjusted = holm([raw[index].p or 0.0 for index in members])
        for index, p_holm in zip(members, adjusted, strict=True):
            raw[index] = replace(raw[index], p_holm=p_holm)
    return [_decide(one, alpha) for one in raw]


def _measure(one: Pairs) -> Comparison:
    empty = Comparison(
        one.cell, one.metric, len(one.values), one.invalid, INVALID, reasons=one.reasons
    )
    if one.only:
        return replace(empty, verdict=one.only)
    if not one.values or one.invalid > len(one.values):
        return empty
    ratios = log_ratios(one.values, one.metric.worse)
    found = estimate(ratios, 1.0 if one.metric.exact else CONFIDENCE)
    base = median([base for base, _ in one.values])
    candidate = median([candidate for _, candidate in one.values])
    # No middle: with as many above as below there is nothing to test.
    worse = ratios if found.median >= 0 else [-value for value in ratios]
    p = None if one.metric.exact else sign_test_p(worse)
    return replace(
        empty,
        verdict=INCONCLUSIVE,
        base_median=base,
        candidate_median=candidate,
        estimate=found,
        p=p,
        min_effect=one.metric.effect_at(min(base, candidate)),
    )


def _decide(one: Comparison, alpha: float) -> Comparison:
    if one.estimate is None or one.min_effect is None:
        return one
    if one.metric.exact:
        return _decide_exact(one, one.estimate, math.log1p(one.min_effect))
    assert one.p_holm is not None
    # A fall by x % is ln(1 - x), so that swapping the arms mirrors every verdict.
    matters = math.log1p(one.min_effect)
    if one.p_holm <= alpha and abs(one.estimate.median) >= matters:
        return replace(one, verdict=REGRESSED if one.estimate.median > 0 else IMPROVED)
    if one.estimate.rank and -matters <= one.estimate.low and one.estimate.high <= matters:
        return replace(one, verdict=UNCHANGED)
    return replace(one, reasons=[*one.reasons, _why_inconclusive(one, alpha)])


def _decide_exact(one: Comparison, found: Estimate, matters: float) -> Comparison:
    if abs(found.median) >= matters:
        return replace(one, verdict=REGRESSED if found.median > 0 else IMPROVED)
    if -matters <= found.low and found.high <= matters:
        return replace(one, verdict=UNCHANGED)
    return replace(one, reasons=[*one.reasons, "the pairs differ, of a figure that is exact"])


def _why_inconclusive(one: Comparison, alpha: float) -> str:
    assert one.p_holm is not None
    if 0.5**one.pairs > alpha:
        return f"{one.pairs} pairs are too few for any verdict at this level"
    if one.p_holm > alpha:
        return "the pairs do not agree on a direction, or too few of them do"
    return "a change is there, but it is not sure to be one that matters"
