"""Figure: how memory grows with the number of waiting tasks, user and kernel apart. A runtime whose
points leave a straight line does not have one cost per task."""

from __future__ import annotations

from statistics import median

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...base.jsonl import number
from ...drawing import curve_panels, frame, style
from ...drawing.curve_panels import Column, Curve
from ...records.groups import Group, Series, repeats_text
from ...records.run_shapes import MemoryPoint
from . import byte_axis
from .group_rows import called
from .memory_per_task import groups_of

NAME = "memory_vs_n"
_KINDS = ("user", "kernel")


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


def draw(group: Group, context: frame.Context) -> Figure | None:
    """One figure for a group in which tasks wait, user left and kernel right; None for others,
    and where no memory was read."""
    if not groups_of([group]):
        return None
    x_label = f"{group.task}s that wait"
    columns = [Column(kind, x_label, _curves(group, kind)) for kind in _KINDS]
    counts = {count for one in columns for curve in one.curves for count in curve.x.tolist()}
    if not counts:
        return None

    def dress(axes: Axes) -> None:
        axes.set_xscale("log")
        byte_axis.dress(axes)
        # Where there is no room for all: the ends, then the larger ones.
        ordered = sorted(counts, key=lambda count: (count != min(counts), -count))
        style.fit_ticks(axes, {count: f"{count:,.0f}" for count in ordered})

    foot = context.foot(
        f"Growth above the same process with no tasks; median of {repeats_text([group])}."
        " A constant cost per task is a line of slope 1, the higher the dearer",
        style.missing_notes([group]),
    )
    title = f"Memory against the number of waiting tasks · {group.title()}"
    figure, *_ = curve_panels.draw(title, columns, "growth in memory (bytes)", foot, dress)
    return figure


def _curves(group: Group, kind: str) -> list[Curve]:
    curves = []
    for series in group.series:
        points = [(tasks, value) for tasks, value in growth(series, kind) if value > 0]
        if points:
            tasks, values = np.array(points, dtype=np.float64).T
            curves.append(Curve(series.runtime, called(series, group), tasks, values))
    return curves
