"""The options of scripts/run_matrix.py and the matrix they ask for. Leaves out running it."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from ..base.terminal import add_output_options, say, tell
from ..base.tree import ROOT
from ..base.units import format_clock
from ..matrix import option_names, selection
from ..matrix.anchor_cell import ANCHOR
from ..matrix.matrix import PRESETS, Matrix, load_matrix, load_preset
from ..matrix.plan import Slot, estimate_s
from ..matrix.rounds import parse_rounds
from ..session import saturation
from ..session.options import add_cpu_options, natural, seed
from ..session.progress import describe
from .cluster_options import EXAMPLE, add_cluster_options, add_host_options

DEFAULT_SKEIN = ROOT / "build" / "release" / "skein"

_EPILOG = (
    """\
examples:
  scripts/run_matrix.py --preset quick --output out/first --report
  scripts/run_matrix.py --preset standard --filter 'workload=c10k,runtime=coroutine|fiber' \\
      --set c10k.duration=2s --repeats 3 --output out/try --dry-run
  scripts/run_matrix.py --preset references --filter 'runtime=~asio.*|tokio,group=~.*-open-.*' \\
      --quiet --output out/open --report
  scripts/run_matrix.py --preset standard --output out/long --resume
  scripts/run_matrix.py --preset quick --rounds 0-1 --host-class c6i --output out/first-share
"""
    + EXAMPLE
    + """\

exit status: 0 all measured (a named limit counts as measured), 2 usage, 4 something could not be
measured or written, 130 interrupted (what was measured is kept: --resume goes on)
"""
)


def build_parser() -> argparse.ArgumentParser:
    """The options."""
    parser = argparse.ArgumentParser(
        prog="run_matrix.py",
        description="Runs a matrix of cells, interleaved, and keeps every result.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        option_names.PRESET, metavar="NAME", help=f"one of {', '.join(PRESETS)} (quick)"
    )
    source.add_argument(
        option_names.MATRIX, type=Path, metavar="FILE", help="a matrix of your own (TOML)"
    )
    parser.add_argument(option_names.OUTPUT, type=Path, metavar="DIR", help="folder of the results")
    parser.add_argument(
        option_names.SKEIN, type=Path, metavar="PATH", help="the binary (build/release/skein)"
    )
    parser.add_argument(
        "--filter",
        action="append",
        default=[],
        metavar=selection.FILTER_FORM,
        help=selection.FILTER_HELP,
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="WORKLOAD.KEY=VALUE",
        dest="sets",
        help="or WORKLOAD/SHAPE.KEY=VALUE: change it",
    )
    parser.add_argument("--repeats", type=_positive, metavar="N", help="rounds of the plan")
    parser.add_argument(
        option_names.ROUNDS,
        metavar="LIST",
        help="run only these of them, from 0: 0-4,7 (scripts/merge.py joins the shares)",
    )
    parser.add_argument(
        option_names.SEED,
        type=seed,
        metavar="N",
        help="of the order and the work, from 0 to 2^64 - 1",
    )
    add_cpu_options(parser)
    add_host_options(parser.add_argument_group("results of several hosts"))
    add_cluster_options(parser)
    parser.add_argument(
        "--cell-timeout",
        type=_seconds,
        metavar="SECONDS",
        help="of one cell (240 and four times its estimate)",
    )
    parser.add_argument(
        option_names.RESUME, action="store_true", help="run only what DIR does not have yet"
    )
    parser.add_argument("--dry-run", action="store_true", help="print the plan, run nothing")
    parser.add_argument(
        option_names.REPORT, action="store_true", help="then draw plots, write the report"
    )
    parser.add_argument(
        option_names.STREAM,
        action="store_true",
        help="also print each record, for a program that reads them: a JSON line on standard"
        " output, all else on standard error; ends with whoever started it",
    )
    add_output_options(parser)
    return parser


def _positive(text: str) -> int:
    value = natural(text)
    if value == 0:
        raise argparse.ArgumentTypeError("it must be at least 1")
    return value


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of seconds")
    return value


def chosen_matrix(options: argparse.Namespace) -> Matrix:
    """The matrix that the options ask for."""
    matrix = (
        load_matrix(options.matrix) if options.matrix else load_preset(options.preset or "quick")
    )
    matrix = selection.apply_filters(matrix, options.filter)
    matrix = selection.apply_sets(matrix, options.sets)
    if options.repeats is not None:
        matrix = replace(matrix, repeats=options.repeats)
    if options.seed is not None:
        matrix = replace(matrix, seed=options.seed)
    return matrix


def chosen_rounds(options: argparse.Namespace, matrix: Matrix) -> list[int]:
    """The rounds of the matrix that the options ask for."""
    if options.rounds is None:
        return list(range(matrix.repeats))
    return parse_rounds(options.rounds, matrix.repeats)


def probes_s(matrix: Matrix, rounds: int) -> float:
    """Seconds for what a session runs beside its cells: anchors and saturation, about."""
    cells = set(saturation.probe_cells(matrix).values())
    probes = sum(estimate_s(cell) for cell in cells) * saturation.PROBE_RUNS
    return probes + estimate_s(ANCHOR) * rounds


def print_plan(matrix: Matrix, slots: list[Slot], console: Console) -> None:
    """What would run, in order, with the command line of each cell and the time in all."""
    for cell in matrix.cells:
        reason = f"   ({cell.reason})" if cell.reason else ""
        say(console, f"{cell.key}: skein run {' '.join(cell.arguments())}{reason}")
    probes = saturation.probe_cells(matrix)
    for probe in dict.fromkeys(probes.values()):
        groups = ", ".join(group for group, cell in probes.items() if cell == probe)
        say(
            console,
            f"before the first round, {saturation.PROBE_RUNS} times: skein run"
            f" {' '.join(probe.arguments())}; rates of {groups} are shares of its"
            " throughput",
        )
    say(console, f"before each round, the anchor: skein run {' '.join(ANCHOR.arguments())}")
    for number, slot in enumerate(slots, start=1):
        say(console, f"{number:4} {describe(slot)}  ~{estimate_s(slot.cell):.1f} s")
    rounds = len({slot.block for slot in slots})
    total_s = sum(estimate_s(slot.cell) for slot in slots) + probes_s(matrix, rounds)
    of_all = "" if rounds == matrix.repeats else f" of {matrix.repeats}"
    tell(
        console,
        f"{len(slots)} runs of {len(matrix.cells)} cells in {rounds}{of_all} rounds,"
        f" about {format_clock(total_s)} in all (seed {matrix.seed})",
    )
