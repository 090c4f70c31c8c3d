"""Costs held against the floor: the hand-written epoll loop that does the same work with no
interface at all. Pairs are runs of the same round (paired.py)."""

from __future__ import annotations

from dataclasses import dataclass

from ..base.statistics import Summary, summarize
from ..records.groups import Group, Series
from ..records.metrics import Metric
from ..records.runtimes import FLOOR
from .paired import pairs_of, ratio_of


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
    pairs = pairs_of(series, floor, metric.read)
    difference, ratio = summarize([mine - base for mine, base in pairs]), ratio_of(pairs)
    return None if difference is None or ratio is None else AboveFloor(difference, ratio)
