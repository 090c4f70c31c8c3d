"""The looks that all figures share: one colour and one order for a runtime everywhere, the foot
with n, spread and machine, and the way in which a missing result is shown.

Colours are from the palette of Okabe and Ito, which people with the common colour blindnesses can
tell apart; markers and hatches repeat the distinction without colour.
"""

from __future__ import annotations

import contextlib
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ..groups import Group
from ..names import RUNTIME_ORDER
from ..results import Record

PALETTE = {
    "coroutine": "#0072B2",
    "fiber": "#E69F00",
    "thread": "#CC79A7",
    "libuv": "#009E73",
    "epoll_floor": "#555555",
}
MARKERS = {"coroutine": "o", "fiber": "s", "thread": "^", "libuv": "D", "epoll_floor": "x"}
# For runtimes that came later than this palette, by the order in which they appear in a figure.
_SPARE_COLOURS = ("#56B4E9", "#D55E00", "#8C6BB1", "#A6761D")
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
    "figure.dpi": 100,
}
_WIDTH_IN = 10.0
_FOOT_LINE_IN = 0.17
_FOOT_CHARACTERS = 150
_HEAD_IN = 0.55


@contextlib.contextmanager
def looks() -> Iterator[None]:
    """Figures are drawn and saved inside this: it sets fonts, titles and legends."""
    with mpl.rc_context(_SETTINGS):
        yield


def colour_of(runtime: str) -> str:
    """The colour of a runtime: the same in every figure."""
    if runtime in PALETTE:
        return PALETTE[runtime]
    return _SPARE_COLOURS[sum(runtime.encode()) % len(_SPARE_COLOURS)]


def marker_of(runtime: str) -> str:
    """The marker of a runtime."""
    return MARKERS.get(runtime, "v")


def rank_of(runtime: str) -> int:
    """0 for the runtime that is drawn on top, higher for those below it, which are wider: where
    curves coincide, each shows as a rim of the one above."""
    return RUNTIME_ORDER.index(runtime) if runtime in RUNTIME_ORDER else 0


def curve_looks(runtime: str) -> dict[str, Any]:
    """Colour, width and layer of a curve."""
    rank = rank_of(runtime)
    return {
        "color": colour_of(runtime),
        "linewidth": 1.3 + 0.9 * rank,
        "zorder": 3 - 0.1 * rank,
        "solid_capstyle": "butt",
    }


@dataclass(frozen=True)
class Context:
    """What the foot of every figure says."""

    machine: str
    provenance: str

    @staticmethod
    def of(session: Record | None) -> Context:
        """From a session record; says so where there is none."""
        if session is None:
            return Context("machine not recorded", "")
        machine = session["environment"]
        tool = session["tool"]
        commit = (tool.get("commit") or "unknown")[:12]
        dirty = " with changes" if tool.get("dirty") else ""
        return Context(
            f"{machine['cpu_model']}, {machine['cpus_online']} CPUs, Linux {machine['kernel']}",
            f"{tool['name']} {tool['version']}, commit {commit}{dirty},"
            f" {session['created_utc'][:10]}",
        )

    def foot(self, spread: str) -> list[str]:
        """The lines of a foot."""
        text = "  ·  ".join(part for part in (spread, self.machine, self.provenance) if part)
        return textwrap.wrap(text, _FOOT_CHARACTERS)


def new_figure(
    title: str, panel_heights_in: list[float], foot: list[str], columns: int = 1,
    share_y: bool = False, width_ratios: list[float] | None = None,
) -> tuple[Figure, list[list[Axes]]]:  # fmt: skip
    """A figure with a title, rows of panels and a foot that nothing overlaps."""
    foot_in = _FOOT_LINE_IN * len(foot) + 0.12
    height_in = sum(panel_heights_in) + foot_in + _HEAD_IN
    figure = Figure(figsize=(_WIDTH_IN, height_in), layout="constrained")
    FigureCanvasAgg(figure)
    engine = figure.get_layout_engine()
    assert engine is not None
    engine.set(  # type: ignore[call-arg]
        rect=(0.01, foot_in / height_in, 0.98, 1 - (foot_in + _HEAD_IN) / height_in),
        h_pad=0.08, w_pad=0.08,
    )  # fmt: skip
    axes = figure.subplots(
        len(panel_heights_in), columns, squeeze=False, sharey="row" if share_y else False,
        height_ratios=panel_heights_in, width_ratios=width_ratios,
    )  # fmt: skip
    figure.text(0.012, 1 - 0.12 / height_in, title, fontsize=13, fontweight="bold", va="top")
    figure.text(0.012, 0.06 / height_in, "\n".join(foot), fontsize=8, color="#555555",
                va="bottom", linespacing=1.35)  # fmt: skip
    return figure, [list(row) for row in axes]


def save(figure: Figure, folder: Path, name: str) -> list[Path]:
    """Writes SVG and PNG. The same data give the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for suffix, metadata in ((".svg", {"Date": None}), (".png", {"Software": None})):
        path = folder / f"{name}{suffix}"
        figure.savefig(path, metadata=metadata, dpi=144 if suffix == ".png" else None)
        paths.append(path)
    return paths


def missing_note(group: Group) -> str:
    """Which runtimes of a group have no numbers, and why; empty where all have."""
    notes = [
        f"{series.runtime}: no result ({reason})"
        for series in group.series
        if (reason := series.why_missing()) is not None
    ]
    return "\n".join(textwrap.fill(note, 90) for note in notes)


def label_missing_row(axes: Axes, y: float, reason: str) -> None:
    """In a chart of horizontal bars: the reason where the bar would be."""
    axes.annotate(f"no result ({reason})", (0, y), xytext=(6, 0), textcoords="offset points",
                  va="center", fontsize=9, style="italic", color=MISSING_COLOUR)  # fmt: skip


def bar_rows(axes: Axes, runtimes: Iterable[str]) -> None:
    """Names the rows of a chart of horizontal bars, the first at the top."""
    names = list(runtimes)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=GRID_COLOUR)


def log_scale(axes: Axes, x: bool = False, y: bool = False) -> None:
    """Logarithmic axes where there is anything to scale; an empty panel has no numbers at all."""
    if not axes.lines:
        axes.set_xticks([])
        axes.set_yticks([])
        return
    if x:
        axes.set_xscale("log")
    if y:
        axes.set_yscale("log")
