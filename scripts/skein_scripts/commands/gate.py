"""The regression gate: does a candidate cost more than its base? Builds both, measures them in
turns, screens every cell, confirms what looks worse on fresh pairs, and fails on a confirmed
regression alone. What could not be measured is another failure, with another status.

Leaves out the statistics and the stages themselves (the package gate).
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from ..base import table
from ..base.errors import (
    COULD_NOT_MEASURE,
    OK,
    REGRESSION,
    UNDECIDED,
    ScriptError,
    UsageError,
    warn,
)
from ..base.names import check_name
from ..base.outputs import do_all, raise_first, require_writable, write_text
from ..base.terminal import add_output_options, say, tell, terminal_of
from ..base.units import format_clock
from ..gate import builds, record, show, stages, verdict_page
from ..gate.builds import Build
from ..gate.gating import Arms, Gate
from ..gate.injection import add_options, injection_of
from ..gate.paired_runs import ARMS, pair_s
from ..gate.paired_session import PairedSession, prepare_results, without_new, without_unmeasurable
from ..gate.schedule import in_seconds, least_budget_s
from ..matrix import selection
from ..matrix.matrix import PRESET_FOLDER, Matrix, load_matrix
from ..records.metrics import METRICS, Metric
from ..records.results import RESULTS_NAME
from ..session.options import add_cpu_options, cpu_options, seconds, seed
from . import gate_hosts

USUAL_BUDGET_S = 660.0
_EPILOG = (
    """\
examples:
  scripts/gate.py --base main --candidate HEAD --output out/gate --budget 10m --markdown gate.md \\
      --html gate.html
  scripts/gate.py --base-binary old/skein --candidate-binary new/skein --output out/gate \\
      --filter 'runtime=coroutine' --strict
"""
    + gate_hosts.EXAMPLE
    + """\

exit status: 0 no regression confirmed, 1 a regression confirmed, 2 usage or configuration,
3 a gated comparison is undecided (only with --strict), 4 something could not be built or measured,
the candidate failed, or what was flagged could be neither confirmed nor cleared, 130 interrupted
(what was measured is kept, what was screened is judged)
"""
)


def build_parser() -> argparse.ArgumentParser:
    """The options."""
    parser = argparse.ArgumentParser(
        prog="gate.py",
        description="Fails where a candidate costs more than its base.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    for arm in ("base", "candidate"):
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument(f"--{arm}", metavar="REF", help="a revision: built in its own tree")
        which.add_argument(f"--{arm}-binary", type=Path, metavar="PATH", help="one that is built")
    parser.add_argument(
        "--matrix",
        type=Path,
        metavar="FILE",
        default=PRESET_FOLDER / "gate.toml",
        help="cells and thresholds (the preset gate)",
    )
    parser.add_argument("--output", type=Path, metavar="DIR", help="folder of trees and results")
    parser.add_argument(
        "--filter",
        action="append",
        default=[],
        metavar=selection.FILTER_FORM,
        help=selection.FILTER_HELP,
    )
    parser.add_argument(
        "--budget",
        type=seconds,
        metavar="TIME",
        default=USUAL_BUDGET_S,
        help="for measuring, such as 10m or 90s: fits the pairs (11m)",
    )
    parser.add_argument(
        "--pairs",
        type=pair_counts,
        metavar="N,M",
        default=stages.USUAL_PAIRS,
        help="at most, to screen and to confirm (40,100)",
    )
    parser.add_argument("--seed", type=seed, metavar="N", help="of the work in the cells")
    add_cpu_options(parser)
    add_options(parser)
    gate_hosts.add_options(parser)
    parser.add_argument("--strict", action="store_true", help="undecided is a failure, too (3)")
    parser.add_argument("--dry-run", action="store_true", help="print plan and time, do nothing")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="a summary for a reader")
    parser.add_argument("--json", type=Path, metavar="FILE", help="every comparison, as JSON Lines")
    parser.add_argument("--html", type=Path, metavar="FILE", help="a page with forest plots")
    add_output_options(parser)
    return parser


def pair_counts(text: str) -> tuple[int, int]:
    words = text.split(",")
    least = (stages.LEAST_SCREEN_PAIRS, stages.LEAST_CONFIRM_PAIRS)
    if len(words) != 2 or not all(word.isascii() and word.isdigit() for word in words):
        raise argparse.ArgumentTypeError(f"'{text}' is not two numbers such as 20,30")
    screen, confirm = map(int, words)
    if screen < least[0] or confirm < least[1]:
        raise argparse.ArgumentTypeError(
            f"fewer than {least[0]},{least[1]} pairs decide nothing, whatever they show"
        )
    return screen, confirm


def metrics_of(matrix: Matrix) -> list[Metric]:
    """The metrics with the thresholds of the matrix."""
    for name in matrix.thresholds:
        check_name("metric in [thresholds]", name, [metric.name for metric in METRICS])
    return [
        replace(metric, min_effect=matrix.thresholds.get(metric.name, metric.min_effect))
        for metric in METRICS
    ]


def print_plan(matrix: Matrix, schedule: stages.Schedule, console: Console) -> None:
    """What would be measured, and how long that takes."""
    for cell in matrix.cells:
        say(
            console,
            f"{schedule.screen.of(cell):3} pairs of ~{pair_s(cell):.1f} s:"
            f" skein run {' '.join(cell.arguments())}",
        )
    tell(console, time_of(matrix, schedule))


def time_of(matrix: Matrix, schedule: stages.Schedule) -> str:
    """What the gate takes, in a line."""
    kept = schedule.budget_s
    confirming = (
        f"; confirming takes up to what is left of {format_clock(kept)}"
        if kept is not None
        else f"; confirming takes {schedule.confirm.loaded} pairs of each flagged cell"
    )
    least = in_seconds(least_budget_s(matrix.cells))
    return (
        f"screening {len(matrix.cells)} cells: about {format_clock(schedule.screen_s)}"
        f"{confirming} (the least budget of these cells is {least})"
    )


def summary(result: stages.Result) -> str:
    """The gate's word in one line."""
    if result.incomplete:
        until_then = "; ".join([show.counts(result.screened), *result.failed])
        return f"INCOMPLETE ({result.incomplete}); screened until then: {until_then}"
    if result.regressions:
        names = ", ".join(map(show.in_short, result.regressions))
        return "; ".join([f"REGRESSION CONFIRMED: {names}", *_problems(result)])
    if problems := _problems(result):
        return "; ".join(problems)
    return f"no regression confirmed; screened: {show.counts(result.screened)}"


