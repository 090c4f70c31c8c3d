"""The rows of a group in a dot plot, and what a runtime of it is called there and beside curves."""

from __future__ import annotations

from collections.abc import Callable, Collection

from ...drawing import families
from ...drawing.row_chart import Chart, Line
from ...records.groups import Group, Series

CellsOf = Callable[[Series, Group], tuple[str, ...]]


def called(series: Series, group: Group) -> str:
    """The runtime, and how many tasks it had where the others had more or fewer."""
    tasks, usual = series.asked.get("tasks"), group.asked.get("tasks")
    of = f" ({tasks:,} {group.task}s)" if tasks and tasks != usual else ""
    return series.runtime + of


def chart_of(group: Group, cells_of: CellsOf, only: Collection[str] | None = None) -> Chart:
    """A row for each runtime, or only for some, in blocks by family where they are many."""
    by_name = {one.runtime: one for one in group.series if only is None or one.runtime in only}
    lines = []
    for family in families.blocks_of(by_name):
        lines += [Line(family.title)] if family.title else []
        lines += [
            Line(called(series, group), series.runtime, cells_of(series, group))
            for series in (by_name[name] for name in family.runtimes)
        ]
    return Chart(tuple(lines))
