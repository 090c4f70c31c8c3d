"""The closing line of a session: what became of its runs, whether the machine was the same at the
end as at the start, how far the anchor drifted, and, from that, why the session is inconclusive if
it is.

Leaves out reading it (records/session_verdict.py) and verdicts on single runs, which the binary
gives (harness/conductor/judge/validity).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..base.jsonl import Json
from ..base.units import format_share
from ..base.utc import utc_now
from ..matrix.anchor_cell import ANCHOR
from ..records.anchor import DRIFT_LIMIT, PROBE, anchor_ns, drift_of
from ..records.results import CURRENT_VERSION, probes
from ..records.shapes import (
    AnchorSummary,
    AnchorValue,
    EnvironmentChange,
    Record,
    Run,
    Session,
    SessionEnd,
)
from .cell_record import cell_id_of

# Facts that change by themselves and mean nothing for the numbers.
_VOLATILE = ("load",)


def changes_between(before: Json, after: Json) -> list[EnvironmentChange]:
    """Facts of the machine that are not what they were, each by its path (`sysctl.somaxconn`)."""
    old, new = _flat(before), _flat(after)
    return [
        {"name": name, "before": old.get(name), "after": new.get(name)}
        for name in dict.fromkeys([*old, *new])
        if old.get(name) != new.get(name)
    ]


def _flat(facts: Json, prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in facts.items():
        if not prefix and name in _VOLATILE:
            continue
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = value
    return flat


def anchor_summary(records: Sequence[Record]) -> AnchorSummary:
    """`session_end.anchor`: the anchor of every round, in the order in which they ran, and how far
    they drifted. A round whose anchor was repeated counts with its last."""
    last: dict[tuple[str, int | None], Run] = {}
    for run in probes(records, PROBE):
        last[run["session_id"], run.get("block")] = run
    values: list[AnchorValue] = [
        {"block": run.get("block"), "per_op_ns": anchor_ns(run)} for run in last.values()
    ]
    drift = drift_of([value["per_op_ns"] for value in values if value["per_op_ns"]])
    return {
        "cell_id": cell_id_of(ANCHOR),
        "values": values,
        "drift": None if drift is None else round(drift, 4),
        "limit": DRIFT_LIMIT,
    }


def end_record(
    session: Session,
    later: Session | str | None,
    records: Sequence[Record],
    counts: dict[str, int],
    retried: int,
    planned: int,
) -> SessionEnd:
    """The closing line of `session`. `later` is the session line of the same machine read again at
    the end, or why there is none, or None where the session was interrupted. `records` are those of
    the whole file, sessions that this one continues included: they end up in one table."""
    changes: list[EnvironmentChange] | None = None
    if isinstance(later, dict):
        changes = changes_between(session["environment"], later["environment"])
    anchor = anchor_summary(records)
    return {
        "kind": "session_end",
        "schema": CURRENT_VERSION,
        "session_id": session["session_id"],
        "ended_utc": utc_now(),
        "interrupted": later is None,
        "planned": planned,
        "counts": dict(sorted(counts.items())),
        "retried": retried,
        "environment_changes": changes,
        "machine_floor": later.get("machine_floor") if isinstance(later, dict) else None,
        "anchor": anchor,
        "inconclusive": [
            *(
                [f"the machine could not be described again: {later}"]
                if isinstance(later, str)
                else []
            ),
            *(_change_text(change) for change in changes or []),
            *_anchor_reasons(anchor),
        ],
    }


def _change_text(change: EnvironmentChange) -> str:
    return f"{change['name']} changed from {change['before']} to {change['after']}"


def _anchor_reasons(anchor: AnchorSummary) -> list[str]:
    drift, rounds = anchor["drift"], len(anchor["values"])
    if drift is not None and drift > DRIFT_LIMIT:
        return [
            f"the anchor drifted by {format_share(drift)} over {rounds} rounds"
            f" (at most {format_share(DRIFT_LIMIT)})"
        ]
    if drift is None and rounds > 1:
        return [f"the drift is not known: fewer than two of {rounds} anchors are ok"]
    return []
