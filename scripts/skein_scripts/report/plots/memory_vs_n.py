"""Figure: how memory grows with the number of waiting tasks, user and kernel apart. A runtime whose
points leave a straight line does not have one cost per task."""

from __future__ import annotations

from statistics import median
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator

from ...base import units
from ...base.jsonl import number
from ...drawing import frame, style
from ...records.groups import Group, Series, repeats_text
from ...records.run_shapes import MemoryPoint
from ...records.runtimes import in_order
from .memory_per_task import groups_of

NAME = "memory_vs_n"
_BYTE_TICKS = [base * factor for base in (2**10, 2**20, 2**30) for factor in (1, 10, 100)]


def user_bytes(point: MemoryPoint) -> float | None:
    """The user memory of a reading."""
    return number(point, "rss_anon_bytes")


def kernel_bytes(point: MemoryPoint) -> float | None:
    """The kernel memory of a reading: stacks, page tables and slab; None where one is unknown."""
    if (slab := point["slab"]) is None:
        return None
    parts = [point["kernel_stack_bytes"], point["page_table_bytes"], *slab.values()]
    known = [part for part in parts if part is not None]
    return float(sum(known)) if len(known) == len(parts) else None


def growth(series: Series, kind: str) -> list[tuple[int, float]]:
    """Bytes above the reading with no tasks, by task count: the median over runs."""
    of = user_bytes if kind == "user" else kernel_bytes
    by_tasks: dict[int, list[float]] = {}
    for run in series.ok:
        memory = run.get("memory")
        points = memory["points"] if memory else []
        base = next((of(point) for point in points if point["tasks"] == 0), None)
        for point in points:
            value = of(point)
            if point["tasks"] > 0 and value is not None and base is not None:
                by_tasks.setdefault(point["tasks"], []).append(value - base)
    return [(tasks, median(values)) for tasks, values in sorted(by_tasks.items())]


def _looks(runtime: str) -> dict[str, Any]:
    rank = style.rank_of(runtime)
    marker = {"marker": style.marker_of(runtime), "markersize": 4.5 + 1.3 * rank}
    return style.curve_looks(runtime) | marker


def draw(groups: list[Group], context: frame.Context) -> Figure | None:
    """Two panels for each group, user and kernel; None where no group fits."""
    chosen = groups_of(groups)
    if not chosen:
        return None
    foot = context.foot(
        f"Growth above the same process with no tasks; median of {repeats_text(chosen)}."
        " A constant cost per task is a line of slope 1, the higher the dearer",
        style.missing_notes(chosen),
    )
    figure, axes = frame.new_figure(
        "Memory against the number of waiting tasks",
        [3.1] * len(chosen),
        foot,
        _legend(chosen),
        columns=2,
        share_y=True,
    )
    for row, group in zip(axes, chosen, strict=True):
        _panel(row[0], group, "user")
        _panel(row[1], group, "kernel")
        row[0].set_ylabel("growth in memory (bytes)")
        row[0].set_title(f"{group.title()}\nuser")
        row[1].set_title("kernel")
    return figure


def _panel(axes: Axes, group: Group, kind: str) -> None:
    counts: set[int] = set()
    for series in group.series:
        points = [(tasks, value) for tasks, value in growth(series, kind) if value > 0]
        if not points:
            continue
        tasks, values = zip(*points, strict=True)
        axes.plot(tasks, values, **_looks(series.runtime))
        counts.update(tasks)
    style.log_scale(axes, x=True, y=True)
    if counts:
        axes.set_xticks(sorted(counts), [f"{tasks:,}" for tasks in sorted(counts)])
        axes.yaxis.set_major_locator(FixedLocator(_BYTE_TICKS))
        axes.yaxis.set_major_formatter(lambda value, _: units.format_bytes(value, 1))
    axes.minorticks_off()
    axes.grid(color=style.GRID_COLOUR)
    axes.set_xlabel(f"{group.task}s that wait")


def _legend(groups: list[Group]) -> list[Line2D]:
    runtimes = in_order(series.runtime for group in groups for series in group.series if series.ok)
    return [Line2D([], [], label=name, **_looks(name)) for name in runtimes]
