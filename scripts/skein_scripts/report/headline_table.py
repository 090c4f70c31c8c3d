"""The headline table of the report's page: a row for each runtime, by family and language, and in
each cell the figure, a bar on the scale of its column, how many times the floor's it is, and what
is said of it where a person points at it. Leaves out which figures these are (headline_columns.py)
and the page (templates).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..base import units
from ..base.statistics import Summary
from ..records.metrics import Metric
from ..records.runtimes import FLOOR, in_order, runtimes
from ..records.workloads import workloads
from .headline_columns import Column, Entry
from .left_out import OTHER_WORK, SATURATED

_LOG_FROM = 30.0  # the span of a column from which on its bars are on a logarithmic scale
_WIDE = 10.0  # an interval of a ratio is too wide to be a figure where it spans this factor
UNKNOWN = "other"  # the family of a runtime of which nothing is declared


@dataclass(frozen=True)
class Scale:
    """Of the bars of a column. A value of nothing, or below it, has no bar."""

    low: float
    high: float
    is_log: bool

    @staticmethod
    def over(values: Iterable[float]) -> Scale:
        """The one on which all of the values have their place."""
        above = [value for value in values if value > 0]
        if not above:
            return Scale(0.0, 1.0, False)
        is_log = max(above) > _LOG_FROM * min(above)
        # Half of the least, so that it has a bar to be seen.
        return Scale(min(above) / 2 if is_log else 0.0, max(above), is_log)

    def share(self, value: float) -> float:
        """The length of a bar, as a part of the longest."""
        if value <= 0:
            return 0.0
        if self.is_log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return value / self.high


@dataclass(frozen=True)
class Head:
    """Of a column."""

    title: str
    is_log: bool


@dataclass(frozen=True)
class Cell:
    """One cell, as text."""

    text: str
    copied: str  # with its interval
    detail: str
    times: str = ""
    value: float | None = None  # to sort by
    bar: float | None = None  # in per cent of the cell
    floor: float | None = None  # where the floor's bar ends
    is_best: bool = False
    is_bad: bool = False
    mark: str = ""  # why it is not compared


@dataclass(frozen=True)
class Row:
    """One runtime."""

    runtime: str
    family: str
    language: str
    cells: list[Cell]


@dataclass(frozen=True)
class RowGroup:
    """Runtimes of one family and language."""

    title: str
    rows: list[Row]


@dataclass(frozen=True)
class HeadlineTable:
    """All of it. `spans`: what stands above columns, and above how many. `has_sockets`: whether
    memory is that of connections, whose other ends are on this machine as well."""

    spans: list[tuple[str, int]]
    heads: list[Head]
    groups: list[RowGroup]
    has_sockets: bool

    @property
    def rows(self) -> list[Row]:
        """Of all groups."""
        return [row for group in self.groups for row in group.rows]

    @property
    def has_other_work(self) -> bool:
        """Whether any cell is of other work than most."""
        return self._has_mark(OTHER_WORK)

    @property
    def has_saturated(self) -> bool:
        """Whether any cell is of a runtime that did not keep up."""
        return self._has_mark(SATURATED)

    def _has_mark(self, mark: str) -> bool:
        return any(mark in cell.mark for row in self.rows for cell in row.cells)

    @property
    def has_best(self) -> bool:
        """Whether any column has a best group."""
        return any(cell.is_best for row in self.rows for cell in row.cells)


def family_of(runtime: str) -> str:
    """The family that a runtime's manifest names."""
    return runtimes()[runtime].family if runtime in runtimes() else UNKNOWN


def language_of(runtime: str) -> str:
    """The language that its tasks are written in."""
    return runtimes()[runtime].language if runtime in runtimes() else ""


def make_table(columns: Sequence[Column]) -> HeadlineTable | None:
    """The table of the columns that have any entry. None where there are none."""
    shown = [column for column in columns if column.entries]
    if not shown:
        return None
    spans: dict[str, int] = {}
    for column in shown:
        title = " ".join(filter(None, (column.headline.title, column.work.at)))
        spans[title] = spans.get(title, 0) + 1
    scales = [_scale_of(column) for column in shown]
    names = in_order(runtime for column in shown for runtime in column.entries)
    names.sort(key=lambda name: name != FLOOR)
    groups: dict[str, list[Row]] = {}
    for name in names:
        row = Row(
            name,
            family_of(name),
            language_of(name),
            [_cell(column, scale, name) for column, scale in zip(shown, scales, strict=True)],
        )
        groups.setdefault(" · ".join(filter(None, (row.family, row.language))), []).append(row)
    return HeadlineTable(
        list(spans.items()),
        [
            Head(column.layout.title(column.metric), scale.is_log)
            for column, scale in zip(shown, scales, strict=True)
        ],
        [RowGroup(title, rows) for title, rows in groups.items()],
        any(_is_of_sockets(column) for column in shown),
    )


