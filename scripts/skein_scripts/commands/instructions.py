"""The command line of scripts/instructions.py: instructions per step of each single-threaded
runtime (micro/counted_rows.py).
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from ..base.errors import OK
from ..base.names import check_name
from ..base.outputs import require_writable
from ..base.terminal import Terminal, say
from ..base.tree import ROOT
from ..micro import counted_rows
from ..micro.micro_session import built_program, session_record
from ..records.results import ResultWriter


def _parse(arguments: list[str]) -> argparse.Namespace:
    build = ROOT / os.environ.get("SKEIN_BUILD_DIR", "build/release")
    parser = argparse.ArgumentParser(
        prog="scripts/instructions.py",
        description="Counts the instructions of single steps, with callgrind.",
        epilog="example: scripts/instructions.py --row yield/fiber/1 --output instructions.jsonl",
        allow_abbrev=False,
    )
    parser.add_argument("--row", action="append", default=[], help="only this row; repeatable")
    parser.add_argument("--output", type=Path, help="append session and runs to this file")
    parser.add_argument("--micro", type=Path, default=build / "skein_micro", help="the program")
    parser.add_argument("--skein", type=Path, default=build / "skein", help="for the session line")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """The program. Returns its exit status."""
    options = _parse(arguments)
    for name in options.row:
        check_name("row", name, (*counted_rows.ROWS, *counted_rows.TIMED_ROWS))
    rows = options.row or list(counted_rows.ROWS)
    require_writable(options.output)
    counted_rows.find_valgrind()
    micro = built_program(options.micro)
    writer, session_id = None, ""
    if options.output:
        session = session_record(options.skein.absolute(), rows)
        session_id = session["session_id"]
        writer = ResultWriter(options.output)
        writer.append(session)
    for name in rows:
        row = counted_rows.measure(micro, name)
        say(Terminal(), f"{row.name:<32}{row.per_item:>12.2f} instructions")
        if writer:
            writer.append(counted_rows.run_record(row, session_id))
    return OK
