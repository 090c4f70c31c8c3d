"""Runtimes in the order of a metric: the one of the best median with all that are not told apart
from it, then the others. No two of the others are compared with each other. Where one is not told
apart from a second, nor that from a third, the first and the third may well be: so there are no
further groups, only an order by median.

Leaves out whose figures are compared (headline_columns.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..records.groups import Series
from ..records.metrics import Metric
from .paired import Verdict, has_interval, judge


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
    """`best`: the one of the best median, behind it those that are not told apart from it.
    `behind`: those that are. `unjudged`: those with too few rounds in common with it. Each by
    median, best first."""

    best: tuple[Placed, ...]
    behind: tuple[Placed, ...]
    unjudged: tuple[Placed, ...]

    @property
    def everyone(self) -> list[Placed]:
        """All of them."""
        return [*self.best, *self.behind, *self.unjudged]

    def is_best(self, runtime: str) -> bool:
        """Whether it is one of the best group. Where nobody is behind it there is no best."""
        return bool(self.behind) and any(one.runtime == runtime for one in self.best)


def rank(placed: Sequence[Placed], metric: Metric) -> Ranking:
    """The order of runtimes that did the same work. Of a count that must be 0 one more is behind,
    whether or not it is in every round: noise may make none in some."""
    order = sorted(placed, key=lambda one: metric.worse * one.value)
    first = next((one for one in order if has_interval(one.series, metric)), None)
    if first is None:
        return Ranking((), (), tuple(order))
    best, behind, unjudged = [first], [], []
    for one in order:
        if one is first:
            continue
        verdict = judge(one.series, first.series, metric)
        if verdict is Verdict.NOT_JUDGED:
            unjudged.append(one)
        elif is_worse(verdict, metric) or (metric.must_be_0 and one.value > first.value):
            behind.append(one)
        else:  # told apart the other way round: over the rounds that both have it is no worse
            best.append(one)
    return Ranking(tuple(best), tuple(behind), tuple(unjudged))


def is_worse(verdict: Verdict, metric: Metric) -> bool:
    """Whether a verdict is that the first of two is the worse one."""
    return verdict is (Verdict.MORE if metric.worse > 0 else Verdict.LESS)


def is_better(verdict: Verdict, metric: Metric) -> bool:
    """Whether it is the better one."""
    return verdict is (Verdict.LESS if metric.worse > 0 else Verdict.MORE)
