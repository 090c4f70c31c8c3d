"""Whether a run can be trusted, in a few words for the report's first screen: did its sessions end
as they should, did the machine stay the same, are there rounds enough, did all runs count, were
conditions equal. Leaves out the verdicts themselves (records/session_verdict.py, conditions.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..base.statistics import sign_test_rank
from ..base.units import format_share
from ..records.groups import Group
from ..records.results import endings, runs, sessions
from ..records.shapes import Record, Session, SessionEnd

GOOD, DOUBTFUL, BAD = "good", "doubtful", "bad"


@dataclass(frozen=True)
class Sign:
    """One of the signs by which a run is judged."""

    level: str  # GOOD, DOUBTFUL or BAD
    text: str


def signs(
    records: Sequence[Record], groups: Sequence[Group], unequal: Sequence[str], is_cut: bool
) -> list[Sign]:
    """All signs of a file. `unequal`: what differs and must not; `is_cut`: whether its last line
    was not whole."""
    found = [*_of_file(records, is_cut)]
    ended = {ending["session_id"]: ending for ending in endings(records)}
    for session in sessions(records):
        found += _of_session(session, ended.get(session["session_id"]))
    if runs(records):
        found += [_validity(records), _rounds(groups)]
        text = f"{len(unequal)} conditions differ" if unequal else "equal conditions"
        found.append(Sign(BAD if unequal else GOOD, text))
    return found


def _of_file(records: Sequence[Record], is_cut: bool) -> Iterator[Sign]:
    if not records:
        yield Sign(BAD, "the file is empty")
    elif not sessions(records):
        yield Sign(DOUBTFUL, "no session is recorded, so neither machine nor plan is known")
    if is_cut:
        yield Sign(DOUBTFUL, "the last line of the file was cut short and is left out")


def _of_session(session: Session, ending: SessionEnd | None) -> Iterator[Sign]:
    plan = session.get("plan")
    if not plan or not plan.get("cells"):
        return
    if ending is None:
        yield Sign(DOUBTFUL, "the session has no end: it was cut short")
        return
    if ending["inconclusive"]:
        yield Sign(BAD, "inconclusive")
    elif ending["interrupted"]:
        yield Sign(DOUBTFUL, "interrupted")
    else:
        yield Sign(GOOD, "complete")
    drift, limit = ending["anchor"]["drift"], ending["anchor"]["limit"]
    if drift is None:
        yield Sign(DOUBTFUL, "drift of the machine not known")
    else:
        text = f"machine drifted by {format_share(drift)} (at most {format_share(limit)})"
        yield Sign(GOOD if drift <= limit else BAD, text)


def _validity(records: Sequence[Record]) -> Sign:
    done = runs(records)
    good = sum(1 for run in done if run["status"] == "ok")
    level = GOOD if good == len(done) else DOUBTFUL if good else BAD
    return Sign(level, f"{good} of {len(done)} runs count")


def _rounds(groups: Sequence[Group]) -> Sign:
    most = max((group.repeats for group in groups), default=0)
    few = sign_test_rank(most, 0.025) == 0
    why = ", too few to tell any two runtimes apart" if few else ""
    return Sign(DOUBTFUL if few else GOOD, f"{most} {'round' if most == 1 else 'rounds'}{why}")
