"""One results file from shares of a matrix. Every record stays as it is, so each says its session,
and the session its host. Leaves out when that may be done (together.py)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..base.errors import MeasureError
from ..base.jsonl import dump
from ..base.outputs import write_text
from ..matrix.rounds import in_words
from ..records.shapes import Record
from .share import Share, plan_in
from .together import check_together, hosts_of


def merged(shares: Sequence[Share]) -> list[Record]:
    """The records of the whole, in the order of their first rounds. Raises UsageError where the
    shares do not belong together."""
    check_together(shares)
    ordered = sorted((share for share in shares if share.rounds), key=lambda share: share.rounds)
    return [record for share in ordered for record in share.records]


def write_merged(records: Sequence[Record], path: Path) -> None:
    """Writes them, all or nothing. Raises MeasureError."""
    beside = path.with_name(f".{path.name}.new")
    write_text(beside, "".join(dump(record) for record in records))
    try:
        beside.replace(path)
    except OSError as error:
        raise MeasureError(f"cannot write {path}: {error.strerror}") from error


def notes_on(shares: Sequence[Share]) -> list[str]:
    """What there is to know about shares that belong together: a line each."""
    planned = range(next(plan_in(one, share.path)["rounds"] for share in shares
                         for one in share.sessions))  # fmt: skip
    measured = {block for share in shares for block in share.rounds}
    lines = [
        f"{name}: rounds {in_words(blocks)}" for name, blocks in sorted(hosts_of(shares).items())
    ]
    lines += [
        f"{share.path}: left out {in_words(lost)}, not whole"
        for share in shares
        if (lost := set(share.broken) - measured)
    ]
    if missing := set(planned) - measured:
        lines.append(f"of {len(planned)} rounds, {in_words(missing)} are in none of them")
    return lines
