"""Figure: latency at every percentile, from histograms merged over runs. The axis gives each
further nine the same room. Left from the intended send time, right from the actual one: where they
part, a closed-loop measurement would have looked away."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...base import units
from ...drawing import curve_panels, frame, style
from ...drawing.curve_panels import Column, Curve, Floats
from ...records.groups import Group, repeats_text
from ...records.histogram import TRUSTED_TAIL_SAMPLES
from .distribution_curves import curve_of
from .group_rows import called

NAME = "latency_spectrum"
_FROM_SHARE = 0.01  # what is left of it has no room on the axis, and spans decades of time
# The most important first: where there is no room for all, the first stay.
_TICKS = {
    0.5: "50 %",
    0.99: "99 %",
    0.9999: "99.99 %",
    0.9: "90 %",
    0.999: "99.9 %",
    0.99999: "99.999 %",
}
_TITLES = {
    "latency": "from the intended send (latency)",
    "service_time": "from the actual send (service time)",
}


def groups_of(groups: list[Group]) -> list[Group]:
    """Those with requests."""
    return [group for group in groups if group.has_load]


def draw(group: Group, context: frame.Context) -> Figure | None:
    """One figure for a group with requests; None for others."""
    if not groups_of([group]):
        return None
    columns = [_column(group, distribution) for distribution in _TITLES]
    farthest = max([100.0, *(float(curve.x[-1]) for one in columns for curve in one.curves)])

    def dress(axes: Axes) -> None:
        axes.set_yscale("log")
        style.log_labels(axes.yaxis, units.format_tick)
        axes.set_xscale("log")
        axes.set_xlim(1, farthest * 1.15)
        style.fit_ticks(axes, {1 / (1 - share): text for share, text in _TICKS.items()})

    foot = context.foot(
        f"Histograms merged over {repeats_text([group])}; shaded: the range of the runs by"
        f" themselves; dotted: fewer than {TRUSTED_TAIL_SAMPLES} samples beyond, not to be relied"
        " on",
        style.missing_notes([group]),
    )
    title = f"Latency spectrum · {group.title()}"
    figure, *_ = curve_panels.draw(title, columns, "response time", foot, dress)
    return figure


def _column(group: Group, distribution: str) -> Column:
    curves = [
        curve_of(series, called(series, group), distribution, _place, from_share=_FROM_SHARE)
        for series in group.series
    ]
    shown = [_on_axis(curve) for curve in curves if curve is not None]
    return Column(_TITLES[distribution], "percentile of requests", shown)


def _place(shares: Floats) -> Floats:
    return np.asarray(-np.log(1 - shares))


def _on_axis(curve: Curve) -> Curve:
    """Each further nine takes the same room on a logarithmic axis of this."""
    return replace(curve, x=1 / (1 - curve.x))
