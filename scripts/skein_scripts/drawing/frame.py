"""The frame of every figure: a title, a row with the key, the panels, and a foot that says how
many runs, what the spread is, on which machine and from which commit.

Lengths are inches and are fixed before anything is drawn, so no part can overlap another, a panel
is as high as what it holds, and the same data give the same bytes. It leaves out what is in the
panels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ..base import units
from ..records.shapes import Session
from . import style

WIDTH_IN = 10.0
EDGE_IN = 0.12  # free at the left of everything
_FOOT_LINE_IN = 0.165
_FOOT_POINTS = 8.0
_FOOT_IN = 9.4  # of a line: on a coarse grid of pixels texts are some per cent wider
_TITLE_IN = 0.45
_TITLE_POINTS = 13.0  # or as many as fit the width
_KEY_IN = 0.26
_KEY_COLUMNS = 5


@dataclass(frozen=True)
class Context:
    """What the foot of every figure says of machine and build."""

    machine: str
    provenance: str
    timer_floor: Mapping[str, Any] | None = None  # machine_floor, where it has the timer's

    @staticmethod
    def of(session: Session | None, remark: str = "") -> Context:
        """From a session record; says so where there is none. A remark stands last."""
        if session is None:
            return Context("machine not recorded", remark)
        machine = session["environment"]
        tool = session["tool"]
        commit = (tool.get("commit") or "unknown")[:12]
        dirty = " with changes" if tool.get("dirty") else ""
        return Context(
            f"{machine['cpu_model']}, {machine['cpus_online']} CPUs, {machine['kernel']}"
            + _wake_floor(session),
            f"{tool['name']} {tool['version']}, commit {commit}{dirty},"
            f" {session['created_utc'][:10]}" + (f", {remark}" if remark else ""),
            _timer_floor(session),
        )

    def foot(self, meaning: str, notes: Sequence[str] = ()) -> list[str]:
        """The lines of a foot: notes on what is missing, what is shown, and where it comes from."""
        source = " · ".join(part for part in (self.machine, self.provenance) if part)
        return [
            line
            for text in (*notes, meaning, source)
            for line in style.wrapped(text, _FOOT_POINTS, _FOOT_IN)
        ]


def _wake_floor(session: Session) -> str:
    """What no runtime can beat here: how long a blocked thread takes to run once it is woken."""
    wake_ns = (session.get("machine_floor") or {}).get("wake_ns")
    return "" if wake_ns is None else f", wakes a thread in {units.format_duration(wake_ns)}"


def _timer_floor(session: Session) -> Mapping[str, Any] | None:
    floor = session.get("machine_floor") or {}
    return floor if floor.get("timer_p50_ns") and floor.get("timer_p99_ns") else None


@dataclass(frozen=True)
class Row:
    """A row of panels of one size. All lengths in inches."""

    height_in: float  # of a panel
    above_in: float = 0.42  # for its title
    below_in: float = 0.55  # for the labels of its x axis
    columns: int = 1
    panels: int = 1  # how many of the columns have one
    left_in: float = 0.9  # for the labels of y of the first panel
    between_in: float = 0.2  # left of each of the others
    right_in: float = 0.2  # right of every panel

    @property
    def whole_in(self) -> float:
        """With what stands above and below."""
        return self.above_in + self.height_in + self.below_in

    @property
    def panel_in(self) -> float:
        """How wide a panel is."""
        taken_in = self.left_in + (self.columns - 1) * self.between_in
        return (WIDTH_IN - taken_in) / self.columns - self.right_in


def new_figure(
    title: str, rows: Sequence[Row], foot: Sequence[str], key: Sequence[Artist] = ()
) -> tuple[Figure, list[list[Axes]]]:
    """A figure with rows of empty panels in its frame."""
    foot_in = _FOOT_LINE_IN * len(foot) + 0.12
    head_in = _TITLE_IN + _KEY_IN * -(-len(key) // _KEY_COLUMNS)
    height_in = sum(row.whole_in for row in rows) + foot_in + head_in
    figure = Figure(figsize=(WIDTH_IN, height_in))
    FigureCanvasAgg(figure)
    left = EDGE_IN / WIDTH_IN
    points = _TITLE_POINTS * min(
        1, (WIDTH_IN - 2 * EDGE_IN) / style.width_in(title, _TITLE_POINTS, is_bold=True)
    )
    figure.text(left, 1 - 0.12 / height_in, title, fontsize=points, fontweight="bold", va="top")
    figure.text(
        left,
        0.06 / height_in,
        "\n".join(foot),
        fontsize=_FOOT_POINTS,
        color="#555555",
        va="bottom",
        linespacing=1.35,
    )
    if key:
        figure.legend(
            handles=list(key),
            loc="upper left",
            fontsize=9,
            ncols=min(len(key), _KEY_COLUMNS),
            bbox_to_anchor=(left, 1 - (_TITLE_IN - 0.04) / height_in),
            borderaxespad=0,
            borderpad=0,
            columnspacing=1.8,
        )
    top_in = height_in - head_in
    axes = []
    for row in rows:
        axes.append(_panels(figure, row, top_in - row.above_in - row.height_in, height_in))
        top_in -= row.whole_in
    return figure, axes


def _panels(figure: Figure, row: Row, bottom_in: float, figure_in: float) -> list[Axes]:
    step_in = row.panel_in + row.right_in + row.between_in
    return [
        figure.add_axes(
            (
                (row.left_in + column * step_in) / WIDTH_IN,
                bottom_in / figure_in,
                row.panel_in / WIDTH_IN,
                row.height_in / figure_in,
            )
        )
        for column in range(row.panels)
    ]


def save(figure: Figure, folder: Path, name: str) -> list[Path]:
    """Writes SVG and PNG. The same data give the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    _fix_layout(figure)
    style.number_gids(figure)
    paths = []
    for suffix, metadata in ((".svg", {"Date": None}), (".png", {"Software": None})):
        path = folder / f"{name}{suffix}"
        figure.savefig(path, metadata=metadata, dpi=144 if suffix == ".png" else None)
        paths.append(path)
    return paths


def _fix_layout(figure: Figure) -> None:
    """Lays a figure out that has not fixed its lengths (the trend's), once, and rounds the result:
    the solver's last digits differ from one drawing to the next, and the names inside an SVG are
    made from them."""
    if figure.get_layout_engine() is None:
        return
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for axes in figure.axes:
        left, bottom, width, height = axes.get_position().bounds
        axes.set_position((round(left, 6), round(bottom, 6), round(width, 6), round(height, 6)))
