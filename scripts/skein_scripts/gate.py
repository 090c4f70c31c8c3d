"""The regression gate: does a candidate cost more than its base? Builds both, measures them in
turns, screens every cell, confirms what looks worse on fresh pairs, and fails on a confirmed
regression alone. What could not be measured is another failure, with another status.

Leaves out the statistics and the stages themselves (comparison/).
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from . import conditions, selection, table
from .comparison import builds, record, show, stages
from .comparison.arena import Arena, prepare_results, without_new, without_unmeasurable
from .comparison.builds import Build
from .comparison.duel import ARMS, Duel, pair_s
from .comparison.injection import add_options, injection_of
from .comparison.judge import INVALID, MISSING, Comparison
from .comparison.metrics import METRICS, Metric
from .errors import COULD_NOT_MEASURE, OK, ScriptError, UsageError
from .matrix import PRESET_FOLDER, Cell, Matrix, load_matrix
from .names import check_name
from .options import add_cpu_options, cpu_options, seed
from .results import Record
from .units import format_clock, parse_duration_ns

REGRESSION, UNDECIDED = 1, 3
USUAL_BUDGET_S = 660.0
_EPILOG = """\
examples:
  scripts/gate.py --base main --candidate HEAD --output out/gate --budget 10m --markdown gate.md
  scripts/gate.py --base-binary old/skein --candidate-binary new/skein --output out/gate \\
      --filter 'runtime=coroutine' --strict

