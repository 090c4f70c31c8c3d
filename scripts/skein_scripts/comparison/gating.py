"""One gate, from two builds to a result: screens every cell, confirms what looks worse on fresh
pairs, and keeps to its budget.

Leaves out the command line (gate.py), the stages themselves (stages.py) and what is printed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from .. import conditions
from ..errors import MeasureError, ScriptError, UsageError
from ..matrix import LOAD, Cell, Matrix
from ..results import Record
from ..units import format_clock
from . import schedule as plan
from . import stages
from .arena import Arena
from .builds import Build
from .compared import Comparison
from .duel import Duel
from .failures import failures
from .metrics import Metric


class Gate:
    """Measures and judges. `result` is what was found, whatever ended it."""

    def __init__(
        self, arena: Arena, schedule: stages.Schedule, metrics: Sequence[Metric],
        say: Callable[[str], None],
    ) -> None:  # fmt: skip
        self._arena = arena
        self._schedule = schedule
        self._metrics = metrics
        self._say = say
        self._began = time.monotonic()
        self.result = stages.Result([], [])
        self.repeated = 0
        self.changed_conditions: list[str] = []

    @property
    def sessions(self) -> dict[str, Record]:
        """The session line of each arm, as far as there is one."""
        return self._arena.sessions

    @property
    def _matrix(self) -> Matrix:
        return self._arena.matrix

    def run(self, base: Build, candidate: Build) -> None:
        """Measures and judges, under the lock. Whatever ends it before its time, `result` is what
        was screened until then, and says so. The budget runs from here on."""
        self._began = time.monotonic()
        with self._arena.duel(base, candidate) as duel:
            try:
                self._measure(duel)
            except UsageError as error:  # of a record, say: what was asked for is checked by now
                self._judge_what_there_is(duel, str(error))
                raise MeasureError(str(error)) from error
            except (KeyboardInterrupt, ScriptError) as why:
                self._judge_what_there_is(duel, str(why) or "interrupted")
                raise

    def _judge_what_there_is(self, duel: Duel, why: str) -> None:
        screened = self.result.screened
        if not screened:
            measured = {duel.name_of(run) for run in duel.runs["base"]}
            cells = [cell for cell in self._matrix.cells if cell.key in measured]
            screened = stages.judge_screened(stages.pairs_of(cells, 0, duel, self._metrics))
        self._keep(duel, screened, [], incomplete=why)

    def _keep(
        self, duel: Duel, screened: list[Comparison], confirmed: list[Comparison],
        left_open: Sequence[str] = (), incomplete: str | None = None,
    ) -> None:  # fmt: skip
        failed = failures(duel.runs["candidate"], duel.name_of)
        self.result = stages.Result(screened, confirmed, failed, incomplete, list(left_open))
        self.repeated = duel.repeated
        self.changed_conditions = conditions.changes(duel.runs["base"], duel.runs["candidate"])

    def _measure(self, duel: Duel) -> None:
        cells = list(self._matrix.cells)
        screened = stages.screen(
            duel, cells, self._schedule, self._metrics, self._told, self._began
        )
        self._keep(duel, screened, [])
        if suspects := stages.flagged(screened):
            self._confirm(duel, screened, suspects)

    def _confirm(self, duel: Duel, screened: list[Comparison], suspects: list[Comparison]) -> None:
        names = {one.cell for one in suspects}
        of_flags = [cell for cell in self._matrix.cells if cell.key in names]

        def judged_in(cell: Cell) -> int:
            tested = {
                one.metric.name for one in screened
                if one.cell == cell.key and one.metric.gated and one.p is not None
            }  # fmt: skip
            # What a run has only now and then may be there this time.
            rare = {one.name for one in self._metrics
                    if one.optional and cell.purpose in (LOAD, one.purpose)}  # fmt: skip
            return len(tested | rare)

        again, judged = stages.most_that_fit(of_flags, suspects, judged_in, self._left_s(), duel)
        self._say(self._what_is_confirmed(suspects, of_flags, again))
        chosen = [one for one in suspects if one.cell in {cell.key for cell in again}]
        times_s = {cell.key: duel.pair_s(cell) for cell in again}
        pairs = self._schedule.confirm_pairs(again, judged, self._used_s(), times_s)
        confirmed = stages.confirm(
            duel, again, pairs, chosen, self._metrics, self._told, plan.least_pairs(judged),
            self._end,
        )  # fmt: skip
        self._keep(duel, screened, confirmed, stages.left_open(suspects, confirmed))

    def _what_is_confirmed(
        self, suspects: Sequence[Comparison], of_flags: Sequence[Cell], again: Sequence[Cell]
    ) -> str:
        said = f"{len(suspects)} flagged in {len(of_flags)} cells: confirming on fresh pairs"
        if len(again) < len(of_flags):
            left = "" if self._end is None else f" in the {format_clock(self._left_s() or 0)} left"
            said += f" those of {len(again)}, the worst first; there is no time for more{left}"
        return said

    @property
    def _end(self) -> float | None:
        budget_s = self._schedule.budget_s
        return None if budget_s is None else self._began + budget_s

    def _used_s(self) -> float:
        return time.monotonic() - self._began

    def _left_s(self) -> float | None:
        return None if self._end is None else max(0.0, self._end - time.monotonic())

    def _told(self, cell: Cell, number: int) -> None:
        self._say(f"pair {number + 1}: {cell.group} · {cell.runtime}")
