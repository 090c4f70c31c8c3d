"""The looks that all figures share: colours, the sizes of texts, ticks, and the names by which a
page finds a runtime's marks. Which panels and which colour a runtime gets is in families.py; the
frame around the panels is in frame.py.
"""

from __future__ import annotations

import contextlib
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

import matplotlib as mpl
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.markers import MarkerStyle
from matplotlib.textpath import text_to_path
from matplotlib.ticker import LogFormatter, NullLocator

from ..records.groups import Group
from ..records.runtimes import runtimes

# For runtimes of which nothing is declared (runtimes/<folder>/runtime.toml).
_SPARE_COLOURS = ("#56B4E9", "#8C6BB1", "#A6761D")
INK_COLOUR = "#222222"
MISSING_COLOUR = "#6B6B6B"
GRID_COLOUR = "#E4E4E4"
CONTEXT_COLOUR = "#C9C9C9"
LABEL_POINTS = 8.5  # of the texts beside marks and curves
_FONT = "DejaVu Sans"
_TICK_GAP_IN = 0.08
_GID = "runtime:"  # how a runtime's gids begin

_SETTINGS: Any = {
    "font.family": _FONT,
    "font.size": 10,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 9,
    "xtick.labelsize": LABEL_POINTS,
    "ytick.labelsize": LABEL_POINTS,
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
    """The colour of a runtime where several families share a panel."""
    if runtime in runtimes():
        return runtimes()[runtime].colour
    return _SPARE_COLOURS[sum(runtime.encode()) % len(_SPARE_COLOURS)]


def marker_of(runtime: str) -> MarkerStyle:
    """Its marker there."""
    return _marker(runtimes()[runtime].marker if runtime in runtimes() else "v")


@cache
def _marker(name: str) -> MarkerStyle:
    """A letter as a marker is written as a formula, though no text of a figure is one."""
    with mpl.rc_context({"text.parse_math": True}):
        return MarkerStyle(name)


# --- what belongs to whom ---


def gid(runtime: str) -> str:
    """Marks every artist that is a runtime's. An SVG has it as the group's id, by which a page
    highlights the runtime; `number_gids` makes those of a figure distinct. A colon of the runtime's
    own is written %3A, so that no number is taken for a part of it."""
    return f"{_GID}{runtime.replace('%', '%25').replace(':', '%3A')}"


def runtime_of_gid(name: str) -> str | None:
    """The runtime of a gid, numbered or not; None where it names none."""
    if not name.startswith(_GID):
        return None
    own = name.removeprefix(_GID).partition(":")[0]
    return own.replace("%3A", ":").replace("%25", "%")


def number_gids(figure: Figure) -> None:
    """Gives artists with the same gid a number each: `runtime:fiber:1`, `runtime:fiber:2`."""
    found: dict[str, list[Artist]] = {}
    for axes in figure.axes:
        for artist in (*axes.get_children(), *axes.get_yticklabels()):
            if artist.get_gid() is not None:
                found.setdefault(str(artist.get_gid()), []).append(artist)
    for name, artists in found.items():
        for number, artist in enumerate(artists, start=1):
            artist.set_gid(f"{name}:{number}" if len(artists) > 1 else name)


# --- what is missing ---


def missing_notes(groups: Iterable[Group]) -> list[str]:
    """Which runtimes have no numbers, and why, for the foot of a figure: a line for each reason in
    each group."""
    found: dict[tuple[str, str], list[str]] = {}
    for group in groups:
        for series in group.series:
            if (reason := series.why_missing()) is not None:
                where = group.name.split(",")[0], shorten(reason, 90)
                found.setdefault(where, []).append(series.runtime)
    return [
        f"No result: {', '.join(names)} in {group} ({reason})"
        for (group, reason), names in found.items()
    ]


def shorten(reason: str, width: int) -> str:
    """A reason that fits a figure; the table has it whole."""
    return textwrap.shorten(reason, width, placeholder=" …")


# --- texts and axes ---


def width_in(text: str, points: float, is_bold: bool = False) -> float:
    """How wide a text is, in inches: of its longest line."""
    font = FontProperties(family=_FONT, size=points, weight="bold" if is_bold else "normal")
    lines = text.split("\n")
    return (
        max(text_to_path.get_text_width_height_descent(one, font, False)[0] for one in lines) / 72
    )


def wrapped(text: str, points: float, room_in: float) -> list[str]:
    """A text in lines that are no wider than the room."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width_in(longer, points) <= room_in:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def size_in(axes: Axes) -> tuple[float, float]:
    """Width and height of a panel, in inches."""
    return axes.bbox.width / axes.figure.dpi, axes.bbox.height / axes.figure.dpi


def in_panel(axes: Axes, x: float, y: float) -> tuple[float, float]:
    """Where a point stands, in widths and heights of the panel; the nearest place at its edge for
    one outside. Scales and limits are to be final."""
    axes.get_xlim()  # these settle limits that were left to the data
    axes.get_ylim()
    across, up = (axes.transScale + axes.transLimits).transform((x, y))
    return min(max(float(across), 0.0), 1.0), min(max(float(up), 0.0), 1.0)


def fit_ticks(axes: Axes, texts: Mapping[float, str]) -> None:
    """Ticks of x at those of the places whose texts do not touch, the most important first. Scales
    and limits are to be set before."""
    panel_in, _ = size_in(axes)
    low, high = axes.get_xlim()
    bottom = axes.get_ylim()[0]
    kept: list[tuple[float, float, float]] = []  # place, its middle and half its width in inches
    for place, text in texts.items():
        if not low <= place <= high:
            continue
        middle_in = in_panel(axes, place, bottom)[0] * panel_in
        half_in = (width_in(text, LABEL_POINTS) + _TICK_GAP_IN) / 2
        if all(abs(middle_in - other) >= half_in + half for _, other, half in kept):
            kept.append((place, middle_in, half_in))
    places = sorted(place for place, *_ in kept)
    axes.set_xticks(places, [texts[place] for place in places])
    axes.xaxis.set_minor_locator(NullLocator())


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
