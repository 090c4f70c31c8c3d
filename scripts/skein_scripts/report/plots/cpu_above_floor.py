"""Figure: CPU time of one request, the part that the floor needs too in grey, what the runtime adds
in its colour. On loopback the kernel's part holds half of the client's work: the difference between
runtimes is theirs, the absolute figure is not the server's alone."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...base import units
from ...base.statistics import count_text, spread_meaning
from ...drawing import frame, style
from ...records.groups import Group, Series
from ...records.metrics import named
from ...records.runtimes import FLOOR
from ..floor import above_floor

NAME = "cpu_above_floor"
_FLOOR_COLOUR = "#C4C4C4"
_CPU = named("cpu_per_op")


def groups_of(groups: list[Group]) -> list[Group]:
    """Those with requests."""
    return [group for group in groups if group.has_load]


def draw(groups: list[Group], context: frame.Context) -> Figure | None:
    """A panel for each group; None where no group fits."""
    chosen = groups_of(groups)
    if not chosen:
        return None
    repeats = max(group.repeats for group in chosen)
    counts = {_count(series, group) for group in chosen for series in group.series}
    mixed = not counts <= {0, repeats}
    foot = context.foot(
        "User and system time of the worker; the part above the floor is the median of differences"
        f" in the same round, n = {repeats}; whisker: {spread_meaning(repeats, mixed)}."
        " On loopback half of TCP's work is charged to the sender: common to all"
    )
    heights = [0.75 + 0.42 * len(group.series) for group in chosen]
    figure, axes = frame.new_figure("CPU time of a request above the floor", heights, foot)
    for panel, group in zip((row[0] for row in axes), chosen, strict=True):
        _panel(panel, group, repeats)
    return figure


def _count(series: Series, group: Group) -> int:
    """Of how many rounds a bar is: those that the floor has too, where it is held against it."""
    above = above_floor(group, series, _CPU)
    return above.difference.n if above else len(series.values(_CPU))


def _panel(axes: Axes, group: Group, repeats: int) -> None:
    floor = group.of(FLOOR)
    floor_us = _us(floor.median(_CPU) if floor else None)
    largest = 0.0
    for row, series in enumerate(group.series):
        reason = series.why_missing()
        if reason is not None:
            style.label_missing_row(axes, row, reason)
            continue
        largest = max(largest, _bar(axes, row, series, group, floor_us, repeats))
    if floor_us is not None:
        axes.axvline(floor_us, color=style.colour_of(FLOOR), linewidth=1, linestyle="--")
    style.bar_rows(axes, [series.runtime for series in group.series])
    axes.set_xlim(0, largest * 1.5 or 1)  # room for the numbers right of the longest bar
    axes.set_title(group.title())
    axes.set_xlabel("CPU time per request (µs)")


def _us(value_ns: float | None) -> float | None:
    return None if value_ns is None else value_ns / 1000


def _bar(
    axes: Axes, row: int, series: Series, group: Group, floor_us: float | None, repeats: int
) -> float:
    """Draws a row; returns where it ends."""
    own_us = _us(series.median(_CPU))
    if own_us is None:
        style.label_missing_row(axes, row, "no CPU time in its records")
        return 0.0
    colour = style.colour_of(series.runtime)
    count = count_text(_count(series, group), repeats)
    above = above_floor(group, series, _CPU)
    if above is None or floor_us is None:
        is_floor = series.runtime == FLOOR
        axes.barh(row, own_us, height=0.62, color=_FLOOR_COLOUR if is_floor else colour)
        text = f"{units.format_us(own_us * 1000)} µs{'' if is_floor else ' (no floor measured)'}"
        return _finish(axes, row, own_us, _whisker(series, own_us), text + count)
    extra_us = above.difference.median / 1000
    end_us = floor_us + extra_us
    axes.barh(row, min(floor_us, end_us), height=0.62, color=_FLOOR_COLOUR)
    axes.barh(
        row,
        abs(extra_us),
        left=min(floor_us, end_us),
        height=0.62,
        color=colour,
        alpha=1.0 if extra_us >= 0 else 0.35,
    )
    span = (floor_us + above.difference.low / 1000, floor_us + above.difference.high / 1000)
    ratio = above.ratio
    text = f"{extra_us:+.2f} µs, ×{ratio.median:.3f}"
    if ratio.n > 1:
        text += f" [{ratio.low:.3f}, {ratio.high:.3f}]"
    return _finish(axes, row, max(end_us, floor_us), span, text + count)


def _whisker(series: Series, own_us: float) -> tuple[float, float]:
    summary = series.summary(_CPU)
    return (summary.low / 1000, summary.high / 1000) if summary else (own_us, own_us)


def _finish(axes: Axes, row: int, end_us: float, span: tuple[float, float], text: str) -> float:
    if span[1] > span[0]:
        axes.errorbar(
            sum(span) / 2,
            row,
            xerr=(span[1] - span[0]) / 2,
            color="black",
            linewidth=1.2,
            capsize=3,
        )
    end_us = max(end_us, span[1])
    style.label_bar(axes, end_us, row, text)
    return end_us
