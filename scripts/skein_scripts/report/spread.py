"""The spread tables: for each runtime on each group's work, how many runs are valid, how many were
repeated, and how far each headline figure ranges over the rounds. They say what difference between
two runtimes is worth looking at.

Leaves out comparing runtimes (results_table.py, floor.py) and the statistics themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..base import units
from ..base.statistics import count_text, median, median_absolute_deviation
from ..base.table import Table
from ..records.groups import Group, Series

_NOTE = (
    "median, range = (largest - smallest) / median, [smallest..largest, MAD = median absolute"
    " deviation / median]"
)


@dataclass(frozen=True)
class Spread:
    """Repeats of one figure. `range` and `mad` are shares of the median, None where that is 0."""

    n: int
    median: float
    low: float
    high: float
    range: float | None
    mad: float | None


def spread_of(values: list[float]) -> Spread | None:
    """The spread of repeats; None where there are none."""
    if not values:
        return None
    centre, low, high = median(values), min(values), max(values)
    relative = abs(centre)
    return Spread(
        n=len(values),
        median=centre,
        low=low,
        high=high,
        range=(high - low) / relative if relative else None,
        mad=median_absolute_deviation(values) / relative if relative else None,
    )


Show = Callable[[float | None], str]
# Heading, how a value is shown, and where it is in a run.
HEADLINES: list[tuple[str, Show, tuple[str, ...]]] = [
    ("operations", units.format_rate, ("load", "achieved_per_s")),
    ("CPU/op µs", units.format_us, ("cpu", "per_op_ns")),
    ("user B/task", units.format_per_task_bytes, ("memory", "per_task", "user_bytes")),
    ("kernel B/task", units.format_per_task_bytes, ("memory", "per_task", "kernel_bytes")),
    ("total B/task", units.format_per_task_bytes, ("memory", "per_task", "total_bytes")),
    ("p50 µs", units.format_us, ("latency", "p50")),
    ("p99 µs", units.format_us, ("latency", "p99")),
    ("late p50 µs", units.format_us, ("lateness", "p50")),
    ("late p99 µs", units.format_us, ("lateness", "p99")),
]


def make_table(group: Group) -> Table:
    """The spread table of one group; only figures that any of its runs has."""
    shown = [line for line in HEADLINES if any(series.values(*line[2]) for series in group.series)]
    return Table(
        title=f"Spread · {group.title()}",
        columns=["runtime", "valid", "repeated", *(name for name, _, _ in shown)],
        rows=[_row(series, shown) for series in group.series],
        notes=[_NOTE],
    )


def _row(series: Series, shown: list[tuple[str, Show, tuple[str, ...]]]) -> list[str]:
    head = [series.runtime, f"{len(series.ok)} of {len(series.runs)}", str(series.retried)]
    valid = len(series.ok)
    return head + [_text(spread_of(series.values(*path)), show, valid) for _, show, path in shown]


def _text(spread: Spread | None, show: Show, valid: int) -> str:
    if spread is None:
        return units.MISSING
    count = count_text(spread.n, valid)
    if spread.n < 2:
        return show(spread.median) + count
    reach, mad = units.format_share(spread.range), units.format_share(spread.mad)
    ends = f"{show(spread.low)}..{show(spread.high)}"
    return f"{show(spread.median)}, {reach} [{ends}, MAD {mad}]{count}"
