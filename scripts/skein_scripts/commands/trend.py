"""The command line of scripts/trend.py: adds a commit to a history, and shows one."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console

from ..base.errors import OK
from ..base.outputs import require_folder
from ..base.terminal import Terminal, say
from ..base.tree import ROOT
from ..drawing import frame, style
from ..records.metrics import METRICS
from ..trend import change_points, figure, history

DEFAULT_HISTORY = ROOT / "results" / "history"
_EPILOG = """\
examples:
  scripts/trend.py add out/nightly
  scripts/trend.py show --output out/trend

exit status: 0 done, 2 usage, no history, or another kind of machine, 4 a session that does not
count, or otava failed
"""


def build_parser() -> argparse.ArgumentParser:
    """The options."""
    parser = argparse.ArgumentParser(
        prog="trend.py",
        description="Keeps a history of commits, and finds where it changed.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    add = commands.add_parser(
        "add",
        help="add the commit of a results file, or replace it",
        epilog="example: scripts/trend.py add out/nightly",
    )
    add.add_argument("results", type=Path, help="a results file, or the folder that has it")
    show = commands.add_parser(
        "show",
        help="find changes and draw a figure for each metric",
        epilog="example: scripts/trend.py show --output out/trend",
    )
    show.add_argument("--output", type=Path, required=True, metavar="DIR")
    for command in (add, show):
        command.add_argument(
            "--history",
            type=Path,
            default=DEFAULT_HISTORY,
            metavar="DIR",
            help="its folder (results/history)",
        )
    return parser


def show(folder: Path, output: Path, console: Console) -> None:
    """Draws a history and prints its changes."""
    require_folder(output)
    points, order = history.read_ordered(folder)
    lines = history.lines_of(points)
    if change_points.is_available():
        changes = change_points.find(lines)
        note = f"{len(points)} commits {order}; circles: change points by Apache Otava"
    else:
        changes, note = [], f"{len(points)} commits {order}; {change_points.HOW_TO_INSTALL}"
    for change in changes:
        by = f"{100 * (change.ratio - 1):+.1f} %"
        say(console, f"{change.commit[:12]} {change.metric} {by} · {change.cell}")
    say(console, note if changes or not points else f"{note}; none")
    with style.looks():
        for metric in METRICS:
            of_metric = [line for line in lines if line.metric == metric]
            if of_metric:
                drawn = figure.draw(metric, of_metric, points, changes, note)
                path = frame.save(drawn, output, f"trend-{metric.name}")[0]
                say(console, f"wrote {path}")


def main(arguments: list[str]) -> int:
    """The program. Returns its exit status."""
    options = build_parser().parse_args(arguments)
    console = Terminal()
    if options.command == "add":
        path = history.save(history.point_of(options.results), options.history)
        say(console, f"wrote {path}")
    else:
        show(options.history, options.output, console)
    return OK
