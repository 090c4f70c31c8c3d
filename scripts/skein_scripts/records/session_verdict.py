"""What the sessions of a file say of themselves: complete, interrupted or inconclusive, and why. A
session without a closing line was cut short. Leaves out writing that line (session/session_end.py).
"""

from __future__ import annotations

from collections.abc import Sequence

from ..base.units import format_share
from .results import endings, sessions
from .shapes import Record, Session, SessionEnd


def inconclusive(records: Sequence[Record]) -> list[str]:
    """Why the sessions of a file are inconclusive: empty where none says so."""
    reasons = [reason for ending in endings(records) for reason in ending["inconclusive"]]
    return list(dict.fromkeys(reasons))


def verdicts(records: Sequence[Record]) -> list[str]:
    """What each planned session of a file says of itself, in order."""
    by_session = {ending["session_id"]: ending for ending in endings(records)}
    return [
        verdict(session, by_session.get(session["session_id"]))
        for session in sessions(records)
        if (plan := session.get("plan")) and plan.get("cells")
    ]


def verdict(session: Session, ending: SessionEnd | None) -> str:
    """A session's judgement of itself, in one line."""
    name = f"session {session['session_id']}"
    if ending is None:
        return f"{name} has no closing line: it was cut short, or wrote none"
    anchor = ending["anchor"]
    drift = "not known" if anchor["drift"] is None else format_share(anchor["drift"])
    done = sum(ending["counts"].values())
    facts = (
        f"{done} of {ending['planned']} runs, {ending['retried']} repeated, anchor drift {drift}"
    )
    if ending["inconclusive"]:
        return f"{name} is inconclusive: {'; '.join(ending['inconclusive'])} ({facts})"
    if ending["interrupted"]:
        return f"{name} was interrupted ({facts})"
    return f"{name} is complete ({facts}, machine unchanged)"
