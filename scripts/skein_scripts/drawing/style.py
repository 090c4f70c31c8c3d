"""The looks that all figures share: one colour and one order for a runtime everywhere, and the way
in which a missing result is shown. The frame around the panels is in frame.py.

Colours are from the palette of Okabe and Ito, which people with the common colour blindnesses can
tell apart; markers and hatches repeat the distinction without colour.
"""

from __future__ import annotations

import contextlib
import textwrap
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import LogFormatter

from ..records.groups import Group
from ..records.runtimes import runtimes

# For runtimes of which nothing is declared (runtimes/<folder>/runtime.toml).
_SPARE_COLOURS = ("#56B4E9", "#8C6BB1", "#A6761D")
MISSING_COLOUR = "#777777"
GRID_COLOUR = "#DDDDDD"

_SETTINGS: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "svg.hashsalt": "skein",
    "text.parse_math": False,  # a name with two dollars is no formula
    "figure.dpi": 100,
}


@contextlib.contextmanager
def looks() -> Iterator[None]:
    """Figures are drawn and saved inside this: it sets fonts, titles and legends."""
    with mpl.rc_context(_SETTINGS):
        yield


def colour_of(runtime: str) -> str:
    """The colour of a runtime: the same in every figure."""
    if runtime in runtimes():
        return runtimes()[runtime].colour
    return _SPARE_COLOURS[sum(runtime.encode()) % len(_SPARE_COLOURS)]


def marker_of(runtime: str) -> str:
    """The marker of a runtime."""
    return runtimes()[runtime].marker if runtime in runtimes() else "v"


def rank_of(runtime: str) -> int:
    """0 for the runtime that is drawn on top, higher for those below it, which are wider: where
    curves coincide, each shows as a rim of the one above."""
    order = list(runtimes())
    return order.index(runtime) if runtime in order else 0


def curve_looks(runtime: str) -> dict[str, Any]:
    """Colour, width and layer of a curve."""
    rank = rank_of(runtime)
    return {
        "color": colour_of(runtime),
        "linewidth": 1.3 + 0.65 * rank,
        "zorder": 3 - 0.1 * rank,
        "solid_capstyle": "butt",
    }


def single_run_looks(runtime: str) -> dict[str, Any]:
    """A curve of one run, beside that of all of them: shows the spread."""
    return {"color": colour_of(runtime), "linewidth": 0.6, "alpha": 0.55, "zorder": 2}


def missing_notes(groups: Iterable[Group]) -> list[str]:
    """Which runtimes have no numbers, and why: a line for each, for the foot of a figure."""
    return [
        f"No result: {series.runtime} in {group.name.split(',')[0]} ({shorten(reason, 90)})"
        for group in groups
        for series in group.series
        if (reason := series.why_missing()) is not None
    ]


def shorten(reason: str, width: int) -> str:
    """A reason that fits a figure; the table has it whole."""
    return textwrap.shorten(reason, width, placeholder=" …")


def label_missing_row(axes: Axes, y: float, reason: str) -> None:
    """In a chart of horizontal bars: the reason where the bar would be."""
    text = f"no result ({shorten(reason, 80)})"
    label = axes.annotate(
        text,
        (0, y),
        xytext=(6, 0),
        textcoords="offset points",
        va="center",
        fontsize=9,
        style="italic",
        color=MISSING_COLOUR,
    )
    label.set_in_layout(False)


def label_bar(axes: Axes, x: float, y: float, text: str) -> None:
    """The numbers of a bar, right of its end."""
    label = axes.annotate(
        text, (x, y), xytext=(8, 0), textcoords="offset points", va="center", fontsize=9
    )
    label.set_in_layout(False)


def bar_rows(axes: Axes, runtimes: Iterable[str]) -> None:
    """Names the rows of a chart of horizontal bars, the first at the top."""
    names = list(runtimes)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=GRID_COLOUR)


def log_scale(axes: Axes, x: bool = False, y: bool = False) -> None:
    """Logarithmic axes where there is anything to scale; an empty panel has no numbers at all, and
    takes none from a panel that shares its axis."""
    if not axes.lines:
        axes.tick_params(length=0, labelbottom=False, labelleft=False)
        return
    if x:
        axes.set_xscale("log")
    if y:
        axes.set_yscale("log")


class _LogLabels(LogFormatter):
    """Labels at the powers of ten, and between them where an axis has too few of those."""

    def __init__(self, show: Callable[[float], str]) -> None:
        super().__init__()
        self._show = show

    def __call__(self, x: float, pos: int | None = None) -> str:
        return self._show(x) if super().__call__(x, pos) else ""


def log_labels(axis: Axis, show: Callable[[float], str]) -> None:
    """Writes the labels of a logarithmic axis as `show` does. matplotlib's own, which stand between
    powers of ten, have no unit."""
    axis.set_major_formatter(_LogLabels(show))
    axis.set_minor_formatter(_LogLabels(show))