def _is_of_sockets(column: Column) -> bool:
    is_memory = any(path[0] == "memory" for path in column.metric.paths)
    return is_memory and workloads()[column.headline.workload].run == "served"


def _scale_of(column: Column) -> Scale:
    return Scale.over(entry.figure.value for entry in column.entries.values() if entry.figure)


def _cell(column: Column, scale: Scale, runtime: str) -> Cell:
    entry = column.entries.get(runtime)
    if entry is None:
        return Cell(units.MISSING, "", "not part of this run")
    if entry.figure is None:
        return _without_figure(column, entry)
    figure, metric = entry.figure, column.metric
    text = metric.in_column(figure.value)
    interval = _interval(metric, entry)
    is_best = column.ranking.is_best(runtime)
    return Cell(
        text=text,
        copied=text + interval,
        detail=_detail(column, entry, text + interval, is_best),
        times=_times(entry),
        value=figure.value,
        bar=_per_cent(scale.share(figure.value)),
        floor=_floor_end(column, entry, scale),
        is_best=is_best,
        is_bad=metric.must_be_0 and figure.value > 0,
        mark=_mark(entry),
    )


def _mark(entry: Entry) -> str:
    other = OTHER_WORK if entry.other_work is not None else ""
    return other + (SATURATED if entry.is_saturated else "")


def _floor_end(column: Column, entry: Entry, scale: Scale) -> float | None:
    """Where the bar of the floor that did the same work ends; None where it has none, as in a
    column of differences."""
    if entry.floor is None or column.metric.against_floor is not None:
        return None
    return _per_cent(scale.share(entry.floor.value)) or None


def _without_figure(column: Column, entry: Entry) -> Cell:
    if column.metric.against_floor is not None and entry.series.ok:
        if entry.series.runtime == FLOOR:
            return Cell("the floor", "the floor", "what the others are held against", value=0.0)
        return Cell(units.MISSING, "", f"the floor has no run of this: {entry.group.title()}")
    return Cell(units.MISSING, "", entry.why_missing)


def _per_cent(share: float) -> float:
    return round(100 * share, 1)


def _interval(metric: Metric, entry: Entry) -> str:
    figure = entry.figure
    if figure is None or figure.low is None:
        return ""
    return f" [{metric.in_column(figure.low)}, {metric.in_column(figure.high)}]"


def _times(entry: Entry) -> str:
    """How many times the floor's; in brackets where that is not resolved."""
    if entry.times_floor is None:
        return ""
    text = f"×{units.format_number(entry.times_floor.median)}"
    return text if is_resolved(entry.times_floor) else f"({text})"


def is_resolved(ratio: Summary) -> bool:
    """Whether a ratio has an interval which says that it is not 1, and about what it is."""
    contains_1 = ratio.low <= 1 <= ratio.high
    return ratio.is_interval and not contains_1 and ratio.high <= _WIDE * ratio.low


def _number_of(times: Summary) -> str:
    ends = f" [{units.format_number(times.low)}, {units.format_number(times.high)}]"
    return units.format_number(times.median) + (ends if times.n > 1 else "")


def _detail(column: Column, entry: Entry, figure: str, is_best: bool) -> str:
    assert entry.figure is not None
    heading = column.layout.title(column.metric)
    said = [f"{entry.series.runtime}, {heading}: {figure}; {entry.figure.meaning}"]
    times = entry.times_floor
    if times is not None:
        unresolved = "" if is_resolved(times) else ", which is not resolved"
        said.append(f"{_number_of(times)} times the floor{unresolved}")
    if is_best:
        said.append(_among_the_best(column, entry.series.runtime))
    if any(one.runtime == entry.series.runtime for one in column.ranking.unjudged):
        said.append("too few common rounds to judge it")
    if entry.is_saturated:
        said.append("it did not keep up with the rate, so it is not compared")
    if entry.other_work is not None:
        said.append(f"other work, not compared: {entry.other_work}")
    return ". ".join(said)


def _among_the_best(column: Column, runtime: str) -> str:
    """Others of the best group are held against its first alone."""
    first, *tied = (one.runtime for one in column.ranking.best)
    if runtime != first:
        return f"not told apart from the best, {first}"
    return f"best; not told apart from it: {', '.join(tied)}" if tied else "best"
