"""The figures that leave: for each cell of a file every metric it has, repeat by repeat. Leaves out
how a format writes them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ..comparison.metrics import METRICS, Metric
from ..comparison.pairing import name_of_cell
from ..results import Record, runs
from ..statistics import Summary, summarize


@dataclass
class CellFigures:
    """One cell: the runs of it that count, and what they measured."""

    name: str
    runs: list[Record] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)  # why runs of it do not count

    def values(self, metric: Metric) -> list[float]:
        """One value for each run that has it."""
        found = (metric.of(run) for run in self.runs)
        return [value for value in found if value is not None]

    def summaries(self) -> dict[Metric, Summary]:
        """Median and interval of each metric that the cell has."""
        found = ((metric, summarize(self.values(metric))) for metric in METRICS)
        return {metric: summary for metric, summary in found if summary is not None}


def cells_of(records: Iterable[Record]) -> list[CellFigures]:
    """The cells in the order of the file; counted runs, which have no times, are left out. A slot
    that was run again counts once, with its last run."""
    last: dict[tuple[object, ...], Record] = {}
    for run in runs(records):
        if not run.get("counted"):
            place = run["run_id"] if run.get("block") is None else run["block"]
            last[name_of_cell(run), run["arm"], place] = run
    cells: dict[str, CellFigures] = {}
    for (name, arm, _), run in last.items():
        whole = str(name) if arm == "single" else f"{arm}/{name}"
        cell = cells.setdefault(whole, CellFigures(whole))
        if run["status"] == "ok":
            cell.runs.append(run)
        else:
            why = run["reasons"][0] if run["reasons"] else "no reason given"
            cell.missing.append(f"{run['status']}: {why}")
    return list(cells.values())
