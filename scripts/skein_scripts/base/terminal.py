"""What goes to a terminal, a file or a pipe: lines by say(), tables and bars by a Terminal. Names
are shown as they are: square brackets are no markup, colons no emoji, and control
characters stand as escapes (visible.py).

How much is said, and in which colours, a person chooses alike in every script that prints more than
a line: add_output_options(), terminal_of(). A line is for everybody (say), also for those who want
little (tell), or for those who want all (detail).

Leaves out what is said.
"""

from __future__ import annotations

import argparse
import os
from typing import Any

from rich.console import Console
from rich.text import Text

from .errors import MeasureError, ReaderGoneError
from .visible import visible

# Where the environment says COLUMNS=0, nothing at all would be printed.
_LEAST_WIDTH, _USUAL_WIDTH = 20, 80
# A file or a pipe has no width of its own, and no table is folded to 80 columns there.
_UNBOUNDED_WIDTH = 200
_COLORS = _AUTO, _ALWAYS, _NEVER = ("auto", "always", "never")


class Terminal(Console):
    """A console whose output may go away: that ends a script with the status meant for it."""

    def __init__(self, *, verbose: bool = False, color: str = _AUTO, **options: Any) -> None:
        """`verbose`: details are printed. `quiet`, of the base class: only tell() prints."""
        super().__init__(markup=False, emoji=False, highlight=False, **_colors_of(color), **options)
        self.verbose = verbose
        if not self.is_terminal and "width" not in options and "COLUMNS" not in os.environ:
            self.width = _UNBOUNDED_WIDTH
        if self.width < _LEAST_WIDTH:
            self.width = _USUAL_WIDTH

    def on_broken_pipe(self) -> None:
        """The base class ends the process with 1, which is a verdict here."""
        raise ReaderGoneError

    def print(self, *objects: Any, **options: Any) -> None:
        """Raises MeasureError where nothing can be written."""
        try:
            super().print(*objects, **options)
        except OSError as error:
            raise MeasureError(f"cannot write to standard output: {error.strerror}") from error


def _colors_of(color: str) -> dict[str, Any]:
    """The base class colours what goes to a terminal. With NO_COLOR it would still print bold."""
    if color == _ALWAYS:
        return {"color_system": "standard", "no_color": False}
    if color == _NEVER or os.environ.get("NO_COLOR"):
        return {"color_system": None}
    return {}


def add_output_options(parser: argparse.ArgumentParser) -> None:
    """Adds --quiet, --verbose and --color."""
    group = parser.add_argument_group("what is printed")
    how_much = group.add_mutually_exclusive_group()
    how_much.add_argument(
        "-q", "--quiet", action="store_true", help="only what went wrong, verdicts, what to open"
    )
    how_much.add_argument(
        "-v", "--verbose", action="store_true", help="also what is called and written"
    )
    group.add_argument(
        "--color",
        choices=_COLORS,
        default=_AUTO,
        help="auto: on a terminal, unless NO_COLOR is set (auto)",
    )


def terminal_of(options: argparse.Namespace, stderr: bool = False) -> Terminal:
    """The console that these options ask for, on standard output or error."""
    return Terminal(
        quiet=options.quiet, verbose=options.verbose, color=options.color, stderr=stderr
    )


def say(console: Console, text: str, style: str = "") -> None:
    """One line, however long."""
    console.print(text_of(text, style), soft_wrap=True)


def tell(console: Console, text: str, style: str = "") -> None:
    """One line that is printed with --quiet, too."""
    quiet, console.quiet = console.quiet, False
    try:
        say(console, text, style)
    finally:
        console.quiet = quiet


def detail(console: Console, text: str) -> None:
    """One line that is printed with --verbose alone."""
    if isinstance(console, Terminal) and console.verbose:
        say(console, text, "dim")


def text_of(text: str, style: str = "") -> Text:
    """For a part of a table, a bar or a line."""
    return Text(visible(text), style=style)
