"""What is judged and what comes of it: the pairs of one metric on one cell, and their verdict.

Verdicts: `regressed`, `improved`: the sign test says so at the level, adjusted over all gated
comparisons (Holm), and the median change is one that matters. `unchanged`: the whole interval lies
within what does not matter. `inconclusive`: neither can be said with these pairs. `invalid`: there
were runs but no pair that counts, or fewer that do than do not. `new`, `missing`: only the
candidate or only the base has it.

Leaves out how a verdict comes about (judge.py, counts.py).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from ..records.metrics import Metric
from ..records.zero_counts import Total
from .over_hosts import OverHosts
from .pair_statistics import Estimate

REGRESSED, IMPROVED, UNCHANGED, INCONCLUSIVE = "regressed", "improved", "unchanged", "inconclusive"
INVALID, NEW, MISSING = "invalid", "new", "missing"
VERDICTS = (REGRESSED, IMPROVED, UNCHANGED, INCONCLUSIVE, INVALID, NEW, MISSING)
LOST = (INVALID, MISSING)  # of a gated comparison: it was not made


@dataclass(frozen=True)
class Pairs:
    """The values of one metric on one cell: (base, candidate) of each pair that counts."""

    cell: str
    metric: Metric
    values: list[tuple[float, float]]
    invalid: int = 0  # pairs of which an arm does not count
    only: str | None = None  # NEW or MISSING: the one arm that has it
    reasons: list[str] = field(default_factory=list)
    totals: tuple[Total, Total] | None = None  # of a count: base and candidate
    hosts: list[str] = field(default_factory=list)  # of each of the values, where it is known
    silent_hosts: list[str] = field(
        default_factory=list
    )  # that ran it, and no pair of theirs counts


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
    estimate: Estimate | None = None  # of log ratios, > 0 is worse; a count has none
    p: float | None = None  # one-sided, in the direction of the median
    p_holm: float | None = None
    min_effect: float | None = None  # relative; of a count, events per run
    reasons: list[str] = field(default_factory=list)
    totals: tuple[Total, Total] | None = None  # of a count
    worse_pairs: int = 0  # by what matters
    better_pairs: int = 0
    over_hosts: OverHosts | None = None  # of pairs of several

    @property
    def name(self) -> str:
        """What it is of."""
        return f"{self.cell} {self.metric.name}"

    @property
    def is_lost(self) -> bool:
        """Whether it should have been made, and could not be."""
        return self.metric.gated and self.verdict in LOST

    @property
    def hosts_disagree(self) -> bool:
        """Whether some show a change that matters and others do not, and it is no chance."""
        return (
            self.over_hosts is not None
            and self.min_effect is not None
            and self.over_hosts.disagree(math.log1p(self.min_effect))
        )

    @property
    def ratio(self) -> float | None:
        """Candidate / base as a user reads it: of the median log ratio. None of a count."""
        if self.estimate is None:
            return None
        return self._turned(self.estimate.median)

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
        """Whether the median is worse by this share of what matters, or the total per run of a
        count; how sure that is, is another question."""
        if self.min_effect is None:
            return False
        if self.totals is not None:
            return self.rise >= share * self.min_effect
        return self.estimate is not None and self.estimate.median >= math.log1p(
            share * self.min_effect
        )

    @property
    def rise(self) -> float:
        """By how many events a run the candidate has more of a count."""
        base, candidate = self.totals or (Total(0, 0), Total(0, 0))
        return candidate.per_run - base.per_run

    def _turned(self, log_ratio: float) -> float:
        return math.exp(self.metric.worse * log_ratio)
