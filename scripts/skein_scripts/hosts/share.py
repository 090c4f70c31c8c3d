"""A share of a matrix: a results file of some of its rounds. Only rounds that are whole count: each
cell of them has a run, so that every pair was measured on one host.

Leaves out what shares must have in common (together.py)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ..base.errors import UsageError
from ..matrix.matrix import auto_share
from ..records.results import endings, load, runs, sessions
from ..records.shapes import Plan, Record, Session, SessionHost


@dataclass(frozen=True)
class Share:
    """A results file, its rounds that are whole, and the records that belong to them."""

    path: Path
    rounds: tuple[int, ...]
    broken: tuple[int, ...]  # rounds of which only some cells have a run
    records: Sequence[Record]
    at_hand: Sequence[Session]  # all sessions of the file, whether a round of theirs is whole

    @property
    def sessions(self) -> list[Session]:
        """Those that ran a round that counts."""
        return sessions(self.records)


def read_share(path: Path) -> Share:
    """Reads a results file. Raises UsageError where it is none of a matrix."""
    records = load(path)
    return share_of(path, records)


def share_of(
    path: Path, records: Sequence[Record], leave_out: Collection[int] = frozenset()
) -> Share:
    """The same of records that are at hand, without rounds that are known from elsewhere."""
    opened = sessions(records)
    plans = {session["config_sha256"]: plan_in(session, path) for session in opened}
    if len(plans) != 1:
        what = "results of several matrices" if plans else "no session"
        raise UsageError(f"{path} has {what}: name the folder of one share of one matrix")
    (plan,) = plans.values()
    seen: dict[int, set[int]] = {}
    for run in runs(records):
        block, position = run.get("block"), run.get("position")
        if block is not None and position is not None:
            seen.setdefault(block, set()).add(position)
    whole = {block for block, places in seen.items() if len(places) >= len(plan["order"][block])}
    broken = tuple(sorted(seen.keys() - whole))
    whole -= set(leave_out)
    kept = list(_of_rounds(records, whole))
    return Share(path, tuple(sorted(whole)), broken, kept, opened)


def plan_in(session: Session, path: Path) -> Plan:
    """The plan of a session of a matrix. Raises UsageError where it has none."""
    plan = session.get("plan")
    if plan is None or plan["design"] != "latin" or not plan.get("cells"):
        raise UsageError(
            f"{path} has a session that is of no matrix: only results of run_matrix.py are shares"
        )
    return plan


def _of_rounds(records: Sequence[Record], rounds: set[int]) -> Iterator[Record]:
    """The records of these rounds, with the lines of their sessions and what came before them."""
    opened = {run["session_id"] for run in runs(records) if run.get("block") in rounds}
    for record in records:
        of_round = record["kind"] != "run" or record.get("block") in {None, *rounds}
        if record["session_id"] in opened and of_round:
            yield record


def host_in(session: Session, path: Path) -> SessionHost:
    """The host of a session. Raises UsageError where the record does not say."""
    host = session.get("host")
    if host is None:
        raise UsageError(
            f"{path} does not say on which host it was measured: it is of an older run_matrix.py;"
            " measure its rounds again"
        )
    return host


def has_auto_rates(session: Session) -> bool:
    """Whether rates of its plan are shares of a saturation, which each machine has its own of."""
    plan = session.get("plan")
    cells = plan.get("cells", []) if plan else []
    return any(auto_share(cell["settings"].get("rate")) is not None for cell in cells)


def time_of(session: Session, records: Sequence[Record]) -> tuple[datetime, datetime]:
    """From when to when a session ran: until its last run began, where it has no closing line."""
    name = session["session_id"]
    ended = [ending["ended_utc"] for ending in endings(records) if ending["session_id"] == name]
    began = [run["started_utc"] for run in runs(records) if run["session_id"] == name]
    moments = [datetime.fromisoformat(text) for text in (*ended, *began)]
    created = datetime.fromisoformat(session["created_utc"])
    return created, max([created, *moments])
