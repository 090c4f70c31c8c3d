"""Writes the schema of results anew from the declarations of the workloads."""

from __future__ import annotations

import argparse

from ..base.errors import OK
from ..base.outputs import write_text
from ..base.terminal import Terminal, say
from ..base.tree import ROOT
from ..records.results import CURRENT_VERSION
from ..records.schema import assembled, path_of, text_of

_EPILOG = """\
example: scripts/schema.py

exit status: 0 written, 4 the file cannot be written
"""


def main(arguments: list[str]) -> int:
    """The program. Returns its exit status."""
    parser = argparse.ArgumentParser(
        prog="schema.py",
        description=__doc__,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.parse_args(arguments)
    path = path_of(CURRENT_VERSION)
    write_text(path, text_of(assembled(CURRENT_VERSION)))
    say(Terminal(), f"wrote {path.relative_to(ROOT)}")
    return OK
