"""The tables of results: for each group of runs one, with a row for each runtime. The columns are
those that mean something for the work; a runtime without numbers has its reason in its row."""

from __future__ import annotations

from collections.abc import Callable

from ..base import units
from ..base.statistics import COUNT_MARK, Summary, count_text, spread_meaning
from ..base.table import Table
from ..records import zero_counts
from ..records.groups import Group, Series
from ..records.runtimes import FLOOR
from .floor import above_floor
from .percentiles import percentile_of

Cell = Callable[[Group, Series], str]

MERGED_MARK = " †"
_EARLY, _EARLY_FIRES = ("lateness", "early_count"), "early_fires"


def _interval(group: Group, summary: Summary | None, show: Callable[[float | None], str]) -> str:
    if summary is None:
        return units.MISSING
    count = count_text(summary.n, group.repeats)
    if summary.n < 2:
        return show(summary.median) + count
    return f"{show(summary.median)} [{show(summary.low)}, {show(summary.high)}]{count}"


def _column(show: Callable[[float | None], str], *path: str) -> Cell:
    return lambda _group, series: show(series.median(*path))


def _spread_column(show: Callable[[float | None], str], *path: str) -> Cell:
    return lambda group, series: _interval(group, series.summary(*path), show)


def _above_us(group: Group, series: Series) -> str:
    if series.runtime == FLOOR:
        return "the floor"
    above = above_floor(group, series)
    return _interval(group, above.difference_ns, _signed_us) if above else units.MISSING


def _signed_us(value_ns: float | None) -> str:
    return units.MISSING if value_ns is None else f"{value_ns / 1000:+.2f}"


def _ratio(value: float | None) -> str:
    return units.MISSING if value is None else f"{value:.3f}"


def _times_floor(group: Group, series: Series) -> str:
    if series.runtime == FLOOR:
        return "1"
    above = above_floor(group, series)
    return _interval(group, above.ratio, _ratio) if above else units.MISSING


def _early(_group: Group, series: Series) -> str:
    counts = series.values(*_EARLY)
    return units.format_count(sum(counts)) if counts else units.MISSING


def _early_most(_group: Group, series: Series) -> str:
    most = series.values("lateness", "early_max_ns")
    return units.format_us(max(most)) if most else units.MISSING


def _tasks(_group: Group, series: Series) -> str:
    return units.format_count((series.cell or {}).get("tasks"))


def _percentile(distribution: str, name: str, share: float) -> Cell:
    def cell(_group: Group, series: Series) -> str:
        found = percentile_of(series, distribution, name, share)
        if found is None:
            return units.MISSING
        return units.format_us(found.value_ns) + (MERGED_MARK if found.is_merged else "")

    return cell


_LATENCY: list[tuple[str, Cell]] = [
    ("p50 µs", _percentile("latency", "p50", 0.5)),
    ("p99 µs", _percentile("latency", "p99", 0.99)),
    ("p99.9 µs", _percentile("latency", "p999", 0.999)),
    ("service p99 µs", _percentile("service_time", "p99", 0.99)),
]
_CPU: list[tuple[str, Cell]] = [
    ("CPU/request µs", _spread_column(units.format_us, "cpu", "per_op_ns")),
    ("user µs", _column(units.format_us, "cpu", "user_per_op_ns")),
    ("+ ksoftirqd µs", _column(units.format_us, "cpu", "softirqd_per_op_ns")),
    ("above floor µs", _above_us),
    ("× floor", _times_floor),
]
_MEMORY: list[tuple[str, Cell]] = [
    (
        "user B/{unit}",
        _spread_column(units.format_per_task_bytes, "memory", "per_task", "user_bytes"),
    ),
    ("kernel B/{unit}", _column(units.format_per_task_bytes, "memory", "per_task", "kernel_bytes")),
    ("total B/{unit}", _column(units.format_per_task_bytes, "memory", "per_task", "total_bytes")),
    ("fixed user", _column(units.format_bytes, "memory", "fixed_bytes")),
]
_PEAK: tuple[str, Cell] = ("peak RSS", _column(units.format_bytes, "memory", "peak_rss_bytes"))
_MAPPINGS: tuple[str, Cell] = ("mappings", _column(units.format_count, "memory", "mappings"))
_EXCHANGE: list[tuple[str, Cell]] = [
    ("message p50 µs", _column(units.format_us, "exchange", "latency", "p50")),
    ("message p99 µs", _column(units.format_us, "exchange", "latency", "p99")),
    ("CPU/message µs", _column(units.format_us, "exchange", "cpu_per_op_ns")),
]
_RATE: tuple[str, Cell] = ("requests", _column(units.format_rate, "load", "achieved_per_s"))
_TIMERS: list[tuple[str, Cell]] = [
    ("tasks", _tasks),
    ("late p50 µs", _percentile("lateness", "p50", 0.5)),
    ("late p99 µs", _percentile("lateness", "p99", 0.99)),
    ("late max µs", _column(units.format_us, "lateness", "max")),
    ("early", _early),
    ("earliest µs", _early_most),
    ("spawn/task µs", _column(units.format_us, "timer_costs", "spawn_ns_per_task")),
]
_FIRE: tuple[str, Cell] = ("CPU/timer µs", _column(units.format_us, "cpu", "per_op_ns"))
_CANCEL: tuple[str, Cell] = (
    "CPU/arm+cancel µs",
    _column(units.format_us, "timer_costs", "cpu_ns_per_arm_cancel"),
)


