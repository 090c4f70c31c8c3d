"""Figure: CPU time of one request, from the floor's to the runtime's own. On loopback the kernel's
part holds half of the client's work: the difference between runtimes is theirs, the absolute figure
is not the server's alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...base import units
from ...base.statistics import Summary, count_text, spread_meaning
from ...drawing import families, frame, row_chart, style
from ...drawing.families import Look
from ...drawing.row_chart import Chart, Margins
from ...records.groups import Group, Series
from ...records.metrics import named
from ...records.runtimes import FLOOR
from ..floor import AboveFloor, above_floor
from .group_rows import chart_of

NAME = "cpu_above_floor"
_CPU = named("cpu_per_op")
_OVER = named("cpu_over_floor")
_TIMES = named("cpu_times_floor")
_HEADINGS = ("µs", _OVER.heading or "", _TIMES.heading or "", "", "")


def groups_of(groups: list[Group]) -> list[Group]:
    """Those with requests."""
    return [group for group in groups if group.has_load]


@dataclass(frozen=True)
class _Row:
    """What there is to draw of a runtime, in µs: where its mark stands, how far the repeats reach,
    and the floor's, where it is held against it. Then the whole is the floor's median and the
    median of the differences in the same round."""

    place: float
    low: float
    high: float
    floor: float | None = None
    above: AboveFloor | None = None

    @staticmethod
    def of(series: Series, group: Group) -> _Row | None:
        own = series.summary(_CPU)
        floor = group.of(FLOOR)
        base = floor.median(_CPU) if floor else None
        above = above_floor(group, series, _CPU)
        if own is None:
            return None
        if above is None or base is None:
            return _Row(*_us(own))
        return _Row(*_us(above.difference, base), base / 1000, above)

    @property
    def values(self) -> Iterator[float]:
        """All places at which something stands."""
        yield from (self.place, self.low, self.high)
        if self.floor is not None:
            yield self.floor


def _us(summary: Summary, base_ns: float = 0.0) -> tuple[float, float, float]:
    median, low, high = (
        (base_ns + value) / 1000 for value in (summary.median, summary.low, summary.high)
    )
    return median, low, high


def draw(groups: list[Group], context: frame.Context) -> Figure | None:
    """A panel for each group; None where no group fits."""
    chosen = groups_of(groups)
    if not chosen:
        return None
    repeats = max(group.repeats for group in chosen)
    counts = {_count(series, group) for group in chosen for series in group.series}
    mixed = not counts <= {0, repeats}
    charts = [chart_of(group, lambda series, of: _cells(series, of, repeats)) for group in chosen]
    margins = Margins.of(charts, _HEADINGS)
    figure, axes = frame.new_figure(
        "CPU time of a request above the floor",
        [margins.frame_row(chart) for chart in charts],
        context.foot(
            "User and system time of the worker; line from the floor (dashed) to the mark: the"
            " median of differences in the same round,"
            f" n = {repeats}; whisker: {spread_meaning(repeats, mixed)}."
            " On loopback half of TCP's work is charged to the sender: common to all"
        ),
    )
    looks = families.looks_of(one.runtime for group in chosen for one in group.series)
    for (panel,), group, chart in zip(axes, chosen, charts, strict=True):
        _panel(panel, group, chart, looks)
        row_chart.dress(panel, chart, margins, group.title())
    return figure


def _count(series: Series, group: Group) -> int:
    """Of how many rounds a row is: those that the floor has too, where it is held against it."""
    above = above_floor(group, series, _CPU)
    return above.difference.n if above else len(series.values(_CPU))


def _cells(series: Series, group: Group, repeats: int) -> tuple[str, ...]:
    row = _Row.of(series, group)
    if row is None:
        return ()
    own = units.format_us(series.median(_CPU))
    count = count_text(_count(series, group), repeats).removeprefix(", ")
    if row.above is None:
        return own, "" if series.runtime == FLOOR else "no floor", "", "", count
    ratio = row.above.ratio
    reach = f"[{ratio.low:.3f}, {ratio.high:.3f}]" if ratio.n > 1 else ""
    above = units.format_us_difference(row.above.difference.median)
    return own, above, f"{ratio.median:.3f}", reach, count


def _panel(axes: Axes, group: Group, chart: Chart, looks: dict[str, Look]) -> None:
    by_name = {series.runtime: series for series in group.series}
    drawn: list[float] = []
    for y, line in chart.rows:
        series = by_name[line.runtime]
        row = _Row.of(series, group)
        if row is None:
            reason = series.why_missing() or "no CPU time in its records"
            row_chart.write_missing(axes, y, line.runtime, reason)
            continue
        _draw(axes, y, row, line.runtime, looks[line.runtime])
        drawn += row.values
    floor = group.of(FLOOR)
    base = floor.median(_CPU) if floor else None
    if base is not None:
        row_chart.draw_floor_line(axes, base / 1000)
    row_chart.scale(axes, drawn, "CPU time per request (µs)", lambda value: f"{value:,.6g}")


def _draw(axes: Axes, y: int, row: _Row, runtime: str, look: Look) -> None:
    gid = style.gid(runtime)
    if row.floor is not None:
        axes.plot(
            [row.floor, row.place], [y, y], color=look.colour, linewidth=2, zorder=2, gid=gid
        )  # fmt: skip
    row_chart.draw_span(axes, y, row.low, row.high, runtime)
    axes.plot(
        [row.place], [y], color=look.colour, marker=look.marker, markersize=6.5,
        linestyle="none", zorder=4, gid=gid,
    )  # fmt: skip
