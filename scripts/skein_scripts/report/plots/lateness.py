"""Figure: how late timers fire, at every percentile of timers. The axis stretches towards both
ends, so that the first and the last per cent can be read. Timers that fired early are in no
histogram: a curve begins right of them, and below the curves stand how many they were and by how
much at most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...base import units
from ...drawing import curve_panels, families, frame, row_chart, style
from ...drawing.curve_panels import Column, Floats
from ...drawing.row_chart import Chart, Margins
from ...records.groups import Group, Series, repeats_text
from ...records.histogram import TRUSTED_TAIL_SAMPLES, merged_histogram
from ...records.machine_floor import timer_floor_text
from ...records.metrics import named
from ...records.shapes import Run
from .distribution_curves import curve_of
from .group_rows import called, chart_of

NAME = "lateness"
_EARLY = named("early_fires")
_EARLIEST = named("early_by_most")
_LEAST_NS = 1_000.0  # where the axis begins if anything is less late: there are decades to 1 ns
_LEAST_SHARE, _MOST_SHARE = 0.0008, 0.99993
# The most important first: where there is no room for all, the first stay.
_TICKS = (0.5, 0.99, 0.01, 0.9999, 0.9, 0.1, 0.999, 0.001, 0.99999)
_EARLY_HEADINGS = ("share", "timers", "by at most")
_NONE_EARLY = frame.Row(height_in=0.2, above_in=0.1, below_in=0.1)


def groups_of(groups: list[Group]) -> list[Group]:
    """Those with timers."""
    return [group for group in groups if group.declared and "lateness" in group.declared.samples]


def early_of(series: Series) -> tuple[int, float]:
    """Timers that fired early, over all runs, and the most by which one did, in ns."""
    return _count_early(series.ok), max(series.values(_EARLIEST), default=0.0)


def _count_early(runs: Sequence[Run]) -> int:
    return int(sum(value for run in runs if (value := _EARLY.read(run)) is not None))


def _place(shares: Floats) -> Floats:
    return np.asarray(np.log(shares / (1 - shares)))


def draw(group: Group, context: frame.Context) -> Figure | None:
    """One figure for a group with timers; None for others."""
    if not groups_of([group]):
        return None
    curves = [
        curve_of(series, called(series, group), NAME, _place, _count_early, _LEAST_SHARE)
        for series in group.series
    ]
    shown = [curve for curve in curves if curve is not None]
    farthest = max([_MOST_SHARE, *(float(curve.x[-1]) for curve in shown)])

    def dress(axes: Axes) -> None:
        _mark_floor(axes, context)
        axes.set_yscale("log")
        axes.set_ylim(bottom=max(axes.get_ylim()[0], _LEAST_NS))
        style.log_labels(axes.yaxis, units.format_tick)
        axes.set_xscale("logit")
        axes.set_xlim(_LEAST_SHARE, 1 - (1 - farthest) / 1.15)
        style.fit_ticks(axes, {share: f"{100 * share:.6g} %" for share in _TICKS})

    chart, margins = _early_chart(group)
    figure, _, below = curve_panels.draw(
        f"Timer lateness · {group.title()}",
        [Column("", "percentile of timers", shown)],
        "late by",
        context.foot(
            "Lateness = fired - due on the same clock, histograms merged over"
            f" {repeats_text([group])}; shaded: the range of the runs by themselves; dotted: fewer"
            f" than {TRUSTED_TAIL_SAMPLES} samples beyond. Early timers are in no histogram, only"
            " counted: a curve begins at their share. Less than 1 µs late is not shown",
            [*style.missing_notes([group]), *_floor_note(context)],
        ),
        dress,
        below=[margins.frame_row(chart) if chart.lines else _NONE_EARLY],
    )
    _early_panel(below[0][0], group, chart, margins)
    return figure


def _floor_note(context: frame.Context) -> list[str]:
    if context.timer_floor is None:
        return []
    return [
        "Grey crosses: the timer floor, one sleeper with no runtime and nothing beside it, when the"
        f" session began: {timer_floor_text(context.timer_floor)}"
    ]


def _mark_floor(axes: Axes, context: frame.Context) -> None:
    if context.timer_floor is None:
        return
    late_ns = [context.timer_floor[f"timer_{name}_ns"] for name in ("p50", "p99")]
    looks: Any = {"color": style.MISSING_COLOUR, "linestyle": ":", "linewidth": 1, "zorder": 2}
    axes.plot([0.5, 0.99], late_ns, marker="x", markersize=6, **looks)


def _early_chart(group: Group) -> tuple[Chart, Margins]:
    """Only the runtimes of which any timer fired early."""
    early = {series.runtime: cells for series in group.series if (cells := _early_cells(series))}
    chart = chart_of(group, lambda series, _: early[series.runtime], early)
    return chart, Margins.of([chart], _EARLY_HEADINGS)


def _early_cells(series: Series) -> tuple[str, ...]:
    count, most_ns = early_of(series)
    if count == 0:
        return ()
    total = merged_histogram(series.ok, NAME).total + count
    return (
        units.format_share(count / total),
        f"{count:,} of {total:,}",
        units.format_duration(most_ns),
    )


def _early_panel(axes: Axes, group: Group, chart: Chart, margins: Margins) -> None:
    by_name: Mapping[str, Series] = {series.runtime: series for series in group.series}
    looks = families.looks_of(by_name)
    drawn = []
    for y, line in chart.rows:
        _, most_ns = early_of(by_name[line.runtime])
        look, gid = looks[line.runtime], style.gid(line.runtime)
        marks: Any = {"color": look.colour, "linestyle": "none", "gid": gid}
        axes.plot([most_ns], [y], marker=look.marker, markersize=6.5, **marks)
        drawn.append(most_ns)
    if drawn:
        row_chart.scale(axes, drawn, "early by at most", units.format_tick)
        row_chart.dress(axes, chart, margins, "fired early")
    else:
        _say_none(axes)


def _say_none(axes: Axes) -> None:
    axes.set_axis_off()
    axes.annotate(
        "none fired early",
        (0, 0.5),
        xycoords="axes fraction",
        va="center",
        fontsize=9,
        style="italic",
        color=style.MISSING_COLOUR,
    )
