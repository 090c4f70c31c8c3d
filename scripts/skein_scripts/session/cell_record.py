"""Run records from the matrix's side: what a run of a cell must say of itself, and the record of a
run that could not say anything. Leaves out reading and writing them (records/results.py)."""

from __future__ import annotations

import uuid
from typing import cast

from ..base.jsonl import Json
from ..base.units import parse_duration_ns
from ..base.utc import utc_now
from ..matrix.matrix import Cell
from ..matrix.plan import Slot
from ..records.cells import network_of
from ..records.results import CURRENT_VERSION, RecordError
from ..records.run_shapes import CellFields, Limit
from ..records.runtimes import foreign
from ..records.shapes import Place, Run, Status
from ..records.workloads import DURATION, WORD, field_names, workloads
from . import toolchains
from .skein_process import Ending

_ALL = 100  # per cent


def failure_record(
    slot: Slot, session_id: str, seed: int, started_utc: str, ending: Ending, why: str
) -> Run:
    """The record of a run whose binary wrote none: timeout or failed, with its last words."""
    status: Status = "timeout" if ending.timed_out else "failed"
    return _record_of(slot, session_id, seed, started_utc, status, why) | {
        "failure": {
            "process": "conductor",
            "exit_status": ending.exit_status,
            "signal": ending.signal,
            "stderr": ending.stderr_tail,
            "message": why,
        },
    }


def skipped_record(slot: Slot, session_id: str, seed: int, why: str, probe: Run) -> Run:
    """The record of a run that was not made, because the probe it depends on has no result: a limit
    where the probe met one."""
    limit = probe.get("limit")
    status: Status = "limit" if limit else "skipped"
    record = _record_of(slot, session_id, seed, utc_now(), status, why)
    record["cell"]["rate_per_s"] = None
    return record | {"limit": limit}


def limit_record(slot: Slot, session_id: str, seed: int, limit: Limit) -> Run:
    """The record of a run that cannot be made: what stands in the way is known without trying."""
    first, *more = (limit.get("message") or limit["name"]).splitlines()
    record = _record_of(slot, session_id, seed, utc_now(), "limit", first)
    record["reasons"] += more
    if not isinstance(record["cell"]["rate_per_s"], (int, float)):
        record["cell"]["rate_per_s"] = None
    return record | {"limit": limit}


def obstacle(cell: Cell) -> Limit | None:
    """The limit that a worker in another language is known to meet: work that it does not do, a
    tool that this machine lacks, or a build that is not there. None where there is no such."""
    runtime = foreign().get(cell.runtime)
    if runtime is None:
        return None
    if why := runtime.why_not(cell.workload, cell.shape):
        return _limit("runtime", f"{cell.runtime} does not do this work: {why}")
    buffer = cell.setting("buffer")
    if buffer is not None and not runtime.serves(str(buffer)):
        served = " or ".join(runtime.buffers)
        return _limit("buffer", f"{cell.runtime} has no buffer {buffer}; it serves {served}")
    if lines := toolchains.why_not(runtime):
        return _limit("toolchain", "\n".join(lines))
    return None


def _limit(name: str, message: str) -> Limit:
    return {"name": name, "value": None, "needed": None, "message": message}


def _record_of(
    slot: Slot, session_id: str, seed: int, started_utc: str, status: Status, why: str
) -> Run:
    """What is known of a run without the binary's word."""
    record: Run = {
        "kind": "run",
        "schema": CURRENT_VERSION,
        "run_id": str(uuid.uuid4()),
        "session_id": session_id,
        "arm": slot.arm,
        "block": slot.block,
        "pair": slot.pair,
        "position": slot.position,
        "cell_id": cell_id_of(slot.cell),
        "cell": cell_fields(slot.cell, seed),
        "echoed": None,
        "started_utc": started_utc,
        "status": status,
        "reasons": [why],
    }
    if slot.cell.network:
        record["network"] = {"name": slot.cell.network.name}
    return with_key(record, slot)


def with_key(record: Run, slot: Slot) -> Run:
    """The record with the name of its cell in the plan; a probe is of no plan."""
    if slot.position is not None:
        record["key"] = slot.cell.key
    return record


def run_meta(slot: Slot) -> Place:
    """Where in the plan a run belongs."""
    return {"arm": slot.arm, "block": slot.block, "pair": slot.pair, "position": slot.position}


def check_is_of(record: Run, slot: Slot, session_id: str, seed: int) -> None:
    """Raises RecordError where a record is not of the run that was asked for."""
    expected = {"session_id": session_id, **run_meta(slot)}
    for name, value in expected.items():
        if record.get(name) != value:
            raise RecordError(f"{name} is {record.get(name)!r}, not {value!r} as asked")
    network = slot.cell.network.name if slot.cell.network else ""
    if network_of(record) != network:
        raise RecordError(f"its network is {network_of(record)!r}, not {network!r} as asked")
    cell = record["cell"]
    for name, value in cell_fields(slot.cell, seed).items():
        if name == "stack_bytes" and cell.get("stack_bytes") is None:
            continue  # asked of all runtimes alike; those without stacks of ours have no use for it
        if value is not None and cell.get(name) != value:
            raise RecordError(f"cell.{name} is {cell.get(name)!r}, not {value!r} as asked")


def cell_fields(cell: Cell, seed: int) -> CellFields:
    """`run.cell` as far as the matrix knows it; null where the binary decides."""
    known = _asked(cell)
    fields = {
        "workload": cell.workload,
        "runtime": cell.runtime,
        "style": None,
        **{name: known.get(name) for name in field_names()},
        "seed": seed,
    }
    return cast(CellFields, fields)  # what the workloads declare is what the schema has


def cell_id_of(cell: Cell) -> str:
    """The path that names a cell, for records that the binary could not write itself. A value that
    nobody gave is the declared default, as it is to the binary; how many workers `auto` is only
    the binary knows."""
    declared = workloads()[cell.workload]
    values = _asked(cell)
    for field in declared.fields:
        given = field.setting in cell.settings or field.name in values
        if not given and not field.instead_of and field.applies_to(cell.shape):
            values[field.name] = field.default_in(cell.shape, values)
    rate = cell.settings.get("rate")
    if isinstance(rate, str):
        values["rate_per_s"] = rate  # a share, for it was not found out what of
    return declared.cell_id(cell.runtime, values)


def _asked(cell: Cell) -> Json:
    """The values that the matrix decides, by their names in a record."""
    declared = workloads()[cell.workload]
    values: Json = {}
    for field in declared.fields:
        value = cell.settings.get(field.setting)
        if field.share and field.share.get(cell.shape) == _ALL and value is None:
            value = values[str(field.most)]
        if field.kind == DURATION and value is not None:
            value = parse_duration_ns(str(value))
        is_text = isinstance(value, str) and field.kind != WORD
        if value is None or is_text or value == field.none or field.measuring:
            continue
        values[field.name] = value
    return values
