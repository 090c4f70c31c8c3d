"""Claims as a table and as JSON: the sentence, the measured value with its interval, the rounds,
the verdict, the source. Leaves out the verdicts (judge.py).
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

_COLUMNS = ["claim", "measured", "rounds", "verdict", "said in"]


def make_tables(records: Sequence[Record]) -> list[Table]:
    """The table of a file that has cells of claims; none of another."""
    claims = claims_of()
    return [make_table(records, claims)] if judge.has_any(records, claims) else []


def make_table(records: Sequence[Record], claims: Claims) -> Table:
    """A row for each claim."""
    verdicts = judge.judge(records, claims)
    return Table(
        title="Claims about runtimes, put to the test",
        columns=_COLUMNS,
        rows=[_row(verdict) for verdict in verdicts],
        notes=[
            "median over the rounds [low, high]: 95 % sign-test interval, below 6 rounds the range;"
            " a ratio and a slope are taken round by round",
            f"decided where the whole interval is on one side of the bound, over at least"
            f" {claims.least_rounds} rounds",
            *(f"{claim.says} {claim.at}" for claim in claims.claims if claim.at),
        ],
    )


def as_json(records: Sequence[Record], claims: Claims) -> list[dict[str, Any]]:
    """The same with every number, in base units."""
    return [_object(verdict) for verdict in judge.judge(records, claims)]


def _row(verdict: Verdict) -> list[str]:
    rounds = [str(one.rounds) for one in verdict.outcomes]
    alike = rounds[:1] if len(set(rounds)) == 1 else rounds
    return [
        verdict.claim.says,
        "; ".join(_measured(one) for one in verdict.outcomes) or MISSING,
        ", ".join(alike) or MISSING,
        verdict.text,
        verdict.claim.said_in,
    ]


def _measured(outcome: Outcome) -> str:
    rule = outcome.rule
    if rule.status:
        return f"{_names(rule.of)} {outcome.status or 'not known'} (claimed: {rule.status})"
    figure = outcome.figure
    value = _value(rule, figure) if figure else "not measured"
    return f"{_what(rule)} {value} (claimed: {_bounds(rule)})"


def _what(rule: Rule) -> str:
    assert rule.metric is not None
    what = f"{rule.metric.name} of {_names(rule.of)}"
    if rule.over:
        return f"{what} / {_names(rule.over)}"
    if rule.above:
        return f"{what} above {rule.above.key} per {rule.per}"
    return what


def _names(cells: Sequence[Cell]) -> str:
    return " × ".join(cell.key for cell in cells)


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
