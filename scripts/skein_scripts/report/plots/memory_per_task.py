"""Figure: bytes that a waiting task costs, user and kernel apart, by runtime. Shows slopes, not
differences; the fixed cost of a process is not in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from matplotlib.artist import Artist
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
from .group_rows import chart_of

NAME = "memory_per_task"
_USER = named("user_bytes_per_task")
_KERNEL = named("kernel_bytes_per_task")
_TOTAL = named("total_bytes_per_task")
_HEADINGS = ("user", "kernel", "both", "")
_LEAST_BYTES = 1.0  # where less is drawn: a logarithmic axis has no 0
_USER_MARKER, _KERNEL_MARKER, _TOTAL_MARKER = "o", "D", "|"


def groups_of(groups: list[Group]) -> list[Group]:
    """Those in which memory is the point: connections that wait, and timers."""
    return [group for group in groups if not group.has_load]


@dataclass(frozen=True)
class _Row:
    """What there is to draw of a runtime."""

    user: float | None
    kernel: float | None
    total: Summary | None

    @staticmethod
    def of(series: Series) -> _Row:
        return _Row(series.median(_USER), series.median(_KERNEL), series.summary(_TOTAL))

    @property
    def values(self) -> Iterator[float]:
        """All places at which something stands."""
        yield from (one for one in (self.user, self.kernel) if one is not None)
        if self.total is not None:
            yield from (self.total.low, self.total.median, self.total.high)


def draw(groups: list[Group], context: frame.Context) -> Figure | None:
    """A panel for each group; None where no group fits."""
    chosen = [group for group in groups_of(groups) if _is_shown(group)]
    if not chosen:
        return None
    repeats = max(group.repeats for group in chosen)
    mixed = any(len(one.ok) not in (0, repeats) for group in chosen for one in group.series)
    charts = [chart_of(group, lambda series, _: _cells(series, repeats)) for group in chosen]
    margins = Margins.of(charts, _HEADINGS)
    figure, axes = frame.new_figure(
        "Memory of one waiting task",
        [margins.frame_row(chart) for chart in charts],
        context.foot(
            "Least-squares slope over four task counts in one process; median of"
            f" n = {repeats} runs; whisker, of both: {spread_meaning(repeats, mixed)}."
            " Dashed: the floor's. Below 1 byte: drawn at 1"
        ),
        _key(),
    )
    looks = families.looks_of(one.runtime for group in chosen for one in group.series)
    for (panel,), group, chart in zip(axes, chosen, charts, strict=True):
        _panel(panel, group, chart, looks)
        row_chart.dress(panel, chart, margins, group.title())
    return figure


def _is_shown(group: Group) -> bool:
    """Whether memory was read at all, or no run counts, for reasons that are to be seen."""
    ok = [series for series in group.series if series.ok]
    return not ok or any(True for series in ok for _ in _Row.of(series).values)


def _key() -> list[Artist]:
    return [
        row_chart.mark_key("user (RssAnon)", _USER_MARKER),
        row_chart.mark_key("kernel (stacks, page tables, slab)", _KERNEL_MARKER, is_filled=False),
        row_chart.mark_key("both", _TOTAL_MARKER),
    ]


def _cells(series: Series, repeats: int) -> tuple[str, ...]:
    row = _Row.of(series)
    if not any(True for _ in row.values):
        return ()
    user, kernel = (
        "not read" if value is None else units.format_per_task_bytes(value)
        for value in (row.user, row.kernel)
    )
    both = units.format_per_task_bytes(row.total.median if row.total else None)
    return user, kernel, both, count_text(len(series.ok), repeats).removeprefix(", ")


def _panel(axes: Axes, group: Group, chart: Chart, looks: dict[str, Look]) -> None:
    by_name = {series.runtime: series for series in group.series}
    drawn: list[float] = []
    for y, line in chart.rows:
        series = by_name[line.runtime]
        row = _Row.of(series)
        if not line.cells:
            reason = series.why_missing() or "memory not read"
            row_chart.write_missing(axes, y, line.runtime, reason)
            continue
        _draw(axes, y, row, line.runtime, looks[line.runtime])
        drawn += [max(value, _LEAST_BYTES) for value in row.values]
    floor = group.of(FLOOR)
    total = floor.median(_TOTAL) if floor else None
    if total is not None:
        row_chart.draw_floor_line(axes, max(total, _LEAST_BYTES))
    row_chart.scale(axes, drawn, f"bytes per {group.task}", units.format_per_task_bytes)


def _draw(axes: Axes, y: int, row: _Row, runtime: str, look: Look) -> None:
    mark: Any = {"color": look.colour, "zorder": 4, "linestyle": "none", "gid": style.gid(runtime)}
    if row.total is not None:
        low, high = (max(end, _LEAST_BYTES) for end in (row.total.low, row.total.high))
        row_chart.draw_span(axes, y, low, high, runtime)
        axes.plot(
            [max(row.total.median, _LEAST_BYTES)], [y], marker=_TOTAL_MARKER, markersize=9,
            **mark | {"color": style.INK_COLOUR},
        )  # fmt: skip
    if row.kernel is not None:
        axes.plot(
            [max(row.kernel, _LEAST_BYTES)], [y], marker=_KERNEL_MARKER, markersize=5.5,
            markerfacecolor="white", markeredgewidth=1.4, **mark,
        )  # fmt: skip
    if row.user is not None:
        axes.plot(
            [max(row.user, _LEAST_BYTES)], [y], marker=_USER_MARKER, markersize=6.5, **mark
        )  # fmt: skip
