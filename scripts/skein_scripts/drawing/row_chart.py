"""Dot plots: a row for each runtime, its name at the left, its marks in the panel, and its numbers
in columns at the right, where no mark can be. Many rows stand in blocks by family, each with a
heading. A chart is as high as it has rows. Leaves out what the marks are (report/plots)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from ..records.runtimes import FLOOR
from . import frame, style

_ROW_IN = 0.225
_NAME_POINTS = 9.0
_GAP_IN = 0.14  # between two columns
_BESIDE = 1.25  # free beside the outermost mark of a logarithmic axis, as a factor
_DECADE = 10.0
_OVER_LINES: Any = {"facecolor": "white", "edgecolor": "none", "pad": 1}
_FEW_DECADES = 2.2  # of an axis that has ticks between the powers of ten


@dataclass(frozen=True)
class Line:
    """A line of a chart: the row of a runtime, or the heading of the rows below."""

    text: str
    runtime: str = ""  # none: a heading
    cells: tuple[str, ...] = ()  # its numbers; none where it has no result


@dataclass(frozen=True)
class Chart:
    """A panel of rows. A line's number is its y, from the top."""

    lines: tuple[Line, ...]

    @property
    def rows(self) -> list[tuple[int, Line]]:
        """Those that are no headings, each with its y."""
        return [(y, line) for y, line in enumerate(self.lines) if line.runtime]


@dataclass(frozen=True)
class Margins:
    """What all charts of a figure keep free beside their panels, so that they stand alike."""

    names_in: float
    headings: tuple[str, ...]
    ends_in: tuple[float, ...]  # where each column ends, right of the panel

    @staticmethod
    def of(charts: Iterable[Chart], headings: Sequence[str]) -> Margins:
        """As wide as the widest name and number."""
        rows = [line for chart in charts for _, line in chart.rows]
        names_in = max((style.width_in(line.text, _NAME_POINTS) for line in rows), default=0.0)
        ends_in: list[float] = []
        end_in = 0.0
        for column, heading in enumerate(headings):
            texts = [heading, *(line.cells[column] for line in rows if line.cells)]
            widest_in = max(style.width_in(text, style.LABEL_POINTS) for text in texts)
            end_in += widest_in + _GAP_IN if widest_in else 0
            ends_in.append(end_in)
        return Margins(names_in, tuple(headings), tuple(ends_in))

    def frame_row(self, chart: Chart) -> frame.Row:
        """The row of the figure that the chart takes."""
        return frame.Row(
            height_in=_ROW_IN * len(chart.lines),
            above_in=0.6,
            left_in=frame.EDGE_IN + self.names_in + 0.1,
            right_in=max(self.ends_in, default=0.0) + 0.15,
        )


def dress(axes: Axes, chart: Chart, margins: Margins, title: str) -> None:
    """Writes all but the marks: title, names, headings and numbers."""
    axes.set_title(title, pad=22 if any(margins.headings) else 6)
    axes.set_yticks([y for y, _ in chart.rows], [line.text for _, line in chart.rows])
    axes.set_ylim(len(chart.lines) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0, labelsize=_NAME_POINTS)
    axes.spines["left"].set_visible(False)
    axes.grid(color=style.GRID_COLOUR, linewidth=0.7)
    for label, (_, line) in zip(axes.get_yticklabels(), chart.rows, strict=True):
        label.set_gid(style.gid(line.runtime))
    for y, line in enumerate(chart.lines):
        if not line.runtime:
            _write_heading(axes, y, line.text, margins)
    for column, (heading, end_in) in enumerate(zip(margins.headings, margins.ends_in, strict=True)):
        _write(axes, heading, (1, 1), ("axes fraction", "axes fraction"), (end_in * 72, 5), "")
        for y, line in chart.rows:
            if line.cells:
                at: tuple[str, str] = ("axes fraction", "data")
                _write(axes, line.cells[column], (1, y), at, (end_in * 72, 0), line.runtime)


def _write(
    axes: Axes,
    text: str,
    xy: tuple[float, float],
    coordinates: tuple[str, str],
    offset_points: tuple[float, float],
    runtime: str,
) -> None:
    """A number, or without a runtime the heading of its column."""
    if not text:
        return
    axes.annotate(
        text,
        xy,
        xycoords=coordinates,
        xytext=offset_points,
        textcoords="offset points",
        ha="right",
        va="center" if runtime else "bottom",
        fontsize=style.LABEL_POINTS,
        color=style.INK_COLOUR if runtime else style.MISSING_COLOUR,
        gid=style.gid(runtime) if runtime else None,
    )


def _write_heading(axes: Axes, y: int, text: str, margins: Margins) -> None:
    """At the left edge of the figure: in a line of its own, so it may run into the panel, over the
    lines behind it."""
    axes.annotate(
        text,
        (0, y),
        xycoords=("axes fraction", "data"),
        xytext=(-72 * (margins.names_in + 0.1), -2),
        textcoords="offset points",
        va="center",
        fontsize=_NAME_POINTS,
        fontweight="bold",
        color=style.MISSING_COLOUR,
        bbox=_OVER_LINES,
    )


def write_missing(axes: Axes, y: int, runtime: str, reason: str) -> None:
    """The reason why a row has no marks, where they would be, and over the lines behind it."""
    axes.annotate(
        f"no result ({style.shorten(reason, 80)})",
        (0, y),
        xycoords=("axes fraction", "data"),
        xytext=(6, 0),
        textcoords="offset points",
        va="center",
        fontsize=style.LABEL_POINTS,
        style="italic",
        color=style.MISSING_COLOUR,
        bbox=_OVER_LINES,
        gid=style.gid(runtime),
    )


def draw_span(axes: Axes, y: float, low: float, high: float, runtime: str) -> None:
    """A whisker: how far the repeats reach."""
    if high > low:
        looks: Any = {"color": style.INK_COLOUR, "linewidth": 1.2, "zorder": 3}
        axes.plot([low, high], [y, y], gid=style.gid(runtime), **looks)


def draw_floor_line(axes: Axes, x: float) -> None:
    """The floor, through all rows."""
    looks: Any = {"color": style.colour_of(FLOOR), "linewidth": 1, "linestyle": "--", "zorder": 1.5}
    axes.axvline(x, gid=style.gid(FLOOR), **looks)


def scale(axes: Axes, values: Iterable[float], label: str, show: Callable[[float], str]) -> None:
    """The axis of x, from all values that are drawn: logarithmic where they span a decade, and said
    so; else from 0. `show` writes the place of a tick."""
    shown = list(values)
    lowest, highest = min(shown, default=0.0), max(shown, default=0.0)
    if lowest > 0 and highest > _DECADE * lowest:
        axes.set_xscale("log")
        axes.set_xlim(lowest / _BESIDE, highest * _BESIDE)
        parts = (1.0, 2.0, 5.0) if highest < _DECADE**_FEW_DECADES * lowest else (1.0,)
        axes.xaxis.set_major_locator(LogLocator(subs=parts))
        axes.xaxis.set_minor_locator(NullLocator())
        label += ", logarithmic"
    else:
        axes.set_xlim(min(lowest, 0), highest * 1.05 or 1)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: show(value)))
    axes.set_xlabel(label)


def mark_key(label: str, marker: str, is_filled: bool = True) -> Line2D:
    """What a marker means, for the key of the figure."""
    return Line2D(
        [],
        [],
        label=label,
        linestyle="none",
        marker=marker,
        markersize=6,
        color=style.MISSING_COLOUR,
        markerfacecolor=style.MISSING_COLOUR if is_filled else "white",
    )