def _problems(result: stages.Result) -> list[str]:
    """Why it could not be told whether the candidate is worse."""
    found = []
    if result.failed:
        found.append(f"THE CANDIDATE FAILED: {'; '.join(result.failed)}")
    if result.left_open:
        found.append(f"UNDECIDED: {'; '.join(result.left_open)}")
    if result.lost:
        found.append(
            f"NOT MEASURED: {len(result.lost)} gated comparisons have no pairs, or too few"
            f" ({show.whys(result.lost)})"
        )
    if not any(one.metric.gated for one in result.screened):
        found.append("NOT MEASURED: no cell has a gated metric")
    return found


def status_of(result: stages.Result, strict: bool) -> int:
    """A confirmed regression comes first: what else went wrong does not unmake it."""
    if result.regressions:
        return REGRESSION
    if _problems(result):
        return COULD_NOT_MEASURE
    return UNDECIDED if strict and result.undecided else OK


def publish(
    gate: Gate,
    labels: tuple[str, str],
    options: argparse.Namespace,
    left_out: list[str],
    console: Console,
) -> tuple[list[ScriptError], bool]:
    """Table, JSON, Markdown and HTML of what was judged so far. Returns the errors of outputs that
    could not be written, and whether another one was."""
    result = gate.result
    notes = [*left_out, f"{gate.repeated} pairs were measured anew, a run of theirs being invalid"]
    if injection := injection_of(options):
        notes.append(f"THE CANDIDATE WAS MADE WORSE ON PURPOSE: {injection.describe()}")
    said = [*notes, *show.lines_of_changed(gate.changed_conditions)]
    title = f"{labels[1]} against {labels[0]}"
    screened, confirmed = f"Screened: {title}", f"Confirmed on fresh pairs: {title}"
    tables = [show.table_of(result.screened, screened, said)]
    parts = [verdict_page.part(result.screened, screened, notes)]
    if result.confirmed:
        tables.insert(0, show.table_of(result.confirmed, confirmed, []))
        parts.insert(0, verdict_page.part(result.confirmed, confirmed, []))
    base, candidate = (
        record.Side(label, gate.sessions.get(arm, []))
        for arm, label in zip(ARMS, labels, strict=True)
    )

    def write_json() -> None:
        head = record.head(
            base,
            candidate,
            [],
            stages.CONFIRM_ALPHA,
            interleaved=True,
            notes=[summary(result), *said],
            incomplete=result.incomplete,
            failed=result.failed,
            undecided=result.left_open,
        )
        record.write(options.json, head, {"screen": result.screened, "confirm": result.confirmed})

    def write_markdown() -> None:
        text = f"## skein gate\n\n**{table.in_markdown(summary(result))}**\n\n"
        write_text(options.markdown, text + "\n".join(map(table.markdown, tables)))

    def write_html() -> None:
        sides, changed = (base, candidate), gate.changed_conditions
        has_failed = bool(result.incomplete or _problems(result))
        page = verdict_page.page(
            "skein gate", [summary(result)], sides, changed, parts, has_failed=has_failed
        )
        write_text(options.html, page)

    def print_tables() -> None:
        for made in reversed(tables):
            show.render(made, console)
        tell(console, summary(result))

    chosen = {
        write_json: options.json,
        write_markdown: options.markdown,
        write_html: options.html,
        print_tables: True,
    }
    outputs = [write for write, is_asked_for in chosen.items() if is_asked_for]
    errors = do_all(outputs)
    return errors, len(errors) < len(outputs)