def columns_of(group: Group) -> list[tuple[str, Cell]]:
    """The columns that fit a group's work."""
    if group.workload == "timers":
        cost = _CANCEL if group.shape == "churn" else _FIRE
        return _named([*_TIMERS, cost, *_MEMORY[:3], _MAPPINGS], "timer")
    if group.shape == "idle":
        return _named([*_MEMORY, _PEAK, _MAPPINGS, *_EXCHANGE], "conn.")
    return _named([_RATE, *_LATENCY, *_CPU, _MEMORY[0], _MEMORY[1]], "conn.")


def _named(columns: list[tuple[str, Cell]], unit: str) -> list[tuple[str, Cell]]:
    return [(name.format(unit=unit), cell) for name, cell in columns]


def make_table(group: Group) -> Table:
    """The table of one group."""
    columns = columns_of(group)
    shown = [
        (name, cell)
        for name, cell in columns
        if any(cell(group, one) != units.MISSING for one in group.series if one.ok)
    ]
    rows, notes = [], []
    for series in group.series:
        missing = series.why_missing()
        head = [series.runtime, series.status_counts()]
        rows.append(head + ([missing] if missing else [cell(group, series) for _, cell in shown]))
        if series.reason:
            notes.append(f"{series.runtime}: {series.reason}")
        notes += _marks(series)
    texts = [text for row in rows for text in row[2:]]
    if any("[" in text for text in texts):
        meaning = spread_meaning(group.repeats, any(COUNT_MARK in text for text in texts))
        notes.append(f"[low, high]: {meaning}; the others are medians")
    if any(MERGED_MARK in text for text in texts):
        notes.append(f"{MERGED_MARK.strip()} of the merged runs: one has too few samples for it")
    if group.workload == "timers" and any(sum(one.values(*_EARLY)) for one in group.series):
        notes.append(
            "early: of all runs together; earliest: of any run; percentiles are of the"
            " timers that did not fire early"
        )
    notes += [line for series in group.series for line in _counts_that_must_be_0(series)]
    if group.shape == "churn":
        notes.append("lateness is of the timers that were left to fire, about one in 16")
    return Table(
        title=group.title(),
        columns=["runtime", "runs", *(name for name, _ in shown)],
        rows=rows,
        notes=notes,
    )


def _counts_that_must_be_0(series: Series) -> list[str]:
    """Those that the runs have all the same; early timers have a column."""
    found = {
        name: one for name, one in zero_counts.nonzero(series.ok).items() if name != _EARLY_FIRES
    }
    return [
        f"{series.runtime}: {name} {one.events:,} in {one.runs} runs, where 0 was to be"
        for name, one in found.items()
    ]


def _marks(series: Series) -> list[str]:
    """What the runs that count have to say about themselves: not steady, saturated, ..."""
    marked = [reason for run in series.ok for reason in run["reasons"]]
    if not marked:
        return []
    count = sum(1 for run in series.ok if run["reasons"])
    return [f"{series.runtime}: {count} of {len(series.ok)} runs marked, e.g. {marked[0]}"]
