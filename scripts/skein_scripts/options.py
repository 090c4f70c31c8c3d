"""The options of scripts/run_matrix.py and the matrix they ask for. Leaves out running it."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from . import saturation, selection
from .anchor import ANCHOR
from .matrix import LARGEST_SEED, PRESETS, Matrix, load_matrix, load_preset
from .plan import Slot, estimate_s
from .progress import describe
from .terminal import say
from .units import format_clock

DEFAULT_SKEIN = Path(__file__).resolve().parents[2] / "build" / "release" / "skein"

_EPILOG = """\
examples:
  scripts/run_matrix.py --preset quick --output out/first --report
  scripts/run_matrix.py --preset standard --filter 'workload=c10k,runtime=coroutine|fiber' \\
      --set c10k.duration=2s --repeats 3 --output out/try --dry-run
  scripts/run_matrix.py --preset standard --output out/long --resume

exit status: 0 all measured (a named limit counts as measured), 2 usage, 4 something could not be
measured or written, 130 interrupted (what was measured is kept: --resume goes on)
"""


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
    source.add_argument("--preset", metavar="NAME", help=f"one of {', '.join(PRESETS)} (quick)")
    source.add_argument("--matrix", type=Path, metavar="FILE", help="a matrix of your own (TOML)")
    parser.add_argument("--output", type=Path, metavar="DIR", help="folder of the results")
    parser.add_argument("--skein", type=Path, default=DEFAULT_SKEIN, metavar="PATH")
    parser.add_argument("--filter", action="append", default=[], metavar="KEY=A|B,...",
                        help="only these cells; repeated: cells that match any")  # fmt: skip
    parser.add_argument("--set", action="append", default=[], metavar="WORKLOAD.KEY=VALUE",
                        dest="sets", help="or WORKLOAD/SHAPE.KEY=VALUE: change it")  # fmt: skip
    parser.add_argument("--repeats", type=_positive, metavar="N", help="rounds of the plan")
    parser.add_argument("--seed", type=seed, metavar="N",
                        help="of the order and the work, from 0 to 2^64 - 1")  # fmt: skip
    add_cpu_options(parser)
    parser.add_argument("--cell-timeout", type=_seconds, metavar="SECONDS",
                        help="of one cell (240 and four times its estimate)")  # fmt: skip
    parser.add_argument("--resume", action="store_true", help="run only what DIR does not have yet")
    parser.add_argument("--dry-run", action="store_true", help="print the plan, run nothing")
    parser.add_argument("--report", action="store_true", help="then draw plots, write the report")
    return parser


def add_cpu_options(parser: argparse.ArgumentParser) -> None:
    """The options on CPUs, which `cpu_options` hands on."""
    parser.add_argument("--worker-cpus", metavar="LIST", help="handed on to skein run")
    parser.add_argument("--generator-cpus", metavar="LIST", help="handed on to skein run")


def natural(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number")
    return int(text)


def seed(text: str) -> int:
    """A whole number of 64 bits, which is what the work is drawn from."""
    if not (text.isascii() and text.isdigit()) or int(text) > LARGEST_SEED:
        raise argparse.ArgumentTypeError(
            f"'{text}' is not a seed; a whole number from 0 to {LARGEST_SEED}"
        )
    return int(text)


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


def cpu_options(options: argparse.Namespace) -> list[str]:
    """The options on CPUs that were given, as the binary takes them."""
    words: list[str] = []
    for name in ("worker_cpus", "generator_cpus"):
        value = getattr(options, name)
        if value is not None:
            words += [f"--{name.replace('_', '-')}", value]
    return words


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


def probes_s(matrix: Matrix) -> float:
    """Seconds for what a session runs beside its cells: anchors and saturation, about."""
    cells = set(saturation.probe_cells(matrix).values())
    probes = sum(estimate_s(cell) for cell in cells) * saturation.PROBE_RUNS
    return probes + estimate_s(ANCHOR) * matrix.repeats


def print_plan(matrix: Matrix, slots: list[Slot], console: Console) -> None:
    """What would run, in order, with the command line of each cell and the time in all."""
    for cell in matrix.cells:
        reason = f"   ({cell.reason})" if cell.reason else ""
        say(console, f"{cell.key}: skein run {' '.join(cell.arguments())}{reason}")
    probes = saturation.probe_cells(matrix)
    for probe in dict.fromkeys(probes.values()):
        groups = ", ".join(group for group, cell in probes.items() if cell == probe)
        say(console, f"before the first round, {saturation.PROBE_RUNS} times: skein run"
                     f" {' '.join(probe.arguments())}; rates of {groups} are shares of its"
                     " throughput")  # fmt: skip
    say(console, f"before each round, the anchor: skein run {' '.join(ANCHOR.arguments())}")
    for number, slot in enumerate(slots, start=1):
        say(console, f"{number:4} {describe(slot)}  ~{estimate_s(slot.cell):.1f} s")
    total_s = sum(estimate_s(slot.cell) for slot in slots) + probes_s(matrix)
    say(console, f"{len(slots)} runs of {len(matrix.cells)} cells in {matrix.repeats} rounds,"
                 f" about {format_clock(total_s)} in all (seed {matrix.seed})")  # fmt: skip
