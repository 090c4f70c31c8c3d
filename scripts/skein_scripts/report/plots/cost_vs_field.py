"""Figures: what a task costs against how deep it waits, and against how many bytes it holds
meanwhile: its memory, and the CPU time of waking it; what a request costs against how long its
handler waits, and how much it computes; and what tasks that talk take against how many they are, or
the room that their channel has. Points are cells of their own, the same work in all but that field.

Leaves out how memory grows with the number of tasks within one process (memory_vs_n.py)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...base import units
from ...drawing import curve_panels, frame, style
from ...drawing.curve_panels import Column, Curve
from ...records.groups import Group, describe_work, repeats_text
from ...records.metrics import Metric, named
from ...records.run_shapes import CellFields
from ...records.runtimes import in_order
from . import byte_axis
from .sweeps import missing, sweeps_of, value_of


def _dress_bytes(axes: Axes) -> None:
    byte_axis.dress(axes, of_tasks=True)


def _dress_time(axes: Axes) -> None:
    axes.set_yscale("log")
    style.log_labels(axes.yaxis, units.format_tick)


@dataclass(frozen=True)
class Axis:
    """What is on x: a field of the cell."""

    field: str
    name: str
    label: str
    values: str  # several of it, in words
    text: Callable[[float], str] = "{:,.0f}".format  # of a value


@dataclass(frozen=True)
class Cost:
    """What is on y."""

    metric: Metric
    title: str
    label: str
    dress: Callable[[Axes], None]


@dataclass(frozen=True)
class Plot:
    """A kind of figure."""

    name: str
    cost: Cost
    axis: Axis
    caption: str


_DEPTH = Axis("depth", "depth", "calls down to the one that waits", "depths")
_HELD = Axis("held_bytes", "bytes held", "bytes held across the wait", "sizes")
_WAIT = Axis(
    "handler_wait_ns", "the handler's wait", "wait in each request", "waits", units.format_tick
)
_WORK = Axis("handler_work", "the handler's work", "steps of work in each request", "amounts")
_TASKS = Axis("tasks", "the number of tasks", "tasks", "numbers of tasks")
_ROOM = Axis("capacity", "the channel's room", "values that the channel has room for", "rooms")
_MEMORY = Cost(
    named("user_bytes_per_task"), "Memory of a task", "user memory of a task", _dress_bytes
)
_WAKE_UP = Cost(
    named("cpu_per_op"), "CPU time of an operation", "CPU time of an operation", _dress_time
)
_REQUEST = Cost(named("cpu_per_op"), "CPU time of a request", "CPU time of a request", _dress_time)
_STEP = Cost(named("wall_per_op"), "Time of a step", "time of a step", _dress_time)
_PEAK = Cost(
    named("peak_bytes_per_task"), "Memory of a task", "memory of a task at most", _dress_bytes
)
OF_MEMORY = (
    Plot("memory_vs_depth", _MEMORY, _DEPTH, "Memory of a task against how deep it waits."),
    Plot("memory_vs_held_bytes", _MEMORY, _HELD, "Memory of a task against the bytes it holds."),
)
OF_WAKE_UPS = (
    Plot("cpu_vs_depth", _WAKE_UP, _DEPTH, "CPU time of a wake-up against how deep a task waits."),
    Plot("cpu_vs_held_bytes", _WAKE_UP, _HELD, "CPU time of a wake-up against the bytes held."),
)
OF_HANDLERS = (
    Plot(
        "cpu_vs_handler_wait", _REQUEST, _WAIT, "CPU time of a request against how long it waits."
    ),
    Plot("cpu_vs_handler_work", _REQUEST, _WORK, "CPU time of a request against what it computes."),
)
OF_TALK = (
    Plot(
        "time_vs_tasks",
        _STEP,
        _TASKS,
        "Time of a step (a hop, a leaf, a hand-over, a cancel) against the number of tasks.",
    ),
    Plot("peak_memory_vs_tasks", _PEAK, _TASKS, "Memory of a task, with all of them alive."),
    Plot("time_vs_room", _STEP, _ROOM, "Time of a message against the room of its channel."),
)
PLOTS = (*OF_MEMORY, *OF_WAKE_UPS, *OF_HANDLERS, *OF_TALK)


def draw(plot: Plot, sweep: list[Group], context: frame.Context) -> Figure | None:
    """One figure for groups that differ in the plot's field alone; None where no run has its
    metric."""
    values = [value for group in sweep if (value := value_of(group, plot.axis.field)) is not None]
    runtimes = in_order(series.runtime for group in sweep for series in group.series)
    drawn = [_curve(plot, sweep, values, runtime) for runtime in runtimes]
    curves = [curve for curve in drawn if curve is not None]
    if not curves:
        return None

    def dress(axes: Axes) -> None:
        axes.set_xscale("log" if values[0] > 0 else "linear")
        plot.cost.dress(axes)
        ordered = sorted(values, key=lambda value: (value != values[0], -value))
        style.fit_ticks(axes, {value: plot.axis.text(value) for value in ordered})

    cell = sweep[0].cell
    assert cell is not None  # a sweep is of groups with runs
    rest: CellFields = {**cell, plot.axis.field: None}  # type: ignore[misc]
    foot = context.foot(
        f"Median of {repeats_text(sweep)} at each of {len(sweep)} {plot.axis.values}",
        missing(sweep, plot.axis.values),
    )
    title = f"{plot.cost.title} against {plot.axis.name} · {describe_work(rest)}"
    columns = [Column("", plot.axis.label, curves)]
    figure, *_ = curve_panels.draw(title, columns, plot.cost.label, foot, dress)
    return figure


def sweeps(plot: Plot, groups: list[Group]) -> list[list[Group]]:
    """The groups that a plot has a figure of."""
    return sweeps_of(groups, plot.axis.field)


def _curve(plot: Plot, sweep: list[Group], values: list[float], runtime: str) -> Curve | None:
    """A value without a result is a gap: a line across it would be a guess."""
    slots = [group.of(runtime) for group in sweep]
    found = [slot.median(plot.cost.metric) if slot else None for slot in slots]
    shown = [one if one is not None and one > 0 else np.nan for one in found]
    if all(np.isnan(shown)):
        return None
    return Curve(runtime, runtime, np.array(values, dtype=np.float64), np.array(shown))
