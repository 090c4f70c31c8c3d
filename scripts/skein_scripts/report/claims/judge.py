"""What the rounds of a results file say to a claim: holds, does not hold, holds under a condition,
or not decided, with the reason.

A rule compares a figure with its bounds in every round in which all of its cells have one. It is
decided where the interval of their median (below six rounds their range, so that all must agree)
lies on one side of the bounds, and there are as many rounds as the file of claims asks for. None of
these decides anything: runs outside any plan, which were not measured in turns; runs of a cell with
other settings; a second run in a round; a limit that is our own, or a missing tool.

Of a claim, rules without a condition must all hold; of those with one, the verdict names the
conditions that do. Leaves out its words in tables (table.py).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ...base.statistics import Summary, summarize
from ...matrix.matrix import Matrix
from ...records.cells import Asked
from ...records.conditions import inequalities
from ...records.groups import Series, group_runs
from ...records.results import sessions
from ...records.session_verdict import inconclusive
from ...records.shapes import Record, Run
from ..paired import Round, by_round, ratio_of
from .declared import STATUSES, Claim, Claims, Rule

HOLDS, FAILS, UNDER, UNDECIDED, OPEN = (
    "holds", "does not hold", "holds under", "not decided", "open"
)  # fmt: skip
_NO_LIMIT_OF_THE_MACHINE = ("toolchain", "skein thread ceiling")


@dataclass(frozen=True)
class Outcome:
    """What became of a rule. `holds`: None where it is not decided, for the `reason`."""

    rule: Rule
    holds: bool | None
    rounds: int
    reason: str = ""
    figure: Summary | None = None
    status: str | None = None


@dataclass(frozen=True)
class Verdict:
    """What became of a claim."""

    claim: Claim
    word: str
    outcomes: tuple[Outcome, ...] = ()
    reason: str = ""

    @property
    def conditions(self) -> list[str]:
        """Those under which it holds."""
        return [one.rule.where for one in self.outcomes if one.holds and one.rule.where]

    @property
    def text(self) -> str:
        """The verdict in words."""
        parts = [self.word]
        if self.word == UNDER:
            parts.append(f": {'; '.join(self.conditions)}")
        return "".join(parts) + (f" ({self.reason})" if self.reason else "")


class Measured:
    """The runs of the cells that claims are about, by the cells' keys."""

    def __init__(self, records: Sequence[Record], matrix: Matrix) -> None:
        opened = sessions(records)
        planned = [
            (session["session_id"], cell)
            for session in opened
            if (plan := session.get("plan"))
            for cell in plan.get("cells", [])
        ]
        wanted = {cell.key: dict(cell.settings) for cell in matrix.cells}
        same = {(name, cell["key"]) for name, cell in planned
                if wanted.get(cell["key"]) == cell["settings"]}  # fmt: skip
        self.keys = {key for _, key in same}
        self.other_settings = {cell["key"] for _, cell in planned} - self.keys
        self._series: dict[str, Series] = {}
        asked = Asked(opened)
        for group in group_runs(records):
            for series in group.series:
                self._add(series, same, asked)

    def _add(self, series: Series, same: set[tuple[str, str]], asked: Asked) -> None:
        for run in series.runs:
            key = asked.key_of(run)
            if key is not None and (run["session_id"], key) in same:
                self._series.setdefault(key, Series(series.runtime)).runs.append(run)

    def of(self, key: str) -> Series:
        """The runs of a cell; none where it was not measured."""
        return self._series.get(key) or Series(key.rpartition("/")[2])

    def why_few(self, key: str) -> str:
        """Why a cell has fewer rounds than it should, in a few words; empty if nobody knows."""
        if key in self.other_settings:
            return f"{key} was measured with other settings"
        if key not in self.keys:
            return f"{key} is not in this file"
        bad = [run for run in self.of(key).runs if run["status"] != "ok"]
        return f"{key} {bad[-1]['status']}{_first_reason(bad[-1])}" if bad else ""


def judge(records: Sequence[Record], claims: Claims) -> list[Verdict]:
    """A verdict for each claim, in the order of the file."""
    measured = Measured(records, claims.matrix)
    found = [_verdict(claim, measured, claims.least_rounds) for claim in claims.claims]
    if why := _doubt(records):
        return [one if one.word == OPEN else _not_decided(one, why) for one in found]
    return found


def _doubt(records: Sequence[Record]) -> str:
    """Why no figure of a file is to be compared; empty where nothing is known against it."""
    if doubts := inconclusive(records):
        return f"the session is inconclusive: {'; '.join(doubts)}"
    differing = inequalities(records)
    return f"conditions differ: {differing[0]}" if differing else ""


