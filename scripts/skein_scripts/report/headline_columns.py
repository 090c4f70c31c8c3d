"""What stands in the columns of the headline table: for each question the work that is looked at,
and what each runtime has there. A runtime that did other work than most (another buffer, fewer
tasks) is shown with a word on it, and is not placed among them.

Leaves out looks and words (headline_table.py, answers.py).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from ..base.statistics import Summary, spread_meaning
from ..records.groups import Group, Series, same_work
from ..records.headlines import Headline
from ..records.metric_tables import RESULTS, TableLayout, layout_of
from ..records.metrics import Metric
from ..records.runtimes import FLOOR
from .floor import above_floor
from .paired import pairs_of, ratio_of
from .percentiles import percentile_of
from .ranking import Placed, Ranking, rank
from .table_cells import OF_RUNS


@dataclass(frozen=True)
class Figure:
    """What a runtime has in a column, in the metric's unit."""

    value: float
    meaning: str  # of low and high, or of the value where there are none
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, eq=False)
class Entry:
    """A runtime in a column."""

    group: Group
    series: Series
    figure: Figure | None
    other_work: str | None  # in what its work differs from that of the others
    times_floor: Summary | None

    @property
    def why_missing(self) -> str:
        """Why there is no figure."""
        return self.series.why_missing() or "its runs do not have this figure"


@dataclass(frozen=True, eq=False)
class Column:
    """A column: the figures of a metric on the work of a question."""

    headline: Headline
    metric: Metric
    layout: TableLayout
    entries: dict[str, Entry]  # by runtime

    @property
    def floor(self) -> Entry | None:
        """The floor's own entry, where it has a figure."""
        entry = self.entries.get(FLOOR)
        return entry if entry and entry.figure else None

    @cached_property
    def ranking(self) -> Ranking:
        """Of those that did the same work, the floor aside."""
        return rank(
            [
                Placed(entry.series, entry.figure.value)
                for runtime, entry in self.entries.items()
                if entry.figure and entry.other_work is None and runtime != FLOOR
            ],
            self.metric,
        )


def columns_of(headline: Headline, groups: Sequence[Group]) -> list[Column]:
    """The columns of a question; without entries where its work was not measured."""
    chosen = _work_of(headline, groups)
    layout = layout_of(RESULTS, headline.workload, chosen[0].shape if chosen else "")
    return [
        Column(headline, metric, layout, _entries(chosen, metric)) for metric in headline.metrics
    ]


def figure_of(metric: Metric, group: Group, series: Series) -> Figure | None:
    """The figure of a runtime. None where it has none."""
    if metric.against_floor is not None:
        above = above_floor(group, series, metric)
        if above is None:
            return None
        is_difference = metric.against_floor == "difference"
        return _of_summary(above.difference if is_difference else above.ratio)
    if metric.of_runs is not None:
        values = series.values(metric)
        meaning = f"of {len(values)} runs together"
        return Figure(OF_RUNS[metric.of_runs](values), meaning) if values else None
    if metric.percentile is not None:
        found = percentile_of(series, metric)
        if found is None:
            return None
        if found.is_merged:
            return Figure(found.value_ns, f"of the samples of {len(series.ok)} runs together")
    summary = series.summary(metric)
    return None if summary is None else _of_summary(summary)


def _of_summary(summary: Summary) -> Figure:
    if summary.n < 2:
        return Figure(summary.median, spread_meaning(summary.n))
    return Figure(summary.median, spread_meaning(summary.n), summary.low, summary.high)


def _entries(chosen: Sequence[Group], metric: Metric) -> dict[str, Entry]:
    """By runtime, what it has in the first of the groups where it has runs that count; where it
    has none at all, its place in the first that it is in."""
    found: dict[str, Entry] = {}
    for group in chosen:
        for series in group.series:
            before = found.get(series.runtime)
            if before is None or (series.ok and not before.series.ok):
                found[series.runtime] = _entry(chosen[0], group, series, metric)
    return found


def _entry(main: Group, group: Group, series: Series, metric: Metric) -> Entry:
    other = series.reason if group is main else group.title()
    figure = figure_of(metric, group, series)
    times = _times_floor(metric, group, series) if figure else None
    return Entry(group, series, figure, other, times)


def _times_floor(metric: Metric, group: Group, series: Series) -> Summary | None:
    """How many times the floor's, round by round. Of counts, and of a floor that takes nothing,
    there is no such thing."""
    floor = group.of(FLOOR)
    if floor is None or floor is series or metric.of_runs is not None:
        return None
    if metric.min_step and (floor.median(metric) or 0.0) < 1:
        return None
    return ratio_of(pairs_of(series, floor, metric.of))


def _work_of(headline: Headline, groups: Sequence[Group]) -> list[Group]:
    """The groups of a question's work, the one with the most figures first; of those that differ in
    the field `middle` alone, one."""
    families: dict[tuple[object, ...], list[Group]] = {}
    for group in groups:
        if group.workload == headline.workload and group.shape in headline.shapes:
            families.setdefault(_apart_from_middle(group, headline), []).append(group)
    first, *others = sorted(families.values(), key=lambda one: -_most_figures(one)) or [[]]
    if not first:
        return []
    ordered = sorted(first, key=lambda group: _place(group, headline))
    main = ordered[(len(ordered) - 1) // 2]
    return [main, *(_nearest(family, main, headline) for family in others)]


def _apart_from_middle(group: Group, headline: Headline) -> tuple[object, ...]:
    cell = group.asked
    return (group.apart, *(cell.get(name) for name in same_work() if name != headline.middle))


def _most_figures(family: Sequence[Group]) -> int:
    return max(sum(1 for one in group.series if one.ok) for group in family)


def _place(group: Group, headline: Headline) -> float:
    value = group.asked.get(headline.middle) if headline.middle else None
    return float(value) if isinstance(value, int | float) else 0.0


def _nearest(family: Sequence[Group], main: Group, headline: Headline) -> Group:
    """The group whose middle field is nearest to that of another, as a ratio."""
    wanted = math.log(max(1.0, _place(main, headline)))
    return min(family, key=lambda one: abs(math.log(max(1.0, _place(one, headline))) - wanted))
