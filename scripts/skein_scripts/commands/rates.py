"""The command line of scripts/rates.py: the error rates of the gate, from recorded pairs of a
program against itself (gate/rates.py): how far the pairs spread, how often a gate over all
cells raises a false alarm or is left undecided, and which share of changes it confirms.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from ..base.errors import OK, UsageError
from ..base.outputs import require_writable
from ..base.statistics import median_absolute_deviation
from ..base.table import Table, render_upright
from ..base.terminal import Terminal, say
from ..gate import rates, rates_over_hosts
from ..gate.stages import TIMES_TO_CONFIRM
from ..matrix.matrix import PRESET_FOLDER, load_matrix
from ..records.metrics import METRICS, Metric
from ..records.results import find_results, load, results_at
from .gate import metrics_of, pair_counts

_CHANGES = (0.03, 0.05, 0.08)
_USUAL_PAIRS = (15, 100)  # what the default gate has time for, with up to three cells to confirm
_EPILOG = """\
example:
  scripts/gate.py --base-binary S --candidate-binary S --output out/aa --pairs 40,60
  scripts/rates.py out/aa out/more
  scripts/rates.py out/aa --hosts 4
"""


def build_parser() -> argparse.ArgumentParser:
    """The options."""
    parser = argparse.ArgumentParser(
        prog="rates.py",
        description="Simulates gates from recorded pairs of a program against itself.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "recorded", type=Path, nargs="+", help="results of gates, or a .csv of --write"
    )
    parser.add_argument(
        "--pairs",
        type=pair_counts,
        metavar="N,M",
        default=_USUAL_PAIRS,
        help="to screen and to confirm (15,100)",
    )
    parser.add_argument("--gates", type=int, default=1000, help="how many (1000)")
    parser.add_argument(
        "--times",
        type=int,
        choices=range(1, TIMES_TO_CONFIRM + 1),
        metavar="N",
        default=1,
        help="how often there is time to confirm (1)",
    )
    parser.add_argument("--seed", type=int, default=1, help="of the draws (1)")
    parser.add_argument(
        "--matrix",
        type=Path,
        metavar="FILE",
        default=PRESET_FOLDER / "gate.toml",
        help="whose thresholds hold (the preset gate)",
    )
    parser.add_argument(
        "--hosts",
        type=int,
        metavar="N",
        help="also simulate comparisons over so many hosts, a tenth as many as gates",
    )
    parser.add_argument("--write", type=Path, metavar="FILE", help="keep the pairs as CSV")
    return parser


def recorded_pairs(paths: Sequence[Path]) -> rates.Recorded:
    """From results files, together, or a kept CSV. Raises UsageError where there are none."""
    if paths[0].suffix == ".csv":
        if len(paths) > 1:
            raise UsageError("one CSV is all that is taken: it has the pairs of all recordings")
        found = rates.read(paths[0])
    else:
        recordings = (load(find_results(path)) for path in paths)
        found = rates.from_recordings(recordings, METRICS)
    if not found:
        names = ", ".join(map(str, paths))
        raise UsageError(f"{names}: no pairs of two arms, or fewer than 10 of every cell")
    return found


def table_of(recorded: rates.Recorded, options: argparse.Namespace, metrics: list[Metric]) -> Table:
    """Spread and power, a row for each cell and metric."""
    rows = []
    for cell, pairs in recorded.items():
        for metric in metrics:
            if metric.name not in pairs[0]:
                continue
            spread = 1.4826 * median_absolute_deviation([row[metric.name] for row in pairs])
            rows.append([cell, metric.name, f"{len(pairs)}", f"{100 * spread:.1f} %"])
            for relative in _CHANGES:
                change = rates.Change(cell, metric.name, relative)
                share = rates.power(
                    {cell: pairs}, options.pairs, options.gates // 4, options.seed, metrics, change
                )
                rows[-1].append(f"{100 * share:.0f} %")
    columns = ["cell", "metric", "recorded", "spread"]
    return Table(
        title="Power: changes that are confirmed",
        columns=[*columns, *(f"of +{100 * relative:g} %" for relative in _CHANGES)],
        rows=rows,
        notes=[
            "spread: of a pair's log ratio, 1.4826 x its median absolute deviation",
            "a change of just the threshold is confirmed every other time at best",
        ],
    )


def main(arguments: list[str]) -> int:
    """The program. Returns its exit status."""
    options = build_parser().parse_args(arguments)
    if options.hosts is not None and options.hosts < 2:
        raise UsageError("--hosts must be at least 2: one host is what the gate is simulated on")
    if options.gates < 4:
        raise UsageError("--gates must be at least 4")
    require_writable(options.write, read=map(results_at, options.recorded))
    recorded = recorded_pairs(options.recorded)
    known = {metric.name for metric in rates.metrics_in(recorded)}
    metrics = [metric for metric in metrics_of(load_matrix(options.matrix)) if metric.name in known]
    if options.write:
        rates.write(recorded, options.write)
    console = Terminal()
    render_upright(table_of(recorded, options, metrics), console)
    found = rates.alike(
        recorded, options.pairs, options.gates, options.seed, metrics, options.times
    )
    say(
        console,
        f"false alarms: {100 * found.false_alarms:.2f} % of {options.gates} gates over"
        f" {len(recorded)} cells, {options.pairs[0]} pairs to screen and"
        f" {options.pairs[1]} to confirm; undecided: {100 * found.undecided:.2f} %"
        f" (time to confirm {options.times} times)",
    )
    for apart in rates_over_hosts.APART if options.hosts else ():
        count = max(1, options.gates // 10)
        share = rates_over_hosts.false_alarms(
            recorded, options.hosts, options.pairs[0], apart, count, options.seed, metrics
        )
        say(
            console,
            f"over {options.hosts} hosts that are {100 * apart:g} % apart, {options.pairs[0]} pairs"
            f" each: {100 * share:.2f} % false alarms of {count} comparisons over all cells",
        )
    return OK
