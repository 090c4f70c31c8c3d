"""What is drawn in a figure, as numbers and text: marks, curves, labels, ticks. Colours and markers
of runtimes stand here once more, by hand, so that a test sees two that are swapped."""

import re
from dataclasses import dataclass

import matplotlib as mpl
import pytest
from matplotlib.collections import PolyCollection
from matplotlib.text import Text

from skein_scripts.drawing import frame, style
from skein_scripts.records import results
from skein_scripts.records.groups import group_runs

COLOURS = {
    "coroutine": "#0072b2", "coroutine_uring": "#7fc4ec", "fiber": "#e69f00",
    "fiber_asm": "#d55e00", "fiber_uring": "#f5d17a", "thread": "#cc79a7",
    "thread_default": "#7a3b69", "callback": "#6a3d9a", "callback_uring": "#b79bd6",
    "libuv": "#009e73", "epoll_floor": "#555555", "future": "#a50f15",
    "future_busy": "#ef6548", "coroutine_stealing": "#1f3a5f", "future_stealing": "#67000d",
}  # fmt: skip
MARKERS = {
    "coroutine": "o", "coroutine_uring": "h", "fiber": "s", "fiber_asm": "d", "fiber_uring": "p",
    "thread": "^", "thread_default": "<", "callback": "X", "callback_uring": "*", "libuv": "D",
    "epoll_floor": "P", "future": "v", "future_busy": "$B$",
    "coroutine_stealing": "H", "future_stealing": "8",
}  # fmt: skip
INK, CONTEXT, WHITE = "#222222", "#c9c9c9", "#ffffff"
_RUNTIME_OF = {colour: runtime for runtime, colour in COLOURS.items()}


def hex_of(colour):
    return mpl.colors.to_hex(colour)


def runtime_of(colour):
    """The runtime whose colour it is; the colour itself where it is nobody's."""
    return _RUNTIME_OF.get(hex_of(colour), hex_of(colour))


def runtime_in(artist):
    """The runtime that an artist's gid names; None where it belongs to nobody."""
    return style.runtime_of_gid(artist.get_gid() or "")


def draw(make, *arguments):
    """A figure of `make`, laid out as it is saved: ticks and labels stand where they are drawn."""
    with style.looks():
        figure = make(*arguments)
        if figure is not None:
            figure.draw_without_rendering()
    return figure


@dataclass(frozen=True)
class Mark:
    """A point of a dot plot."""

    runtime: str  # by its gid
    row: float
    x: float
    marker: str
    colour: str
    is_hollow: bool


def marks(axes):
    return [
        Mark(runtime_in(one), float(y), float(x), str(one.get_marker()), hex_of(one.get_color()),
             hex_of(one.get_markerfacecolor()) == WHITE)
        for one in _lines(axes) if one.get_linestyle() == "None" for x, y in one.get_xydata()
    ]  # fmt: skip


@dataclass(frozen=True)
class Span:
    """A level line from one place to another: a whisker, or what lies between floor and mark."""

    runtime: str  # by its gid
    row: float
    low: float
    high: float
    colour: str


def spans(axes):
    return [
        Span(runtime_in(one), float(one.get_ydata()[0]), *map(float, one.get_xdata()),
             hex_of(one.get_color()))
        for one in _lines(axes)
        if one.get_linestyle() == "-" and len(one.get_xdata()) == 2
        and len(set(one.get_ydata())) == 1
    ]  # fmt: skip


def cells(axes):
    """The numbers right of a dot plot: of each row, by its name, from the left."""
    named = dict(zip(axes.get_yticks(), rows(axes), strict=True))
    found = {}
    for one in axes.texts:
        (x, y), (x_of, y_of) = one.xy, one.xycoords
        if (x, x_of, y_of) == (1, "axes fraction", "data"):
            found.setdefault(named[y], []).append((one.get_position()[0], one.get_text()))
    return {name: [text for _, text in sorted(texts)] for name, texts in found.items()}


def headings(axes):
    """The lines of a dot plot that name the rows below, by their place."""
    rows_at = set(axes.get_yticks())
    return {
        one.xy[1]: one.get_text() for one in axes.texts
        if one.xycoords == ("axes fraction", "data") and one.xy[1] not in rows_at
    }  # fmt: skip


def reasons(axes):
    """What stands where a row has no marks, by the name of the row."""
    named = dict(zip(axes.get_yticks(), rows(axes), strict=True))
    return {
        named[one.xy[1]]: one.get_text() for one in axes.texts
        if one.get_text().startswith("no result")
    }  # fmt: skip


def ends(axes):
    """The labels at the ends of curves, from the top, each with the runtime that its gid names."""
    found = [
        (one.xy[1], one.get_text(), runtime_in(one)) for one in axes.texts
        if one.get_gid() and one.xycoords == "axes fraction"
    ]  # fmt: skip
    return [(text, runtime) for _, text, runtime in sorted(found, reverse=True)]


@dataclass(frozen=True)
class Curve:
    """A line or points."""

    runtime: str  # by its colour
    points: list[tuple[float, float]]
    marker: str
    line: str  # "-", ":", "--", "None"
    width: float
    is_faint: bool
    is_hollow: bool


