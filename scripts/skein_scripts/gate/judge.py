"""From pairs of runs to verdicts, one for each cell and metric (compared.py says which there are).

A metric that is exact, the same in nearly every run, needs no test: what more than half of its
pairs show is so. Nor does a count that must be 0 and is, in one of the arms (counts.py).

Leaves out where the pairs come from (pairing.py) and how verdicts are shown (show.py).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from . import counts, over_hosts
from .compared import (
    IMPROVED,
    INCONCLUSIVE,
    INVALID,
    MISSING,
    NEW,
    REGRESSED,
    UNCHANGED,
    VERDICTS,
    Comparison,
    Pairs,
)
from .pair_statistics import CONFIDENCE, Estimate, estimate, holm, log_ratios, sign_test_p

__all__ = [
    "ALPHA", "IMPROVED", "INCONCLUSIVE", "INVALID", "MISSING", "NEW", "REGRESSED", "UNCHANGED",
    "VERDICTS", "Comparison", "Pairs", "judge",
]  # fmt: skip

ALPHA = 0.05


def judge(compared: Sequence[Pairs], alpha: float = ALPHA) -> list[Comparison]:
    """The verdicts, in the order given. Gated metrics are adjusted together; shown ones, which
    decide nothing, each among themselves by name."""
    raw = [_measure(one) for one in compared]
    families: dict[str, list[int]] = {}
    for index, one in enumerate(raw):
        if one.p is not None:
            family = "gated" if one.metric.gated else one.metric.name
            families.setdefault(family, []).append(index)
    together = [1] * len(raw)  # by place, how many are adjusted with it
    for members in families.values():
        adjusted = holm([raw[index].p or 0.0 for index in members])
        for index, p_holm in zip(members, adjusted, strict=True):
            raw[index] = replace(raw[index], p_holm=p_holm)
            together[index] = len(members)
    return [_decide(one, alpha, count) for one, count in zip(raw, together, strict=True)]


def _measure(one: Pairs) -> Comparison:
    empty = Comparison(
        one.cell,
        one.metric,
        len(one.values),
        one.invalid,
        INVALID,
        reasons=one.reasons,
        totals=one.totals,
    )
    if one.only:
        return replace(empty, verdict=one.only)
    if one.totals is not None:
        return counts.measure(one, empty)
    if not one.values or one.invalid > len(one.values):
        return empty
    if one.silent_hosts:
        # What the others say is no verdict on all of them.
        why = f"no pair of {', '.join(one.silent_hosts)} counts"
        return replace(empty, reasons=[*one.reasons, why])
    ratios = log_ratios(one.values, one.metric.worse)
    if len(set(one.hosts)) > 1 and not one.metric.exact:
        return _measure_over_hosts(one, empty, ratios)
    found = estimate(ratios, 1.0 if one.metric.exact else CONFIDENCE)
    base, candidate = ([pair[arm] for pair in one.values] for arm in (0, 1))
    effect = one.metric.effect_on(base, candidate)
    # No middle: with as many above as below there is nothing to test.
    worse = ratios if found.median >= 0 else [-value for value in ratios]
    matters = math.log1p(effect)
    return replace(
        empty,
        verdict=INCONCLUSIVE,
        base_median=median(base),
        candidate_median=median(candidate),
        estimate=found,
        p=None if one.metric.exact else sign_test_p(worse),
        min_effect=effect,
        worse_pairs=sum(value >= matters for value in ratios),
        better_pairs=sum(value <= -matters for value in ratios),
    )


def _measure_over_hosts(one: Pairs, empty: Comparison, ratios: Sequence[float]) -> Comparison:
    """Without medians of either arm: those of several hosts have none in common."""
    found = over_hosts.over_hosts(ratios, one.hosts)
    effects = []
    for name in found.by_host:
        of_host = [pair for pair, host in zip(one.values, one.hosts, strict=True) if host == name]
        base, candidate = ([pair[arm] for pair in of_host] for arm in (0, 1))
        effects.append(one.metric.effect_on(base, candidate))
    matters = math.log1p(max(effects))
    return replace(
        empty,
        verdict=INCONCLUSIVE,
        estimate=found.together,
        p=found.p,
        min_effect=max(effects),
        worse_pairs=sum(value >= matters for value in ratios),
        better_pairs=sum(value <= -matters for value in ratios),
        over_hosts=found,
    )


def _decide(one: Comparison, alpha: float, together: int) -> Comparison:
    if one.totals is not None:
        return counts.decide(one, alpha)
    if one.estimate is None or one.min_effect is None:
        return one
    if one.metric.exact:
        return _decide_exact(one)
    assert one.p_holm is not None
    if one.over_hosts is not None:
        alpha = min(alpha, over_hosts.ALPHA)
    # A fall by x % is ln(1 - x), so that swapping the arms mirrors every verdict.
    matters = math.log1p(one.min_effect)
    if one.over_hosts is not None and one.hosts_disagree:
        words = over_hosts.in_words(one.over_hosts, one.metric.worse)
        return replace(one, reasons=[*one.reasons, f"hosts disagree: {words}"])
    if one.p_holm <= alpha and _shows(one, matters):
        return replace(one, verdict=REGRESSED if one.estimate.median > 0 else IMPROVED)
    if one.estimate.rank and _is_within(one.estimate, matters):
        return replace(one, verdict=UNCHANGED)
    return replace(one, reasons=[*one.reasons, _why_inconclusive(one, alpha, together)])


def _shows(one: Comparison, matters: float) -> bool:
    """Whether the change is one that matters, in whichever direction."""
    assert one.estimate is not None
    if one.over_hosts is None:
        return abs(one.estimate.median) >= matters
    return one.over_hosts.shows(matters) or one.over_hosts.turned().shows(matters)


def _is_within(found: Estimate, matters: float) -> bool:
    return -matters <= found.low and found.high <= matters


def _decide_exact(one: Comparison) -> Comparison:
    for verdict, pairs in ((REGRESSED, one.worse_pairs), (IMPROVED, one.better_pairs)):
        if 2 * pairs > one.pairs:
            return replace(one, verdict=verdict)
    if not one.worse_pairs and not one.better_pairs:
        return replace(one, verdict=UNCHANGED)
    return replace(one, reasons=[*one.reasons, "the pairs differ, of a figure that is exact"])


def _why_inconclusive(one: Comparison, alpha: float, together: int) -> str:
    assert one.p_holm is not None
    if 0.5**one.pairs * together > alpha:
        among = f" among {together} comparisons" if together > 1 else ""
        return f"{one.pairs} pairs are too few for any verdict at this level{among}"
    if one.p_holm > alpha:
        return "the pairs do not agree on a direction, or too few of them do"
    if one.over_hosts is not None:
        return "not every host by itself shows a change that matters"
    return "a change is there, but it is not sure to be one that matters"
