"""HdrHistogram logs, version 1.3: the distributions of every run, payloads as they were recorded.
An interval is a run's window, tagged with cell and distribution; values are in ns, the column of
maxima in ms (its divisor stands in the comment, as the format wants).

Source: HistogramLogWriter of github.com/HdrHistogram/HdrHistogram.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence

from ..records.figures import CellFigures
from ..records.run_shapes import DISTRIBUTIONS
from ..records.shapes import Run

_MS = 1e6


def write(cells: Sequence[CellFigures]) -> str:
    """The log, runs in the order of time. Empty but for its head where no run has a payload."""
    entries = sorted(
        ((_started_s(run), cell.name, run) for cell in cells for run in cell.runs),
        key=lambda entry: entry[:2],
    )
    begin_s = entries[0][0] if entries else 0.0
    lines = [
        "#[Logged by skein; values in ns, Interval_Max in ms]",
        "#[Histogram log format version 1.3]",
        f"#[StartTime: {begin_s:.3f} (seconds since epoch)]",
        '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
    ]
    for started_s, name, run in entries:
        lines += _lines(name, run, started_s - begin_s)
    return "\n".join(lines) + "\n"


def _started_s(run: Run) -> float:
    return datetime.datetime.fromisoformat(run["started_utc"]).timestamp()


def _lines(name: str, run: Run, offset_s: float) -> Iterator[str]:
    for distribution in DISTRIBUTIONS:
        found = run.get(distribution)
        if found and found.get("histogram"):
            tag = f"{name}:{distribution}".replace(",", ";").replace(" ", "_")
            length_s = (run.get("window_ns") or 0) / 1e9
            yield (
                f"Tag={tag},{offset_s:.3f},{length_s:.3f},{(found['max'] or 0) / _MS:.3f},"
                f"{found['histogram']}"
            )
