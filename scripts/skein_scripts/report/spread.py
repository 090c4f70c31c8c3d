"""The spread tables: for each runtime on each group's work, how many runs are valid, how many were
repeated, and how far each headline figure ranges over the rounds. They say what difference between
two runtimes is worth looking at.

Leaves out comparing runtimes (results_table.py, floor.py) and the statistics themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from ..base import units
from ..base.statistics import count_text, median_absolute_deviation
from ..base.table import Table
from ..records.groups import Group, Series
from ..records.metric_tables import SPREAD, layout_of
from ..records.metrics import Metric
from .table_cells import shown_of

_NOTE = (
    "median, range = (largest - smallest) / median, [smallest..largest, MAD = median absolute"
    " deviation / median]"
)


@dataclass(frozen=True)
class Spread:
    """Repeats of one figure. `range` and `mad` are shares of the median, None where that is 0."""

    n: int
    median: float
    low: float
    high: float
    range: float | None
    mad: float | None


def spread_of(values: list[float]) -> Spread | None:
    """The spread of repeats; None where there are none."""
    if not values:
        return None
    centre, low, high = median(values), min(values), max(values)
    relative = abs(centre)
    return Spread(
        n=len(values),
        median=centre,
        low=low,
        high=high,
        range=(high - low) / relative if relative else None,
        mad=median_absolute_deviation(values) / relative if relative else None,
    )


def make_table(group: Group) -> Table:
    """The spread table of one group; only figures that any of its runs has."""
    layout = layout_of(SPREAD, group.workload, group.shape)
    every = [shown_of(column, group) for column in layout.columns]
    shown = [one for one in every if any(series.values(one) for series in group.series)]
    return Table(
        title=f"Spread · {group.title()}",
        columns=["runtime", "valid", "repeated", *(layout.title(metric) for metric in shown)],
        rows=[_row(series, shown) for series in group.series],
        notes=[_NOTE],
    )


def _row(series: Series, shown: Sequence[Metric]) -> list[str]:
    head = [series.runtime, f"{len(series.ok)} of {len(series.runs)}", str(series.retried)]
    return head + [_text(metric, series) for metric in shown]


def _text(metric: Metric, series: Series) -> str:
    spread = spread_of(series.values(metric))
    if spread is None:
        return units.MISSING
    count, show = count_text(spread.n, len(series.ok)), metric.in_column
    if spread.n < 2:
        return show(spread.median) + count
    reach, mad = units.format_share(spread.range), units.format_share(spread.mad)
    ends = f"{show(spread.low)}..{show(spread.high)}"
    return f"{show(spread.median)}, {reach} [{ends}, MAD {mad}]{count}"
