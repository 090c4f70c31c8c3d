"""The command line of scripts/merge.py: shares of one matrix, measured apart, to one folder."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..base.errors import OK, UsageError
from ..base.outputs import require_folder
from ..base.terminal import Terminal, say
from ..hosts.merging import merged, notes_on, write_merged
from ..hosts.share import read_share
from ..records.results import RESULTS_NAME, find_results

_EPILOG = """\
Each share is some rounds of the same matrix, on a host of its own or one after the other on one:

  scripts/run_matrix.py --preset quick --repeats 8 --rounds 0-3 --host-class c6i --output out/a
  scripts/run_matrix.py --preset quick --repeats 8 --rounds 4-7 --host-class c6i --output out/b

example:
  scripts/merge.py out/a out/b --output out/all

exit status: 0 merged, 2 usage, or the shares do not belong together (the message says what to do)
"""


def main(arguments: list[str]) -> int:
    """The program. Returns its exit status."""
    parser = argparse.ArgumentParser(
        prog="merge.py",
        description="Joins results of rounds of one matrix that were measured apart.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "shares", type=Path, nargs="+", metavar="DIR", help="results of a share, or their folder"
    )
    parser.add_argument(
        "--output", type=Path, metavar="DIR", required=True, help="folder of the whole"
    )
    options = parser.parse_args(arguments)
    path = options.output / RESULTS_NAME
    if path.exists():
        raise UsageError(f"{path} is there already: choose another --output")
    shares = [read_share(find_results(share)) for share in options.shares]
    records = merged(shares)
    require_folder(options.output)
    write_merged(records, path)
    console = Terminal()
    for line in notes_on(shares):
        say(console, line)
    say(console, f"results: {path}")
    return OK
