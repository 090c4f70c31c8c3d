"""The command line of scripts/claims.py: claims about runtimes, and what a results file says to
each."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from ..base import table
from ..base.errors import OK, UsageError
from ..base.outputs import do_all, raise_first, require_writable, write_text
from ..base.terminal import add_output_options, terminal_of
from ..records.results import find_results, load
from ..report.claims.declared import FILE, PRESET, claims_of
from ..report.claims.table import as_json, make_tables


def main(arguments: list[str]) -> int:
    """The program. Returns its exit status."""
    options = _parser().parse_args(arguments)
    claims = claims_of(options.claims)
    path = find_results(options.results)
    require_writable(options.markdown, options.json, read=[path, options.claims])
    records = load(path)
    made = make_tables(records, claims)
    if not made:
        raise UsageError(
            f"{path} has no cell of a claim: measure them with scripts/run_matrix.py"
            f" --preset {PRESET}"
        )
    console = terminal_of(options)
    outputs = []
    if options.markdown:
        outputs.append(lambda: write_text(options.markdown, "\n".join(map(table.markdown, made))))
    if options.json:
        found = json.dumps(as_json(records, claims), indent=2, ensure_ascii=False)
        outputs.append(lambda: write_text(options.json, f"{found}\n"))
    for one in made:
        table.render_upright(one, console)
    raise_first(do_all(outputs))
    return OK


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="claims.py",
        description="What a results file says to the claims of results/claims.toml.",
        epilog="example: scripts/claims.py out/claims --markdown claims.md --json claims.json",
        allow_abbrev=False,
    )
    parser.add_argument("results", type=Path, help="a results file, or the folder that has it")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table there, too")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all numbers there")
    parser.add_argument(
        "--claims", type=Path, metavar="FILE", default=FILE, help="other claims than ours"
    )
    add_output_options(parser)
    return parser
