"""Figure: bytes that a waiting task costs, user and kernel stacked, by runtime. Shows slopes, not
differences; the fixed cost of a process is not in it."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from ...base import units
from ...base.statistics import count_text, spread_meaning
from ...drawing import frame, style
from ...records.groups import Group, Series
from ...records.metrics import named

NAME = "memory_per_task"
_KERNEL_HATCH = "////"
_USER = named("user_bytes_per_task")
_KERNEL = named("kernel_bytes_per_task")
_TOTAL = named("total_bytes_per_task")


def groups_of(groups: list[Group]) -> list[Group]:
    """Those in which memory is the point: connections that wait, and timers."""
    return [group for group in groups if not group.has_load]


def draw(groups: list[Group], context: frame.Context) -> Figure | None:
    """A panel for each group; None where no group fits."""
    chosen = groups_of(groups)
    if not chosen:
        return None
    repeats = max(group.repeats for group in chosen)
    mixed = any(len(one.ok) not in (0, repeats) for group in chosen for one in group.series)
    foot = context.foot(
        f"Least-squares slope over four task counts in one process; median of n = {repeats} runs;"
        f" whisker, of the total: {spread_meaning(repeats, mixed)}"
    )
    heights = [0.75 + 0.42 * len(group.series) for group in chosen]
    figure, axes = frame.new_figure("Memory of one waiting task", heights, foot, _legend())
    for panel, group in zip((row[0] for row in axes), chosen, strict=True):
        _panel(panel, group, repeats)
    return figure


def _legend() -> list[Patch]:
    return [
        Patch(facecolor="#888888", label="user (RssAnon)"),
        Patch(
            facecolor="#FFFFFF",
            edgecolor="#888888",
            hatch=_KERNEL_HATCH,
            label="kernel (stacks, page tables, slab)",
        ),
    ]


def _panel(axes: Axes, group: Group, repeats: int) -> None:
    largest = 0.0
    for row, series in enumerate(group.series):
        reason = series.why_missing()
        if reason is not None:
            style.label_missing_row(axes, row, reason)
            continue
        largest = max(largest, _bar(axes, row, series, repeats))
    style.bar_rows(axes, [_row_name(series, group) for series in group.series])
    axes.set_xlim(0, largest * 1.45 or 1)  # room for the numbers right of the longest bar
    axes.set_title(group.title())
    axes.set_xlabel(f"bytes per {group.task}")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")


def _row_name(series: Series, group: Group) -> str:
    tasks = series.asked.get("tasks")
    usual = group.asked.get("tasks")
    return f"{series.runtime}\n({tasks:,})" if tasks != usual and tasks else series.runtime


def _bar(axes: Axes, row: int, series: Series, repeats: int) -> float:
    """Draws a row; returns where it ends."""
    user = series.median(_USER)
    kernel = series.median(_KERNEL)
    if user is None and kernel is None:
        style.label_missing_row(axes, row, "memory not read")
        return 0.0
    colour = style.colour_of(series.runtime)
    end = max(0.0, user or 0.0)
    if user is not None:
        axes.barh(row, end, height=0.62, color=colour)
    if kernel is not None:
        drawn_kernel = max(0.0, kernel)
        axes.barh(
            row,
            drawn_kernel,
            left=end,
            height=0.62,
            facecolor="#FFFFFF",
            edgecolor=colour,
            hatch=_KERNEL_HATCH,
            linewidth=0.8,
        )
        end += drawn_kernel
    total = series.summary(_TOTAL)
    if total is not None and total.n > 1:
        axes.plot([total.low, total.high], [row, row], color="black", linewidth=1.2)
        end = max(end, total.high)
    style.label_bar(axes, end, row, _text(user, kernel) + count_text(len(series.ok), repeats))
    return end


def _text(user: float | None, kernel: float | None) -> str:
    if kernel is None:
        return f"{units.format_per_task_bytes(user)} user, kernel not read"
    if user is None:
        return f"{units.format_per_task_bytes(kernel)} kernel, user not read"
    return (
        f"{units.format_per_task_bytes(user)} user + {units.format_per_task_bytes(kernel)} kernel"
    )
