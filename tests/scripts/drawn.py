"""What is drawn in a figure, as numbers and text: bars, points, labels, ticks. Colours and markers
of runtimes stand here once more, by hand, so that a test sees two that are swapped."""

import re
from dataclasses import dataclass

import matplotlib as mpl
import pytest
from matplotlib.collections import LineCollection

from skein_scripts.drawing import frame, style
from skein_scripts.records import results
from skein_scripts.records.groups import group_runs

COLOURS = {
    "coroutine": "#0072b2", "coroutine_uring": "#7fc4ec", "fiber": "#e69f00",
    "fiber_asm": "#d55e00", "fiber_uring": "#f5d17a", "thread": "#cc79a7",
    "thread_default": "#7a3b69", "callback": "#6a3d9a", "callback_uring": "#b79bd6",
    "libuv": "#009e73", "epoll_floor": "#555555", "future": "#a50f15",
    "future_busy": "#ef6548",
}  # fmt: skip
MARKERS = {
    "coroutine": "o", "coroutine_uring": "h", "fiber": "s", "fiber_asm": "d", "fiber_uring": "p",
    "thread": "^", "thread_default": "<", "callback": "X", "callback_uring": "*", "libuv": "D",
    "epoll_floor": "P", "future": "v", "future_busy": "^",
}  # fmt: skip
GREY, BLACK, WHITE = "#c4c4c4", "#000000", "#ffffff"
_RUNTIME_OF = {colour: runtime for runtime, colour in COLOURS.items()}


def hex_of(colour):
    return mpl.colors.to_hex(colour)


def runtime_of(colour):
    """The runtime whose colour it is; the colour itself where it is nobody's."""
    return _RUNTIME_OF.get(hex_of(colour), hex_of(colour))


def draw(make, *arguments):
    """A figure of `make`, laid out as it is saved: ticks and labels stand where they are drawn."""
    with style.looks():
        figure = make(*arguments)
        if figure is not None:
            figure.draw_without_rendering()
    return figure


@dataclass(frozen=True)
class Bar:
    """A horizontal bar."""

    row: int
    left: float
    right: float
    colour: str  # of its face
    edge: str
    is_hatched: bool


def bars(axes):
    return [
        Bar(round(one.get_y() + one.get_height() / 2), one.get_x(), one.get_x() + one.get_width(),
            hex_of(one.get_facecolor()), hex_of(one.get_edgecolor()), bool(one.get_hatch()))
        for one in axes.patches
    ]  # fmt: skip


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
        for one in axes.lines
    ]  # fmt: skip


def upright_lines(axes):
    """Where lines stand that go from the foot to the head of a panel, by colour and pattern."""
    return [
        (one.get_xdata()[0], runtime_of(one.get_color()), one.get_linestyle())
        for one in axes.lines
        if list(one.get_ydata()) == [0, 1] and len(set(one.get_xdata())) == 1
    ]


def whiskers(axes):
    """The ends of error bars in x: (row, low, high)."""
    return [
        (float(y), float(low), float(high))
        for one in axes.collections
        if isinstance(one, LineCollection)
        for (low, y), (high, _) in one.get_segments()
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
    """The names of the rows of a chart of bars, from the top."""
    bottom, top = axes.get_ylim()
    assert bottom > top, "the first row stands at the top"
    return [label.get_text() for label in axes.get_yticklabels()]


def legend(figure):
    """Names in the legend, with the runtime whose colour and the marker that stand for them."""
    (shown,) = figure.legends
    return [
        (text.get_text(), runtime_of(handle.get_color()), str(handle.get_marker()))
        for text, handle in zip(shown.get_texts(), shown.legend_handles, strict=True)
    ]


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
