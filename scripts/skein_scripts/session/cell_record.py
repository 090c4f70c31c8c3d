"""Run records from the matrix's side: what a run of a cell must say of itself, and the record of a
run that could not say anything. Leaves out reading and writing them (records/results.py)."""

from __future__ import annotations

import uuid

from ..base.units import size_text
from ..base.utc import utc_now
from ..matrix.matrix import Cell
from ..matrix.plan import Slot
from ..records.results import CURRENT_VERSION, Record, RecordError
from .skein_process import Ending

# Fields of the cell that the matrix decides; the binary decides the others.
_ASKED = (
    "workload", "runtime", "mode", "pattern", "connections", "active", "tasks", "rate_per_s",
    "arrival", "pipeline", "payload_bytes", "buffer", "buffer_bytes", "stack_bytes", "window_ns",
    "timers", "grid_ns", "duration_ns", "warmup_ns", "requests", "loops", "seed",
)  # fmt: skip
_USUAL_GRID = "1ms"  # of timers; the binary leaves it out of ids, and this:
_USUAL_TIMERS = "wheel"


def failure_record(
    slot: Slot, session_id: str, seed: int, started_utc: str, ending: Ending, why: str
) -> Record:
    """The record of a run whose binary wrote none: timeout or failed, with its last words."""
    return _record_of(slot, session_id, seed, started_utc, why) | {
        "status": "timeout" if ending.timed_out else "failed",
        "failure": {
            "process": "conductor",
            "exit_status": ending.exit_status,
            "signal": ending.signal,
            "stderr": ending.stderr_tail,
            "message": why,
        },
    }


def skipped_record(slot: Slot, session_id: str, seed: int, why: str, probe: Record) -> Record:
    """The record of a run that was not made, because the probe it depends on has no result: a limit
    where the probe met one."""
    record = _record_of(slot, session_id, seed, utc_now(), why)
    record["cell"]["rate_per_s"] = None
    limit = probe.get("limit")
    return record | {"status": "limit" if limit else "skipped", "limit": limit}


def _record_of(slot: Slot, session_id: str, seed: int, started_utc: str, why: str) -> Record:
    """What is known of a run without the binary's word."""
    return {
        "kind": "run",
        "schema": CURRENT_VERSION,
        "run_id": str(uuid.uuid4()),
        "session_id": session_id,
        **run_meta(slot),
        **key_of(slot),
        "cell_id": cell_id_of(slot.cell),
        "cell": cell_fields(slot.cell, seed),
        "echoed": None,
        "started_utc": started_utc,
        "reasons": [why],
    }


def key_of(slot: Slot) -> Record:
    """The field that names the cell of a run in its plan; none of a probe, which is of no plan."""
    return {} if slot.position is None else {"key": slot.cell.key}


def run_meta(slot: Slot) -> Record:
    """Where in the plan a run belongs."""
    return {"arm": slot.arm, "block": slot.block, "pair": slot.pair, "position": slot.position}


def check_is_of(record: Record, slot: Slot, session_id: str, seed: int) -> None:
    """Raises RecordError where a record is not of the run that was asked for."""
    expected = {"session_id": session_id, **run_meta(slot)}
    for name, value in expected.items():
        if record.get(name) != value:
            raise RecordError(f"{name} is {record.get(name)!r}, not {value!r} as asked")
    asked, cell = cell_fields(slot.cell, seed), record["cell"]
    for name in _ASKED:
        if name == "stack_bytes" and cell.get("stack_bytes") is None:
            continue  # asked of all runtimes alike; those without stacks of ours have no use for it
        if asked[name] is not None and cell.get(name) != asked[name]:
            raise RecordError(f"cell.{name} is {cell.get(name)!r}, not {asked[name]!r} as asked")


def cell_fields(cell: Cell, seed: int) -> Record:
    """`run.cell` as far as the matrix knows it; null where the binary decides."""
    settings = cell.settings
    return {
        "workload": cell.workload,
        "runtime": cell.runtime,
        "style": None,
        "tasks": settings.get("tasks"),
        "connections": settings.get("connections"),
        "active": active_of(cell),
        "mode": settings.get("mode"),
        "rate_per_s": settings.get("rate"),
        "arrival": settings.get("arrival"),
        "pipeline": settings.get("pipeline"),
        "payload_bytes": settings.get("payload_bytes"),
        "buffer": settings.get("buffer"),
        "buffer_bytes": settings.get("buffer_bytes"),
        "stack_bytes": settings.get("stack_bytes"),
        "pattern": settings.get("pattern"),
        "timers": settings.get("timers"),
        "grid_ns": cell.duration_ns("grid") or None,
        "window_ns": cell.duration_ns("window") or None,
        "duration_ns": cell.duration_ns("duration") or None,
        "warmup_ns": cell.duration_ns("warmup") or None,
        "requests": settings.get("requests"),
        "loops": loops_of(cell),
        "workers": None,
        "seed": seed,
    }


def active_of(cell: Cell) -> int | None:
    """How many connections carry requests, where the matrix decides it: in mode open all do."""
    usual = cell.settings.get("connections") if cell.settings.get("mode") == "open" else None
    active = cell.settings.get("active", usual)
    return None if active is None else int(active)


def loops_of(cell: Cell) -> int | None:
    """How many loops the worker has, where the matrix decides it and they are several."""
    loops = cell.settings.get("loops", 1)
    return loops if isinstance(loops, int) and loops > 1 else None


def cell_id_of(cell: Cell) -> str:
    """The path that names a cell, for records that the binary could not write itself: what differs
    from the usual is named, in the order in which the binary names it."""
    settings = cell.settings
    parts = [cell.workload, cell.runtime]
    if cell.workload == "timers":
        parts += [str(settings["tasks"]), cell.shape, str(settings["window"])]
        if settings.get("grid", _USUAL_GRID) != _USUAL_GRID:
            parts.append(f"grid={settings['grid']}")
        if settings.get("timers", _USUAL_TIMERS) != _USUAL_TIMERS:
            parts.append(f"timers={settings['timers']}")
    else:
        parts += [str(settings["connections"]), cell.shape]
    named = {
        "active": active_of(cell),
        **{name: settings.get(name) for name in ("rate", "pipeline", "requests")},
    }
    parts += [f"{name}={value}" for name, value in named.items() if value is not None]
    if "payload_bytes" in settings:
        parts.append(size_text(int(settings["payload_bytes"])))
    if "buffer" in settings:
        parts.append(str(settings["buffer"]))
    if "buffer_bytes" in settings:
        parts.append(f"buffer={size_text(int(settings['buffer_bytes']))}")
    if loops_of(cell) is not None:
        parts.append(f"loops={loops_of(cell)}")
    if "stack_bytes" in settings:
        parts.append(f"stack={size_text(int(settings['stack_bytes']))}")
    return "/".join(parts)
