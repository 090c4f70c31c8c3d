"""Figure: how late timers fire, as the share of timers that have fired by then. Left of zero are
the timers that fired early: how many, and by how much at most; they are in no histogram. The axis
of shares stretches towards both ends, so that the last per cent can be read."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, NullLocator

from ...base import units
from ...drawing import frame, style
from ...records.groups import Group, Series, repeats_text
from ...records.histogram import Recorded, merged_histogram
from ...records.machine_floor import timer_floor_text
from ...records.metrics import named

NAME = "lateness"
_EARLY = named("early_fires")
_EARLIEST = named("early_by_most")
_SHARE_LIMITS = (0.0008, 0.99993)
_SHARE_TICKS = (0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999)


def groups_of(groups: list[Group]) -> list[Group]:
    """Those with timers."""
    return [group for group in groups if group.declared and "lateness" in group.declared.samples]


def early_of(series: Series) -> tuple[int, float]:
    """Timers that fired early, over all runs, and the most by which one did, in ns."""
    count = int(sum(series.values(_EARLY)))
    return count, max(series.values(_EARLIEST), default=0.0)


def draw(group: Group, context: frame.Context) -> Figure | None:
    """One figure for a group with timers; None for others."""
    if not groups_of([group]):
        return None
    foot = context.foot(
        f"Lateness = fired - due on the same clock, histograms merged over {repeats_text([group])};"
        " thin: each run by itself. Early timers are in no histogram, only counted: left of zero",
        [*style.missing_notes([group]), *_floor_note(context)],
    )
    samples = {series.runtime: merged_histogram(series.ok, NAME) for series in group.series}
    figure, axes = frame.new_figure(
        f"Timer lateness · {group.title()}",
        [4.4],
        foot,
        _legend(group),
        columns=2,
        share_y=True,
        width_ratios=[1, 3.2],
    )
    early, late = axes[0]
    _late_panel(late, group, samples)
    _mark_floor(late, context)
    _early_panel(early, group, samples)
    return figure


def _floor_note(context: frame.Context) -> list[str]:
    if context.timer_floor is None:
        return []
    return [
        "Dotted: the timer floor, one sleeper with no runtime and nothing beside it, when the"
        f" session began: {timer_floor_text(context.timer_floor)}"
    ]


def _mark_floor(axes: Axes, context: frame.Context) -> None:
    if context.timer_floor is None:
        return
    for name in ("timer_p50_ns", "timer_p99_ns"):
        axes.axvline(
            context.timer_floor[name],
            color=style.MISSING_COLOUR,
            linestyle=":",
            linewidth=1,
            zorder=0,
        )


def _legend(group: Group) -> list[Line2D]:
    return [
        Line2D([], [], label=_label(series, group), **style.curve_looks(series.runtime))
        for series in group.series
        if series.ok
    ]


def _label(series: Series, group: Group) -> str:
    tasks, usual = series.asked.get("tasks"), group.asked.get("tasks")
    of = f" ({tasks:,} tasks)" if tasks and tasks != usual else ""
    return series.runtime + of


def _late_panel(axes: Axes, group: Group, samples: dict[str, Recorded]) -> None:
    filled = [one for one in samples.values() if one.total]
    leftmost_ns = min((int(one.values_ns[0]) for one in filled), default=1) * 0.8
    for series in group.series:
        recorded = samples[series.runtime]
        if recorded.total == 0:
            continue
        _step(axes, recorded, early_of(series)[0], leftmost_ns, style.curve_looks(series.runtime))
        for run in series.ok if len(series.ok) > 1 else []:
            early, _ = early_of(Series(series.runtime, [run]))
            looks = style.single_run_looks(series.runtime)
            _step(axes, merged_histogram([run], NAME), early, leftmost_ns, looks)
    style.log_scale(axes, x=True)
    if filled:
        axes.set_xlim(left=leftmost_ns)
    axes.set_yscale("logit")
    axes.set_ylim(*_SHARE_LIMITS)
    axes.yaxis.set_major_locator(FixedLocator(list(_SHARE_TICKS)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.6g} %")
    style.log_labels(axes.xaxis, units.format_tick)
    axes.grid(color=style.GRID_COLOUR)
    axes.set_xlabel("late by")
    axes.set_title("late")


def _step(
    axes: Axes, recorded: Recorded, early: int, leftmost_ns: float, looks: dict[str, Any]
) -> None:
    counts = np.concatenate([[early], recorded.counts])
    values_ns = np.concatenate([[leftmost_ns], recorded.values_ns])
    share = np.cumsum(counts) / counts.sum()
    # The last step leaves the panel at the top: on this axis 100 % is infinitely far.
    axes.step(values_ns, np.clip(share, 1e-9, 1 - 1e-9), where="post", **looks)


def _early_panel(axes: Axes, group: Group, samples: dict[str, Recorded]) -> None:
    most_ns = 0.0
    for series in group.series:
        count, early_ns = early_of(series)
        if count == 0:
            continue
        share = count / (samples[series.runtime].total + count)
        looks = style.curve_looks(series.runtime)
        axes.plot([-early_ns, 0], [share, share], **looks)
        axes.plot(-early_ns, share, marker="<", color=looks["color"], markersize=9)
        text = (
            f"{series.runtime}: {units.format_share(share)} early,\n"
            f"by at most {units.format_duration(early_ns)}"
        )
        axes.annotate(
            text,
            (0.06, share),
            xycoords=("axes fraction", "data"),
            xytext=(0, 8),
            textcoords="offset points",
            fontsize=8.5,
        )
        most_ns = max(most_ns, early_ns)
    if most_ns:
        axes.locator_params(axis="x", nbins=3)
        axes.set_xlim(-most_ns * 1.25, 0)
        axes.xaxis.set_major_formatter(lambda value, _: units.format_tick(-value))
    else:
        axes.annotate(
            "none fired early",
            (0.5, 0.5),
            xycoords="axes fraction",
            ha="center",
            fontsize=9,
            style="italic",
            color=style.MISSING_COLOUR,
        )
        axes.set_xticks([])
    axes.grid(color=style.GRID_COLOUR)
    axes.set_xlabel("early by")
    axes.set_ylabel("share of timers fired by then")
    axes.set_title("early")
