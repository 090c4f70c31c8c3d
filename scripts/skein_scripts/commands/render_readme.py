"""Writes README's table, figure and the words under them from a published run. The part stands
between two marks, and the first of them names the folder of the run; what it shows is declared in
results/readme.toml.

Leaves out what stands in the part (report/readme.py).
"""

from __future__ import annotations

import argparse
import difflib
import re
from dataclasses import dataclass
from pathlib import Path

from ..base.errors import DIFFERS, OK, UsageError, warn
from ..base.outputs import require_writable, write_text
from ..base.terminal import Terminal, say
from ..base.tree import ROOT
from ..report.readme import part_of
from ..report.readme_figure import stale_figure
from ..report.readme_values import FILE

_EPILOG = """\
README has one of each of these lines, and what stands between them is written anew:
  <!-- from results/published/FOLDER: written by scripts/render_readme.py -->
  <!-- end -->

examples:
  scripts/render_readme.py           # after FOLDER was changed, or what is declared
  scripts/render_readme.py --check   # in the suite

exit status: 0 written, or as it should be; 1 README says something else, or its figure is not what
the run's results draw (--check); 2 usage, marks that are not there once, a run that is not there or
lacks what is declared; 4 not written
"""
_FIRST = re.compile(r"^<!-- from (\S+): written by scripts/render_readme\.py -->$", re.MULTILINE)
_LAST = re.compile(r"^<!-- end -->$", re.MULTILINE)


@dataclass(frozen=True)
class Marked:
    """A page in three parts; `folder`: what its first mark names."""

    before: str  # up to the first mark, and with it
    between: str
    after: str
    folder: str


def marked_in(page: Path) -> Marked:
    """A page by its marks. Raises UsageError where they do not stand there once, and in order."""
    try:
        text = page.read_bytes().decode("utf-8")
    except OSError as error:
        raise UsageError(f"cannot read {page}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{page} is not UTF-8") from error
    first, last = list(_FIRST.finditer(text)), list(_LAST.finditer(text))
    if len(first) != 1 or len(last) != 1 or first[0].end() > last[0].start():
        raise UsageError(
            f"{page} has {len(first)} first and {len(last)} last marks: it needs one of each, in"
            " this order, as --help shows them"
        )
    begin, end = first[0].end(), last[0].start()
    return Marked(text[:begin], text[begin:end], text[end:], first[0][1])


def main(arguments: list[str]) -> int:
    """The program. Returns its exit status."""
    parser = argparse.ArgumentParser(
        prog="render_readme.py",
        description="Writes README's table, figure and the words under them from a published run.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--check", action="store_true", help="write nothing, say what differs")
    parser.add_argument(
        "--readme", type=Path, metavar="FILE", default=ROOT / "README.md", help="another page"
    )
    parser.add_argument(
        "--declared", type=Path, metavar="FILE", default=FILE, help="another declaration"
    )
    options = parser.parse_args(arguments)
    page: Path = options.readme
    found = marked_in(page)
    part = part_of(page.parent / found.folder, found.folder, options.declared)
    wanted = f"{found.before}\n\n{part}\n\n{found.after}"
    had = f"{found.before}{found.between}{found.after}"
    console = Terminal()
    stale = stale_figure(page.parent / found.folder) if options.check else None
    if stale is not None:
        warn(f"{stale} is not what its results draw: scripts/report.py {found.folder}")
    if had == wanted and stale is None:
        say(console, f"{page.name} says what {found.folder} has")
        return OK
    if options.check and had == wanted:
        return DIFFERS
    if options.check:
        for line in difflib.unified_diff(
            had.splitlines(), wanted.splitlines(), page.name, found.folder, lineterm=""
        ):
            say(console, line)
        warn(f"{page.name} says something else than {found.folder}: scripts/render_readme.py")
        return DIFFERS
    require_writable(page, read=[options.declared])
    write_text(page, wanted)
    say(console, f"wrote {page}, from {found.folder}")
    return OK