def chosen_build(options: argparse.Namespace, arm: str) -> Build:
    """Builds, or finds, the program of an arm."""
    revision = getattr(options, arm)
    if revision is None:
        return builds.existing(getattr(options, f"{arm}_binary"))
    trees = options.output / "trees"
    trees.mkdir(parents=True, exist_ok=True)
    wants_library = arm == "candidate" and injection_of(options)
    return builds.build(
        revision, trees, targets=("skein", "skein_inject") if wants_library else ("skein",)
    )


def _arms(options: argparse.Namespace, matrix: Matrix, console: Console) -> Arms:
    if options.cluster:
        return gate_hosts.on_cluster(options, matrix, lambda text: say(console, text))
    return PairedSession(matrix, options.output, options.cpu_options, injection_of(options))


def main(arguments: list[str]) -> int:
    """The program. Returns its exit status."""
    options = build_parser().parse_args(arguments)
    options.cpu_options = cpu_options(options)
    gate_hosts.check(options)
    console = terminal_of(options, stderr=options.stream)
    matrix = selection.apply_filters(load_matrix(options.matrix), options.filter)
    matrix, left_out = without_unmeasurable(matrix)
    for line in left_out:
        say(console, line)
    if matrix.has_auto_rates:
        raise UsageError(f"{options.matrix}: a gate needs absolute rates, the same for both arms")
    if options.seed is not None:
        matrix = replace(matrix, seed=options.seed)
    schedule = stages.make_schedule(matrix.cells, options.budget, options.pairs)
    metrics_of(matrix)
    injection_of(options).require_reached(matrix.cells)
    for arm in ("base", "candidate"):
        if revision := getattr(options, arm):
            builds.resolve(revision)
    if options.dry_run:
        print_plan(matrix, schedule, console)
        return OK
    if options.output is None:
        raise UsageError("name a folder for trees and results with --output")
    if options.base or options.candidate:
        builds.require_clean()
    require_writable(
        options.markdown,
        options.json,
        options.html,
        measured_into=options.output / RESULTS_NAME,
        read=(options.matrix, options.base_binary, options.candidate_binary),
    )
    prepare_results(options.output, matrix)
    build = gate_hosts.remote_build if options.cluster else chosen_build
    base, candidate = (build(options, arm) for arm in ("base", "candidate"))
    if options.share is not None:
        return gate_hosts.measure_share(
            options, matrix, base, candidate, lambda text: say(console, text)
        )
    # The binaries of a cluster's hosts are not here to be asked.
    matrix, new = (matrix, []) if options.cluster else without_new(matrix, base)
    if new:  # fewer cells: more pairs of each
        left_out += new
        schedule = stages.make_schedule(matrix.cells, options.budget, options.pairs)
        injection_of(options).require_reached(matrix.cells)
    gate = Gate(
        _arms(options, matrix, console),
        schedule,
        metrics_of(matrix),
        lambda text: say(console, text),
    )
    if console.verbose:
        print_plan(matrix, schedule, console)
    else:
        say(console, time_of(matrix, schedule))
    labels = (base.label, candidate.label)
    try:
        gate.run(base, candidate)
    except (KeyboardInterrupt, ScriptError):
        if gate.result.incomplete:
            for error in publish(gate, labels, options, left_out, console)[0]:
                warn(str(error))
        raise
    errors, is_written = publish(gate, labels, options, left_out, console)
    status = status_of(gate.result, options.strict)
    if status == REGRESSION and is_written:  # a missing file, or reader, does not unmake it
        for error in errors:
            warn(str(error))
    else:
        raise_first(errors)
    return status
