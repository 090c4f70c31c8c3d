"""Figure: latency against load. For work that was offered at several rates, the median and the 99th
percentile of latency from the intended send time, against the rate that was achieved. A runtime
that did not keep up is marked there, not left out: past that point its latency is how long the
window was, and only the rate says something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ...base import units
from ...drawing import curve_panels, frame, style
from ...drawing.curve_panels import Column, Curve
from ...records.groups import Group, Series, describe_work, repeats_text
from ...records.metrics import Metric, named
from ...records.runtimes import in_order
from ..percentiles import percentile_of
from .sweeps import missing, sweeps_of

NAME = "latency_vs_load"
_OFFERED = named("offered_rate")
_ACHIEVED = named("throughput")
_MEDIAN = named("latency_p50")
_TAIL = named("latency_p99")
_KEEPS_UP = 0.98  # of the offered rate, as harness/conductor/judge/validity.hpp has it


@dataclass(frozen=True)
class Point:
    """A runtime at one offered rate."""

    offered_per_s: float
    achieved_per_s: float
    latency_ns: float
    is_saturated: bool


def sweeps(groups: Sequence[Group]) -> list[list[Group]]:
    """Groups that differ in nothing but their rate, where there are enough of them; each in the
    order of the rates."""
    return sweeps_of([group for group in groups if group.shape == "open"], "rate_per_s")


def point_of(series: Series, percentile: Metric) -> Point | None:
    """Medians over runs of the rates, and the percentile. None where one is missing."""
    offered = series.median(_OFFERED)
    achieved = series.median(_ACHIEVED)
    latency = percentile_of(series, percentile)
    if offered is None or achieved is None or latency is None:
        return None
    return Point(offered, achieved, latency.value_ns, achieved < _KEEPS_UP * offered)


def draw(sweep: list[Group], context: frame.Context) -> Figure | None:
    """One figure for groups at several rates: p50 left, p99 right."""
    cell = sweep[0].cell
    assert cell is not None  # a sweep is of groups with runs
    runtimes = in_order(series.runtime for group in sweep for series in group.series if series.ok)
    columns = []
    for title, percentile in (("p50", _MEDIAN), ("p99", _TAIL)):
        curves = [_curve(sweep, runtime, percentile) for runtime in runtimes]
        shown = [curve for curve in curves if curve is not None]
        columns.append(Column(title, "achieved rate (requests/s)", shown))
    foot = context.foot(
        f"Latency from the intended send time, median of {repeats_text(sweep)} at each of"
        f" {len(sweep)} offered rates, the same for every runtime. Hollow: less than"
        f" {units.format_share(_KEEPS_UP)} of the offered rate was achieved: saturated",
        missing(sweep, "rates"),
    )
    title = f"Latency against load · {describe_work(cell | {'rate_per_s': None})}"
    hollow = any(curve.hollow for column in columns for curve in column.curves)
    key = [curve_panels.hollow_key("saturated")] if hollow else []
    figure, *_ = curve_panels.draw(title, columns, "latency", foot, _dress, key, share_y=False)
    return figure


def _curve(sweep: list[Group], runtime: str, percentile: Metric) -> Curve | None:
    """A rate without a result is a gap: a line across it would be a guess."""
    slots = [group.of(runtime) for group in sweep]
    points = [point_of(one, percentile) if one else None for one in slots]
    if not any(points):
        return None
    return Curve(
        runtime=runtime,
        label=runtime,
        x=np.array([point.achieved_per_s if point else np.nan for point in points]),
        y=np.array([point.latency_ns if point else np.nan for point in points]),
        hollow=tuple(index for index, point in enumerate(points) if point and point.is_saturated),
    )


def _dress(axes: Axes) -> None:
    axes.set_yscale("log")
    axes.set_xlim(left=0)
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.xaxis.set_major_formatter(FuncFormatter(_rate_text))
    style.log_labels(axes.yaxis, units.format_tick)


def _rate_text(per_s: float, _: int | None) -> str:
    return f"{per_s / 1000:,.6g}k" if per_s else "0"
