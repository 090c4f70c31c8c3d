"""Compares two result files, or two runtimes of one: a verdict for each cell and metric, with the
ratio, its interval, and the change that would have been seen. It judges what was measured before;
the regression gate measures both arms itself, interleaved, which is the stronger evidence.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from . import table
from .cell_record import utc_now
from .comparison import record, show
from .comparison.judge import ALPHA, INVALID, MISSING, NEW, Comparison, judge
from .comparison.metrics import METRICS
from .comparison.pairing import make_pairs, name_of_cell, name_without_runtime
from .comparison.sources import Arm, arm_of_file, arm_of_runtime, check_same_environment
from .errors import OK, MeasureError, UsageError
from .names import check_name
from .results import Record

_EPILOG = """\
examples:
  scripts/compare.py out/before out/after --markdown verdicts.md
  scripts/compare.py out/first --runtimes libuv,coroutine --metrics cpu_per_op,user_bytes_per_task

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
        description="Compares two result files, or two runtimes of one file.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("base", type=Path, help="a results file, or the folder that has it")
    parser.add_argument("candidate", type=Path, nargs="?", help="another; not with --runtimes")
    parser.add_argument("--runtimes", metavar="A,B", help="compare runtime B with A in one file")
    parser.add_argument("--metrics", metavar="A,B,...", help="only these")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table there, too")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the comparisons there")
    parser.add_argument("--allow-environment-mismatch", action="store_true",
                        help="compare two machines or compilers; marked everywhere")  # fmt: skip
    return parser


def chosen_arms(options: argparse.Namespace) -> tuple[Arm, Arm]:
    """The two sides that the options name. Raises UsageError."""
    if (options.runtimes is None) == (options.candidate is None):
        raise UsageError("name two files, or one file and --runtimes A,B")
    whole = arm_of_file(options.base)
    if options.runtimes is None:
        return whole, arm_of_file(options.candidate)
    names = options.runtimes.split(",")
    if len(names) != 2 or names[0] == names[1]:
        raise UsageError(f"--runtimes takes two names, A,B, not '{options.runtimes}'")
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


def head_record(base: Arm, candidate: Arm, mismatches: list[str]) -> Record:
    """The line that says what was compared."""
    return {
        "kind": "comparison_session",
        "schema": record.VERSION,
        "created_utc": utc_now(),
        "base": _side(base),
        "candidate": _side(candidate),
        "interleaved": base.sessions is candidate.sessions,
        "alpha": ALPHA,
        "environment_mismatches": mismatches,
    }


def _side(arm: Arm) -> Record:
    commits = {str(session["tool"].get("commit")) for session in arm.sessions}
    return {
        "label": arm.label,
        "sessions": [session["session_id"] for session in arm.sessions],
        "commits": sorted(commits),
    }


def main(arguments: list[str]) -> int:
    """The program. Returns its exit status."""
    options = build_parser().parse_args(arguments)
    metrics = options.metrics.split(",") if options.metrics else []
    for name in metrics:
        check_name("metric", name, [metric.name for metric in METRICS])
    base, candidate = chosen_arms(options)
    mismatches = check_same_environment(base, candidate, options.allow_environment_mismatch)
    comparisons = compare(base, candidate, metrics)
    notes = [f"DIFFERENT ENVIRONMENTS: {line}" for line in mismatches]
    if base.sessions is not candidate.sessions:
        notes.append(_TWO_SESSIONS)
    made = show.table_of(comparisons, f"{candidate.label} against {base.label}", notes)
    console = Console()
    show.render(made, console)
    console.print(show.counts(comparisons), highlight=False)
    if options.markdown:
        record.write_text(options.markdown, table.markdown(made))
    if options.json:
        record.write(
            options.json, head_record(base, candidate, mismatches), {"single": comparisons}
        )
    return OK
