"""The frame of every figure: a title, a row with the legend, the panels, and a foot that says how
many runs, what the spread is, on which machine and from which commit. Nothing in it can overlap the
panels: each part has its own strip."""

from __future__ import annotations

import textwrap
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

_WIDTH_IN = 10.0
_FOOT_LINE_IN = 0.165
_FOOT_CHARACTERS = 168
_TITLE_IN = 0.5
_LEGEND_IN = 0.26
_LEGEND_COLUMNS = 7


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
            for line in textwrap.wrap(text, _FOOT_CHARACTERS)
        ]


def _wake_floor(session: Session) -> str:
    """What no runtime can beat here: how long a blocked thread takes to run once it is woken."""
    wake_ns = (session.get("machine_floor") or {}).get("wake_ns")
    return "" if wake_ns is None else f", wakes a thread in {units.format_duration(wake_ns)}"


def _timer_floor(session: Session) -> Mapping[str, Any] | None:
    floor = session.get("machine_floor") or {}
    return floor if floor.get("timer_p50_ns") and floor.get("timer_p99_ns") else None


def new_figure(
    title: str,
    panel_heights_in: list[float],
    foot: list[str],
    legend: Sequence[Artist] = (),
    columns: int = 1,
    share_y: bool = False,
    width_ratios: list[float] | None = None,
) -> tuple[Figure, list[list[Axes]]]:
    """A figure with rows of empty panels in its frame."""
    foot_in = _FOOT_LINE_IN * len(foot) + 0.12
    head_in = _TITLE_IN + _LEGEND_IN * -(-len(legend) // _LEGEND_COLUMNS)
    height_in = sum(panel_heights_in) + foot_in + head_in
    figure = Figure(figsize=(_WIDTH_IN, height_in), layout="constrained")
    FigureCanvasAgg(figure)
    engine = figure.get_layout_engine()
    assert engine is not None
    engine.set(  # type: ignore[call-arg]
        rect=(0.01, foot_in / height_in, 0.98, 1 - (foot_in + head_in) / height_in),
        h_pad=0.08,
        w_pad=0.08,
    )
    axes = figure.subplots(
        len(panel_heights_in),
        columns,
        squeeze=False,
        sharey="row" if share_y else False,
        height_ratios=panel_heights_in,
        width_ratios=width_ratios,
    )
    figure.text(0.012, 1 - 0.12 / height_in, title, fontsize=13, fontweight="bold", va="top")
    figure.text(
        0.012,
        0.06 / height_in,
        "\n".join(foot),
        fontsize=8,
        color="#555555",
        va="bottom",
        linespacing=1.35,
    )
    if legend:
        row = figure.legend(
            handles=list(legend),
            loc="upper left",
            fontsize=9.5,
            ncols=min(len(legend), _LEGEND_COLUMNS),
            bbox_to_anchor=(0.012, 1 - (_TITLE_IN - 0.1) / height_in),
            borderaxespad=0,
            borderpad=0,
            columnspacing=1.8,
        )
        row.set_in_layout(False)
    return figure, [list(row) for row in axes]


def save(figure: Figure, folder: Path, name: str) -> list[Path]:
    """Writes SVG and PNG. The same data give the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    _fix_layout(figure)
    paths = []
    for suffix, metadata in ((".svg", {"Date": None}), (".png", {"Software": None})):
        path = folder / f"{name}{suffix}"
        figure.savefig(path, metadata=metadata, dpi=144 if suffix == ".png" else None)
        paths.append(path)
    return paths


def _fix_layout(figure: Figure) -> None:
    """Lays the figure out once and rounds the result: the solver's last digits differ from one
    drawing to the next, and the names inside an SVG are made from them."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for axes in figure.axes:
        left, bottom, width, height = axes.get_position().bounds
        axes.set_position((round(left, 6), round(bottom, 6), round(width, 6), round(height, 6)))
