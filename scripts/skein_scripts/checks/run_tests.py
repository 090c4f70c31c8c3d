"""The command line of scripts/run_tests.py, which scripts/test hands over to."""

from __future__ import annotations

import argparse
import time

from ..base.errors import FAILED_TESTS, OK
from ..base.names import check_name
from ..base.tree import ROOT
from .suite import LOGS, Section, run_all
from .suite_sections import all_sections, left_out_by_quick, quick_sections


def choose(sections: list[Section], only: list[str]) -> list[Section]:
    """The sections asked for, with those they need; all where none is named."""
    if not only:
        return sections
    by_name = {section.name: section for section in sections}
    wanted: set[str] = set()
    for name in only:
        check_name("section", name, by_name)
        wanted |= {name, *by_name[name].needs}
    return [section for section in sections if section.name in wanted]


def main(arguments: list[str]) -> int:
    """The program. Returns its exit status."""
    parser = argparse.ArgumentParser(
        prog="scripts/test",
        description="Runs every test and check that is installed already.",
        epilog="example: scripts/test --quick",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--quick", action="store_true", help="a short loop: says what it leaves out"
    )
    parser.add_argument("--only", action="append", default=[], metavar="SECTION")
    stop = parser.add_mutually_exclusive_group()
    stop.add_argument("--fail-fast", action="store_true", help="stop at the first failed section")
    stop.add_argument("--keep-going", action="store_true", help="run all sections (the default)")
    options = parser.parse_args(arguments)
    began = time.monotonic()

    def say(text: str) -> None:
        print(text, flush=True)

    sections = quick_sections() if options.quick else all_sections()
    total = run_all(choose(sections, options.only), options.fail_fast, say, LOGS)
    if options.quick:
        say(f"left out by --quick: {'; '.join(left_out_by_quick())}")
    say(f"in {time.monotonic() - began:.0f} s; logs in {LOGS.relative_to(ROOT)}")
    say(str(total))
    return FAILED_TESTS if total.failed else OK
