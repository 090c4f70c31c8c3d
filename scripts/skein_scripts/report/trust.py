"""Whether a run can be trusted, in a few words for the report's first screen: did its sessions end
as they should, did the machine stay the same, what does the machine alone take, are there rounds
enough, did all runs count, were conditions equal.

Leaves out the verdicts themselves (records/session_verdict.py, conditions.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..base.statistics import sign_test_rank
from ..base.units import format_count, format_duration, format_share
from ..records.groups import Group
from ..records.machine_floor import STALL_LIMIT_NS
from ..records.results import DONE, endings, runs, sessions
from ..records.shapes import Record, Run, Session, SessionEnd
from ..records.slots import plan_of, taken_slots

GOOD, DOUBTFUL, BAD = "good", "doubtful", "bad"
# What disturbed a run, by the word that its reason begins with (harness/VALIDITY.md).
_DISTURBED = {
    "away": "a process was kept from running",
    "host": "others used the CPU",
    "load": "the load was not as asked",
    "spawning": "tasks began too late",
}
_NAMES = 3  # of runtimes, in a sign
_STALLS = f"stall p99 (at most {format_duration(STALL_LIMIT_NS)})"


@dataclass(frozen=True)
class Sign:
    """One of the signs by which a run is judged."""

    level: str  # GOOD, DOUBTFUL or BAD
    text: str


def signs(
    records: Sequence[Record],
    groups: Sequence[Group],
    unequal: Sequence[str],
    unsaid: Sequence[str],
    is_cut: bool,
) -> list[Sign]:
    """All signs of a file; those of a session say which it is where there are several. `unequal`:
    what differs and must not; `unsaid`: runtimes that do not say their conditions; `is_cut`:
    whether the file's last line was not whole."""
    found = [*_of_file(records, is_cut), *_of_hosts(sessions(records))]
    ended = {ending["session_id"]: ending for ending in endings(records)}
    opened = sessions(records)
    for number, session in enumerate(opened, 1):
        which = f"part {number} of {len(opened)}: " if len(opened) > 1 else ""
        said = _of_session(session, ended.get(session["session_id"]))
        found += [replace(sign, text=which + sign.text) for sign in said]
    if runs(records):
        found += [_validity(records), *_rounds(groups), *_conditions(records, unequal, unsaid)]
    return found


def rounds_text(records: Sequence[Record], session: Session) -> str:
    """How many rounds of a session's plan were done as a whole, whoever resumed it."""
    plan = session["plan"]
    assert plan is not None
    mine = {one["session_id"] for one in sessions(records) if plan_of(one) == plan_of(session)}
    done: dict[object, set[object]] = {}
    for run in runs(records):
        if run["session_id"] in mine and run.get("position") is not None:
            done.setdefault(run.get("block"), set()).add(run.get("position"))
    asked = [1 if isinstance(keys, str) else len(keys) for keys in plan["order"]]
    whole = sum(len(done.get(block, ())) >= count for block, count in enumerate(asked))
    if whole < len(asked):
        return f"{whole} whole of {len(asked)} planned interleaved rounds"
    return f"{whole} interleaved {'round' if whole == 1 else 'rounds'}"


def _of_file(records: Sequence[Record], is_cut: bool) -> Iterator[Sign]:
    if not records:
        yield Sign(BAD, "the file is empty")
    elif not sessions(records):
        yield Sign(DOUBTFUL, "no session is recorded, so neither machine nor plan is known")
    if is_cut:
        yield Sign(DOUBTFUL, "the last line of the file was cut short and is left out")


def _of_hosts(opened: Sequence[Session]) -> Iterator[Sign]:
    """Tables have one figure for all rounds, which is of no host where there are several."""
    names = sorted({host["name"] for session in opened if (host := session.get("host"))})
    if len(names) > 1:
        yield Sign(
            DOUBTFUL,
            f"rounds of {len(names)} hosts ({', '.join(names)}): a figure is over all of them;"
            " scripts/compare.py --runtimes A,B judges host by host",
        )


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
    yield _machine_floor(session.get("machine_floor") or {}, ending.get("machine_floor") or {})


