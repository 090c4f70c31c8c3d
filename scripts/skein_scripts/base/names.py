"""Names that a person gives or reads: what is nearest to a mistyped one, and one of two that
would be the same."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from .errors import UsageError


def check_name(what: str, name: str, valid: Iterable[str]) -> str:
    """`name` where it is one of `valid`; otherwise an error that names them and the nearest."""
    choices = list(valid)
    if name in choices:
        return name
    near = difflib.get_close_matches(name, choices, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    raise UsageError(f"unknown {what} '{name}' (valid: {', '.join(choices)}){hint}")


def distinct(names: Sequence[str], most: int) -> list[str]:
    """The names, cut to so many characters, and with a number where that makes two of them one. Two
    that differ in their case alone are one, as they are to many file systems."""
    found: dict[str, str] = {}
    for name in names:
        number, one = 1, name[:most]
        while one.casefold() in found:
            number += 1
            one = f"{name[: most - len(str(number)) - 1]}-{number}"
        found[one.casefold()] = one
    return list(found.values())
