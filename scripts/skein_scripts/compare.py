"""Compares two result files, or two runtimes of one: a verdict for each cell and metric, with the
ratio, its interval, and the change that would have been seen. Or measures now, interleaved, which
is the stronger evidence: two programs, two revisions, or two runtimes of one of them.

Leaves out screening, confirming and a status that says "worse": that is scripts/gate.py.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from . import table
from .comparison import measured, record, show
from .comparison.judge import ALPHA, INVALID, MISSING, NEW, Comparison, judge
from .comparison.metrics import METRICS
from .comparison.pairing import make_pairs, name_of_cell, name_without_runtime
from .comparison.sources import Arm, arm_of_file, arm_of_runtime, check_same_environment
from .errors import OK, MeasureError, UsageError
from .names import check_name

_EPILOG = """\
examples:
  scripts/compare.py out/before out/after --markdown verdicts.md
  scripts/compare.py out/first --runtimes libuv,coroutine --metrics cpu_per_op,user_bytes_per_task
  scripts/compare.py main HEAD --output out/compared --filter group=c10k-fixed --pairs 30
  scripts/compare.py build/release/skein --runtimes libuv,coroutine --output out/compared

exit status: 0 compared, whatever the verdicts; 2 usage, or two environments; 4 nothing could be
compared
"""
_TWO_SESSIONS = (
    "the arms are of different sessions: what the machine did in one and not in the other is part"
    " of the change"
)


def build_parser() -> argparse.ArgumentParser:
    """The options."""
    parser = argparse.ArgumentParser(
        prog="compare.py",
        description="Compares two result files, programs or revisions, or two runtimes of one.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("base", help="a results file (or its folder), Google Benchmark's .json, a"
                        " program, or a revision")  # fmt: skip
    parser.add_argument("candidate", nargs="?", help="another; not with --runtimes")
    parser.add_argument("--runtimes", metavar="A,B", help="compare runtime B with A in one of them")
    parser.add_argument("--metrics", metavar="A,B,...", help="only these")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table there, too")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the comparisons there")
    parser.add_argument("--allow-environment-mismatch", action="store_true",
                        help="compare two machines or compilers; marked everywhere")  # fmt: skip
    measured.add_options(parser)
    return parser


def names_of_runtimes(options: argparse.Namespace) -> tuple[str, str] | None:
    """The two that --runtimes names; None without it. Raises UsageError."""
    if (options.runtimes is None) == (options.candidate is None):
        raise UsageError("name two files, programs or revisions, or one and --runtimes A,B")
    if options.runtimes is None:
        return None
    names = options.runtimes.split(",")
    if len(names) != 2 or names[0] == names[1]:
        raise UsageError(f"--runtimes takes two names, A,B, not '{options.runtimes}'")
    return names[0], names[1]


def chosen_arms(options: argparse.Namespace) -> tuple[Arm, Arm]:
    """The two sides of what is measured already. Raises UsageError."""
    names = names_of_runtimes(options)
    whole = arm_of_file(Path(options.base))
    if names is None:
        return whole, arm_of_file(Path(options.candidate))
    return arm_of_runtime(whole, names[0]), arm_of_runtime(whole, names[1])


def compare(base: Arm, candidate: Arm, metrics: Sequence[str]) -> list[Comparison]:
    """The verdicts. Raises MeasureError where there is no pair at all."""
    same_file = base.sessions is candidate.sessions
    name_of = name_without_runtime if same_file else name_of_cell
    chosen = [metric for metric in METRICS if not metrics or metric.name in metrics]
    found = judge(make_pairs(base.runs, candidate.runs, name_of, chosen))
    if all(one.verdict in (INVALID, NEW, MISSING) for one in found):
        whys = list(dict.fromkeys(why for one in found for why in one.reasons))
        raise MeasureError(
            "there is no pair of runs to compare"
            + (f" ({'; '.join(whys[:3])})" if whys else ": the arms have no cell in common")
        )
    return found


def main(arguments: list[str]) -> int:
    """The program. Returns its exit status."""
    options = build_parser().parse_args(arguments)
    metrics = options.metrics.split(",") if options.metrics else []
    for name in metrics:
        check_name("metric", name, [metric.name for metric in METRICS])
    console = Console()
    if measured.is_asked_for(options.base, options.candidate):
        compared = measured.measure(options, names_of_runtimes(options), metrics, console)
    else:
        compared = _compare_files(options, metrics)
    made = show.table_of(compared.comparisons, compared.title, compared.notes)
    show.render(made, console)
    console.print(show.counts(compared.comparisons), highlight=False)
    if options.markdown:
        record.write_text(options.markdown, table.markdown(made))
    if options.json:
        head = record.head(compared.base, compared.candidate, compared.mismatches, ALPHA,
                           interleaved=compared.interleaved)  # fmt: skip
        record.write(options.json, head, {"single": compared.comparisons})
    return OK


def _compare_files(options: argparse.Namespace, metrics: Sequence[str]) -> measured.Compared:
    base, candidate = chosen_arms(options)
    mismatches = check_same_environment(base, candidate, options.allow_environment_mismatch)
    notes = [f"DIFFERENT ENVIRONMENTS: {line}" for line in mismatches]
    same_session = base.sessions is candidate.sessions
    if not same_session:
        notes.append(_TWO_SESSIONS)
    return measured.Compared(
        record.Side(base.label, base.sessions), record.Side(candidate.label, candidate.sessions),
        compare(base, candidate, metrics), notes, mismatches, interleaved=same_session,
    )  # fmt: skip
