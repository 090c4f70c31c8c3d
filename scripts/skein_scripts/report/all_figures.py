"""All figures of a results file, as SVG and PNG."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
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
    cpu_above_floor,
    latency_spectrum,
    latency_vs_load,
    lateness,
    memory_per_task,
    memory_vs_n,
    micro_costs,
)

_LONGEST_NAME = 200  # of a file, without its ending


def draw_all(records: Sequence[Record], folder: Path) -> list[Path]:
    """Draws every figure that the records have data for; returns the SVG files in reading order.
    A figure for one group of several has the group's name in its own."""
    groups = group_runs(records)
    opened = sessions(records)
    remark = "session inconclusive, see its report" if session_verdict.inconclusive(records) else ""
    context = frame.Context.of(opened[-1] if opened else None, remark)
    with style.looks():
        drawn = [
            (name, figure)
            for name, figure in (*_figures(groups, context), *_micro_figures(records, context))
            if figure is not None
        ]
        names = distinct([name for name, _ in drawn], _LONGEST_NAME)
        return [
            frame.save(figure, folder, name)[0]
            for name, (_, figure) in zip(names, drawn, strict=True)
        ]


def _figures(groups: list[Group], context: frame.Context) -> Iterator[tuple[str, Figure | None]]:
    yield memory_per_task.NAME, memory_per_task.draw(groups, context)
    yield from _of_each(memory_vs_n, groups, context)
    yield cpu_above_floor.NAME, cpu_above_floor.draw(groups, context)
    swept = latency_vs_load.sweeps(groups)
    for sweep in swept:
        yield (
            _name(latency_vs_load.NAME, latency_vs_load.name_of(sweep), len(swept)),
            latency_vs_load.draw(sweep, context),
        )
    yield from _of_each(latency_spectrum, groups, context)
    yield from _of_each(lateness, groups, context)


def _of_each(
    plot: ModuleType, groups: list[Group], context: frame.Context
) -> Iterator[tuple[str, Figure | None]]:
    """A figure for each group that the plot is for."""
    chosen = plot.groups_of(groups)
    for group in chosen:
        yield _name(plot.NAME, group.name, len(chosen)), plot.draw(group, context)


def _micro_figures(
    records: Sequence[Record], context: frame.Context
) -> Iterator[tuple[str, Figure | None]]:
    yield micro_costs.NAME, micro_costs.draw(records, context)
    yield micro_costs.NAME_OF_SWITCHES, micro_costs.draw_switches(records, context)


def _name(plot: str, shown: str, of: int) -> str:
    """Of a figure that shows one of several things."""
    if of == 1:
        return plot
    return f"{plot}-{re.sub(r'[^A-Za-z0-9]+', '-', shown).strip('-')}"
