"""Figures of curves: small multiples, a panel for each family of runtimes. In each panel its own
family is in colour and labelled at the ends, all others are thin and grey, and the floor is dashed.
Few runtimes share one panel.

All panels of a figure have the same axes, so a curve stands at the same place in each. Leaves out
what the curves are of, and the axes, which the figure dresses (report/plots)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ..records.runtimes import FLOOR
from . import end_labels, families, frame, style
from .families import Family, Look

Floats = npt.NDArray[np.float64]

_ACROSS = 2  # panels in a row
_BETWEEN_IN, _WITH_TICKS_IN = 0.2, 0.55  # left of the second, without and with labels of its own
_ALONE_IN, _AMONG_IN = 3.4, 1.7  # the least height of one panel for all, and of one of many
_MARKED = 12  # at most so many points have a marker each; of more, a few
_MARKS = 6
_CONTEXT_POINTS = 28  # of a grey curve
_KEY_MARKER: Any = {"marker": "o", "linestyle": "none", "color": style.MISSING_COLOUR}


@dataclass(frozen=True)
class Curve:
    """The points of a runtime, at least one; nan where a line would be a guess."""

    runtime: str
    label: str
    x: Floats
    y: Floats
    trusted: int | None = None  # the points from the left that can be relied on, if not all
    hollow: tuple[int, ...] = ()  # the points that have a hollow marker
    band: tuple[Floats, Floats] | None = None  # how far y ranges over the runs, at each x


@dataclass(frozen=True)
class Column:
    """One quantity: a panel of it for each family."""

    title: str
    x_label: str
    curves: Sequence[Curve]


def hollow_key(label: str) -> Line2D:
    """What a hollow marker means, for the key of the figure."""
    return Line2D([], [], label=label, markersize=7, markerfacecolor="white", **_KEY_MARKER)


def draw(
    title: str,
    columns: Sequence[Column],
    y_label: str,
    foot: Sequence[str],
    dress: Callable[[Axes], None],
    key: Sequence[Artist] = (),
    below: Sequence[frame.Row] = (),
    share_y: bool = True,
) -> tuple[Figure, list[Axes], list[list[Axes]]]:
    """The figure, its panels of curves, and the rows of panels asked for below them, which are
    empty. `dress` sets the scales, limits and ticks of a panel. All panels share them, or without
    `share_y` those of a column do. It is not called where there is no curve at all."""
    names = {curve.runtime for column in columns for curve in column.curves}
    panels = families.panels_of(names)
    looks = families.looks_of(names)
    cells = [(family, column) for family in panels for column in columns]
    rows = _rows(cells, share_y)
    figure, axes = frame.new_figure(title, [*rows, *below], foot, key)
    flat = [panel for row in axes[: len(rows)] for panel in row]
    for index, panel in enumerate(flat[1:], start=1):
        panel.sharex(flat[0])
        if share_y or index >= _ACROSS:
            panel.sharey(flat[0 if share_y else index % _ACROSS])
    for index, (panel, (family, column)) in enumerate(zip(flat, cells, strict=True)):
        _fill(panel, family, column, looks, is_one=len(panels) == 1)
        _name(panel, family, column, index, len(cells))
        if index % _ACROSS == 0:
            panel.set_ylabel(y_label)
        elif share_y:
            panel.tick_params(which="both", labelleft=False)
    for panel in flat:
        if names:
            dress(panel)
        else:
            panel.tick_params(length=0, labelbottom=False, labelleft=False)
    for panel, (family, column) in zip(flat, cells, strict=True):
        shown = [curve for curve in column.curves if _is_own(curve, family)]
        end_labels.write(panel, [_end(curve, looks[curve.runtime]) for curve in shown])
    return figure, flat, axes[len(rows) :]


def _is_own(curve: Curve, family: Family) -> bool:
    return curve.runtime == FLOOR or curve.runtime in family.runtimes


def _rows(cells: Sequence[tuple[Family, Column]], share_y: bool) -> list[frame.Row]:
    across = min(_ACROSS, len(cells))
    own = [[curve for curve in column.curves if _is_own(curve, one)] for one, column in cells]
    most = max(len(curves) for curves in own)
    lines = max(len(_title(family, column).split("\n")) for family, column in cells)
    is_alone = len({family.title for family, _ in cells}) == 1
    height_in = max(_ALONE_IN if is_alone else _AMONG_IN, (most + 1) * end_labels.GAP_IN)
    right_in = end_labels.room_in(curve.label for curves in own for curve in curves)
    return [
        frame.Row(
            height_in=height_in,
            above_in=0.18 + 0.17 * lines,
            below_in=0.5 if _has_label(min(start + across, len(cells)) - 1, len(cells)) else 0.3,
            columns=across,
            panels=min(across, len(cells) - start),
            between_in=_BETWEEN_IN if share_y else _WITH_TICKS_IN,
            right_in=right_in,
        )
        for start in range(0, len(cells), across)
    ]


def _has_label(index: int, count: int) -> bool:
    """Whether no panel stands below it."""
    return index + _ACROSS >= count


def _title(family: Family, column: Column) -> str:
    return "\n".join(part for part in (family.title, column.title) if part)


def _name(axes: Axes, family: Family, column: Column, index: int, count: int) -> None:
    """The title, and the labels of the axes where nothing stands left of the panel or below."""
    axes.set_title(_title(family, column), pad=5)
    axes.grid(color=style.GRID_COLOUR)
    if _has_label(index, count):
        axes.set_xlabel(column.x_label)
    if not column.curves:
        axes.annotate(
            "no numbers",
            (0.5, 0.5),
            xycoords="axes fraction",
            ha="center",
            fontsize=9,
            style="italic",
            color=style.MISSING_COLOUR,
        )


def _fill(axes: Axes, family: Family, column: Column, looks: dict[str, Look], is_one: bool) -> None:
    own = [curve for curve in column.curves if _is_own(curve, family)]
    for curve in column.curves:
        if not _is_own(curve, family):
            _draw_context(axes, curve)
    for rank, curve in enumerate(own):
        if is_one or curve.runtime != FLOOR:
            _draw_band(axes, curve, looks[curve.runtime])
        _draw_own(axes, curve, looks[curve.runtime], rank, len(own))


def _draw_context(axes: Axes, curve: Curve) -> None:
    """Another family's, to see where this one stands among all."""
    count = len(curve.x)
    kept = np.unique(np.linspace(0, count - 1, min(count, _CONTEXT_POINTS)).round().astype(int))
    axes.plot(
        curve.x[kept],
        curve.y[kept],
        color=style.CONTEXT_COLOUR,
        linewidth=0.7,
        zorder=1.5,
        gid=style.gid(curve.runtime),
    )


