"""Compares two result files, two runtimes of one, or both arms of one that was measured in turns: a
verdict for each cell and metric, with the ratio, its interval, and the change that would have been
seen. Or measures now, interleaved, which is the stronger evidence: two programs, two revisions, or
two runtimes of one of them.

Leaves out screening, confirming and a status that says "worse": that is scripts/gate.py.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from ..base import table
from ..base.errors import OK, MeasureError, UsageError
from ..base.names import check_name
from ..base.outputs import do_all, raise_first, require_writable, write_text
from ..base.terminal import add_output_options, tell, terminal_of
from ..gate import measured, record, show, verdict_page
from ..gate.compared import Comparison
from ..gate.failures import failures
from ..gate.judge import ALPHA, judge
from ..gate.pairing import lost_cells, make_counts, make_pairs, matched_runs, unpaired
from ..gate.sources import (
    RecordedArm,
    arm_of_file,
    arm_of_runtime,
    arms_of_file,
    check_same_environment,
    hosts_of_sessions,
    narrowed,
    same_in_each_arm,
)
from ..records import conditions, zero_counts
from ..records.cells import CellNames, NameOf, id_of, id_without_runtime
from ..records.metrics import METRICS
from ..records.results import RESULTS_NAME, results_at
from ..records.shapes import Run

_EPILOG = """\
examples:
  scripts/compare.py out/before out/after --markdown verdicts.md --html verdicts.html
  scripts/compare.py out/first --runtimes libuv,coroutine --metrics cpu_per_op,user_bytes_per_task
  scripts/compare.py main HEAD --output out/compared --filter group=c10k-fixed --pairs 30
  scripts/compare.py build/release/skein --runtimes libuv,coroutine --output out/compared
  scripts/compare.py out/gate --filter workload=c10k,shape=fixed    # both arms of a gate's results

