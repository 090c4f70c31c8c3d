"""Runtimes in the order of a metric, best first, with ties as ties: whoever is not told apart from
the best of those that are left shares its place.

Leaves out whose figures are compared (headline_columns.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..records.groups import Series
from ..records.metrics import Metric
from .paired import has_interval, told_apart


@dataclass(frozen=True, eq=False)
class Placed:
    """A runtime with the figure by which it is placed."""

    series: Series
    value: float

    @property
    def runtime(self) -> str:
        """Its id."""
        return self.series.runtime


@dataclass(frozen=True)
class Ranking:
    """`groups`: best first, in each those that are not told apart from its first. `unjudged`: those
    with too few rounds to tell them from anything, best first."""

    groups: tuple[tuple[Placed, ...], ...]
    unjudged: tuple[Placed, ...]

    @property
    def in_order(self) -> list[Placed]:
        """All that have a place, group by group."""
        return [one for group in self.groups for one in group]

    def is_best(self, runtime: str) -> bool:
        """Whether it is one of the best group. Where all are in one group there is no best."""
        if len(self.groups) < 2:
            return False
        return any(one.runtime == runtime for one in self.groups[0])


def rank(placed: Sequence[Placed], metric: Metric) -> Ranking:
    """The order of runtimes that did the same work."""
    left = sorted(placed, key=lambda one: metric.worse * one.value)
    unjudged = tuple(one for one in left if not has_interval(one.series, metric))
    left = [one for one in left if one not in unjudged]
    groups = []
    while left:
        best, *others = left
        apart = [one for one in others if told_apart(one.series, best.series, metric)]
        groups.append(tuple(one for one in left if one not in apart))
        left = apart
    return Ranking(tuple(groups), unjudged)