exit status: 0 no regression confirmed, 1 a regression confirmed, 2 usage or configuration,
3 a gated comparison is undecided (only with --strict), 4 something could not be built or measured,
or the candidate failed, 130 interrupted (what was measured is kept, what was screened is judged)
"""


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
    parser.add_argument("--matrix", type=Path, metavar="FILE", default=PRESET_FOLDER / "gate.toml",
                        help="cells and thresholds (the preset gate)")  # fmt: skip
    parser.add_argument("--output", type=Path, metavar="DIR", help="folder of trees and results")
    parser.add_argument("--filter", action="append", default=[], metavar="KEY=A|B,...",
                        help="only these cells; repeated: cells that match any")  # fmt: skip
    parser.add_argument("--budget", type=_budget_s, metavar="TIME", default=USUAL_BUDGET_S,
                        help="for measuring, such as 10m or 90s: fits the pairs (11m)")  # fmt: skip
    parser.add_argument("--pairs", type=pair_counts, metavar="N,M", default=stages.USUAL_PAIRS,
                        help="at most, to screen and to confirm (40,100)")  # fmt: skip
    parser.add_argument("--seed", type=seed, metavar="N", help="of the work in the cells")
    add_cpu_options(parser)
    add_options(parser)
    parser.add_argument("--strict", action="store_true", help="undecided is a failure, too (3)")
    parser.add_argument("--dry-run", action="store_true", help="print plan and time, do nothing")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="a summary for a reader")
    parser.add_argument("--json", type=Path, metavar="FILE", help="every comparison, as JSON Lines")
    return parser


def _budget_s(text: str) -> float:
    try:
        # Minutes may be written as m: a metre is no duration.
        value = parse_duration_ns(text + "in" if text.endswith("m") else text) / 1e9
    except UsageError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    if value <= 0:
        raise argparse.ArgumentTypeError("it must be more than nothing")
    return value


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


class Gate:
    """One gate: from two builds to a result."""

    def __init__(
        self, options: argparse.Namespace, matrix: Matrix, schedule: stages.Schedule,
        console: Console,
    ) -> None:  # fmt: skip
        self._options = options
        self._matrix = matrix
        self._schedule = schedule
        self._console = console
        self._metrics = metrics_of(matrix)
        self._arena = Arena(matrix, options.output, options.cpu_options, injection_of(options))
        self.result = stages.Result([], [])
        self.repeated = 0
        self.changed_conditions: list[str] = []

    @property
    def sessions(self) -> dict[str, Record]:
        """The session line of each arm, as far as there is one."""
        return self._arena.sessions

    def run(self, base: Build, candidate: Build) -> None:
        """Measures and judges, under the lock. Whatever ends it before its time, `result` is what
        was screened until then, and says so."""
        with self._arena.duel(base, candidate) as duel:
            try:
                self._measure(duel)
            except (KeyboardInterrupt, ScriptError) as why:
                self._judge_what_there_is(duel, str(why) or "interrupted")
                raise

    def _judge_what_there_is(self, duel: Duel, why: str) -> None:
        screened = self.result.screened
        self.repeated = duel.repeated
        self.changed_conditions = conditions.changes(duel.runs["base"], duel.runs["candidate"])
        if not screened:
            measured = {duel.name_of(run) for run in duel.runs["base"]}
            cells = [cell for cell in self._matrix.cells if cell.key in measured]
            pairs = stages.pairs_of(cells, *duel.since(0), duel, self._metrics)
            screened = stages.judge_screened(pairs)
        self.result = stages.Result(screened, [], self._failures(duel), why)

    def _measure(self, duel: Duel) -> None:
        began = time.monotonic()
        cells = list(self._matrix.cells)
        screened = stages.screen(duel, cells, self._schedule, self._metrics, self._told)
        self.result = stages.Result(screened, [], self._failures(duel))
        self.repeated = duel.repeated
        self.changed_conditions = conditions.changes(duel.runs["base"], duel.runs["candidate"])
        suspects = stages.flagged(screened)
        if not suspects:
            return
        names = {one.cell for one in suspects}
        again = [cell for cell in cells if cell.key in names]
        judged = sum(one.cell in names and one.metric.is_tested for one in screened)
        times_s = {cell.key: duel.pair_s(cell) for cell in again}
        used_s = time.monotonic() - began
        pairs = self._schedule.confirm_pairs(again, judged, used_s, times_s)
        self._say(f"{len(suspects)} flagged in {len(again)} cells: confirming on fresh pairs")
        confirmed = stages.confirm(
            duel, again, pairs, suspects, self._metrics, self._told, stages.least_pairs(judged),
            None if self._schedule.budget_s is None else self._schedule.budget_s - used_s,
        )  # fmt: skip
        self.result = stages.Result(screened, confirmed, self._failures(duel))
        self.repeated = duel.repeated

    def _failures(self, duel: Duel) -> list[str]:
        return stages.failures(self._matrix.cells, duel.runs["candidate"], duel)

    def _told(self, cell: Cell, number: int) -> None:
        self._say(f"pair {number + 1}: {cell.group} · {cell.runtime}")

    def _say(self, text: str) -> None:
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)


def print_plan(matrix: Matrix, schedule: stages.Schedule, console: Console) -> None:
    """What would be measured, and how long that takes."""
    for cell in matrix.cells:
        console.print(f"{schedule.screen.of(cell):3} pairs of ~{pair_s(cell):.1f} s:"
                      f" skein run {' '.join(cell.arguments())}",
                      soft_wrap=True, highlight=False, markup=False)  # fmt: skip
    kept = schedule.budget_s
    confirming = (
        f"; confirming takes up to what is left of {format_clock(kept)}" if kept is not None else
        f"; confirming takes {schedule.confirm.loaded} pairs of each flagged cell"
    )  # fmt: skip
    console.print(f"screening {len(matrix.cells)} cells: about {format_clock(schedule.screen_s)}"
                  f"{confirming}", soft_wrap=True, highlight=False, markup=False)  # fmt: skip


def unmeasured(result: stages.Result) -> list[Comparison]:
    """Gated comparisons without a single pair, that the base has numbers for."""
    return [
        one
        for one in [*result.screened, *result.confirmed]
        if one.metric.gated and one.verdict in (INVALID, MISSING)
    ]


def summary(result: stages.Result) -> str:
    """The gate's word in one line."""
    if result.incomplete:
        until_then = "; ".join([show.counts(result.screened), *result.failed])
        return f"INCOMPLETE ({result.incomplete}); screened until then: {until_then}"
    if result.regressions:
        names = ", ".join(f"{one.cell} {one.metric.name} {show.percent(one.ratio or 1)}"
                          for one in result.regressions)  # fmt: skip
        return f"REGRESSION CONFIRMED: {names}"
    if result.failed:
        return f"THE CANDIDATE FAILED: {'; '.join(result.failed)}"
    if lost := unmeasured(result):
        whys = list(dict.fromkeys(why for one in lost for why in one.reasons))
        why = "; ".join(whys[:2])
        return f"NOT MEASURED: {len(lost)} gated comparisons have no pairs, or too few ({why})"
    if not result.screened:
        return "NOT MEASURED: no cell has a gated metric"
    return f"no regression confirmed; screened: {show.counts(result.screened)}"


