"""A table as plain text in rows, and how it is shown: on a terminal or as Markdown. Leaves out what
stands in it (report/results_table.py, gate/show.py).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from . import units
from .terminal import say, text_of
from .visible import visible

# Below this, intervals do not fit beside each other on a terminal.
_WIDE_COLUMNS = 104


@dataclass(frozen=True)
class Table:
    """A table as text. A row that has a note instead of numbers is two cells long."""

    title: str
    columns: list[str]
    rows: list[list[str]]
    notes: list[str]


def render(table: Table, console: Console) -> None:
    """Prints a table on a terminal, turned: runtimes side by side, a line for each quantity.
    Intervals stand below their medians where there is room for them."""
    wide = console.width >= _WIDE_COLUMNS
    drawn = RichTable(title=text_of(table.title), title_justify="left", title_style="bold")
    drawn.add_column("", overflow="fold")
    notes = list(table.notes)
    for row in table.rows:
        drawn.add_column(text_of(row[0]), justify="right", overflow="fold")
        if is_note(row, table):
            notes.insert(0, f"{row[0]}: {row[2]}")
    for index, name in enumerate(table.columns[1:], start=1):
        texts = [
            units.MISSING if is_note(row, table) and index > 1 else row[index] for row in table.rows
        ]
        drawn.add_row(text_of(name), *(_stacked(text, wide) for text in texts))
    console.print(drawn)
    for note in notes:
        if wide or not note.startswith("[low"):
            say(console, f"  {note}", "dim")
    console.print()


def render_upright(table: Table, console: Console) -> None:
    """Prints a table on a terminal as it stands, a line for each of its rows."""
    drawn = RichTable(title=text_of(table.title), title_justify="left", title_style="bold")
    for index, name in enumerate(table.columns):
        drawn.add_column(text_of(name), justify="left" if index < 2 else "right", overflow="fold")
    for before, row in zip([[""], *table.rows], table.rows, strict=False):
        first = "" if row[0] == before[0] else row[0]
        drawn.add_row(*(text_of(text) for text in [first, *row[1:]]))
    console.print(drawn)
    for note in table.notes:
        say(console, f"  {note}", "dim")
    console.print()


def _stacked(text: str, wide: bool) -> Text:
    head, bracket, interval = (visible(part) for part in text.partition(" ["))
    if not bracket:
        return Text(head)
    return Text(f"{head}\n[{interval}" if wide else head)


def is_note(row: list[str], table: Table) -> bool:
    """True for a row whose third cell is a reason instead of numbers."""
    return len(row) == 3 and row[2] != "" and len(table.columns) != 3


def markdown(table: Table) -> str:
    """The table as Markdown, title and notes included."""
    columns = [in_markdown(name) for name in table.columns]
    lines = [f"### {in_markdown(table.title)}", "", "| " + " | ".join(columns) + " |"]
    lines.append("|" + "---|" * 2 + "---:|" * (len(table.columns) - 2))
    for row in table.rows:
        padded = row + [""] * (len(table.columns) - len(row))
        lines.append("| " + " | ".join(map(in_markdown, padded)) + " |")
    lines += ["", *(f"- {in_markdown(note)}" for note in table.notes), ""]
    return "\n".join(lines)


def in_markdown(text: str) -> str:
    """A text as Markdown shows it as it is."""
    return re.sub(r"[\\`*<|]|(?<=\])(?=\()", lambda mark: "\\" + mark.group(), visible(text))
