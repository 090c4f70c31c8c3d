"""The command line of scripts/plot.py: all figures of a results file, as SVG and PNG."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..base.errors import OK, UsageError
from ..base.outputs import require_folder
from ..base.terminal import Terminal, say
from ..records.results import find_results, load
from ..report.all_figures import draw_all


def main(arguments: list[str]) -> int:
    """The program. Returns its exit status."""
    parser = argparse.ArgumentParser(
        prog="plot.py",
        description="Draws the figures of a results file.",
        epilog="example: scripts/plot.py out/first --output out/first/plots",
        allow_abbrev=False,
    )
    parser.add_argument("results", type=Path, help="a results file, or the folder that has it")
    parser.add_argument("--output", type=Path, metavar="DIR", help="default: plots beside the file")
    options = parser.parse_args(arguments)
    path = find_results(options.results)
    folder = options.output or path.parent / "plots"
    require_folder(folder)
    drawn = draw_all(load(path), folder)
    if not drawn:
        raise UsageError(f"{path} has no runs to draw")
    console = Terminal()
    for figure in drawn:
        say(console, str(figure))
    return OK
