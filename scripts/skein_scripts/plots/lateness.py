"""Figure: how late timers fire, as the share of timers that have fired by then. Left of zero are
the timers that fired early: how many, and by how much at most; they are in no histogram."""

from __future__ import annotations

import textwrap

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, NullLocator

from .. import units
from ..groups import Group, Series
from ..histogram import merged_histogram
from . import style

NAME = "lateness"
# The axis stretches towards both ends, so that the last per cent can be read.
_SHARE_LIMITS = (0.0008, 0.99993)
_SHARE_TICKS = (0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999)


def groups_of(groups: list[Group]) -> list[Group]:
    """Those with timers."""
    return [group for group in groups if group.workload == "timers"]


def early_of(series: Series) -> tuple[int, float]:
    """Timers that fired early, over all runs, and the most by which one did, in ns."""
    count = int(sum(series.values("lateness", "early_count")))
    return count, max(series.values("lateness", "early_max_ns"), default=0.0)


def draw(group: Group, context: style.Context) -> Figure | None:
    """One figure for a group with timers; None for others."""
    if not groups_of([group]):
        return None
    foot = context.foot(
        f"Lateness = fired - due on the same clock, histograms merged over n = {group.repeats}"
        " runs of each runtime. Early timers are in no histogram, only counted: left of zero"
    )
    figure, axes = style.new_figure(
        f"Timer lateness · {group.title()}", [4.4], foot, columns=2, share_y=True,
        width_ratios=[1, 3.2],
    )  # fmt: skip
    early, late = axes[0]
    handles = [_curve(late, series, group) for series in group.series]
    _early_panel(early, group)
    style.log_scale(late, x=True)
    late.xaxis.set_major_formatter(lambda value, _: units.format_duration(value))
    late.grid(color=style.GRID_COLOUR)
    late.set_xlabel("late by")
    late.set_title("late")
    late.set_yscale("logit")
    late.set_ylim(*_SHARE_LIMITS)
    late.yaxis.set_major_locator(FixedLocator(list(_SHARE_TICKS)))
    late.yaxis.set_minor_locator(NullLocator())
    late.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.6g} %")
    late.legend(handles=handles, loc="lower right", fontsize=9)
    return figure


def _label(series: Series, group: Group) -> str:
    tasks, usual = (series.cell or {}).get("tasks"), (group.cell or {}).get("tasks")
    of = f" ({tasks:,} tasks)" if tasks and tasks != usual else ""
    return series.runtime + of


def _curve(axes: Axes, series: Series, group: Group) -> Line2D:
    """Draws one curve; returns its entry in the legend, which is the reason if there is none."""
    reason = series.why_missing()
    samples = merged_histogram(series.ok, "lateness")
    early, _ = early_of(series)
    if reason is not None or samples.total == 0:
        text = f"{series.runtime}: no result ({reason or 'no lateness in its records'})"
        return Line2D([], [], linestyle="none", label=textwrap.fill(text, 60))
    share = (early + np.cumsum(samples.counts)) / (early + samples.total)
    looks = style.curve_looks(series.runtime)
    axes.step(samples.values_ns, np.minimum(share, _SHARE_LIMITS[1]), where="post", **looks)
    return Line2D([], [], label=_label(series, group), **looks)


def _early_panel(axes: Axes, group: Group) -> None:
    most = 1.0
    for series in group.series:
        count, early_ns = early_of(series)
        total = merged_histogram(series.ok, "lateness").total + count
        if count == 0 or total == 0:
            continue
        share, colour = count / total, style.colour_of(series.runtime)
        axes.plot([-early_ns, 0], [share, share], color=colour, linewidth=1.8)
        axes.plot(-early_ns, share, marker="<", color=colour, markersize=7)
        axes.annotate(
            f"{series.runtime}: {units.format_share(share)}\nearly by at most\n"
            f"{units.format_duration(early_ns)}",
            (-early_ns, share), xytext=(4, 7), textcoords="offset points", fontsize=8.5,
        )  # fmt: skip
        most = max(most, early_ns)
    if most == 1.0:
        axes.annotate("none fired early", (0.5, 0.5), xycoords="axes fraction", ha="center",
                      fontsize=9, style="italic", color=style.MISSING_COLOUR)  # fmt: skip
        axes.set_xticks([])
    axes.set_xlim(-most * 1.25, 0)
    axes.locator_params(axis="x", nbins=3) if most > 1.0 else None
    axes.xaxis.set_major_formatter(lambda value, _: units.format_duration(-value))
    axes.grid(color=style.GRID_COLOUR)
    axes.set_xlabel("early by")
    axes.set_ylabel("share of timers fired by then")
    axes.set_title("early")
