"""All figures of a results file, as SVG and PNG."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from types import ModuleType

from matplotlib.figure import Figure

from ..base.names import distinct
from ..drawing import frame, style
from ..records import session_verdict
from ..records.groups import Group, group_runs
from ..records.results import sessions
from ..records.shapes import Record
from .plots import (
    cost_vs_field,
    cpu_above_floor,
    latency_spectrum,
    latency_vs_load,
    lateness,
    memory_per_task,
    memory_vs_n,
    micro_costs,
)
from .plots.sweeps import name_of

Draw = Callable[[], Figure | None]
_LONGEST_NAME = 200  # of a file, without its ending


def draw_all(records: Sequence[Record], folder: Path) -> list[Path]:
    """Draws every figure that the records have data for; returns the SVG files in reading order.
    A figure for one group of several has the group's name in its own."""
    with style.looks():
        drawn = [
            (name, figure) for name, draw in _figures(records) if (figure := draw()) is not None
        ]
        names = distinct([name for name, _ in drawn], _LONGEST_NAME)
        return [
            frame.save(figure, folder, name)[0]
            for name, (_, figure) in zip(names, drawn, strict=True)
        ]


def draw_one(records: Sequence[Record], folder: Path, name: str) -> Path | None:
    """Draws the figure of this name alone; None where the records have none."""
    with style.looks():
        named = (draw() for called, draw in _figures(records) if called == name)
        figure = next((one for one in named if one is not None), None)
        return None if figure is None else frame.save(figure, folder, name)[0]


def _figures(records: Sequence[Record]) -> Iterator[tuple[str, Draw]]:
    """What draws each figure, by name."""
    groups = group_runs(records)
    opened = sessions(records)
    remark = "session inconclusive, see its report" if session_verdict.inconclusive(records) else ""
    context = frame.Context.of(opened[-1] if opened else None, remark)
    yield memory_per_task.NAME, partial(memory_per_task.draw, groups, context)
    yield from _of_each(memory_vs_n, groups, context)
    yield cpu_above_floor.NAME, partial(cpu_above_floor.draw, groups, context)
    rates = latency_vs_load.sweeps(groups)
    yield from _of_sweeps(
        latency_vs_load.NAME, rates, partial(latency_vs_load.draw, context=context)
    )
    for plot in cost_vs_field.PLOTS:
        swept = cost_vs_field.sweeps(plot, groups)
        yield from _of_sweeps(plot.name, swept, partial(cost_vs_field.draw, plot, context=context))
    yield from _of_each(latency_spectrum, groups, context)
    yield from _of_each(lateness, groups, context)
    yield micro_costs.NAME, partial(micro_costs.draw, records, context)
    yield micro_costs.NAME_OF_SWITCHES, partial(micro_costs.draw_switches, records, context)


def _of_each(
    plot: ModuleType, groups: list[Group], context: frame.Context
) -> Iterator[tuple[str, Draw]]:
    """A figure for each group that the plot is for."""
    chosen = plot.groups_of(groups)
    for group in chosen:
        yield _name(plot.NAME, group.name, len(chosen)), partial(plot.draw, group, context)


def _of_sweeps(
    plot: str, sweeps: list[list[Group]], draw: Callable[[list[Group]], Figure | None]
) -> Iterator[tuple[str, Draw]]:
    """A figure for each sweep."""
    for sweep in sweeps:
        yield _name(plot, name_of(sweep), len(sweeps)), partial(draw, sweep)


def _name(plot: str, shown: str, of: int) -> str:
    """Of a figure that shows one of several things."""
    if of == 1:
        return plot
    return f"{plot}-{re.sub(r'[^A-Za-z0-9]+', '-', shown).strip('-')}"
