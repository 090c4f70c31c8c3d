"""The candidate's runs that crashed, hung or answered wrongly: no figure of theirs is in any pair,
and whoever judges the pairs alone would pass a candidate that does not work."""

from __future__ import annotations

from collections.abc import Iterable

from ..records.cells import NameOf
from ..records.shapes import Run
from .paired_runs import FAILED


def failures(runs: Iterable[Run], name_of: NameOf) -> list[str]:
    """A line for each cell that has such runs, in the order of the runs."""
    cells: dict[str, list[Run]] = {}
    for run in runs:
        cells.setdefault(name_of(run), []).append(run)
    return [
        f"{cell}: {len(bad)} of {len(of_cell)} runs {bad[-1]['status']}: {_why(bad[-1])}"
        for cell, of_cell in cells.items()
        if (bad := [run for run in of_cell if run["status"] in FAILED])
    ]


def _why(run: Run) -> str:
    return str(run["reasons"][0]) if run["reasons"] else "no reason given"
