"""The command line of scripts/report.py: tables on the terminal, plots and the report."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..base.errors import OK
from ..base.terminal import add_output_options, terminal_of
from ..records.results import find_results, load
from ..report.report_pages import make, print_tables, require_outputs


def main(arguments: list[str]) -> int:
    """The program. Returns its exit status."""
    parser = argparse.ArgumentParser(
        prog="report.py",
        description="Prints the tables of a results file; writes report.html, report.md, plots.",
        epilog="example: scripts/report.py out/first",
        allow_abbrev=False,
    )
    parser.add_argument("results", type=Path, help="a results file, or the folder that has it")
    parser.add_argument("--output", type=Path, metavar="DIR", help="default: where the file is")
    parser.add_argument(
        "--spread",
        action="store_true",
        help="only print how far each figure ranges over the rounds",
    )
    add_output_options(parser)
    options = parser.parse_args(arguments)
    console = terminal_of(options)
    path = find_results(options.results)
    if options.spread:
        print_tables(load(path), console, spreads=True)
        return OK
    folder = options.output or path.parent
    require_outputs(folder)
    make(path, folder, console)
    return OK
