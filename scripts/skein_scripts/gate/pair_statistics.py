"""The statistics of pairs. A pair is one measurement of each arm, made close together, so that what
the machine does falls on both; its log ratio is what is judged.

The test is the sign test: exact, deterministic, and it assumes nothing of the noise but that
without a difference either sign is as likely. The interval of the median is its inversion, order
statistics of the log ratios (Conover, Practical Nonparametric Statistics, 3.2).

Leaves out which pairs there are and what follows (judge.py).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from ..base.statistics import sign_test_rank

CONFIDENCE = 0.95


def log_ratios(pairs: Sequence[tuple[float, float]], worse: int) -> list[float]:
    """ln(candidate / base) of each (base, candidate), turned so that > 0 is worse."""
    return [worse * math.log(candidate / base) for base, candidate in pairs]


def sign_test_p(log_ratios: Sequence[float], threshold: float = 0.0) -> float:
    """One-sided: how likely so many of the values are above the threshold, or more, if the median
    is not. Values on the threshold count for neither side."""
    above = sum(value > threshold for value in log_ratios)
    n = above + sum(value < threshold for value in log_ratios)
    ways: int = sum(math.comb(n, k) for k in range(above, n + 1))
    return ways / 2.0**n


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down adjustment: with these, rejecting at alpha keeps the chance of any false
    alarm among all of them at alpha, whatever their dependence (S. Holm, 1979)."""
    count = len(p_values)
    adjusted = [0.0] * count
    largest = 0.0
    for place, index in enumerate(sorted(range(count), key=lambda i: p_values[i])):
        largest = max(largest, min(1.0, (count - place) * p_values[index]))
        adjusted[index] = largest
    return adjusted


@dataclass(frozen=True)
class Estimate:
    """What n pairs say of the median log ratio."""

    n: int
    median: float
    low: float
    high: float
    rank: int  # of the order statistics that bound the interval; 0: n too small, low..high is all

    @property
    def detectable(self) -> float | None:
        """The median log ratio at which the interval, as wide as it is, would just have excluded
        "no change" on either side; None where there is no interval."""
        return max(self.high - self.median, self.median - self.low) if self.rank else None


def estimate(log_ratios: Sequence[float], confidence: float = CONFIDENCE) -> Estimate:
    """Median and its two-sided interval. Raises ValueError for no values."""
    ordered = sorted(log_ratios)
    rank = sign_test_rank(len(ordered), (1 - confidence) / 2)
    low, high = (ordered[rank - 1], ordered[-rank]) if rank else (ordered[0], ordered[-1])
    return Estimate(len(ordered), median(ordered), low, high, rank)
