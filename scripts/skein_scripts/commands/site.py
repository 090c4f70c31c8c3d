"""The command line of scripts/site.py: a static site of the published runs."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..base.errors import OK
from ..base.terminal import Terminal, say
from ..report import published_site

_EPILOG = """\
The folder that is written can be served by any static host, or opened from disk. If it has a site
already, that is replaced, and what is no longer published goes.

example: scripts/site.py results/published --output out/site

exit status: 0 written; 2 usage, a folder without runs, a run without results or a report, or an
output that is among the runs or has other files; 4 not written
"""


def main(arguments: list[str]) -> int:
    """The program. Returns its exit status."""
    parser = argparse.ArgumentParser(
        prog="site.py",
        description="Builds an index of published runs, with copies of their reports and plots.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("published", type=Path, help="the folder that has a folder for each run")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="of the site")
    options = parser.parse_args(arguments)
    published_site.require_output(options.published, options.output)
    found = published_site.published_in(options.published)
    index = published_site.write(found, options.output)
    say(Terminal(), f"site of {len(found)} runs: {index}")
    return OK
