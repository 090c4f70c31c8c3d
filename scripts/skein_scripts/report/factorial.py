"""Calling style and event loop told apart: the same work in every style (rows) on every loop
(columns), so that what a style costs is read down a column and what a loop costs along a row.

Drawn only where at least two styles ran on the same two loops. Style and loop are the workers' own
words; where several runtimes share both, the first in the usual order stands for them. The floor is
no style: it is what the figures are held against.

Leaves out the statistics (records/groups.py, floor.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from ..base import units
from ..base.table import Table
from ..records.groups import Group, Series
from ..records.metric_tables import STYLE_BY_LOOP, TableLayout, layout_of
from ..records.metrics import Metric
from ..records.runtimes import FLOOR
from .table_cells import cell_text, shown_of

STYLES = ("coroutine", "direct", "callback", "poll")
_NO_LOOP = "none"

Grid = dict[tuple[str, str], Series]
Show = Callable[[Group, Series], str]


def loop_of(series: Series) -> str | None:
    """What the runtime's tasks wait on, in a word: 'epoll', 'io_uring', 'libuv'. None where it is
    not said, or no event loop."""
    said = next((run["loop"] for run in series.runs if run.get("loop")), None)
    if said is None:
        return None
    name = said.split(",")[0].split("(")[0].split(":")[0].strip()
    return None if name == _NO_LOOP else name


def make_tables(groups: list[Group]) -> list[Table]:
    """A table for each group that has enough styles on enough loops."""
    return [made for group in groups if (made := make_table(group))]


def make_table(group: Group) -> Table | None:
    """None where no two styles ran on the same two loops."""
    grid = _grid(group)
    if not _has_square(grid):
        return None
    loops = list(dict.fromkeys(loop for _, loop in grid))
    rows = []
    for style in dict.fromkeys(style for style, _ in grid):
        for quantity, show in _lines(group):
            cells = [grid.get((style, loop)) for loop in loops]
            rows.append(
                [style, quantity, *(show(group, cell) if cell else units.MISSING for cell in cells)]
            )
    return Table(
        title=f"Style by loop: {group.title()}",
        columns=["style", "", *loops],
        rows=rows,
        notes=[f"{style} on {loop}: {series.runtime}" for (style, loop), series in grid.items()],
    )


def _grid(group: Group) -> Grid:
    grid: Grid = {}
    for style in STYLES:
        for series in group.series:
            cell = series.asked
            loop = loop_of(series)
            if series.runtime == FLOOR or not series.ok or loop is None or series.reason:
                continue
            if cell.get("style") == style:
                grid.setdefault((style, loop), series)
    return grid


def _has_square(grid: Grid) -> bool:
    styles = {style for style, _ in grid}
    on = {style: {loop for other, loop in grid if other == style} for style in styles}
    return any(len(on[one] & on[two]) > 1 for one in styles for two in styles if one != two)


def _lines(group: Group) -> Iterator[tuple[str, Show]]:
    """What a style's lines show, each with its heading."""
    layout = layout_of(STYLE_BY_LOOP, group.workload, group.shape)
    for column in layout.columns:
        metric = shown_of(column, group)
        yield layout.title(metric), partial(_cell, metric, layout)
        if metric.unit == "B":
            yield "... above floor", partial(_above_floor, metric)


def _cell(metric: Metric, layout: TableLayout, group: Group, series: Series) -> str:
    return cell_text(metric, group, series, metric in layout.intervals)


def _above_floor(metric: Metric, group: Group, series: Series) -> str:
    floor = group.of(FLOOR)
    mine, base = series.median(metric), floor.median(metric) if floor else None
    above = None if mine is None or base is None else mine - base
    return units.format_per_task_bytes(above, sign="+")
