"""Writes results in the formats of other tools; each format and its source is in exports/."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from ..base.errors import OK, MeasureError, UsageError
from ..base.outputs import require_writable, write_text
from ..base.terminal import Terminal, say
from ..exports import bencher, github_action, google_benchmark, hdr_log, junit, otava_csv
from ..gate import record
from ..records.cells import CellNames
from ..records.figures import CellFigures, cells_of, names_in
from ..records.results import find_results, load, results_at, sessions
from ..records.shapes import Record, Session

_EPILOG = """\
formats: google-benchmark, bencher, hdr-log and junit write one file; github-action writes two, one
for each direction, and otava a CSV for each cell with the configuration: --output is their folder.
junit reads the comparisons that compare.py and gate.py write with --json; otava takes several
results files, one for each commit; the files of scripts/trend.py are none.

examples:
  scripts/export.py out/first --format bencher --output out/bmf.json
  scripts/export.py out/verdicts.jsonl --format junit --output out/junit.xml
  scripts/export.py out/*/results.jsonl --format otava --output out/otava

exit status: 0 written, 2 usage, or output that cannot be written, 4 nothing to write
"""

Files = dict[str, str]  # by name; the name "" is --output itself


def _the_one(paths: list[Path], what: str) -> Path:
    if len(paths) != 1:
        raise UsageError(f"this format is of one file of {what}")
    return paths[0]


def _cells_in(
    records: Sequence[Record], path: Path, names: CellNames | None = None
) -> list[CellFigures]:
    cells = cells_of(records, names)
    if not any(cell.summaries() for cell in cells):
        raise MeasureError(f"{path} has no run that counts: there is nothing to write")
    return cells


def _google_benchmark(paths: list[Path]) -> Files:
    path = _the_one(paths, "results")
    records = load(find_results(path))
    session = _last_session(records)
    return {"": google_benchmark.write(_cells_in(records, path), session)}


def _of_cells(write: Callable[[list[CellFigures]], str]) -> Callable[[list[Path]], Files]:
    def one_file(paths: list[Path]) -> Files:
        path = _the_one(paths, "results")
        return {"": write(_cells_in(load(find_results(path)), path))}

    return one_file


def _last_session(records: Sequence[Record]) -> Session | None:
    return sessions(records)[-1] if sessions(records) else None


def _github_action(paths: list[Path]) -> Files:
    path = _the_one(paths, "results")
    written = github_action.write(_cells_in(load(find_results(path)), path))
    return {f"{direction}.json": text for direction, text in written.items()}


def _junit(paths: list[Path]) -> Files:
    head, comparisons = record.read(_the_one(paths, "comparisons"))
    return {"": junit.write(comparisons, head)}


def _otava(paths: list[Path]) -> Files:
    files = [load(find_results(path)) for path in paths]
    names, points = names_in(files), []
    for path, records in zip(paths, files, strict=True):
        session = _last_session(records)
        if session is None:
            raise UsageError(f"{path} has no session: its runs have no time")
        points.append(otava_csv.point_of(session, _cells_in(records, path, names)))
    return otava_csv.write(points)


FORMATS: dict[str, Callable[[list[Path]], Files]] = {
    "google-benchmark": _google_benchmark,
    "bencher": _of_cells(bencher.write),
    "github-action": _github_action,
    "junit": _junit,
    "hdr-log": _of_cells(hdr_log.write),
    "otava": _otava,
}


def save(files: Files, output: Path) -> list[Path]:
    """Writes the files; returns their paths. Raises MeasureError."""
    written = []
    for name, text in files.items():
        path = output / name if name else output
        write_text(path, text)
        written.append(path)
    return written


def main(arguments: list[str]) -> int:
    """The program. Returns its exit status."""
    parser = argparse.ArgumentParser(
        prog="export.py",
        description=__doc__,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("results", type=Path, nargs="+", help="files, or folders that have them")
    parser.add_argument("--format", choices=tuple(FORMATS), required=True)
    parser.add_argument("--output", type=Path, required=True, metavar="PATH", help="file or folder")
    options = parser.parse_args(arguments)
    files = FORMATS[options.format](options.results)
    names = [options.output / name if name else options.output for name in files]
    require_writable(*names, read=map(results_at, options.results))
    for path in save(files, options.output):
        say(Terminal(), f"wrote {path}")
    return OK
