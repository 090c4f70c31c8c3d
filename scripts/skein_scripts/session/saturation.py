"""Rates as a share of saturation: `rate = "auto:60%"` in a matrix is 60 % of what the baseline
runtime serves at most, measured once a session with the cell's own sizes; every runtime then gets
the same absolute rate.

Leaves out running the probes (runner.py) and the form of the setting (matrix/matrix.py).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from ..base.errors import MeasureError
from ..matrix.matrix import Cell, Matrix, Settings, auto_share
from ..records.metrics import named
from ..records.shapes import Probe, Run, Session

PROBE: Probe = "saturation"  # `run.probe` of its runs
PROBE_RUNS = 3
_PROBE_DURATION = "2s"
_SIZES = (
    "connections", "active", "payload_bytes", "buffer", "buffer_bytes", "stack_bytes",
    "handler_wait", "handler_work", "read_timeout",
)  # fmt: skip
_DIGITS = 3
_THROUGHPUT = named("throughput")


def probe_cells(matrix: Matrix) -> dict[str, Cell]:
    """For each group with a relative rate, the cell that measures its saturation: fixed work on the
    baseline runtime. Groups of the same sizes share one, under one name."""
    found: dict[str, Cell] = {}
    by_sizes: dict[tuple[object, ...], Cell] = {}
    for cell in matrix.cells:
        if auto_share(cell.settings.get("rate")) is None or cell.group in found:
            continue
        settings = _sizes_of_group(matrix, cell.group)
        sizes = tuple(settings.get(name) for name in _SIZES)
        name = f"saturation-{len(by_sizes) + 1}"
        probe = Cell(name, "c10k", matrix.baseline, settings, network=matrix.network)
        found[cell.group] = by_sizes.setdefault(sizes, probe)
    return found


def _sizes_of_group(matrix: Matrix, group: str) -> Settings:
    """The group's own sizes: those of a cell without an override, if there is one."""
    cells = [cell for cell in matrix.cells if cell.group == group]
    settings = next((cell for cell in cells if not cell.reason), cells[0]).settings
    sizes: Settings = {name: settings[name] for name in _SIZES if name in settings}
    if sizes.get("buffer") == "runtime":
        sizes["buffer"] = "lent"  # no runtime of ours, so no baseline, decides on its own
    if settings.get("mode") == "open":  # all connections carry requests there unless told otherwise
        sizes.setdefault("active", settings["connections"])
    warmup: Settings = {"warmup": settings["warmup"]} if "warmup" in settings else {}
    return {"mode": "fixed", **sizes, "duration": _PROBE_DURATION, **warmup}


def saturation_of(records: Sequence[Run]) -> float:
    """The saturation that probe runs found: the median over those that are ok. Raises MeasureError
    where none is."""
    rates = [
        rate
        for record in records
        if record["status"] == "ok" and (rate := _THROUGHPUT.read(record)) is not None
    ]
    if rates:
        return median(rates)
    reasons = "; ".join(dict.fromkeys(reason for record in records for reason in record["reasons"]))
    raise MeasureError(
        "the saturation that rates are a share of could not be measured"
        f" ({reasons or 'no probe ran'}): give absolute rates (--set c10k/open.rate=20000), or go"
        " on with --resume once the reason is gone"
    )


def notes_on(records: Sequence[Run]) -> list[str]:
    """What the probes that count say against being taken as the worker's saturation."""
    ok = [record for record in records if record["status"] == "ok"]
    return list(
        dict.fromkeys(
            reason
            for record in ok
            for reason in record["reasons"]
            if reason.startswith("client-bound")
        )
    )


def rounded_rate(value: float) -> int:
    """A rate to three significant digits, at least 1/s."""
    if value < 1:
        return 1
    decimals = _DIGITS - 1 - math.floor(math.log10(value))
    return max(1, round(round(value, decimals)))


def with_absolute_rates(matrix: Matrix, saturation_per_s: dict[str, float]) -> Matrix:
    """The matrix with every relative rate replaced, by the saturation of its group where there is
    one."""
    return replace(matrix, cells=tuple(_absolute(cell, saturation_per_s) for cell in matrix.cells))


def _absolute(cell: Cell, saturation_per_s: dict[str, float]) -> Cell:
    share = auto_share(cell.settings.get("rate"))
    if share is None or cell.group not in saturation_per_s:
        return cell
    rate = rounded_rate(share * saturation_per_s[cell.group])
    return replace(cell, settings={**cell.settings, "rate": rate})


def recorded_saturation(sessions: Sequence[Session], groups: Sequence[str]) -> dict[str, float]:
    """What earlier sessions of the same results measured, so that a resumed one offers the same
    rates; empty where one of the groups is missing."""
    for session in sessions:
        plan = session.get("plan")
        recorded = plan.get("saturation_per_s", {}) if plan else {}
        if all(group in recorded for group in groups):
            return {group: float(recorded[group]) for group in groups}
    return {}
