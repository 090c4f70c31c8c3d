"""Google Benchmark's JSON, as its compare.py reads it: every repeat of a cell is a benchmark of the
same name with a repetition index; times are in ns. cpu_time is the CPU time of an operation and
real_time its median latency, or lateness; without one, both are the CPU time. Memory and the rest
are user counters. Cells without any time (idle connections) have no place in the format. A session
has no host's name, so its CPU stands there; the clock is left out, and what else makes two machines
or builds differ is context of our own, as benchmark::AddCustomContext writes it.

Source: the JSON reporter and tools/compare.py of github.com/google/benchmark, 1.7 and 1.8.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ..base.errors import MeasureError
from ..base.jsonl import number
from ..records.figures import CellFigures
from ..records.google_benchmark_rows import MACHINE
from ..records.metrics import METRICS, metrics
from ..records.shapes import Build, Run, Session

SCHEMA_VERSION = 1
_UNSCALED = (None, "absent", "performance")  # governors that keep the clock


def write(cells: Sequence[CellFigures], session: Session | None) -> str:
    """The document. Raises MeasureError where nothing has a place in it."""
    benchmarks = [
        entry
        for family, cell in enumerate(cells)
        for index, run in enumerate(cell.runs)
        if (entry := _entry(cell, run, family, index)) is not None
    ]
    if not benchmarks:
        raise MeasureError("no run has a time, and the format has no place for anything else")
    document = {"context": _context(session), "benchmarks": benchmarks}
    return json.dumps(document, indent=1, allow_nan=False) + "\n"


def _context(session: Session | None) -> dict[str, Any]:
    machine = session["environment"] if session else {}
    build: Build = (session.get("build") if session else None) or {}
    kind = build.get("type")
    return {
        "date": session["created_utc"] if session else None,
        "host_name": machine.get("cpu_model") or "",
        "executable": "skein",
        "num_cpus": machine.get("cpus_online"),
        "cpu_scaling_enabled": machine.get("governor") not in _UNSCALED,
        "caches": [],
        "load_avg": machine.get("load") or [],
        "library_build_type": kind.lower() if kind else "unknown",
        "json_schema_version": SCHEMA_VERSION,
        **{name: machine.get(name) for name in MACHINE},
        "compiler": build.get("compiler"),
        "build_flags": build.get("flags"),
    }


def _entry(cell: CellFigures, run: Run, family: int, index: int) -> dict[str, Any] | None:
    cpu, wall = _time(run, "cpu_time"), _time(run, "real_time")
    if cpu is None and wall is None:
        return None
    counters = {metric.name: value for metric in METRICS if (value := metric.of(run)) is not None}
    return {
        "name": cell.name,
        "family_index": family,
        "per_family_instance_index": 0,
        "run_name": cell.name,
        "run_type": "iteration",
        "repetitions": len(cell.runs),
        "repetition_index": index,
        "threads": 1,
        "iterations": int(number(run, "work", "units") or 1),
        "real_time": wall if wall is not None else cpu,
        "cpu_time": cpu if cpu is not None else wall,
        "time_unit": "ns",
        **counters,
    }


def _time(run: Run, field: str) -> float | None:
    """Of the metrics that stand in a field of the format the first that the run has."""
    found = (one.read(run) for one in metrics().values() if one.exported_as == field)
    return next((value for value in found if value is not None), None)
