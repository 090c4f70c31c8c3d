"""What stands in a cell of the report's tables: a metric over the runs of a runtime, as its row of
results/metrics.toml says. Leaves out which columns a table has (records/metric_tables.py)."""

from __future__ import annotations

from collections.abc import Callable

from ..base import units
from ..base.statistics import Summary, count_text
from ..records.groups import Group, Series
from ..records.metric_tables import Column
from ..records.metrics import Metric
from ..records.runtimes import FLOOR
from .floor import above_floor
from .percentiles import percentile_of

MERGED_MARK = " †"
OF_RUNS: dict[str, Callable[[list[float]], float]] = {"sum": sum, "most": max}
_OF_THE_FLOOR = {"difference": "the floor", "ratio": "1"}
MERGED_NOTE = f"{MERGED_MARK.strip()} of the merged runs: one has too few samples for it"


def shown_of(column: Column, group: Group) -> Metric:
    """The metric of a column: the first that any run has, else the last of them."""
    having = (one for one in column if any(series.values(one) for series in group.series))
    return next(having, column[-1])


def cell_text(metric: Metric, group: Group, series: Series, with_interval: bool) -> str:
    """The cell of a runtime that has runs which count."""
    if metric.against_floor is not None:
        return _against_floor(metric, group, series, with_interval)
    if metric.of_runs is not None:
        values = series.values(metric)
        return metric.in_column(OF_RUNS[metric.of_runs](values) if values else None)
    if metric.percentile is not None:
        return _percentile(metric, series)
    return _summary(metric, group, series.summary(metric), with_interval)


def _summary(metric: Metric, group: Group, summary: Summary | None, with_interval: bool) -> str:
    if summary is None:
        return units.MISSING
    shown = metric.in_column(summary.median)
    if not with_interval:
        return shown
    count = count_text(summary.n, group.repeats)
    if summary.n < 2:
        return shown + count
    low, high = metric.in_column(summary.low), metric.in_column(summary.high)
    return f"{shown} [{low}, {high}]{count}"


def _against_floor(metric: Metric, group: Group, series: Series, with_interval: bool) -> str:
    assert metric.against_floor is not None
    if series.runtime == FLOOR:
        return _OF_THE_FLOOR[metric.against_floor]
    above = above_floor(group, series, metric)
    if above is None:
        return units.MISSING
    summary = above.difference if metric.against_floor == "difference" else above.ratio
    return _summary(metric, group, summary, with_interval)


def _percentile(metric: Metric, series: Series) -> str:
    found = percentile_of(series, metric)
    if found is None:
        return units.MISSING
    return metric.in_column(found.value_ns) + (MERGED_MARK if found.is_merged else "")
