"""Figure: what single steps cost on each runtime, on a logarithmic scale, with the controls as
lines to hold them against. And what the number of tasks makes of a switch: the caches' part."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...base import units
from ...base.jsonl import number
from ...base.statistics import count_text, spread_meaning, summarize
from ...drawing import curve_panels, families, frame, row_chart, style
from ...drawing.curve_panels import Column, Curve
from ...drawing.families import Look
from ...drawing.row_chart import Chart, Line, Margins
from ...records.results import runs
from ...records.runtimes import in_order
from ...records.shapes import Record

NAME = "micro_costs"
NAME_OF_SWITCHES = "micro_switch"
# The controls that are drawn as lines, and what they are called there.
_CONTROLS = {
    "function_call": "call",
    "syscall": "system call",
    "wake_same_core": "wake a thread,\nsame core, and back",
    "wake_other_core": "... on another\ncore",
}
# Structures and variants that are no runtimes: their looks are that of what they belong to.
_KIN = {
    "timer_wheel": ("coroutine", "*"),
    "timer_heap": ("coroutine", "X"),
    "coroutine_heap": ("coroutine", "x"),
    "libuv_heap": ("libuv", "d"),
    "fcontext": ("fiber", "h"),
}
_NAME_POINTS, _TWO_LINES_POINTS = 8.0, 21.0  # of a control
_SWITCHES = ("yield", "switch_many")
_HEADINGS = ("", "", "")  # median, range and number: the foot says what a row shows
_NOT_COSTS = ("switch_many", "switch")
_READING_ORDER = (
    "spawn_finish", "spawn_finish_cold", "yield", "timer_insert", "timer_cancel", "timer_expire",
    "wake_same_core", "wake_other_core",
)  # fmt: skip


@dataclass
class Row:
    """The repetitions of one row on one runtime."""

    runtime: str
    step: str
    size: int | None
    values_ns: list[float] = field(default_factory=list)
    reason: str | None = None  # why there is no value: a limit or a failure

    @property
    def label(self) -> str:
        """The step in words, with how many there are of it."""
        words = self.step.replace("_", " ")
        return words if self.size is None else f"{words}, {self.size:,}"


def rows_of(records: Sequence[Record]) -> list[Row]:
    """The timed rows of a file, repetitions together, in the order of the file."""
    found: dict[tuple[str, str], Row] = {}
    for run in runs(records):
        cell = run["cell"]
        if cell["workload"] != "micro" or run.get("counted"):
            continue
        name = str(cell["row"])
        step, _, size = name.partition("/")
        row = found.setdefault(
            (cell["runtime"], name),
            Row(cell["runtime"], step, int(size) if size.isdigit() else None),
        )
        value = number(run, "micro", "wall_ns_per_op")
        if run["status"] == "ok" and value is not None:
            row.values_ns.append(value)
        else:
            row.reason = "; ".join(run["reasons"]) or run["status"]
    return list(found.values())


def _look(runtime: str, looks: dict[str, Look]) -> dict[str, Any]:
    """As matplotlib takes it: kin in the colour of what it belongs to, and hollow."""
    if runtime not in _KIN:
        look = looks[runtime]
        return {"color": look.colour, "marker": look.marker}
    base, marker = _KIN[runtime]
    colour = looks[base].colour if base in looks else style.colour_of(base)
    return {"color": colour, "marker": marker, "markerfacecolor": "white"}


def _order(runtimes: Iterable[str]) -> list[str]:
    """Runtimes first, in their order, then what is kin to them."""
    names = set(runtimes)
    return [
        *in_order(name for name in names if name not in _KIN),
        *(name for name in _KIN if name in names),
    ]


def draw(records: Sequence[Record], context: frame.Context) -> Figure | None:
    """The costs; None where the records have none."""
    timed = rows_of(records)
    steps = [r for r in timed if r.runtime != "control" and r.step not in _NOT_COSTS]
    if not any(row.values_ns for row in steps):
        return None
    counts, meaning = counts_of(steps)
    foot = context.foot(
        f"Wall time of one item, each repetition a process; marker: median of {counts};"
        f" whisker: {meaning}. A number after the step: how many tasks or timers"
        " there are at a time. Grey lines: controls, the same in every row",
    )
    blocks = _blocks(steps)
    usual = max(len(row.values_ns) for row in steps)
    lines: list[Line] = []
    for label, rows in blocks:
        lines.append(Line(label))
        lines += [Line(row.runtime, row.runtime, cells_of(row, usual)) for row in rows]
    chart = Chart(tuple(lines))
    margins = Margins.of([chart], _HEADINGS)
    figure, ((axes,),) = frame.new_figure(
        "What single steps cost", [margins.frame_row(chart)], foot
    )
    controls = _controls(timed)
    _fill(axes, chart, [row for _, rows in blocks for row in rows], controls)
    row_chart.dress(axes, chart, margins, "")
    _reference_lines(axes, controls)
    return figure


def _blocks(steps: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    """The rows of each step."""
    found: dict[str, list[Row]] = {}
    for row in in_reading_order(steps):
        found.setdefault(row.label, []).append(row)
    return list(found.items())


def in_reading_order(rows: Sequence[Row]) -> list[Row]:
    """By step, and within a step the runtimes in their order."""
    names = _order(row.runtime for row in rows)
    return sorted(rows, key=lambda row: (_reading_order(row), names.index(row.runtime)))


def cells_of(row: Row, usual: int | None = None) -> tuple[str, ...]:
    """Median and range of a row, and how many repetitions it has where others have `usual`; empty
    where it has none."""
    summary = summarize(row.values_ns)
    if summary is None:
        return ()
    median, low, high = (
        units.format_duration(value) for value in (summary.median, summary.low, summary.high)
    )
    reach = f"[{low}, {high}]" if summary.n > 1 else ""
    return median, reach, count_text(summary.n, usual or summary.n).removeprefix(", ")


def counts_of(rows: list[Row]) -> tuple[str, str]:
    """How many repetitions there are: "n = 5 (fiber, yield, 1: 2)"; and what their spread is."""
    most = max(len(row.values_ns) for row in rows)
    fewer = [
        f"{row.runtime}, {row.label}: {len(row.values_ns)}"
        for row in rows
        if 0 < len(row.values_ns) < most
    ]
    text = f"n = {most}" + (f" ({'; '.join(fewer)})" if fewer else "")
    return text, spread_meaning(most, bool(fewer))


def _missing(rows: list[Row]) -> list[str]:
    return [
        f"No result: {row.runtime}, {row.label} ({style.shorten(row.reason, 90)})"
        for row in rows
        if row.reason and not row.values_ns
    ]


def _reading_order(row: Row) -> tuple[int, str, int]:
    known = row.step in _READING_ORDER
    rank = _READING_ORDER.index(row.step) if known else len(_READING_ORDER)
    return rank, row.step, row.size or 0


def _fill(axes: Axes, chart: Chart, rows: Sequence[Row], controls: dict[str, float]) -> None:
    looks = families.looks_of(row.runtime for row in rows if row.runtime not in _KIN)
    drawn = list(controls.values())
    for (y, _), row in zip(chart.rows, rows, strict=True):
        summary = summarize(row.values_ns)
        if summary is None:
            row_chart.write_missing(axes, y, row.runtime, row.reason or "not run")
            continue
        row_chart.draw_span(axes, y, summary.low, summary.high, row.runtime)
        marks: Any = _look(row.runtime, looks) | {"linestyle": "none", "zorder": 4}
        axes.plot([summary.median], [y], markersize=6.5, gid=style.gid(row.runtime), **marks)
        drawn += [summary.low, summary.high]
    row_chart.scale(axes, drawn, "wall time of one item", units.format_tick)


def _controls(timed: Sequence[Row]) -> dict[str, float]:
    """The medians of the controls that are drawn as lines, by their names there."""
    return {
        _CONTROLS[row.step]: summary.median
        for row in timed
        if row.runtime == "control" and row.step in _CONTROLS
        if (summary := summarize(row.values_ns)) is not None
    }


def _reference_lines(axes: Axes, controls: dict[str, float]) -> None:
    """Each with its name above the panel, higher where it would touch the one left of it."""
    panel_in, _ = style.size_in(axes)
    ends_in: dict[int, float] = {}  # by height: where the last name ends
    for name, place in sorted(controls.items(), key=lambda item: item[1]):
        at_in = style.in_panel(axes, place, 0)[0] * panel_in
        height = next(one for one in count() if ends_in.get(one, -1.0) < at_in)
        ends_in[height] = at_in + style.width_in(name, _NAME_POINTS) + 0.1
        looks: Any = {"color": style.MISSING_COLOUR, "linestyle": "--", "zorder": 1}
        axes.axvline(place, linewidth=1, **looks)
        axes.annotate(
            name,
            (place, 1),
            xycoords=("data", "axes fraction"),
            xytext=(3, 2 + _TWO_LINES_POINTS * height),
            textcoords="offset points",
            fontsize=_NAME_POINTS,
            va="bottom",
            color=style.MISSING_COLOUR,
        )


def draw_switches(records: Sequence[Record], context: frame.Context) -> Figure | None:
    """Switches against the number of tasks; None where there are no two numbers to compare."""
    asked = [row for row in rows_of(records) if row.step in _SWITCHES and row.size]
    rows = [row for row in asked if row.values_ns]
    curves: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        curves.setdefault((row.step, row.runtime), []).append(row)
    if not any(len(curve) > 1 for curve in curves.values()):
        return None
    counts, meaning = counts_of(rows)
    foot = context.foot(
        f"Median of {counts}, shaded: {meaning}."
        " yield: to the end of the scheduler's queue and continued again."
        " switch alone: from one to the next and back, without a scheduler."
        " What rises with the number of tasks is the caches' and the address translation's",
        _missing(asked),
    )
    names = _order(row.runtime for row in rows)
    columns = [
        Column(
            title, "tasks", [_curve(name, curves[step, name]) for name in names
                             if (step, name) in curves],
        )
        for step, title in zip(_SWITCHES, ("yield", "switch alone"), strict=True)
    ]  # fmt: skip
    sizes = sorted({row.size for row in rows if row.size})

    def dress(axes: Axes) -> None:
        axes.set_xscale("log")
        axes.set_yscale("log")
        style.log_labels(axes.yaxis, units.format_tick)
        style.fit_ticks(axes, {size: f"{size:,}" for size in sizes})

    title = "Switching between many tasks"
    figure, *_ = curve_panels.draw(title, columns, "wall time", foot, dress)
    return figure


def _curve(name: str, rows: Sequence[Row]) -> Curve:
    by_size = sorted((row.size or 0, row.values_ns) for row in rows)
    known = [(size, one) for size, values in by_size if (one := summarize(values)) is not None]
    sizes, medians, lows, highs = np.array(
        [(size, one.median, one.low, one.high) for size, one in known], dtype=np.float64
    ).T
    return Curve(name, name, sizes, medians, band=(lows, highs))
