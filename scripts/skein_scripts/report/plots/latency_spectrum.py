"""Figure: latency at every percentile, from histograms merged over runs. The axis gives each
further nine the same room. Left from the intended send time, right from the actual one: where they
part, a closed-loop measurement would have looked away."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator
from numpy.typing import NDArray

from ...base import units
from ...drawing import frame, style
from ...records.groups import Group, repeats_text
from ...records.histogram import TRUSTED_TAIL_SAMPLES, Recorded, merged_histogram

NAME = "latency_spectrum"
_TICKS = {
    0.5: "50 %",
    0.9: "90 %",
    0.99: "99 %",
    0.999: "99.9 %",
    0.9999: "99.99 %",
    0.99999: "99.999 %",
}


def groups_of(groups: list[Group]) -> list[Group]:
    """Those with requests."""
    return [group for group in groups if group.has_load]


def draw(group: Group, context: frame.Context) -> Figure | None:
    """One figure for a group with requests; None for others."""
    if not groups_of([group]):
        return None
    foot = context.foot(
        f"Histograms merged over {repeats_text([group])}; thin: each run by itself; dotted: fewer"
        f" than {TRUSTED_TAIL_SAMPLES} samples beyond, not to be relied on",
        style.missing_notes([group]),
    )
    figure, axes = frame.new_figure(
        f"Latency spectrum · {group.title()}",
        [4.4],
        foot,
        curves_legend(group),
        columns=2,
        share_y=True,
    )
    left, right = axes[0]
    farthest = max(
        _panel(left, group, "latency"), _panel(right, group, "service_time"), 1 / (1 - 0.99)
    )
    for panel, title in (
        (left, "from the intended send time (latency)"),
        (right, "from the actual send (service time)"),
    ):
        panel.set_title(title)
        _percentile_axis(panel, farthest)
    left.set_ylabel("response time")
    style.log_labels(left.yaxis, units.format_tick)
    return figure


def _panel(axes: Axes, group: Group, distribution: str) -> float:
    """Draws the curves; returns how far right they reach."""
    farthest = 1.0
    for series in group.series:
        samples = merged_histogram(series.ok, distribution)
        if samples.total == 0:
            continue
        x = _places(samples)
        solid = (1 / x) * samples.total >= TRUSTED_TAIL_SAMPLES
        looks = style.curve_looks(series.runtime)
        end = int(solid.sum())
        axes.plot(x[:end], samples.values_ns[:end], **looks)
        rest = slice(max(0, end - 1), None)
        axes.plot(x[rest], samples.values_ns[rest], **looks | {"linewidth": 1.0, "linestyle": ":"})
        for run in series.ok if len(series.ok) > 1 else []:
            alone = merged_histogram([run], distribution)
            axes.plot(_places(alone), alone.values_ns, **style.single_run_looks(series.runtime))
        farthest = max(farthest, float(x[-1]))
    style.log_scale(axes, y=True)
    axes.grid(color=style.GRID_COLOUR)
    return farthest


def _places(samples: Recorded) -> NDArray[np.float64]:
    """Where each value stands: at the percentile at which its bucket begins."""
    below = np.concatenate([[0.0], samples.shares_at_or_below()[:-1]])
    return np.asarray(1 / (1 - below))


def _percentile_axis(axes: Axes, farthest: float) -> None:
    axes.set_xscale("log")
    axes.set_xlim(1, farthest * 1.15)
    shown = {share: text for share, text in _TICKS.items() if 1 / (1 - share) <= farthest * 1.15}
    axes.set_xticks([1 / (1 - share) for share in shown], list(shown.values()))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("percentile of requests")


def curves_legend(group: Group) -> list[Line2D]:
    """An entry for each runtime with numbers."""
    return [
        Line2D([], [], label=series.runtime, **style.curve_looks(series.runtime))
        for series in group.series
        if series.ok
    ]