def _machine_floor(before: Mapping[str, Any], after: Mapping[str, Any]) -> Sign:
    """What no runtime can be better than; at the beginning and at the end of the session."""
    figures = {"timer p50": "timer_p50_ns", "wake-up": "wake_ns", _STALLS: "stall_p99_ns"}
    found = {
        words: [one[name] for one in (before, after) if one.get(name) is not None]
        for words, name in figures.items()
    }
    parts = [
        f"{words} {', then '.join(dict.fromkeys(map(format_duration, ends)))}"
        for words, ends in found.items()
        if ends
    ]
    if not parts:
        return Sign(DOUBTFUL, "machine alone, no runtime: not known")
    text = f"machine alone, no runtime: {'; '.join(parts)}"
    is_calm = max(found[_STALLS], default=0) <= STALL_LIMIT_NS
    return Sign(GOOD if is_calm else DOUBTFUL, text)


def _validity(records: Sequence[Record]) -> Sign:
    """Of each slot its last try: a disturbed one that was repeated is no loss, and a limit that was
    met is a result."""
    slots = taken_slots(runs(records), sessions(records))
    statuses = Counter(slot.run["status"] for slot in slots)
    good, invalid = statuses.pop("ok", 0), statuses.pop("invalid", 0)
    repeated = sum(slot.repeated for slot in slots)
    parts = [f"{format_count(good)} of {format_count(len(slots))} runs count"]
    parts += [f"{format_count(count)} ended as {status}" for status, count in statuses.items()]
    if invalid:
        kinds = Counter(disturbance(slot.run) for slot in slots if slot.run["status"] == "invalid")
        why = ", ".join(f"{count}: {kind}" for kind, count in kinds.most_common())
        parts.append(f"{format_count(invalid)} disturbed to the last try ({why})")
    if repeated:
        were = "try was" if repeated == 1 else "tries were"
        parts.append(f"{format_count(repeated)} disturbed {were} repeated")
    is_whole = not invalid and all(status in DONE for status in statuses)
    return Sign(BAD if not good else GOOD if is_whole else DOUBTFUL, "; ".join(parts))


def disturbance(run: Run) -> str:
    """What disturbed a run, in few words."""
    first = run["reasons"][0] if run["reasons"] else "no reason is said"
    word = first.partition(":")[0].split()[0]
    return _DISTURBED.get(word, word)


def _rounds(groups: Sequence[Group]) -> Iterator[Sign]:
    """Of the rows that have any run which counts: who has none has its reason elsewhere."""
    rounds = [len(series.ok) for group in groups for series in group.series if series.ok]
    if not rounds:
        return
    most, few = max(rounds), sum(1 for count in rounds if sign_test_rank(count, 0.025) == 0)
    text = f"{most} {'round' if most == 1 else 'rounds'}"
    if few == len(rounds):
        yield Sign(DOUBTFUL, f"{text}, too few to tell any two runtimes apart")
    elif few:
        judged = f"{len(rounds) - few} of {len(rounds)} comparisons (one runtime, one work)"
        yield Sign(DOUBTFUL, f"{judged} have enough of the {text} to be judged")
    else:
        yield Sign(GOOD, text if min(rounds) == most else f"{min(rounds)} to {text}")


def _conditions(
    records: Sequence[Record], unequal: Sequence[str], unsaid: Sequence[str]
) -> Iterator[Sign]:
    if unequal:
        yield Sign(BAD, f"{len(unequal)} conditions differ")
    elif unsaid:
        names = ", ".join(unsaid) if len(unsaid) <= _NAMES else f"{len(unsaid)} runtimes"
        yield Sign(DOUBTFUL, f"conditions not said by {names}")
    elif any(run["status"] == "ok" for run in runs(records)):
        yield Sign(GOOD, "equal conditions")
