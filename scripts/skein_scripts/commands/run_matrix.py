"""The command line of scripts/run_matrix.py: from options to a folder of results.

Order of things: everything that can be wrong is found out before anything is measured (options,
matrix, output, lock, binary); then the plan runs; then, if asked for, plots and report are made.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console

from ..base.errors import COULD_NOT_MEASURE, OK, UsageError
from ..base.names import check_name
from ..base.processes import end_with_parent
from ..base.terminal import say, tell, terminal_of
from ..matrix.anchor_cell import ANCHOR
from ..matrix.matrix import Matrix
from ..matrix.plan import Slot, make_plan
from ..matrix.rounds import of_rounds
from ..records import conditions
from ..records.results import RESULTS_NAME, ResultWriter, StreamingWriter, load, sessions
from ..records.runtimes import foreign
from ..session.lock import MeasuringLock, lock_path
from ..session.options import cpu_options
from ..session.preflight import check_same_conditions, prepare_folder, remaining_slots
from ..session.runner import CellOptions, Runner, Tally
from ..session.session import make_session, read_runtimes
from ..session.session_run import SessionRun
from ..session.skein_process import Skein
from ..session.this_host import this_host
from .cluster_options import check_cluster_options
from .cluster_run import measure_on_cluster
from .matrix_options import (
    DEFAULT_SKEIN,
    build_parser,
    chosen_matrix,
    chosen_rounds,
    print_plan,
)


def measure(
    options: argparse.Namespace, matrix: Matrix, slots: list[Slot], console: Console
) -> Tally:
    """Runs what is to be run of the matrix's slots, under the lock."""
    argv = [Path(sys.argv[0]).name, *sys.argv[1:]]
    lock = MeasuringLock(lock_path(), argv)
    try:
        return _measure_locked(options, matrix, slots, console, lock, argv)
    finally:
        lock.release()


def _measure_locked(
    options: argparse.Namespace,
    matrix: Matrix,
    slots: list[Slot],
    console: Console,
    lock: MeasuringLock,
    argv: list[str],
) -> Tally:
    path = options.output / RESULTS_NAME
    asked_for = of_rounds(slots, chosen_rounds(options, matrix))
    todo, earlier = remaining_slots(path, matrix, asked_for, options.resume)
    if not todo:
        say(console, "nothing left to run")
        return Tally()
    skein = Skein((options.skein or DEFAULT_SKEIN).absolute())
    known = [*read_runtimes(skein), *foreign()]
    for cell in matrix.cells:
        check_name("runtime", cell.runtime, known)
    if matrix.has_auto_rates:
        check_name("baseline", matrix.baseline, known)
    host = this_host(options.host_name, options.host_class)
    session = make_session(skein, matrix, slots, argv, options.cpu_options, host)
    check_same_conditions(session, sessions(earlier))
    writer = (StreamingWriter if options.stream else ResultWriter)(path)
    try:
        cell_options = CellOptions(
            options.cpu_options,
            options.cell_timeout,
            lock.descriptor,
            with_anchor=ANCHOR.runtime in known,
        )
        runner = Runner(skein, matrix, session["session_id"], writer, options.output, cell_options)
        session_run = SessionRun(skein, matrix, session, earlier, runner, writer)
        return session_run.run(todo, console)
    finally:
        writer.close()


def print_tally(tally: Tally, folder: Path, console: Console) -> None:
    """How many runs ended how."""
    parts = [f"{count} {status}" for status, count in sorted(tally.by_status.items())]
    retried = f"; {tally.retried} invalid runs were repeated" if tally.retried else ""
    tell(console, f"{', '.join(parts) or 'no runs'}{retried}; results: {folder / RESULTS_NAME}")


def check_equality(path: Path, console: Console) -> bool:
    """Whether all runtimes were measured under equal conditions; prints where they were not."""
    if not path.is_file():
        return True
    unequal = conditions.inequalities(load(path))
    for line in unequal:
        tell(console, f"unequal conditions: {line}", "red")
    return not unequal


def main(arguments: list[str]) -> int:
    """The program. Returns its exit status."""
    options = build_parser().parse_args(arguments)
    options.cpu_options = cpu_options(options)
    console = terminal_of(options, stderr=options.stream)
    if options.stream:
        end_with_parent()
    matrix = chosen_matrix(options)
    check_cluster_options(options, matrix)
    slots = make_plan(matrix)
    asked_for = of_rounds(slots, chosen_rounds(options, matrix))
    if options.dry_run:
        print_plan(matrix, asked_for, console)
        return OK
    if options.output is None:
        raise UsageError("name a folder for the results with --output")
    prepare_folder(options.output, len(asked_for))
    if options.report:
        from ..report import report_pages  # only now: the drawing libraries take a second to load

        report_pages.require_outputs(options.output)
    try:
        run = measure_on_cluster if options.cluster else measure
        tally = run(options, matrix, slots, console)
    except KeyboardInterrupt:
        tell(console, f"interrupted; what was measured is in {options.output}: go on with --resume")
        raise
    print_tally(tally, options.output, console)
    equal = check_equality(options.output / RESULTS_NAME, console)
    if options.report:
        report_pages.make(options.output, options.output, console)
    return COULD_NOT_MEASURE if tally.not_measured or not equal else OK
