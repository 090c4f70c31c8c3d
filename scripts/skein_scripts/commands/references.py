"""The command line of scripts/references.py: workers in other languages, their tools and builds.

scripts/setup --references asks it what is missing, scripts/bench --references has it build. Leaves
out measuring: a matrix names these rows like any other.
"""

from __future__ import annotations

import argparse
import sys

from ..base.errors import COULD_NOT_MEASURE, OK
from ..base.names import check_name
from ..base.outputs import write_text
from ..base.terminal import Terminal, say
from ..base.tree import ROOT
from ..records.reference_page import PAGE, with_table
from ..records.runtimes import Runtime, foreign, references
from ..session import toolchains

_EPILOG = """\
examples:
  scripts/references.py list
  scripts/references.py build python_selectors

A row whose tools are missing is named and left out; that is no failure. The logs of builds are in
build/references.

exit status: 0 done, 2 usage, 4 something did not build, 130 interrupted
"""


def main(arguments: list[str]) -> int:
    """The program. Returns its exit status."""
    options = _parser().parse_args(arguments)
    if options.command == "tools":
        return _print_missing_tools(list(foreign().values()))
    if options.command == "page":
        return _write_page()
    chosen = [foreign()[check_name("runtime", each, foreign())] for each in options.ids]
    rows = chosen or list(foreign().values())
    return _build(rows) if options.command == "build" else _print_rows(rows)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="references.py",
        description="Workers in other languages: what is there, and building them.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, words in (
        ("list", "which rows can be run here, and why others cannot"),
        ("build", "build them, each build once"),
    ):
        one = commands.add_parser(
            name,
            help=words,
            epilog=f"example: scripts/references.py {name} tokio go",
            allow_abbrev=False,
        )
        one.add_argument("ids", nargs="*", metavar="ID", help="only these (all)")
    for name, words in (
        ("tools", "the tools that are missing, one a line, for scripts/setup"),
        ("page", "write the table of runtimes/REFERENCES.md anew from the manifests"),
    ):
        epilog = f"example: scripts/references.py {name}"
        commands.add_parser(name, help=words, epilog=epilog, allow_abbrev=False)
    return parser


def _print_missing_tools(rows: list[Runtime]) -> int:
    named = dict.fromkeys(tool for row in rows for tool in toolchains.tools_of(row))
    for tool in named:
        if not toolchains.is_there(tool):
            sys.stdout.write(f"{tool}\n")
    return OK


def _write_page() -> int:
    write_text(PAGE, with_table(PAGE.read_text(encoding="utf-8"), references()))
    say(Terminal(), f"wrote {PAGE.relative_to(ROOT)}")
    return OK


def _print_rows(rows: list[Runtime]) -> int:
    console = Terminal()
    for row in rows:
        lines = toolchains.why_not(row)
        say(console, lines[0] if lines else f"{row.id}: can be run ({row.language})")
    return OK


def _build(rows: list[Runtime]) -> int:
    console = Terminal()
    failed = toolchains.build_all(rows, lambda text: say(console, text))
    for build in failed:
        say(console, f"did not build: {build.describe()}", "red")
    return COULD_NOT_MEASURE if failed else OK
