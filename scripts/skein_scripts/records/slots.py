"""Which runs count. A slot of a plan is run again where its run did not count: repeated at once
after an invalid run, or when the plan is resumed. Then the last of its tries counts, and the others
do not. A run that counted is never replaced: another one beside it is another repeat. Runs made by
hand are of no plan, and each of them is one repeat.

Leaves out what makes a cell (cells.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .cells import pins_of
from .results import DONE
from .shapes import Run, Session


@dataclass
class Taken:
    """A slot and its tries; the last one is the slot's run."""

    tries: list[Run]

    @property
    def run(self) -> Run:
        """The one that counts."""
        return self.tries[-1]

    @property
    def repeated(self) -> int:
        """How many invalid runs were repeated."""
        return sum(run["status"] == "invalid" for run in self.tries[:-1])


def taken_slots(runs: Iterable[Run], sessions: Sequence[Session]) -> list[Taken]:
    """The slots of runs, in the order of the tries that count."""
    plans = {session["session_id"]: plan_of(session) for session in sessions}
    found: dict[object, Taken] = {}  # the last slot of each place; others by a key of their own
    for number, run in enumerate(runs):
        place = _place(run, plans.get(run.get("session_id", ""))) or number
        before = found.pop(place, None)
        if before is not None and _counts(before.run):
            found[number], before = before, None
        found[place] = Taken([*(before.tries if before else []), run])
    return list(found.values())


def _counts(run: Run) -> bool:
    """Whether nothing takes the place of this run. A pair is repeated for either of its runs."""
    return run["status"] in DONE and run.get("pair") is None


def plan_of(session: Session) -> object:
    """What sessions that resume each other have in common; None of a session without a plan."""
    plan = session.get("plan")
    if plan is None or not plan.get("cells"):
        return None
    return (session.get("config_sha256") or session["session_id"], *pins_of(session).values())


def _place(run: Run, plan: object) -> tuple[object, ...] | None:
    """Names the slot; None of a run that is of no plan."""
    if run.get("pair") is not None:
        # Of two arms in turns: a session of each, which nothing resumes.
        which = run.get("key") or (run["cell_id"], tuple(sorted(map(str, run["cell"].items()))))
        return ("pair", run["session_id"], run["arm"], run["pair"], which)
    if plan is None or run.get("block") is None or run.get("position") is None:
        return None
    return ("plan", plan, run["block"], run["position"])
