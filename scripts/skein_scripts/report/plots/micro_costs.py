"""Figure: what single steps cost on each runtime, on a logarithmic scale, with the controls as
lines to hold them against. And what the number of tasks makes of a switch: the caches' part."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from ...base import units
from ...base.jsonl import number
from ...base.statistics import spread_meaning, summarize
from ...drawing import frame, style
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
_SWITCHES = ("yield", "switch_many")
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


def _looks(runtime: str, filled: bool = True) -> dict[str, Any]:
    base, marker = _KIN.get(runtime, (runtime, style.marker_of(runtime)))
    colour = style.colour_of(base)
    kin = runtime in _KIN
    return {
        "color": colour,
        "marker": marker,
        "markersize": 8 if kin else 7,
        "markerfacecolor": colour if filled and not kin else "white",
        "markeredgecolor": colour,
    }


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
    labels = list(dict.fromkeys(row.label for row in sorted(steps, key=_reading_order)))
    names = _order(row.runtime for row in steps)
    counts, meaning = _counts(steps)
    foot = context.foot(
        f"Wall time of one item, each repetition a process; marker: median of {counts};"
        f" whisker: {meaning}. A number after the step: how many tasks or timers"
        " there are at a time. Grey lines: controls, the same in every row",
        _missing(steps),
    )
    legend = [Line2D([], [], linestyle="none", label=name, **_looks(name)) for name in names]
    figure, axes = frame.new_figure(
        "What single steps cost", [0.9 + 0.34 * len(labels)], foot, legend
    )
    _fill(axes[0][0], steps, labels, names)
    _reference_lines(axes[0][0], timed)
    return figure


def _counts(rows: list[Row]) -> tuple[str, str]:
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


def _fill(axes: Axes, steps: list[Row], labels: list[str], names: list[str]) -> None:
    width = 0.62
    for row in steps:
        summary = summarize(row.values_ns)
        if summary is None:
            continue
        # Beside each other, so that equal costs do not hide one another.
        offset = (names.index(row.runtime) / max(len(names) - 1, 1) - 0.5) * width
        y = labels.index(row.label) + offset
        axes.plot(
            [summary.low, summary.high],
            [y, y],
            linewidth=1.4,
            color=_looks(row.runtime)["color"],
            zorder=2,
        )
        axes.plot([summary.median], [y], linestyle="none", zorder=3, **_looks(row.runtime))
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    for edge in range(1, len(labels)):
        axes.axhline(edge - 0.5, color=style.GRID_COLOUR, linewidth=0.6)
    axes.set_xscale("log")
    axes.grid(axis="x", color=style.GRID_COLOUR)
    style.log_labels(axes.xaxis, units.format_tick)
    axes.set_xlabel("wall time of one item")


def _reference_lines(axes: Axes, timed: list[Row]) -> None:
    for row in timed:
        summary = summarize(row.values_ns)
        if row.runtime != "control" or row.step not in _CONTROLS or summary is None:
            continue
        axes.axvline(
            summary.median, color=style.MISSING_COLOUR, linewidth=1, linestyle="--", zorder=1
        )
        axes.annotate(
            _CONTROLS[row.step],
            (summary.median, 1),
            xycoords=("data", "axes fraction"),
            xytext=(3, 2),
            textcoords="offset points",
            fontsize=8,
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
    counts, meaning = _counts(rows)
    foot = context.foot(
        f"Median of {counts}, bar: {meaning}."
        " Left: to the end of the scheduler's queue and continued again."
        " Right: from one to the next and back, without a scheduler."
        " What rises with the number of tasks is the caches' and the address translation's",
        _missing(asked),
    )
    names = _order(row.runtime for row in rows)
    legend = [Line2D([], [], label=name, **_looks(name)) for name in names]
    figure, axes = frame.new_figure(
        "Switching between many tasks", [3.4], foot, legend, columns=2, share_y=True
    )
    for panel, step, title in zip(axes[0], _SWITCHES, ("yield", "switch alone"), strict=True):
        _curves(panel, [(name, c) for (of, name), c in curves.items() if of == step], names)
        panel.set_title(title)
    axes[0][0].set_ylabel("wall time")
    return figure


def _curves(axes: Axes, curves: list[tuple[str, list[Row]]], names: list[str]) -> None:
    counts: set[int] = set()
    for name, curve in sorted(curves, key=lambda item: names.index(item[0])):
        points = sorted((row.size or 0, summarize(row.values_ns)) for row in curve)
        sizes = [size for size, _ in points]
        known = [summary for _, summary in points if summary]
        spread = [
            [summary.median - summary.low for summary in known],
            [summary.high - summary.median for summary in known],
        ]
        axes.errorbar(
            sizes, [s.median for s in known], yerr=spread, capsize=3, linewidth=1.6, **_looks(name)
        )
        counts.update(sizes)
    style.log_scale(axes, x=True, y=True)
    if counts:
        axes.set_xticks(sorted(counts), [f"{count:,}" for count in sorted(counts)])
    style.log_labels(axes.yaxis, units.format_tick)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.grid(color=style.GRID_COLOUR)
    axes.set_xlabel("tasks")
