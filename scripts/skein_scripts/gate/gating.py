"""One gate, from two builds to a result: screens every cell, confirms what looks worse on fresh
pairs, and keeps to its budget.

Leaves out the command line (commands/gate.py), the stages themselves (stages.py) and what is
printed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from ..base.errors import MeasureError, ScriptError, UsageError
from ..base.units import format_clock
from ..matrix.matrix import Cell, Matrix
from ..records import conditions
from ..records.metrics import Metric
from ..records.purposes import LOAD
from ..records.shapes import Session
from . import schedule as plan
from . import stages
from .builds import Build
from .compared import Comparison
from .failures import failures
from .paired_runs import MeasuredPairs


class Arms(Protocol):
    """Where both arms are measured: on this machine (PairedSession), or on the hosts of a cluster
    (PairsOnCluster)."""

    matrix: Matrix
    sessions: dict[str, list[Session]]

    def measuring(self, base: Build, candidate: Build) -> AbstractContextManager[MeasuredPairs]:
        """The two arms, ready to be measured."""


class Gate:
    """Measures and judges. `result` is what was found, whatever ended it."""

    def __init__(
        self,
        paired_session: Arms,
        schedule: stages.Schedule,
        metrics: Sequence[Metric],
        say: Callable[[str], None],
    ) -> None:
        self._paired_session = paired_session
        self._schedule = schedule
        self._metrics = metrics
        self._say = say
        self._began = time.monotonic()
        self.result = stages.Result([], [])
        self.repeated = 0
        self.changed_conditions: list[str] | None = None

    @property
    def sessions(self) -> dict[str, list[Session]]:
        """The session lines of each arm, as far as there are any."""
        return self._paired_session.sessions

    @property
    def _matrix(self) -> Matrix:
        return self._paired_session.matrix

    def run(self, base: Build, candidate: Build) -> None:
        """Measures and judges, under the lock. Whatever ends it before its time, `result` is what
        was screened until then, and says so. The budget runs from here on."""
        self._began = time.monotonic()
        with self._paired_session.measuring(base, candidate) as paired:
            try:
                self._measure(paired)
            except UsageError as error:  # of a record, say: what was asked for is checked by now
                self._judge_what_there_is(paired, str(error))
                raise MeasureError(str(error)) from error
            except (KeyboardInterrupt, ScriptError) as why:
                self._judge_what_there_is(paired, str(why) or "interrupted")
                raise

    def _judge_what_there_is(self, paired: MeasuredPairs, why: str) -> None:
        screened = self.result.screened
        if not screened:
            measured = {paired.name_of(run) for run in paired.runs["base"]}
            cells = [cell for cell in self._matrix.cells if cell.key in measured]
            screened = stages.judge_screened(stages.pairs_of(cells, 0, paired, self._metrics))
        self._keep(paired, screened, [], incomplete=why)

    def _keep(
        self,
        paired: MeasuredPairs,
        screened: list[Comparison],
        confirmed: list[Comparison],
        left_open: Sequence[str] = (),
        incomplete: str | None = None,
    ) -> None:
        failed = failures(paired.runs["candidate"], paired.name_of)
        self.result = stages.Result(screened, confirmed, failed, incomplete, list(left_open))
        self.repeated = paired.repeated
        self.changed_conditions = conditions.changes(paired.runs["base"], paired.runs["candidate"])

    def _measure(self, paired: MeasuredPairs) -> None:
        cells = list(self._matrix.cells)
        screened = stages.screen(
            paired, cells, self._schedule, self._metrics, self._on_pair, self._began
        )
        self._keep(paired, screened, [])
        if suspects := stages.flagged(screened):
            self._confirm(paired, screened, suspects)

    def _confirm(
        self, paired: MeasuredPairs, screened: list[Comparison], suspects: list[Comparison]
    ) -> None:
        names = {one.cell for one in suspects}
        of_flags = [cell for cell in self._matrix.cells if cell.key in names]

        def judged_in(cell: Cell) -> int:
            tested = {
                one.metric.name
                for one in screened
                if one.cell == cell.key and one.metric.gated and one.p is not None
            }
            # What a run has only now and then may be there this time.
            rare = {
                one.name
                for one in self._metrics
                if one.optional and cell.purpose in (LOAD, one.purpose)
            }
            return len(tested | rare)

        again, judged = stages.most_that_fit(of_flags, suspects, judged_in, self._left_s(), paired)
        self._say(self._what_is_confirmed(suspects, of_flags, again))
        chosen = [one for one in suspects if one.cell in {cell.key for cell in again}]
        times_s = {cell.key: paired.pair_s(cell) for cell in again}
        pairs = self._schedule.confirm_pairs(again, judged, self._used_s(), times_s)
        confirmed = stages.confirm(
            paired,
            again,
            pairs,
            chosen,
            self._metrics,
            self._on_pair,
            plan.least_pairs(judged),
            self._end,
        )
        self._keep(paired, screened, confirmed, stages.left_open(suspects, confirmed))

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

    def _on_pair(self, cell: Cell, number: int) -> None:
        self._say(f"pair {number + 1}: {cell.group} · {cell.runtime}")
