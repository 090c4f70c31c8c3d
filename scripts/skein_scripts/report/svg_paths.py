"""The paths of an SVG in fewer bytes: on a grid of tenths of a unit, and each point by how far it
is from the one before. Points are put on the grid before they are held against each other, so that
no error adds up. Leaves out the elements that have them (inline_svg.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

_GRID = 10  # steps in a unit
_TOKEN = re.compile(r"([A-DF-Za-df-z])|([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)")
_POINTS = {"M": 1, "L": 1, "Q": 2, "C": 3}  # of a command, those that matplotlib writes

Step = tuple[str, list[int]]


@lru_cache(maxsize=4096)
def compact_path(path: str) -> str:
    """The same path. One with commands that are not known keeps its figures as they are."""
    try:
        return _text(_relative(path))
    except ValueError:
        return " ".join(path.split())


def _commands(path: str) -> Iterator[tuple[str, list[float]]]:
    """Each command with its numbers. Raises ValueError for what is no path."""
    letter = ""
    numbers: list[float] = []
    for token in _TOKEN.finditer(path):
        if token[1]:
            if letter:
                yield letter, numbers
            letter, numbers = token[1], []
        else:
            numbers.append(float(token[2]))
    if letter:
        yield letter, numbers


def _relative(path: str) -> list[Step]:
    """The steps of a path, in units of the grid. Raises ValueError for commands that are not known,
    and for numbers that do not belong to one."""
    steps: list[Step] = []
    at = start = (0, 0)
    for letter, numbers in _commands(path):
        if letter in "zZ" and not numbers:
            steps.append(("z", []))
            at = start
            continue
        points = _POINTS.get(letter)
        if points is None or not numbers or len(numbers) != 2 * points:
            raise ValueError(f"{letter} with {len(numbers)} numbers")
        grid = [round(number * _GRID) for number in numbers]
        values = [value - at[place % 2] for place, value in enumerate(grid)]
        at = (grid[-2], grid[-1])
        if letter == "M":
            start = at
            steps.append(("m", values) if steps else ("M", values))
        elif letter == "L":
            _add_line(steps, values[0], values[1])
        else:
            steps.append((letter.lower(), values))
    return steps


def _add_line(steps: list[Step], right: int, down: int) -> None:
    """A straight line; one that goes on along an axis is part of the one before."""
    letter, along = ("l", 0) if right and down else ("h", right) if right else ("v", down)
    before, values = steps[-1] if steps else ("", [])
    if along == 0 and letter != "l" and before in ("l", "h", "v"):
        return  # a step of nothing
    if letter == "l":
        steps.append(("l", [right, down]))
    elif letter == before and along * values[0] > 0:
        steps[-1] = (letter, [values[0] + along])
    else:
        steps.append((letter, [along]))


def _text(steps: list[Step]) -> str:
    pieces: list[str] = []
    before = ""
    for letter, values in steps:
        # A command goes on without its letter, but behind an "m" numbers are a line.
        goes_on = letter == before and letter != "m"
        if not goes_on:
            pieces.append(letter)
        for place, value in enumerate(values):
            number = _number(value)
            if (place or goes_on) and number[0] != "-":
                pieces.append(" ")
            pieces.append(number)
        before = letter
    return "".join(pieces)


def _number(steps: int) -> str:
    """So many steps of the grid, in units."""
    whole, part = divmod(abs(steps), _GRID)
    text = f"{whole or ''}.{part}" if part else str(whole)
    return f"-{text}" if steps < 0 else text
