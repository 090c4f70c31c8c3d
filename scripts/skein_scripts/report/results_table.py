"""The tables of results: for each group of runs one, with a row for each runtime. The columns are
those that mean something for the work (results/metrics.toml); a runtime without numbers has its
reason in its row."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from ..base import units
from ..base.statistics import COUNT_MARK, spread_meaning
from ..base.table import Table
from ..records import zero_counts
from ..records.groups import Group, Series
from ..records.metric_tables import RESULTS, TableLayout, layout_of
from ..records.metrics import Metric, named
from .table_cells import MERGED_MARK, MERGED_NOTE, cell_text, shown_of

_EARLY = named("early_fires")
_OF_RUNS = {"sum": "of all runs together", "most": "of any run"}


def make_table(group: Group) -> Table:
    """The table of one group."""
    layout = layout_of(RESULTS, group.workload, group.shape)
    shown = _columns(group, layout)
    rows, notes = [], []
    for series in group.series:
        missing = series.why_missing()
        head = [series.runtime, series.status_counts()]
        cell = partial(_cell, group, series, layout)
        rows.append(head + ([missing] if missing else [cell(metric) for metric in shown]))
        if series.reason:
            notes.append(f"{series.runtime}: {series.reason}")
        notes += _marks(series)
    texts = [text for row in rows for text in row[2:]]
    if any("[" in text for text in texts):
        meaning = spread_meaning(group.repeats, any(COUNT_MARK in text for text in texts))
        notes.append(f"[low, high]: {meaning}; the others are medians")
    if any(MERGED_MARK in text for text in texts):
        notes.append(MERGED_NOTE)
    notes += _notes_of_early(group, layout, shown)
    notes += [line for one in group.series for line in _counts_that_must_be_0(one, shown)]
    if group.declared and group.shape in group.declared.notes:
        notes.append(group.declared.notes[group.shape])
    return Table(
        title=group.title(),
        columns=["runtime", "runs", *(layout.title(metric) for metric in shown)],
        rows=rows,
        notes=notes,
    )


def _cell(group: Group, series: Series, layout: TableLayout, metric: Metric) -> str:
    return cell_text(metric, group, series, metric in layout.intervals)


def _columns(group: Group, layout: TableLayout) -> list[Metric]:
    """The columns in which any runtime has something."""
    every = [shown_of(column, group) for column in layout.columns]
    having = [one for one in group.series if one.ok]
    return [
        metric
        for metric in every
        if any(_cell(group, one, layout, metric) != units.MISSING for one in having)
    ]


def _notes_of_early(group: Group, layout: TableLayout, shown: Sequence[Metric]) -> list[str]:
    """What the columns of early timers mean, where there are any."""
    if _EARLY not in shown or not any(sum(one.values(_EARLY)) for one in group.series):
        return []
    said = [f"{layout.heading(one)}: {_OF_RUNS[one.of_runs]}" for one in shown if one.of_runs]
    return ["; ".join([*said, "percentiles are of the timers that did not fire early"])]


def _counts_that_must_be_0(series: Series, shown: Sequence[Metric]) -> list[str]:
    """Those that the runs have all the same, and that have no column."""
    in_columns = {metric.name for metric in shown}
    return [
        f"{series.runtime}: {name} {one.events:,} in {one.runs} runs, where 0 was to be"
        for name, one in zero_counts.nonzero(series.ok).items()
        if name not in in_columns
    ]


def _marks(series: Series) -> list[str]:
    """What the runs that count have to say about themselves: not steady, saturated, ..."""
    marked = [reason for run in series.ok for reason in run["reasons"]]
    if not marked:
        return []
    count = sum(1 for run in series.ok if run["reasons"])
    return [f"{series.runtime}: {count} of {len(series.ok)} runs marked, e.g. {marked[0]}"]
