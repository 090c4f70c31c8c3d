"""A forest plot, row by row: where the ratio of a comparison, its interval and the zone of what
does not matter stand on an axis that all rows of a page share. The axis is of log ratios: twice and
half are as far from 1. Leaves out the drawing (templates/comparison.html.j2)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..base.units import format_ratio
from .compared import Comparison

WIDTH, HEIGHT = 300.0, 26.0  # of a row's figure, in its own units
_MARGIN = 16.0  # half of the label at an end
# Ratios at which an axis may end, each with the tick between it and 1.
_ENDS = ((1.1, 1.05), (1.25, 1.1), (1.5, 1.25), (2.0, 1.5))
_HELD = 0.9  # of the intervals: one wild figure would make points of all others


@dataclass(frozen=True)
class Axis:
    """From 1 / end to end."""

    end: float
    inner: float

    @staticmethod
    def of(comparisons: Sequence[Comparison]) -> Axis:
        """The shortest on which nine in ten of the gated intervals fit, or of all where none is
        gated; the longest where they fit on none. What goes on beyond it ends in an arrow."""
        having = [one for one in comparisons if one.interval]
        chosen = [one for one in having if one.metric.gated] or having
        reaches = sorted(
            max(abs(math.log(ratio)) for ratio in one.interval or (1.0,)) for one in chosen
        )
        reach = reaches[math.ceil(_HELD * len(reaches)) - 1] if reaches else 0.0
        return Axis(*next((ends for ends in _ENDS if reach <= math.log(ends[0])), _ENDS[-1]))

    def holds(self, ratio: float) -> bool:
        """Whether it is on the axis."""
        return abs(self._share(ratio)) <= 1

    def x(self, ratio: float) -> float:
        """Where a ratio stands; at the end where it is beyond."""
        share = max(-1.0, min(1.0, self._share(ratio)))
        return round(WIDTH / 2 + share * (WIDTH / 2 - _MARGIN), 1)

    @property
    def ticks(self) -> list[tuple[float, str]]:
        """Places with their labels."""
        ratios = (1 / self.end, 1 / self.inner, 1.0, self.inner, self.end)
        return [(self.x(ratio), f"{ratio:.2f}".rstrip("0").rstrip(".")) for ratio in ratios]

    def _share(self, ratio: float) -> float:
        return math.log(ratio) / math.log(self.end)


@dataclass(frozen=True)
class Marks:
    """Where the parts of a row stand."""

    zone: float  # where what does not matter begins
    zone_width: float
    low: float
    high: float
    median: float | None  # None: beyond an end
    caps: tuple[float, ...]  # the ends of the interval that are on the axis
    goes_on_left: bool  # it goes on beyond
    goes_on_right: bool
    text: str  # all of it, for whoever does not see it


def marks_of(one: Comparison, axis: Axis) -> Marks | None:
    """None of a comparison that has no ratio: a count, or one without a pair."""
    if one.ratio is None or one.interval is None:
        return None
    low, high = one.interval
    matters = 1 + (one.min_effect or 0.0)
    left, right = axis.x(1 / matters), axis.x(matters)
    return Marks(
        zone=left,
        zone_width=round(right - left, 1),
        low=axis.x(low),
        high=axis.x(high),
        median=axis.x(one.ratio) if axis.holds(one.ratio) else None,
        caps=tuple(axis.x(ratio) for ratio in (low, high) if axis.holds(ratio)),
        goes_on_left=low < 1 and not axis.holds(low),
        goes_on_right=high > 1 and not axis.holds(high),
        text=f"ratio {format_ratio(one.ratio)}, from {format_ratio(low)} to {format_ratio(high)}",
    )
