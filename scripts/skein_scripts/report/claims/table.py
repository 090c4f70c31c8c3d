"""Claims as tables and as JSON: the sentence, the verdict, the rounds and the source; and of each
rule the measured value with its interval. Leaves out the verdicts (judge.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...base.statistics import Summary
from ...base.table import Table
from ...base.units import MISSING
from ...matrix.matrix import Cell
from ...records.shapes import Record
from . import judge
from .declared import Claims, Rule, claims_of
from .judge import Outcome, Verdict

_SAYS_RULE = {True: judge.HOLDS, False: judge.FAILS}


def make_tables(records: Sequence[Record], claims: Claims | None = None) -> list[Table]:
    """The tables of a file that has cells of claims, of ours if no others are given; none of
    another file: a row for each claim, then one for each rule."""
    claims = claims or claims_of()
    if not judge.has_any(records, claims):
        return []
    verdicts = judge.judge(records, claims)
    return [_of_claims(verdicts), _of_rules(verdicts, claims.least_rounds)]


def _of_claims(verdicts: Sequence[Verdict]) -> Table:
    sources = (one.claim for one in verdicts if one.claim.at)
    return Table(
        title="Claims about runtimes, put to the test",
        columns=["claim", "verdict", "rounds", "said in"],
        rows=[
            [one.claim.says, one.text, _rounds(one.outcomes), one.claim.said_in] for one in verdicts
        ],
        notes=[f"{claim.says} {claim.at}" for claim in sources],
    )


def _rounds(outcomes: Sequence[Outcome]) -> str:
    """How many stand behind a verdict: of the rule that has fewest, and of the one with most."""
    ends = sorted({one.rounds for one in outcomes})
    return " to ".join(map(str, dict.fromkeys((ends[0], ends[-1])))) if ends else MISSING


def _of_rules(verdicts: Sequence[Verdict], least: int) -> Table:
    return Table(
        title="What was measured of each claim",
        columns=["claim", "condition", "figure", "measured", "claimed", "rounds", "so it"],
        rows=[
            [one.claim.says, outcome.rule.where or "", *_texts(outcome)]
            for one in verdicts
            for outcome in one.outcomes
        ],
        notes=[
            "measured: median over the rounds [low, high], the 95 % sign-test interval, below 6"
            " rounds the range; a ratio and a slope are taken round by round",
            "decided where the whole interval is on one side of what is claimed, over at least"
            f" {least} rounds",
        ],
    )


def as_json(records: Sequence[Record], claims: Claims) -> list[dict[str, Any]]:
    """The same with every number, in base units."""
    return [_object(verdict) for verdict in judge.judge(records, claims)]


def _texts(outcome: Outcome) -> list[str]:
    rule, figure = outcome.rule, outcome.figure
    rounds, word = str(outcome.rounds), _SAYS_RULE.get(bool(outcome.holds), "")
    if outcome.holds is None:
        word = f"{judge.UNDECIDED}: {outcome.reason}"
    if rule.status:
        return [
            f"status of {_names(rule.of)}",
            outcome.status or MISSING,
            rule.status,
            rounds,
            word,
        ]
    measured = _value(rule, figure) if figure else MISSING
    return [_what(rule), measured, _bounds(rule), rounds, word]


def _what(rule: Rule) -> str:
    assert rule.metric is not None
    what = f"{rule.metric.name} of {_names(rule.of)}"
    if rule.over:
        return f"{what} / {_names(rule.over)}"
    if rule.above:
        return f"{what} above {rule.above.key} per {rule.per}"
    return what


def _names(cells: Sequence[Cell]) -> str:
    names = " × ".join(cell.key for cell in cells)
    return f"({names})" if len(cells) > 1 else names


def _value(rule: Rule, figure: Summary) -> str:
    median, low, high = (_shown(rule, one) for one in (figure.median, figure.low, figure.high))
    return f"{median} [{low}, {high}]"


def _shown(rule: Rule, value: float) -> str:
    if rule.over:
        return f"{value:,.3g}×"
    assert rule.metric is not None
    return f"{value:,.3g} {rule.metric.unit}" if rule.above else rule.metric.show(value)


def _bounds(rule: Rule) -> str:
    named = (("at least", rule.at_least), ("at most", rule.at_most))
    return ", ".join(f"{word} {_shown(rule, one)}" for word, one in named if one is not None)


def _object(verdict: Verdict) -> dict[str, Any]:
    claim = verdict.claim
    return {
        "id": claim.id,
        "says": claim.says,
        "said_in": claim.said_in,
        "at": claim.at,
        "verdict": verdict.word,
        "conditions": verdict.conditions,
        "reason": verdict.reason or None,
        "rules": [_rule_object(one) for one in verdict.outcomes],
    }


def _rule_object(outcome: Outcome) -> dict[str, Any]:
    rule, figure = outcome.rule, outcome.figure
    return {
        "where": rule.where,
        "metric": rule.metric.name if rule.metric else None,
        "of": [cell.key for cell in rule.of],
        "over": [cell.key for cell in rule.over],
        "above": rule.above.key if rule.above else None,
        "per": rule.per,
        "at_least": rule.at_least,
        "at_most": rule.at_most,
        "claimed_status": rule.status,
        "status": outcome.status,
        "rounds": outcome.rounds,
        "median": figure.median if figure else None,
        "low": figure.low if figure else None,
        "high": figure.high if figure else None,
        "is_interval": figure.is_interval if figure else None,
        "holds": outcome.holds,
        "reason": outcome.reason or None,
    }
