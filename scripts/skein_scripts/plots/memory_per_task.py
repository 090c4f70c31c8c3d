"""Figure: bytes that a waiting task costs, user and kernel stacked, by runtime. Shows slopes, not
differences; the fixed cost of a process is not in it."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from .. import units
from ..groups import Group, Series
from ..statistics import spread_meaning
from . import frame, style

NAME = "memory_per_task"
_KERNEL_HATCH = "////"


def groups_of(groups: list[Group]) -> list[Group]:
    """Those in which memory is the point: connections that wait, and timers."""
    return [group for group in groups if group.workload == "timers" or group.shape == "idle"]


def draw(groups: list[Group], context: frame.Context) -> Figure | None:
    """A panel for each group; None where no group fits."""
    chosen = groups_of(groups)
    if not chosen:
        return None
    repeats = max(group.repeats for group in chosen)
    foot = context.foot(
        f"Least-squares slope over four task counts in one process; median of n = {repeats} runs;"
        f" whisker: {spread_meaning(repeats)} of the total"
    )
    heights = [0.75 + 0.42 * len(group.series) for group in chosen]
    figure, axes = frame.new_figure("Memory of one waiting task", heights, foot, _legend())
    for panel, group in zip((row[0] for row in axes), chosen, strict=True):
        _panel(panel, group)
    return figure


def _legend() -> list[Patch]:
    return [
        Patch(facecolor="#888888", label="user (RssAnon)"),
        Patch(facecolor="#FFFFFF", edgecolor="#888888", hatch=_KERNEL_HATCH,
              label="kernel (stacks, page tables, slab)"),
    ]  # fmt: skip


def _panel(axes: Axes, group: Group) -> None:
    largest = 0.0
    for row, series in enumerate(group.series):
        reason = series.why_missing()
        if reason is not None:
            style.label_missing_row(axes, row, reason)
            continue
        largest = max(largest, _bar(axes, row, series))
    style.bar_rows(axes, [_row_name(series, group) for series in group.series])
    axes.set_xlim(0, largest * 1.45 or 1)  # room for the numbers right of the longest bar
    axes.set_title(group.title())
    unit = "timer" if group.workload == "timers" else "connection"
    axes.set_xlabel(f"bytes per {unit}")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")


def _row_name(series: Series, group: Group) -> str:
    tasks = (series.cell or {}).get("tasks")
    usual = (group.cell or {}).get("tasks")
    return f"{series.runtime}\n({tasks:,})" if tasks != usual and tasks else series.runtime


def _bar(axes: Axes, row: int, series: Series) -> float:
    user = series.median("memory", "per_task", "user_bytes") or 0.0
    kernel = series.median("memory", "per_task", "kernel_bytes")
    colour = style.colour_of(series.runtime)
    drawn_user, drawn_kernel = max(0.0, user), max(0.0, kernel or 0.0)
    axes.barh(row, drawn_user, height=0.62, color=colour)
    axes.barh(row, drawn_kernel, left=drawn_user, height=0.62, facecolor="#FFFFFF",
              edgecolor=colour, hatch=_KERNEL_HATCH, linewidth=0.8)  # fmt: skip
    end = drawn_user + drawn_kernel
    total = series.summary("memory", "per_task", "total_bytes")
    if total is not None and total.n > 1:
        axes.plot([total.low, total.high], [row, row], color="black", linewidth=1.2)
        end = max(end, total.high)
    kernel_text = "kernel not read" if kernel is None else (
        f"{units.format_per_task_bytes(kernel)} kernel"
    )  # fmt: skip
    style.label_bar(axes, end, row, f"{units.format_per_task_bytes(user)} user + {kernel_text}")
    return end
