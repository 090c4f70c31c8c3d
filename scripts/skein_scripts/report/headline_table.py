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
from .headline_columns import Column, Entry

_LOG_FROM = 30.0  # the span of a column from which on its bars are on a logarithmic scale
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
    is_other: bool = False  # of other work


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
    """All of it. `spans`: what stands above columns, and above how many."""

    spans: list[tuple[str, int]]
    heads: list[Head]
    groups: list[RowGroup]

    @property
    def rows(self) -> list[Row]:
        """Of all groups."""
        return [row for group in self.groups for row in group.rows]

    @property
    def has_other_work(self) -> bool:
        """Whether any cell is of other work than most."""
        return any(cell.is_other for row in self.rows for cell in row.cells)

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
        spans[column.headline.title] = spans.get(column.headline.title, 0) + 1
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
    )


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
        floor=_floor_end(column, scale),
        is_best=is_best,
        is_bad=metric.must_be_0 and figure.value > 0,
        is_other=entry.other_work is not None,
    )


def _floor_end(column: Column, scale: Scale) -> float | None:
    """Where the floor's bar ends; None where it has none, as in a column of differences."""
    floor = column.floor
    if floor is None or floor.figure is None or column.metric.against_floor is not None:
        return None
    return _per_cent(scale.share(floor.figure.value)) or None


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
    return f"×{units.format_number(entry.times_floor.median)}" if entry.times_floor else ""


def _number_of(times: Summary) -> str:
    ends = f" [{units.format_number(times.low)}, {units.format_number(times.high)}]"
    return units.format_number(times.median) + (ends if times.n > 1 else "")


def _detail(column: Column, entry: Entry, figure: str, is_best: bool) -> str:
    assert entry.figure is not None
    heading = column.layout.title(column.metric)
    said = [f"{entry.series.runtime}, {heading}: {figure}; {entry.figure.meaning}"]
    times = entry.times_floor
    if times is not None:
        said.append(f"{_number_of(times)} times the floor")
    if is_best:
        others = [
            one.runtime for one in column.ranking.groups[0] if one.runtime != entry.series.runtime
        ]
        said.append(f"best, not told apart from {', '.join(others)}" if others else "best")
    if entry.other_work is not None:
        said.append(f"other work, not compared: {entry.other_work}")
    return ". ".join(said)