def status_of(result: stages.Result, strict: bool) -> int:
    """A confirmed regression comes first: what else went wrong does not unmake it."""
    if result.regressions:
        return REGRESSION
    if result.failed or unmeasured(result) or not result.screened:
        return COULD_NOT_MEASURE
    return UNDECIDED if strict and result.undecided else OK


def publish(gate: Gate, labels: tuple[str, str], options: argparse.Namespace,
            left_out: list[str], console: Console) -> None:  # fmt: skip
    """Table, JSON and Markdown of what was judged so far."""
    result = gate.result
    notes = [*left_out, f"{gate.repeated} pairs were measured anew, a run of theirs being invalid"]
    if injection := injection_of(options):
        notes.append(f"THE CANDIDATE WAS MADE WORSE ON PURPOSE: {injection.describe()}")
    notes += [f"OTHER CONDITIONS IN THE CANDIDATE: {one}" for one in gate.changed_conditions]
    title = f"{labels[1]} against {labels[0]}"
    tables = [show.table_of(result.screened, f"Screened: {title}", notes)]
    if result.confirmed:
        tables.insert(0, show.table_of(result.confirmed, f"Confirmed on fresh pairs: {title}", []))
    for made in reversed(tables):
        show.render(made, console)
    console.print(summary(result), highlight=False, markup=False, soft_wrap=True)
    if options.json:
        base, candidate = (
            record.Side(label, [gate.sessions[arm]] if arm in gate.sessions else [])
            for arm, label in zip(ARMS, labels, strict=True)
        )
        head = record.head(
            base, candidate, [], stages.CONFIRM_ALPHA, interleaved=True,
            notes=[summary(result), *notes], incomplete=result.incomplete, failed=result.failed,
        )  # fmt: skip
        record.write(options.json, head,
                     {"screen": result.screened, "confirm": result.confirmed})  # fmt: skip
    if options.markdown:
        text = f"## skein gate\n\n**{summary(result)}**\n\n"
        record.write_text(options.markdown, text + "\n".join(map(table.markdown, tables)))


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


def main(arguments: list[str]) -> int:
    """The program. Returns its exit status."""
    options = build_parser().parse_args(arguments)
    options.cpu_options = cpu_options(options)
    console = Console()
    matrix = selection.apply_filters(load_matrix(options.matrix), options.filter)
    matrix, left_out = without_unmeasurable(matrix)
    for line in left_out:
        console.print(line, highlight=False, soft_wrap=True)
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
    record.require_writable(options.markdown, options.json)
    prepare_results(options.output, matrix)
    base, candidate = (chosen_build(options, arm) for arm in ("base", "candidate"))
    matrix, new = without_new(matrix, base)
    if new:  # fewer cells: more pairs of each
        left_out += new
        schedule = stages.make_schedule(matrix.cells, options.budget, options.pairs)
        injection_of(options).require_reached(matrix.cells)
    gate = Gate(options, matrix, schedule, console)
    labels = (base.label, candidate.label)
    try:
        gate.run(base, candidate)
    except (KeyboardInterrupt, ScriptError):
        if gate.result.incomplete:
            publish(gate, labels, options, left_out, console)
        raise
    publish(gate, labels, options, left_out, console)
    return status_of(gate.result, options.strict)