def curves(axes):
    return [
        Curve(runtime_of(one.get_color()), [(float(x), float(y)) for x, y in one.get_xydata()],
              str(one.get_marker()), one.get_linestyle() if one.get_linewidth() else "None",
              one.get_linewidth(), one.get_alpha() is not None and one.get_alpha() < 1,
              hex_of(one.get_markerfacecolor()) == WHITE)
        for one in _lines(axes)
    ]  # fmt: skip


def _lines(axes):
    """All but those that lead from a curve to its label."""
    return [one for one in axes.lines if one.get_transform() is not axes.transAxes]


def upright_lines(axes):
    """Where lines stand that go from the foot to the head of a panel, by colour and pattern."""
    return [
        (one.get_xdata()[0], runtime_of(one.get_color()), one.get_linestyle())
        for one in axes.lines
        if list(one.get_ydata()) == [0, 1] and len(set(one.get_xdata())) == 1
    ]


def labels(axes):
    """The texts in a panel, by where they point: (x, y, text)."""
    return [(*one.xy, one.get_text()) for one in axes.texts]


def ticks(axis):
    """The labels that are seen at an axis, by their place; of minor ticks, too."""
    low, high = sorted(axis.get_view_interval())
    found = [
        (float(tick.get_loc()), tick.label1.get_text())
        for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks())
        if tick.label1.get_text() and tick.label1.get_visible() and low <= tick.get_loc() <= high
    ]
    return sorted(found)


def rows(axes):
    """The names of the rows of a dot plot, from the top."""
    bottom, top = axes.get_ylim()
    assert bottom > top, "the first row stands at the top"
    return [label.get_text() for label in axes.get_yticklabels()]


def key(figure):
    """What the markers mean, from the row below the title."""
    (shown,) = figure.legends
    return [text.get_text() for text in shown.get_texts()]


def foot(figure):
    """The small print, as one line."""
    return " ".join(figure.texts[1].get_text().split())


def title(figure):
    return figure.texts[0].get_text()


_UNITS = {"ns": 1, "µs": 1e3, "ms": 1e6, "s": 1e9, "B": 1, "KiB": 2**10, "MiB": 2**20,
          "GiB": 2**30, "%": 0.01, "k": 1e3, "": 1}  # fmt: skip


def value_of(text):
    """The value that a label of a tick names, in base units."""
    number, unit = re.fullmatch(r"([0-9.,]+) ?([^0-9]*)", text).groups()
    return float(number.replace(",", "")) * _UNITS[unit]


def check_ticks(axis, at_least, sign=1):
    """Every label that is seen names the place at which it stands, with its unit."""
    found = ticks(axis)
    assert len(found) >= at_least, found
    for place, text in found:
        assert value_of(text) == pytest.approx(sign * place, rel=1e-6, abs=1e-9), text


def context_of(records):
    return frame.Context.of(results.sessions(records)[0])


def group_named(records, name):
    return next(group for group in group_runs(records) if group.name == name)


def of(curves, runtime, **wanted):
    return [
        one for one in curves
        if one.runtime == runtime
        and all(getattr(one, name) == value for name, value in wanted.items())
    ]  # fmt: skip


def close(points):
    return [(pytest.approx(x), pytest.approx(y)) for x, y in points]


def bands(axes):
    """The shaded ranges, by runtime: at each x the lowest and the highest."""
    found = {}
    for one in axes.collections:
        if isinstance(one, PolyCollection):
            at = {}
            for x, y in one.get_paths()[0].vertices:
                at.setdefault(round(float(x), 9), []).append(float(y))
            found[runtime_in(one)] = {x: (min(ys), max(ys)) for x, ys in at.items()}
    return found


def texts(figure):
    """All that can be read in a figure that was laid out."""
    found = [*figure.texts, *(one for shown in figure.legends for one in shown.get_texts())]
    for axes in figure.axes:
        found += [*axes.texts, *(axes.findobj(Text) if not axes.axison else [])]
        if axes.axison:
            found += [axes.title, axes._left_title, axes.xaxis.label, axes.yaxis.label]
            for axis in (axes.xaxis, axes.yaxis):
                low, high = sorted(axis.get_view_interval())
                found += [
                    tick.label1 for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks())
                    if tick.label1.get_visible() and low <= tick.get_loc() <= high
                ]  # fmt: skip
    return [one for one in dict.fromkeys(found) if one.get_visible() and one.get_text().strip()]


def overlaps(figure):
    """Pairs of texts that touch, and texts that leave the figure."""
    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()
    boxes = [
        (one.get_text(), one.get_window_extent(renderer).padded(-0.75)) for one in texts(figure)
    ]
    found = [
        (first, second)
        for index, (first, box) in enumerate(boxes)
        for second, other in boxes[index + 1 :]
        if box.x0 < other.x1 and other.x0 < box.x1 and box.y0 < other.y1 and other.y0 < box.y1
    ]
    whole = figure.bbox
    return found + [
        (text, "the edge") for text, box in boxes
        if box.x0 < 0 or box.y0 < 0 or box.x1 > whole.x1 or box.y1 > whole.y1
    ]  # fmt: skip
