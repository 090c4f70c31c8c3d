"""What goes to a terminal, a file or a pipe: lines by say(), tables and bars by a Terminal. Names
are shown as they are: square brackets are no markup, colons no emoji, and control
characters stand as escapes (visible.py).

Leaves out what is said.
"""

from __future__ import annotations

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


class Terminal(Console):
    """A console whose output may go away: that ends a script with the status meant for it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(markup=False, emoji=False, highlight=False, **options)
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


def say(console: Console, text: str, style: str = "") -> None:
    """One line, however long."""
    console.print(text_of(text, style), soft_wrap=True)


def text_of(text: str, style: str = "") -> Text:
    """For a part of a table, a bar or a line."""
    return Text(visible(text), style=style)
