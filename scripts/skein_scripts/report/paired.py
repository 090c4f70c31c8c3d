"""Two runtimes held against each other round by round, so that drift of the machine cancels: what
they have in the same rounds, how many times as much that is, and whether it tells them apart.

Leaves out what is made of it (floor.py, ranking.py).
"""

from __future__ import annotations

import math
from collections.abc import Callable

from ..base.statistics import Summary, summarize
from ..records.groups import Series
from ..records.metrics import Metric
from ..records.shapes import Run

Read = Callable[[Run], float | None]
Round = tuple[int | None, int]  # a block, and which of its runs


def by_round(series: Series, read: Read) -> dict[Round, float]:
    """Values by round; runs outside any plan, which have none, by their order."""
    values: dict[Round, float] = {}
    for run in series.ok:
        value = read(run)
        if value is not None:
            block = run.get("block")
            values[block, sum(1 for known, _ in values if known == block)] = value
    return values


def pairs_of(mine: Series, base: Series, read: Read) -> list[tuple[float, float]]:
    """What both have in the rounds that both have."""
    others = by_round(base, read)
    return [(value, others[key]) for key, value in by_round(mine, read).items() if key in others]


def ratio_of(pairs: list[tuple[float, float]]) -> Summary | None:
    """How many times as much the first of a pair is: the median and its interval. None where no
    pair is above 0."""
    logs = summarize([math.log(mine / base) for mine, base in pairs if mine > 0 and base > 0])
    if logs is None:
        return None
    return Summary(
        n=logs.n,
        median=math.exp(logs.median),
        low=math.exp(logs.low),
        high=math.exp(logs.high),
        mad=logs.mad,
        is_interval=logs.is_interval,
    )


def has_interval(series: Series, metric: Metric) -> bool:
    """Whether a series has rounds enough for a 95 % interval of a metric. Runs outside any plan are
    of no round: they were not measured in turns."""
    rounds = by_round(series, metric.of)
    summary = summarize(list(rounds.values()))
    return summary is not None and summary.is_interval and all(key[0] is not None for key in rounds)


def told_apart(one: Series, other: Series, metric: Metric) -> bool:
    """Whether two runtimes differ in a metric: the interval of the median of their ratios, round by
    round, does not contain 1. Where there is no interval they are not told apart."""
    if not (has_interval(one, metric) and has_interval(other, metric)):
        return False
    ratio = ratio_of(pairs_of(one, other, metric.of))
    return ratio is not None and ratio.is_interval and not ratio.low <= 1 <= ratio.high
