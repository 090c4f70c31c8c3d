"""Writes README's tables, figures and the words under them from published runs. Each part stands
between two marks, and the first of them names the folder of the run; what it shows is declared in
results/readme.toml.

Leaves out what stands in the part (report/readme.py).
"""

from __future__ import annotations

import argparse
import difflib
import re
from pathlib import Path

from ..base.errors import DIFFERS, OK, UsageError, warn
from ..base.outputs import require_writable, write_text
from ..base.terminal import Terminal, say
from ..base.tree import ROOT
from ..report.readme import part_of
from ..report.readme_figure import FIGURE, stale_figure
from ..report.readme_values import FILE

_EPILOG = """\
README has these lines, once for each run, and what stands between them is written anew:
  <!-- from results/published/FOLDER: written by scripts/render_readme.py -->
  <!-- end -->

examples:
  scripts/render_readme.py           # after FOLDER was changed, or what is declared
  scripts/render_readme.py --check   # in the suite

exit status: 0 written, or as it should be; 1 README says something else, or a figure is not what
the run's results draw (--check); 2 usage, marks that are not in pairs, a run that is not there or
lacks what is declared; 4 not written
"""
_FIRST = r"^<!-- from (?P<folder>\S+): written by scripts/render_readme\.py -->$"
_LAST = r"^<!-- end -->$"
_PART = re.compile(
    rf"(?P<first>{_FIRST})(?:(?!^<!-- from ).)*?(?P<last>{_LAST})", re.MULTILINE | re.DOTALL
)


def text_of(page: Path) -> str:
    """A page that has parts. Raises UsageError where its marks do not stand in pairs."""
    try:
        text = page.read_bytes().decode("utf-8")
    except OSError as error:
        raise UsageError(f"cannot read {page}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{page} is not UTF-8") from error
    first, last = (len(re.findall(mark, text, re.MULTILINE)) for mark in (_FIRST, _LAST))
    if not first == last == len(_PART.findall(text)) > 0:
        raise UsageError(
            f"{page} has {first} first and {last} last marks: it needs as many of each, one after"
            " the other, as --help shows them"
        )
    return text


def main(arguments: list[str]) -> int:
    """The program. Returns its exit status."""
    parser = argparse.ArgumentParser(
        prog="render_readme.py",
        description="Writes README's tables, figures and the words under them from published runs.",
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
    had = text_of(page)
    folders: list[str] = []
    stale: list[Path] = []

    def written(part: re.Match[str]) -> str:
        folder = part["folder"]
        run = page.parent / folder
        shown = part_of(run, folder, options.declared)
        if options.check and f"({folder}/{FIGURE})" in shown and (figure := stale_figure(run)):
            stale.append(figure)
            warn(f"{figure} is not what its results draw: scripts/report.py {folder}")
        folders.append(folder)
        return f"{part['first']}\n\n{shown}\n\n{part['last']}"

    wanted = _PART.sub(written, had)
    runs = ", ".join(folders)
    console = Terminal()
    if had == wanted and not stale:
        say(console, f"{page.name} says what {runs} has")
        return OK
    if options.check and had == wanted:
        return DIFFERS
    if options.check:
        for line in difflib.unified_diff(had.splitlines(), wanted.splitlines(), page.name, runs,
                                         lineterm=""):  # fmt: skip
            say(console, line)
        warn(f"{page.name} says something else than {runs}: scripts/render_readme.py")
        return DIFFERS
    require_writable(page, read=[options.declared])
    write_text(page, wanted)
    say(console, f"wrote {page}, from {runs}")
    return OK
