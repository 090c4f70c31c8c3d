"""CSV files that Apache Otava finds change points in, and the otava.yaml that names them: a file
for each cell with a row for each session, oldest first, and a column for each metric that every
session has (a cell of the table must be a number). Good as plain CSV, too.

Source: the importer and the configuration of otava 0.8 (github.com/apache/otava).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..base.commit_order import in_order
from ..base.names import distinct
from ..records.figures import CellFigures
from ..records.metrics import METRICS, Metric
from ..records.shapes import Session

CONFIG_NAME = "otava.yaml"
_LONGEST_NAME = 200  # of a file, without its ending


@dataclass(frozen=True)
class Point:
    """One session in a history."""

    time: str  # ISO 8601 with its offset
    commit: str
    cells: Sequence[CellFigures]


def point_of(session: Session, cells: Sequence[CellFigures]) -> Point:
    """A session and what it measured."""
    time = str(session["created_utc"]).replace("Z", "+00:00")
    return Point(time, str(session["tool"].get("commit") or "unknown"), cells)


def write(points: Sequence[Point]) -> dict[str, str]:
    """The files by name: a CSV for each cell, and the configuration."""
    ordered, _ = in_order(points, lambda point: point.commit, lambda point: point.time)
    files: dict[str, str] = {}
    tests = []
    cells = list(dict.fromkeys(cell.name for point in ordered for cell in point.cells))
    plain = [re.sub(r"[^A-Za-z0-9.=_-]+", "_", cell) for cell in cells]
    for cell, name in zip(cells, distinct(plain, _LONGEST_NAME), strict=True):
        rows = [
            (
                point.time,
                point.commit,
                {metric: summary.median for metric, summary in found.summaries().items()},
            )
            for point in ordered
            for found in point.cells
            if found.name == cell and found.summaries()
        ]
        metrics = [metric for metric in METRICS if rows and all(metric in row for *_, row in rows)]
        if metrics:
            files[f"{name}.csv"] = table(rows, metrics)
            tests.append(test(name, metrics))
    files[CONFIG_NAME] = "tests:\n" + "".join(tests)
    return files


def table(rows: Sequence[tuple[str, str, dict[Metric, float]]], metrics: Sequence[Metric]) -> str:
    """The CSV of one cell: time, commit and a value of each metric in every row. Otava goes by the
    time, so a commit that was measured late has that of the row before it, and a second."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["time", "commit", *(metric.name for metric in metrics)])
    latest = None
    for time, commit, values in rows:
        latest = _later(datetime.fromisoformat(time), latest)
        shown = time if latest == datetime.fromisoformat(time) else latest.isoformat()
        writer.writerow([shown, commit, *(values[metric] for metric in metrics)])
    return out.getvalue()


def _later(time: datetime, before: datetime | None) -> datetime:
    return time if before is None or time > before else before + timedelta(seconds=1)


def test(name: str, metrics: Sequence[Metric]) -> str:
    """The entry of one CSV in otava.yaml."""
    lines = [
        f"  {name}:",
        "    type: csv",
        f"    file: {name}.csv",
        "    time_column: time",
        "    attributes: [commit]",
        "    metrics:",
    ]
    for metric in metrics:
        # Otava: 1, higher is better; -1, lower is.
        lines += [f"      {metric.name}:", f"        direction: {-metric.worse}"]
    lines += ["    csv_options:", '      delimiter: ","', "      quote_char: '\"'"]
    return "\n".join(lines) + "\n"
