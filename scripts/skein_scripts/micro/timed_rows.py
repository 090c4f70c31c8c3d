"""Rows of skein_micro that are timed.

Each repetition is a process of skein_micro of its own, because repetitions inside one share an
address layout and a moment of the machine; inside it the rows run in a shuffled order. A record is
one row of one repetition, of workload `micro`: its `micro.wall_ns_per_op` is the row's
`ns_per_item`. The median and the spread are for whoever reads them. A row that a limit of the
machine forbids is a record with status `limit`, one that did other work than it should is `failed`.

Leaves out instruction counts (counted_rows.py).
"""

from __future__ import annotations

import json
import re
import secrets
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ..base.errors import MeasureError, UsageError
from ..base.jsonl import Json
from ..base.utc import utc_now
from ..records.results import CURRENT_VERSION
from ..records.run_shapes import CellFields, Failure, Limit
from ..records.shapes import Run
from .micro_session import WORKLOAD

_TIMEOUT_S = 1_800.0
_LIMIT = re.compile(
    r"^limit: (?P<name>.+?) (?:is (?P<value>-?\d+)|is too low), needed (?P<needed>-?\d+)$"
)


def place_of(name: str) -> tuple[str, str]:
    """Runtime and row of a name of skein_micro: 'yield/fiber/1000' is ('fiber', 'yield/1000'). A
    control is its own runtime."""
    what, *rest = name.split("/")
    if what == "control":
        return "control", "/".join(rest)
    runtime, *size = rest
    return runtime, "/".join([what, *size])


def run_record(row: Json, session_id: str, repetition: int, cpu: str | None) -> Run:
    """The run line of a row of Google Benchmark's JSON (one of its `benchmarks`)."""
    runtime, place = place_of(row["run_name"])
    cell: CellFields = {"workload": WORKLOAD, "runtime": runtime, "row": place}
    record: Run = {
        "kind": "run",
        "schema": CURRENT_VERSION,
        "run_id": secrets.token_hex(8),
        "session_id": session_id,
        "arm": "single",
        "block": repetition,
        "cell_id": f"{WORKLOAD}/{runtime}/{place}",
        "cell": cell,
        "echoed": {**cell},
        "started_utc": utc_now(),
        "status": "ok",
        "reasons": [],
    }
    if row.get("error_occurred"):
        return _with_error(record, str(row.get("error_message") or "no message"))
    return record | {
        "work": {"units": int(row["iterations"]), "checksum": None, "expected_checksum": None},
        "cpu": {"user_ns": None, "system_ns": None, "per_op_ns": None, "user_per_op_ns": None},
        "memory": None,
        "micro": {
            "wall_ns_per_op": float(row["ns_per_item"]),
            "pinned_cpu": None if cpu is None else int(cpu),
        },
    }


def _with_error(record: Run, message: str) -> Run:
    found = _LIMIT.match(message)
    if found is None:
        failure: Failure = {
            "process": "worker",
            "exit_status": None,
            "signal": None,
            "stderr": [],
            "message": message,
        }
        return record | {"status": "failed", "reasons": [message], "failure": failure}
    value = found["value"]
    said = message.removeprefix("limit: ")
    limit: Limit = {
        "name": found["name"],
        "value": None if value is None else int(value),
        "needed": int(found["needed"]),
        "message": said,
    }
    return record | {"status": "limit", "reasons": [said], "limit": limit}


def records_of(result: Json, session_id: str, repetition: int) -> Iterator[Run]:
    """The run lines of one process's JSON, aggregates left out."""
    cpu = result["context"].get("pinned_cpu")
    for row in result["benchmarks"]:
        if row.get("run_type", "iteration") == "iteration":
            yield run_record(row, session_id, repetition, cpu)


def list_rows(micro: Path, pattern: str) -> list[str]:
    """The rows a pattern chooses. Raises UsageError where there are none."""
    listed = _call([str(micro), f"--benchmark_filter={pattern}", "--benchmark_list_tests"])
    # Control statements of the library's are not rows: those have a slash.
    rows = [line for line in listed.stdout.split() if "/" in line]
    if not rows:
        raise UsageError(
            f"--filter: no row matches '{pattern}'; see {micro} --benchmark_list_tests"
        )
    return rows


def measure(micro: Path, pattern: str, min_time_s: float) -> Json:
    """One process's JSON. Raises MeasureError where it wrote none."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "micro.json"
        # Google Benchmark 1.8 wants a unit and 1.7 refuses one; both take a bare number.
        done = _call(
            [
                str(micro),
                f"--benchmark_filter={pattern}",
                "--benchmark_enable_random_interleaving=true",
                f"--benchmark_min_time={min_time_s}",
                f"--benchmark_out={out}",
                "--benchmark_out_format=json",
            ]
        )
        # 4: a row failed, which its record says.
        if done.returncode not in (0, 4) or not out.is_file():
            last = done.stderr.strip().splitlines()[-1:] or ["no message"]
            raise MeasureError(f"{micro.name} ended with {done.returncode}: {last[0]}")
        result: Json = json.loads(out.read_text(encoding="utf-8"))
        return result


def _call(command: list[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise MeasureError(f"{command[0]}: still running after {_TIMEOUT_S:.0f} s") from error
    except OSError as error:
        raise MeasureError(f"cannot start {command[0]}: {error.strerror}") from error