exit status: 0 compared, whatever the verdicts; 2 usage, or two environments; 4 nothing could be
compared, a run of the candidate failed, a gated comparison has no pairs (unless the metric is new
in the candidate), or too few that count to be decided
"""
_TWO_SESSIONS = (
    "the arms are of different sessions: what the machine did in one and not in the other is part"
    " of the change"
)
_OF_ALL_STAGES = (
    "both arms of one file, all of its pairs together, those of a gate's two stages as well: for"
    " reading; only scripts/gate.py itself tells a regression from chance"
)
_SHOWN_NAMES = 5


def build_parser() -> argparse.ArgumentParser:
    """The options."""
    parser = argparse.ArgumentParser(
        prog="compare.py",
        description="Compares two result files, programs or revisions, or two runtimes of one, or"
        " both arms of a gate's results.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "base",
        help="a results file (or its folder), Google Benchmark's .json, a program, or a revision",
    )
    parser.add_argument(
        "candidate",
        nargs="?",
        help="another; not with --runtimes, nor beside results that have both arms",
    )
    parser.add_argument("--runtimes", metavar="A,B", help="compare runtime B with A in one of them")
    parser.add_argument("--metrics", metavar="A,B,...", help="only these")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table there, too")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the comparisons there")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page with forest plots")
    parser.add_argument(
        "--allow-environment-mismatch",
        action="store_true",
        help="compare two machines or compilers; marked everywhere",
    )
    measured.add_options(parser)
    add_output_options(parser)
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


def chosen_arms(options: argparse.Namespace) -> tuple[RecordedArm, RecordedArm]:
    """The two sides of what is measured already. Raises UsageError."""
    if options.candidate is None and options.runtimes is None:
        return arms_of_file(Path(options.base))
    names = names_of_runtimes(options)
    whole = arm_of_file(Path(options.base))
    if names is None:
        return whole, arm_of_file(Path(options.candidate))
    return arm_of_runtime(whole, names[0]), arm_of_runtime(whole, names[1])


def naming(base: RecordedArm, candidate: RecordedArm, of_one_file: bool) -> NameOf:
    """What names a cell in both arms: its id, or the work alone where the arms of one file are two
    runtimes."""
    of_base, of_candidate = (
        {run["cell"].get("runtime") for run in arm.runs} for arm in (base, candidate)
    )
    two_runtimes = len(of_base) == len(of_candidate) == 1 and of_base != of_candidate
    # A try that was repeated may have another id: of a rate that was not known yet, say.
    every = [run for arm in (base, candidate) for run in (*arm.runs, *arm.tries)]
    sessions = [*base.sessions, *candidate.sessions]
    by_work = two_runtimes and of_one_file
    apart_from = ("arm", *same_in_each_arm(base, candidate))
    return CellNames(every, sessions, id_without_runtime if by_work else id_of, apart_from)


def check_complete(
    comparisons: Sequence[Comparison], failed: Sequence[str] = (), undecided: Sequence[str] = ()
) -> None:
    """Raises MeasureError where there is a problem (problems_of): a comparison of the rest would be
    taken for one of the whole."""
    if problems := problems_of(comparisons, failed, undecided):
        raise MeasureError("; ".join(problems))


def problems_of(
    comparisons: Sequence[Comparison], failed: Sequence[str] = (), undecided: Sequence[str] = ()
) -> list[str]:
    """Whether the candidate failed, nothing has a pair, something gated lost its own, or too many
    pairs were lost to tell. What only the candidate has is no loss."""
    problems = [f"THE CANDIDATE FAILED: {'; '.join(failed)}"] if failed else []
    lost = [one for one in comparisons if one.is_lost]
    if not any(one.pairs for one in comparisons):
        why = show.whys(comparisons, 3) or "the arms have no cell and metric in common"
        problems.append(f"there is no pair of runs to compare ({why})")
    elif lost:
        names = [_with_reason(one) for one in lost[:_SHOWN_NAMES]]
        more = f"; and {len(lost) - _SHOWN_NAMES} more" if len(lost) > _SHOWN_NAMES else ""
        problems.append(
            f"NOT COMPARED: {'; '.join(names)}{more}: measure these cells in both arms, or choose"
            " others with --filter or --metrics"
        )
    if undecided:
        problems.append(
            f"UNDECIDED: {'; '.join(undecided)}: too few pairs count to tell: measure again, or"
            " more of them with --pairs"
        )
    return problems


def _with_reason(one: Comparison) -> str:
    return f"{one.name} ({'; '.join(one.reasons) or 'the candidate does not have it'})"


def _verdicts(
    base: RecordedArm, candidate: RecordedArm, metrics: Sequence[str], name_of: NameOf
) -> list[Comparison]:
    chosen = [metric for metric in METRICS if not metrics or metric.name in metrics]
    host_of = hosts_of_sessions(base.sessions)
    pairs = make_pairs(base.runs, candidate.runs, name_of, chosen, host_of)
    first = next((metric for metric in chosen if metric.gated), None)
    # A limit of the machine is a result, and the same in both.
    of_base, of_candidate = (
        [run for run in arm.runs if run["status"] != "limit"] for arm in (base, candidate)
    )
    pairs += lost_cells(of_base, of_candidate, name_of, lambda _: first)
    tries = (base.tries or base.runs, candidate.tries or candidate.runs)
    counted = make_counts(base.runs, candidate.runs, tries, name_of)
    return judge([*pairs, *measured.chosen(counted, metrics)])


def page_of(compared: measured.Compared) -> str:
    """The page that --html writes."""
    problems = problems_of(compared.comparisons, compared.failed, compared.undecided)
    return verdict_page.page(
        f"skein compare: {compared.title}",
        [show.counts(compared.comparisons), *problems],
        (compared.base, compared.candidate),
        compared.changed,
        [verdict_page.part(compared.comparisons, compared.title, compared.notes)],
        has_failed=bool(problems),
    )


def main(arguments: list[str]) -> int:
    """The program. Returns its exit status."""
    options = build_parser().parse_args(arguments)
    metrics = options.metrics.split(",") if options.metrics else []
    for name in metrics:
        check_name("metric", name, [*(metric.name for metric in METRICS), *zero_counts.NAMES])
    named = [results_at(Path(name)) for name in (options.base, options.candidate) if name]
    is_measured = measured.is_asked_for(options.base, options.candidate)
    require_writable(
        options.markdown,
        options.json,
        options.html,
        read=[*named, options.matrix],
        measured_into=options.output / RESULTS_NAME if options.output and is_measured else None,
    )
    console = terminal_of(options)
    if is_measured:
        compared = measured.measure(options, names_of_runtimes(options), metrics, console)
    else:
        compared = _compare_files(options, metrics)
    notes = [*compared.notes, *show.lines_of_changed(compared.changed)]
    made = show.table_of(compared.comparisons, compared.title, notes)

    def write_markdown() -> None:
        if options.markdown:
            write_text(options.markdown, table.markdown(made))

    def write_json() -> None:
        if options.json:
            head = record.head(
                compared.base,
                compared.candidate,
                compared.mismatches,
                ALPHA,
                interleaved=compared.interleaved,
                notes=notes,
                undecided=compared.undecided,
                failed=compared.failed,
            )
            record.write(options.json, head, {"single": compared.comparisons})

    def write_html() -> None:
        if options.html:
            write_text(options.html, page_of(compared))

    def print_table() -> None:
        show.render(made, console)
        tell(console, show.counts(compared.comparisons))

    def check() -> None:
        check_complete(compared.comparisons, compared.failed, compared.undecided)

    raise_first(do_all([write_markdown, write_json, write_html, print_table, check]))
    return OK


def _compare_files(options: argparse.Namespace, metrics: Sequence[str]) -> measured.Compared:
    base, candidate = narrowed(chosen_arms(options), options.filter)
    mismatches = check_same_environment(base, candidate, options.allow_environment_mismatch)
    notes = [f"DIFFERENT ENVIRONMENTS: {line}" for line in mismatches]
    of_one_file = options.candidate is None
    if not of_one_file:
        notes.append(_TWO_SESSIONS)
        notes += _on_two_hosts(base, candidate)
    elif options.runtimes is None:
        notes.append(_OF_ALL_STAGES)
    name_of = naming(base, candidate, of_one_file)
    notes += dict.fromkeys([*base.notes, *candidate.notes])
    notes += unpaired(base.runs, candidate.runs, name_of)
    return measured.Compared(
        record.Side(base.label, base.sessions),
        record.Side(candidate.label, candidate.sessions),
        _verdicts(base, candidate, metrics, name_of),
        notes,
        mismatches,
        interleaved=of_one_file,
        failed=failures(candidate.runs, name_of),
        changed=conditions.changes(*_in_pairs(base, candidate, name_of)),
    )


def _on_two_hosts(base: RecordedArm, candidate: RecordedArm) -> list[str]:
    """A line where the files are of two boots, which may be two machines. Raises UsageError where a
    file is of several hosts: a round of the other is of another."""
    for arm in (base, candidate):
        names = sorted(set(hosts_of_sessions(arm.sessions).values()))
        if len(names) > 1:
            raise UsageError(
                f"{arm.label} is of {len(names)} hosts ({', '.join(names)}), so its rounds have no"
                " counterparts in another file: compare two runtimes of it (--runtimes A,B), or"
                " files of one host each"
            )
    of_base, of_candidate = (
        next(iter(hosts_of_sessions(arm.sessions).values()), None) for arm in (base, candidate)
    )
    if of_base is None or of_candidate is None or of_base == of_candidate:
        return []
    return [
        f"DIFFERENT HOSTS: {of_base} and {of_candidate}, or one machine that was booted in between:"
        " how two machines differ is part of the change"
    ]


def _in_pairs(
    base: RecordedArm, candidate: RecordedArm, name_of: NameOf
) -> tuple[list[Run], list[Run]]:
    both = matched_runs(base.runs, candidate.runs, name_of)
    return [run for run, _ in both], [run for _, run in both]
