"""Whether the figure that README shows of a published run is the one that its results draw. Leaves
out what else README has of it (readme.py)."""

from __future__ import annotations

import tempfile
from pathlib import Path

from ..records.results import find_results, load, sessions
from . import all_figures
from .readme_values import FILE, shown_of
from .report_pages import PLOTS


def stale_figure(folder: Path, declared: Path = FILE) -> Path | None:
    """The figure in the folder of a run, where it is another than its results draw now; None where
    it is the same."""
    records = load(find_results(folder))
    opened = sessions(records)
    plan = opened[-1]["plan"] if opened else None
    figure = folder / PLOTS / shown_of(plan.get("preset") if plan else None, declared).figure
    with tempfile.TemporaryDirectory() as place:
        drawn = all_figures.draw_one(records, Path(place), figure.stem)
        is_same = drawn is not None and drawn.read_bytes() == figure.read_bytes()
    return None if is_same else figure
