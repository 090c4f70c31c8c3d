"""What stands in the columns of the headline table: for each question the work that is looked at,
and what each runtime has there. A runtime that did other work than most (another buffer, fewer
tasks), or did not keep up with the rate that was offered, is shown with a word on it, and is not
placed among them.

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
from .paired import Verdict, judge, pairs_of, ratio_of
from .percentiles import percentile_of
from .plots.latency_vs_load import point_of
from .ranking import Placed, Ranking, is_better, rank
from .table_cells import OF_RUNS

_COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


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
    times_floor: Summary | None = None
    floor: Figure | None = None  # that of the floor which did the same work
    is_saturated: bool = False  # it did not keep up with the rate that was offered

    @property
    def is_comparable(self) -> bool:
        """Whether its figure can be held against those of the others."""
        return self.figure is not None and self.other_work is None and not self.is_saturated

    @property
    def why_missing(self) -> str:
        """Why there is no figure."""
        return self.series.why_missing() or "its runs do not have this figure"


@dataclass(frozen=True, eq=False)
class Work:
    """The work that a question is about. `groups`: the main one first; none where it was not
    measured; `at`: the value of the middle field, with which of how many it is; may be empty."""

    groups: tuple[Group, ...] = ()
    at: str = ""
    which: str = ""

    @property
    def title(self) -> str:
        """The work in words."""
        return self.groups[0].title() if self.groups else ""


@dataclass(frozen=True, eq=False)
class Column:
    """A column: the figures of a metric on the work of a question."""

    headline: Headline
    metric: Metric
    layout: TableLayout
    work: Work
    entries: dict[str, Entry]  # by runtime

    @property
    def floor(self) -> Entry | None:
        """The floor's own entry, where others can be held against it."""
        entry = self.entries.get(FLOOR)
        if entry is None or entry.other_work is not None or entry.is_saturated:
            return None
        return entry if entry.series.ok else None

    @cached_property
    def ranking(self) -> Ranking:
        """Of those that did the same work, the floor aside."""
        return rank(
            [
                Placed(entry.series, entry.figure.value)
                for runtime, entry in self.entries.items()
                if entry.figure and entry.is_comparable and runtime != FLOOR
            ],
            self.metric,
        )

    def at_floor(self) -> list[Placed]:
        """Those of the ranking that are not told apart from the floor."""
        return [one for one, verdict in self._beside_floor() if verdict is Verdict.NOT_APART]

    def below_floor(self) -> list[Placed]:
        """Those of the ranking that are better than the floor."""
        return [one for one, verdict in self._beside_floor() if is_better(verdict, self.metric)]

    def _beside_floor(self) -> list[tuple[Placed, Verdict]]:
        if self.floor is None:
            return []
        floor = self.floor.series
        return [(one, judge(one.series, floor, self.metric)) for one in self.ranking.everyone]


def columns_of(headline: Headline, groups: Sequence[Group]) -> list[Column]:
    """The columns of a question; without entries where its work was not measured."""
    work = _work_of(headline, groups)
    main = work.groups[0] if work.groups else None
    layout = layout_of(RESULTS, headline.workload, main.shape if main else "")
    return [
        Column(headline, metric, layout, work, _entries(work.groups, metric))
        for metric in headline.metrics
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
    if figure is None:
        return Entry(group, series, None, other)
    if saturated := is_saturated(series, metric):
        return Entry(group, series, figure, other, is_saturated=saturated)
    floor = _floor_of(group, series, metric)
    if floor is None:
        return Entry(group, series, figure, other)
    times = None if floor is series else _times_floor(metric, series, floor)
    return Entry(group, series, figure, other, times, figure_of(metric, group, floor))


def is_saturated(series: Series, metric: Metric) -> bool:
    """Whether a latency is that of a runtime which did not keep up: then it says how long the
    window was."""
    point = point_of(series, metric) if metric.percentile is not None else None
    return point is not None and point.is_saturated


def _floor_of(group: Group, series: Series, metric: Metric) -> Series | None:
    """The floor that did the same work as a runtime, where there is one."""
    floor = group.of(FLOOR)
    if floor is None or floor.reason or series.reason or is_saturated(floor, metric):
        return None
    return floor


def _times_floor(metric: Metric, series: Series, floor: Series) -> Summary | None:
    """How many times the floor's, round by round. Of counts, and of a floor that takes nothing,
    there is no such thing."""
    if metric.of_runs is not None or (metric.min_step and (floor.median(metric) or 0.0) < 1):
        return None
    return ratio_of(pairs_of(series, floor, metric.of))


def _work_of(headline: Headline, groups: Sequence[Group]) -> Work:
    """The groups of a question's work, the one with the most figures first; of those that differ in
    the field `middle` alone, one."""
    families: dict[tuple[object, ...], list[Group]] = {}
    for group in groups:
        if group.workload == headline.workload and group.shape in headline.shapes:
            families.setdefault(_apart_from_middle(group, headline), []).append(group)
    first, *others = sorted(families.values(), key=lambda one: -_most_figures(one)) or [[]]
    if not first:
        return Work()
    ordered = sorted(first, key=lambda group: _place(group, headline))
    main = ordered[(len(ordered) - 1) // 2]
    chosen = (main, *(_nearest(family, main, headline) for family in others))
    return Work(chosen, *_middle(main, len(ordered), headline))


def _middle(main: Group, count: int, headline: Headline) -> tuple[str, str]:
    """At which value of the middle field a group is, and which one of so many that is."""
    if headline.middle is None or main.declared is None:
        return "", ""
    field = next(one for one in main.declared.fields if one.name == headline.middle)
    value = field.in_words(main.asked.get(field.name), main.shape)
    if value is None:
        return "", ""
    if count == 1:
        return f"at {value}", f"the only {field.setting}"
    place = "middle" if count % 2 else "lower" if count == 2 else "lower middle"
    many = _COUNTS[count] if count < len(_COUNTS) else str(count)
    return f"at {value}", f"the {place} of {many} {field.setting}s"


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
