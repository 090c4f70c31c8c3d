"""The command line of scripts/micro.py: what single steps of each runtime cost, as records and as a
figure like those of the workloads.

Each repetition is a process of skein_micro of its own, because repetitions inside one share an
address layout and a moment of the machine; inside it the rows run in a shuffled order. A record is
one row of one repetition, of workload `micro`: its `micro.wall_ns_per_op` is the row's
`ns_per_item`. The median and the spread are for whoever reads them. A row that a limit of the
machine forbids is a record with status `limit`, one that did other work than it should is `failed`.

Leaves out instruction counts, which instructions.py takes.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from .errors import OK, MeasureError, UsageError
from .instructions import ROOT, WORKLOAD, session_record
from .lock import MeasuringLock, lock_path
from .plot import draw_all
from .preflight import prepare_folder
from .results import CURRENT_VERSION, RESULTS_NAME, Record, ResultWriter, load
from .statistics import summarize
from .terminal import Terminal, say

MOST_REPETITIONS = 100
_SHORTEST_S, _USUAL_S = 0.01, 0.05
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


def run_record(row: Record, session_id: str, repetition: int, cpu: str | None) -> Record:
    """The run line of a row of Google Benchmark's JSON (one of its `benchmarks`)."""
    runtime, place = place_of(row["run_name"])
    cell = {"workload": WORKLOAD, "runtime": runtime, "row": place}
    record: Record = {
        "kind": "run",
        "schema": CURRENT_VERSION,
        "run_id": secrets.token_hex(8),
        "session_id": session_id,
        "arm": "single",
        "block": repetition,
        "cell_id": f"{WORKLOAD}/{runtime}/{place}",
        "cell": cell,
        "echoed": cell,
        "started_utc": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
        "status": "ok",
        "reasons": [],
    }
    if row.get("error_occurred"):
        return record | _error_part(str(row.get("error_message") or "no message"))
    return record | {
        "work": {"units": int(row["iterations"]), "checksum": None, "expected_checksum": None},
        "cpu": {"user_ns": None, "system_ns": None, "per_op_ns": None, "user_per_op_ns": None},
        "memory": None,
        "micro": {
            "wall_ns_per_op": float(row["ns_per_item"]),
            "pinned_cpu": None if cpu is None else int(cpu),
        },
    }


def _error_part(message: str) -> Record:
    found = _LIMIT.match(message)
    if found is None:
        failure: Record = {
            "process": "worker",
            "exit_status": None,
            "signal": None,
            "stderr": [],
            "message": message,
        }
        return {"status": "failed", "reasons": [message], "failure": failure}
    value = found["value"]
    limit = {
        "name": found["name"],
        "value": None if value is None else int(value),
        "needed": int(found["needed"]),
        "message": message.removeprefix("limit: "),
    }
    return {"status": "limit", "reasons": [limit["message"]], "limit": limit}


def records_of(result: Record, session_id: str, repetition: int) -> Iterator[Record]:
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


def measure(micro: Path, pattern: str, min_time_s: float) -> Record:
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
        result: Record = json.loads(out.read_text(encoding="utf-8"))
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


def print_medians(runs: list[Record]) -> None:
    """A line for each row: the median, its range, or why there is none."""
    by_cell: dict[str, list[Record]] = {}
    for run in runs:
        by_cell.setdefault(run["cell_id"].removeprefix(f"{WORKLOAD}/"), []).append(run)
    console = Terminal()
    for name, of_row in by_cell.items():
        summary = summarize([r["micro"]["wall_ns_per_op"] for r in of_row if r["status"] == "ok"])
        if summary is None:
            why = f"{of_row[-1]['status']}: {'; '.join(of_row[-1]['reasons'])}"
            say(console, f"{name:<42}{why}")
            continue
        span = f"[{summary.low:.2f} .. {summary.high:.2f}]"
        say(console, f"{name:<42}{summary.median:>12.2f} ns  {span}  n = {summary.n}")


def _parse(arguments: list[str]) -> argparse.Namespace:
    build = ROOT / os.environ.get("SKEIN_BUILD_DIR", "build/release")
    parser = argparse.ArgumentParser(
        prog="scripts/micro.py",
        description="Measures single steps with skein_micro; records and figures as for workloads.",
        epilog="example: scripts/micro.py --filter '^yield/' --repetitions 5 --output out/micro",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--output", type=Path, metavar="DIR", help="results.jsonl and plots go here"
    )
    parser.add_argument(
        "--filter", default=".", metavar="RE", help="rows whose name it matches [.]"
    )
    parser.add_argument("--repetitions", type=int, default=5, help="processes of each row [5]")
    parser.add_argument(
        "--min-time", type=float, default=_USUAL_S, metavar="S",
        help=f"least CPU seconds of a row in a process [{_USUAL_S}]",
    )  # fmt: skip
    parser.add_argument("--micro", type=Path, default=build / "skein_micro", help="the program")
    parser.add_argument("--skein", type=Path, default=build / "skein", help="for the session line")
    return parser.parse_args(arguments)


def _check(options: argparse.Namespace) -> None:
    if not 1 <= options.repetitions <= MOST_REPETITIONS:
        raise UsageError(
            f"--repetitions: {options.repetitions} is out of bounds; from 1 to {MOST_REPETITIONS}"
        )
    if not _SHORTEST_S <= options.min_time <= 60:
        raise UsageError(
            f"--min-time: {options.min_time} is out of bounds; from {_SHORTEST_S} to 60 s"
        )
    try:
        re.compile(options.filter)
    except re.error as error:
        raise UsageError(
            f"--filter: '{options.filter}' is no regular expression: {error}"
        ) from error


def main(arguments: list[str]) -> int:
    """The program. Returns its exit status."""
    options = _parse(arguments)
    _check(options)
    micro = options.micro.absolute()
    if not micro.is_file():
        raise MeasureError(f"there is no {micro}: build it with scripts/bench, or name another")
    if options.output:
        prepare_folder(options.output, options.repetitions)
    rows = list_rows(micro, options.filter)
    lock = MeasuringLock(lock_path(), [Path(sys.argv[0]).name, *sys.argv[1:]])
    try:
        runs = _measure_all(options, micro, rows)
    finally:
        lock.release()
    print_medians(runs)
    if options.output:
        for figure in draw_all(load(options.output / RESULTS_NAME), options.output / "plots"):
            say(Terminal(), str(figure))
    return 4 if any(run["status"] == "failed" for run in runs) else OK


def _measure_all(options: argparse.Namespace, micro: Path, rows: list[str]) -> list[Record]:
    writer, session_id = None, ""
    if options.output:
        session = session_record(options.skein.absolute(), rows)
        session["plan"] |= {"rounds": options.repetitions, "order": [rows] * options.repetitions}
        session_id = session["session_id"]
        writer = ResultWriter(options.output / RESULTS_NAME)
        writer.append(session)
    runs: list[Record] = []
    for repetition in range(options.repetitions):
        say(Terminal(stderr=True), f"repetition {repetition + 1} of {options.repetitions}")
        for record in records_of(
            measure(micro, options.filter, options.min_time), session_id, repetition
        ):
            runs.append(record)
            if writer:
                writer.append(record)
    return runs
