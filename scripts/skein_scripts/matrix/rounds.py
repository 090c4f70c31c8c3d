"""Which rounds of a matrix a session runs: `--rounds 0-4,7`. Order, pairs and seeds are those of
the whole matrix, so shares that ran apart can be put together again (hosts/merging.py).

Rounds count from 0, as `block` does in a record."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ..base.errors import UsageError
from .plan import Slot

_PART = re.compile(r"([0-9]+)(?:-([0-9]+))?")


def parse_rounds(text: str, repeats: int) -> list[int]:
    """The rounds that are named, in order. Raises UsageError for what is no round of the matrix."""
    rounds: set[int] = set()
    for part in text.split(","):
        match = _PART.fullmatch(part.strip())
        if match is None:
            raise UsageError(f"--rounds '{text}' is not understood; write it like 0-4 or 0,2,5-7")
        first = int(match[1])
        last = first if match[2] is None else int(match[2])
        if not first <= last < repeats:
            raise UsageError(
                f"--rounds {part.strip()}: the matrix has the rounds {in_words(range(repeats))}"
                " (--repeats says how many)"
            )
        rounds.update(range(first, last + 1))
    return sorted(rounds)


def in_words(rounds: Iterable[int]) -> str:
    """Rounds as --rounds takes them: 0-4,7."""
    parts: list[list[int]] = []
    for block in sorted(rounds):
        if parts and parts[-1][-1] == block - 1:
            parts[-1][1:] = [block]
        else:
            parts.append([block])
    return ",".join("-".join(map(str, part)) for part in parts)


def of_rounds(slots: Sequence[Slot], rounds: Iterable[int]) -> list[Slot]:
    """The slots of these rounds, in their order."""
    wanted = set(rounds)
    return [slot for slot in slots if slot.block in wanted]
