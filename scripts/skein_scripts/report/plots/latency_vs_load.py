"""Figure: latency against load. For work that was offered at several rates, the median and the 99th
percentile of latency from the intended send time, against the rate that was achieved. A runtime
that did not keep up is marked there, not left out: past that point its latency is how long the
window was, and only the rate says something."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ...base import units
from ...drawing import frame, style
from ...records.groups import Group, Series, describe_work, repeats_text, same_work
from ...records.metrics import Metric, named
from ...records.runtimes import in_order
from ..percentiles import percentile_of

NAME = "latency_vs_load"
RATES_AT_LEAST = 3
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
    """Groups that differ in nothing but their rate, where there are at least three rates; each in
    the order of the rates."""
    found: dict[tuple[object, ...], dict[float, Group]] = {}
    for group in groups:
        cell = group.cell
        rate = cell.get("rate_per_s") if cell else None
        if group.shape == "open" and cell and rate:
            work = tuple(cell.get(name) for name in same_work() if name != "rate_per_s")
            found.setdefault(work, {})[rate] = group
    return [
        [by_rate[rate] for rate in sorted(by_rate)]
        for by_rate in found.values()
        if len(by_rate) >= RATES_AT_LEAST
    ]


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
    runtimes = in_order(series.runtime for group in sweep for series in group.series if series.ok)
    cell = sweep[0].cell
    assert cell is not None  # a sweep is of groups with runs
    foot = context.foot(
        f"Latency from the intended send time, median of {repeats_text(sweep)} at each of"
        f" {len(sweep)} offered rates, the same for every runtime. Hollow: less than"
        f" {units.format_share(_KEEPS_UP)} of the offered rate was achieved: saturated",
        _missing(sweep),
    )
    handles = [Line2D([], [], label=name, **_looks(name)) for name in runtimes]
    hollow = Line2D(
        [],
        [],
        label="saturated",
        color=style.MISSING_COLOUR,
        linewidth=0,
        marker="o",
        markersize=7,
        markerfacecolor="white",
        markeredgewidth=1.5,
    )
    figure, axes = frame.new_figure(
        f"Latency against load · {describe_work(cell | {'rate_per_s': None})}",
        [4.6],
        foot,
        [*handles, hollow],
        columns=2,
        share_y=True,
    )
    for panel, name, percentile in zip(axes[0], ("p50", "p99"), (_MEDIAN, _TAIL), strict=True):
        for runtime in runtimes:
            _curve(panel, sweep, runtime, percentile)
        _dress(panel, name)
    axes[0][0].set_ylabel("latency")
    return figure


def _missing(sweep: list[Group]) -> list[str]:
    """A line for each runtime that has no numbers at some rates, with the reason at the last."""
    reasons: dict[str, list[str]] = {}
    for group in sweep:
        for series in group.series:
            if (reason := series.why_missing()) is not None:
                reasons.setdefault(series.runtime, []).append(reason)
    return [
        f"No result: {runtime} at {len(found)} of {len(sweep)} rates"
        f" ({style.shorten(found[-1], 90)})"
        for runtime, found in reasons.items()
    ]


def _looks(runtime: str) -> dict[str, Any]:
    looks = style.curve_looks(runtime)
    # Here curves cross and part: thinner than where they coincide, and told apart by markers.
    width = 1.2 + 0.2 * style.rank_of(runtime)
    return looks | {"linewidth": width, "marker": style.marker_of(runtime), "markersize": 6}


def _curve(axes: Axes, sweep: list[Group], runtime: str, percentile: Metric) -> None:
    slots = [group.of(runtime) for group in sweep]
    at_rate = [point_of(one, percentile) if one else None for one in slots]
    points = [point for point in at_rate if point is not None]
    if not points:
        return
    looks = _looks(runtime)
    # A rate without a result is a gap: a line across it would be a guess.
    axes.plot(
        [p.achieved_per_s if p else math.nan for p in at_rate],
        [p.latency_ns if p else math.nan for p in at_rate],
        **looks,
    )
    full = [p for p in points if p.is_saturated]
    hollow = looks | {"linewidth": 0, "markerfacecolor": "white", "markeredgewidth": 1.5}
    axes.plot(
        [p.achieved_per_s for p in full], [p.latency_ns for p in full], **(hollow | {"zorder": 4})
    )


def _dress(axes: Axes, name: str) -> None:
    axes.set_title(name)
    style.log_scale(axes, y=True)
    axes.set_xlim(left=0)
    axes.set_xlabel("achieved rate (requests/s)")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value / 1000:,.6g}k" if value else "0")
    style.log_labels(axes.yaxis, units.format_tick)
    axes.grid(color=style.GRID_COLOUR)
