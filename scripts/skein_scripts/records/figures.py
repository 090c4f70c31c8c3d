"""The figures that leave: for each cell of a file every metric it has, repeat by repeat. Leaves out
how a format writes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ..base.statistics import Summary, summarize
from .cells import CellNames
from .metrics import METRICS, Metric
from .results import runs, sessions
from .shapes import Record, Run
from .slots import taken_slots


@dataclass
class CellFigures:
    """One cell: the runs of it that count, and what they measured."""

    name: str
    runs: list[Run] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)  # why runs of it do not count

    def values(self, metric: Metric) -> list[float]:
        """One value for each run that has it."""
        found = (metric.of(run) for run in self.runs)
        return [value for value in found if value is not None]

    def summaries(self) -> dict[Metric, Summary]:
        """Median and interval of each metric that the cell has."""
        found = ((metric, summarize(self.values(metric))) for metric in METRICS)
        return {metric: summary for metric, summary in found if summary is not None}


def cells_of(records: Sequence[Record], names: CellNames | None = None) -> list[CellFigures]:
    """The cells in the order of the file; counted runs, which have no times, are left out, and so
    are tries that were repeated. `names`: of more files than this one."""
    measured = [run for run in runs(records) if not run.get("counted")]
    name_of = names or names_in([records])
    cells: dict[str, CellFigures] = {}
    for slot in taken_slots(measured, sessions(records)):
        run = slot.run
        arm = "" if run["arm"] == "single" else f"{run['arm']}/"
        cell = cells.setdefault(arm + name_of(run), CellFigures(arm + name_of(run)))
        if run["status"] == "ok":
            cell.runs.append(run)
        else:
            why = run["reasons"][0] if run["reasons"] else "no reason given"
            cell.missing.append(f"{run['status']}: {why}")
    return list(cells.values())


def names_in(files: Iterable[Sequence[Record]]) -> CellNames:
    """A name for each cell of some files, the same in all of them."""
    every = [record for records in files for record in records]
    return CellNames([run for run in runs(every) if not run.get("counted")], sessions(every))