def has_any(records: Sequence[Record], claims: Claims) -> bool:
    """Whether a file has cells of claims."""
    used = {cell.key for claim in claims.claims for rule in claim.rules for cell in rule.cells}
    return bool(Measured(records, claims.matrix).keys & used)


def _not_decided(verdict: Verdict, why: str) -> Verdict:
    """The same figures, of which nobody knows whether they are the runtimes'."""
    outcomes = tuple(replace(one, holds=None, reason=why) for one in verdict.outcomes)
    return Verdict(verdict.claim, UNDECIDED, outcomes, why)


def _verdict(claim: Claim, measured: Measured, least: int) -> Verdict:
    if claim.open:
        return Verdict(claim, OPEN, reason=claim.open)
    outcomes = tuple(_outcome(rule, measured, least) for rule in claim.rules)
    word = _word(outcomes)
    reasons = dict.fromkeys(one.reason for one in outcomes if one.holds is None)
    shown = reasons if word in (UNDECIDED, UNDER) else {}
    return Verdict(claim, word, outcomes, "; ".join(shown))


def _word(outcomes: Sequence[Outcome]) -> str:
    required = [one.holds for one in outcomes if not one.rule.where]
    under = [one.holds for one in outcomes if one.rule.where]
    if False in required:
        return FAILS
    if None in required:
        return UNDECIDED
    if all(under):
        return HOLDS
    if any(under):
        return UNDER
    return UNDECIDED if None in under else FAILS


def _outcome(rule: Rule, measured: Measured, least: int) -> Outcome:
    if rule.status:
        return _of_status(rule, measured, least)
    figure = _figure(rule, measured)
    rounds = figure.n if figure else 0
    if figure is None or rounds < least:
        return Outcome(rule, None, rounds, _too_few(rule, measured, rounds, least), figure)
    low = -math.inf if rule.at_least is None else rule.at_least
    high = math.inf if rule.at_most is None else rule.at_most
    if low <= figure.low and figure.high <= high:
        return Outcome(rule, True, rounds, figure=figure)
    if figure.high < low or high < figure.low:
        return Outcome(rule, False, rounds, figure=figure)
    return Outcome(rule, None, rounds, "the rounds lie on both sides of the bound", figure)


def _too_few(rule: Rule, measured: Measured, rounds: int, least: int) -> str:
    reasons = dict.fromkeys(filter(None, (measured.why_few(cell.key) for cell in rule.cells)))
    why = f": {', '.join(reasons)}" if reasons else ""
    return f"{rounds} of at least {least} rounds{why}"


def _of_status(rule: Rule, measured: Measured, least: int) -> Outcome:
    key = rule.of[0].key
    runs = [run for run in measured.of(key).runs if _says_something(run)]
    rounds = len({(run["session_id"], run["block"]) for run in runs})
    if rounds < least:
        return Outcome(rule, None, rounds, _too_few(rule, measured, rounds, least))
    found = sorted({run["status"] for run in runs})
    if len(found) > 1:
        return Outcome(rule, None, rounds, f"{key} was {' and '.join(found)} in turn")
    return Outcome(rule, found[0] == rule.status, rounds, status=found[0])


def _says_something(run: Run) -> bool:
    limit = run.get("limit")
    ours = limit is not None and limit["name"] in _NO_LIMIT_OF_THE_MACHINE
    return run["status"] in STATUSES and run.get("block") is not None and not ours


def _figure(rule: Rule, measured: Measured) -> Summary | None:
    """Over the rounds: a value, a ratio of products, or a slope."""
    assert rule.metric is not None
    read = rule.metric.read
    values = {cell.key: _planned(by_round(measured.of(cell.key), read)) for cell in rule.cells}
    shared = set.intersection(*(set(of_cell) for of_cell in values.values()))
    rounds = [{key: of_cell[each] for key, of_cell in values.items()} for each in shared]
    if rule.over:
        return ratio_of([
            (math.prod(one[cell.key] for cell in rule.of),
             math.prod(one[cell.key] for cell in rule.over))
            for one in rounds
        ])  # fmt: skip
    if rule.above is not None:
        above, of, step = rule.above.key, rule.of[0].key, rule.step
        return summarize([(one[of] - one[above]) / step for one in rounds])
    return summarize([math.prod(one[cell.key] for cell in rule.of) for one in rounds])


def _planned(values: Mapping[Round, float]) -> dict[Round, float]:
    """One of each round of a plan, without those of runs outside any."""
    return {key: value for key, value in values.items() if key[1] is not None and key[2] == 0}


def _first_reason(run: Run) -> str:
    return f" ({run['reasons'][0]})" if run["reasons"] else ""
