"""The command line of scripts/micro.py: what single steps of each runtime cost, as records and as a
figure like those of the workloads.

Leaves out how a row becomes a record (micro/timed_rows.py) and instruction counts, which
scripts/instructions.py takes.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from pathlib import Path

from ..base.errors import OK, UsageError
from ..base.statistics import summarize
from ..base.terminal import Terminal, say
from ..base.tree import ROOT
from ..micro.micro_session import WORKLOAD, built_program, session_record
from ..micro.timed_rows import list_rows, measure, records_of
from ..records.results import RESULTS_NAME, ResultWriter, load
from ..records.shapes import Run
from ..report.all_figures import draw_all
from ..session.lock import MeasuringLock, lock_path
from ..session.preflight import prepare_folder

MOST_REPETITIONS = 100
_SHORTEST_S, _USUAL_S = 0.01, 0.05


def print_medians(runs: list[Run]) -> None:
    """A line for each row: the median, its range, or why there is none."""
    by_cell: dict[str, list[Run]] = {}
    for run in runs:
        by_cell.setdefault(run["cell_id"].removeprefix(f"{WORKLOAD}/"), []).append(run)
    console = Terminal()
    for name, of_row in by_cell.items():
        summary = summarize(
            [
                micro["wall_ns_per_op"]
                for r in of_row
                if r["status"] == "ok" and (micro := r.get("micro"))
            ]
        )
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
        "--min-time",
        type=float,
        default=_USUAL_S,
        metavar="S",
        help=f"least CPU seconds of a row in a process [{_USUAL_S}]",
    )
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
    micro = built_program(options.micro)
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


def _measure_all(options: argparse.Namespace, micro: Path, rows: list[str]) -> list[Run]:
    writer, session_id = None, ""
    if options.output:
        session = session_record(options.skein.absolute(), rows)
        session["plan"] = {
            "design": "single",
            "rounds": options.repetitions,
            "order": [rows] * options.repetitions,
        }
        session_id = session["session_id"]
        writer = ResultWriter(options.output / RESULTS_NAME)
        writer.append(session)
    runs: list[Run] = []
    for repetition in range(options.repetitions):
        say(Terminal(stderr=True), f"repetition {repetition + 1} of {options.repetitions}")
        for record in records_of(
            measure(micro, options.filter, options.min_time), session_id, repetition
        ):
            runs.append(record)
            if writer:
                writer.append(record)
    return runs
