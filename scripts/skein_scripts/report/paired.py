"""Two runtimes held against each other round by round, so that drift of the machine cancels: what
they have in the same rounds, how many times as much that is, and whether it tells them apart.

Leaves out what is made of it (floor.py, ranking.py).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import Enum, auto

from ..base.statistics import Summary, summarize
from ..records.groups import Series
from ..records.metrics import Metric
from ..records.shapes import Run

Read = Callable[[Run], float | None]
# A session, its block, and which of the block's runs. Runs outside any plan have only the last.
Round = tuple[str | None, int | None, int]


class Verdict(Enum):
    """What the rounds that two runtimes have in common say of the first of them."""

    LESS = auto()
    MORE = auto()
    NOT_APART = auto()
    NOT_JUDGED = auto()  # too few rounds in common


def by_round(series: Series, read: Read) -> dict[Round, float]:
    """Values by round; runs outside any plan, which have none, by their order."""
    values: dict[Round, float] = {}
    for run in series.ok:
        value = read(run)
        if value is not None:
            block = run.get("block")
            session = None if block is None else run.get("session_id")
            nth = sum(1 for known in values if known[:2] == (session, block))
            values[session, block, nth] = value
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
    rounds = by_round(series, metric.held)
    summary = summarize(list(rounds.values()))
    return summary is not None and summary.is_interval and all(key[1] is not None for key in rounds)


def judge(one: Series, other: Series, metric: Metric) -> Verdict:
    """Whether a runtime has less or more of a metric than another: the interval of the median of
    their differences, round by round, does not contain 0. Where figures are above 0, that of their
    ratios does not contain 1 then; a count may be 0. Where there is none, nothing is judged."""
    if not (has_interval(one, metric) and has_interval(other, metric)):
        return Verdict.NOT_JUDGED
    pairs = pairs_of(one, other, metric.held)
    difference = summarize([mine - theirs for mine, theirs in pairs])
    if difference is None or not difference.is_interval:
        return Verdict.NOT_JUDGED
    if difference.low <= 0 <= difference.high:
        return Verdict.NOT_APART
    return Verdict.LESS if difference.high < 0 else Verdict.MORE
