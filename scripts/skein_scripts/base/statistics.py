"""Order statistics over repeats: median absolute deviation, and the interval of the sign
test, which is exact, deterministic and assumes nothing about the shape of the noise.

It leaves out verdicts and comparisons across sessions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

COUNT_MARK = ", n = "
# Six are the fewest of which the sign test gives a 95 % interval.
_OTHER_COUNTS = "where another n stands it is of that many runs, below 6 the range"


def median_absolute_deviation(values: Sequence[float]) -> float:
    """Median distance from the median; not scaled to look like a standard deviation."""
    centre = median(values)
    return median([abs(value - centre) for value in values])


def sign_test_rank(n: int, one_sided_alpha: float) -> int:
    """Rank k (from 1) of the bound: [x_(k), x_(n+1-k)] misses the median, on either side, with
    probability at most `one_sided_alpha`. 0 where n is too small for any bound to hold that.

    k is the largest with P(Binomial(n, 1/2) <= k - 1) <= alpha.
    """
    rank, cumulative = 0, 0
    while rank < n:
        cumulative += math.comb(n, rank)
        if cumulative > one_sided_alpha * 2**n:
            break
        rank += 1
    return rank


@dataclass(frozen=True)
class Summary:
    """Repeats of one quantity: its median, and how far it is known."""

    n: int
    median: float
    low: float
    high: float
    mad: float
    is_interval: bool  # the sign-test interval (95 %), else the range, n being too small for one


def summarize(values: Sequence[float], one_sided_alpha: float = 0.025) -> Summary | None:
    """Summary of the repeats, None where there are none."""
    if not values:
        return None
    ordered = sorted(values)
    rank = sign_test_rank(len(ordered), one_sided_alpha)
    low, high = (ordered[rank - 1], ordered[-rank]) if rank else (ordered[0], ordered[-1])
    return Summary(
        n=len(ordered),
        median=median(ordered),
        low=low,
        high=high,
        mad=median_absolute_deviation(ordered),
        is_interval=rank > 0,
    )


def spread_meaning(n: int, mixed: bool = False) -> str:
    """What the whiskers of n repeats are, in words, for the foot of a figure or table. Mixed: some
    are of another n, and say so (`count_text`)."""
    others = f"; {_OTHER_COUNTS}" if mixed else ""
    if n < 2:
        return f"one run, no spread known{others}"
    if sign_test_rank(n, 0.025) == 0:
        return f"range of {n} runs (too few for a 95 % interval){others}"
    return f"95 % sign-test interval of the median over {n} runs{others}"


def count_text(n: int, usual: int) -> str:
    """What a figure says of its repeats where there are not as many as usual: ", n = 5"."""
    return "" if n == usual else f"{COUNT_MARK}{n}"
