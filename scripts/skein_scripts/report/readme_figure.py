"""The figure that README shows of a published run, and whether it is the one that the run's results
draw. Leaves out what else README has of it (readme.py)."""

from __future__ import annotations

import tempfile
from pathlib import Path

from ..records.results import find_results, load
from . import all_figures
from .plots.memory_per_task import NAME
from .questions import CAPTIONS
from .report_pages import PLOTS

FIGURE, TEXT = f"{PLOTS}/{NAME}.svg", CAPTIONS[NAME]


def stale_figure(folder: Path) -> Path | None:
    """The figure in the folder of a run, where it is another than its results draw now; None where
    it is the same."""
    figure = folder / FIGURE
    with tempfile.TemporaryDirectory() as place:
        drawn = all_figures.draw_one(load(find_results(folder)), Path(place), NAME)
        is_same = drawn is not None and drawn.read_bytes() == figure.read_bytes()
    return None if is_same else figure
