"""The command line of scripts/sizing.py: what 10,000 to 10,000,000 connections need of a host, and
which of its limits breaks first."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from ..base import table, units
from ..base.errors import OK, UsageError
from ..base.names import check_name
from ..base.outputs import do_all, raise_first, require_writable, write_text
from ..base.terminal import add_output_options, terminal_of
from ..sizing.compare import compared
from ..sizing.figures import FILE, figures_of
from ..sizing.host import host_of
from ..sizing.predict import Sizing
from ..sizing.show import as_json, table_of, table_of_checks

_EPILOG = """\
example:
  scripts/sizing.py scripts/hosts/small.toml
  scripts/sizing.py scripts/hosts/large.toml --runtime go --rate 0.02 --connections 1M,5M
A host's file says what it has; scripts/hosts has two that explain each entry. results/SIZING.md
says how good the predictions are.
"""


def main(arguments: list[str]) -> int:
    """The program. Returns its exit status."""
    options = _parser().parse_args(arguments)
    counts = _counts(options.connections)
    rate = 0.0 if options.rate in ("0", None) else units.parse_rate(options.rate)
    require_writable(options.markdown, options.json, read=[options.host, options.figures])
    figures = figures_of(options.figures)
    runtime = figures.runtimes[check_name("runtime", options.runtime, figures.runtimes)]
    sizing = Sizing(host_of(options.host), figures, runtime, rate)
    made = [table_of(sizing, counts)]
    if options.checks:
        made.append(table_of_checks(compared(figures)))
    outputs = []
    if options.markdown:
        outputs.append(lambda: write_text(options.markdown, "\n".join(map(table.markdown, made))))
    if options.json:
        found = json.dumps(as_json(sizing, counts), indent=2, ensure_ascii=False)
        outputs.append(lambda: write_text(options.json, f"{found}\n"))
    console = terminal_of(options)
    for one in made:
        table.render_upright(one, console)
    raise_first(do_all(outputs))
    return OK


def _counts(text: str) -> list[int]:
    counts = [units.parse_count(part) for part in text.split(",")]
    if min(counts) < 1:
        raise UsageError("--connections must be at least 1 each, as in 10k,1M")
    return counts


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sizing.py",
        description="Predicts what connections need of a host, and which limit breaks first.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("host", type=Path, help="a TOML file that describes it")
    parser.add_argument(
        "--connections", metavar="N,M", default="10k,100k,1M,10M", help="how many (10k,100k,1M,10M)"
    )
    parser.add_argument(
        "--runtime", metavar="ID", default="coroutine", help="coroutine if not said"
    )
    parser.add_argument(
        "--rate", metavar="PER_S", help="messages a second on each connection, as 0.02 (none)"
    )
    parser.add_argument(
        "--figures", type=Path, metavar="FILE", default=FILE, help="others than results/sizing.toml"
    )
    parser.add_argument(
        "--checks", action="store_true", help="the predictions beside what was measured, too"
    )
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables there, too")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all numbers there")
    add_output_options(parser)
    return parser