def _draw_band(axes: Axes, curve: Curve, look: Look) -> None:
    if curve.band is not None:
        plain: Any = {"color": look.colour, "alpha": 0.13, "linewidth": 0, "zorder": 1.8}
        axes.fill_between(curve.x, *curve.band, gid=style.gid(curve.runtime), **plain)


def _draw_own(axes: Axes, curve: Curve, look: Look, rank: int, count: int) -> None:
    """A curve in its colour; the first in order is on top, and over all the floor, whose gaps show
    what is below."""
    layer = 3.1 if curve.runtime == FLOOR else 3 - 0.1 * rank / count
    common: Any = {"color": look.colour, "zorder": layer, "gid": style.gid(curve.runtime)}
    points = len(curve.x) if curve.trusted is None else curve.trusted
    axes.plot(
        curve.x[:points],
        curve.y[:points],
        linewidth=1.6,
        linestyle=look.line,
        marker=look.marker,
        markersize=4.5,
        markevery=_marked(points, rank, count),
        **common,
    )
    if points < len(curve.x):
        rest = slice(max(0, points - 1), None)
        axes.plot(curve.x[rest], curve.y[rest], linewidth=1.2, linestyle=":", **common)
    if curve.hollow:
        at = list(curve.hollow)
        hollow: Any = common | {"zorder": 4, "linestyle": "none", "marker": look.marker}
        axes.plot(
            curve.x[at], curve.y[at], markersize=6, markerfacecolor="white",
            markeredgewidth=1.4, **hollow,
        )  # fmt: skip


def _marked(points: int, rank: int, count: int) -> int | tuple[int, int]:
    """Every point where they are few; else some, and of no two curves the same."""
    if points <= _MARKED:
        return 1
    every = max(1, points // _MARKS)
    return rank * every // count, every


def _end(curve: Curve, look: Look) -> end_labels.End:
    last = int(np.flatnonzero(np.isfinite(curve.y))[-1])
    return end_labels.End(
        curve.runtime, curve.label, float(curve.x[last]), float(curve.y[last]), look.colour
    )
