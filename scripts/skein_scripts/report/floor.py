"""Costs held against the floor: the hand-written epoll loop that does the same work with no
interface at all. Pairs are runs of the same round, so that drift of the machine cancels."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..base.statistics import Summary, summarize
from ..records.groups import Group, Series
from ..records.metrics import Metric
from ..records.runtimes import FLOOR


@dataclass(frozen=True)
class AboveFloor:
    """A metric of a runtime beyond the floor's, over the rounds that have both."""

    difference: Summary
    ratio: Summary


def above_floor(group: Group, series: Series, metric: Metric) -> AboveFloor | None:
    """None for the floor itself, and where no round has both."""
    floor = group.of(FLOOR)
    if floor is None or series is floor:
        return None
    pairs = _pairs(series, floor, metric)
    difference = summarize([mine - base for mine, base in pairs])
    log_ratio = summarize([math.log(mine / base) for mine, base in pairs if mine > 0 and base > 0])
    if difference is None or log_ratio is None:
        return None
    ratio = Summary(
        n=log_ratio.n,
        median=math.exp(log_ratio.median),
        low=math.exp(log_ratio.low),
        high=math.exp(log_ratio.high),
        mad=log_ratio.mad,
        is_interval=log_ratio.is_interval,
    )
    return AboveFloor(difference, ratio)


def _pairs(series: Series, floor: Series, metric: Metric) -> list[tuple[float, float]]:
    base, mine = _by_round(floor, metric), _by_round(series, metric)
    return [(value, base[key]) for key, value in mine.items() if key in base]


def _by_round(series: Series, metric: Metric) -> dict[tuple[object, int], float]:
    """Values by round; runs outside any plan, which have none, by their order."""
    values: dict[tuple[object, int], float] = {}
    for run in series.ok:
        value = metric.read(run)
        if value is not None:
            block = run.get("block")
            values[block, sum(1 for known, _ in values if known == block)] = value
    return values
