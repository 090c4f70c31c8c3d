"""Pairs of several hosts: what each host says by itself, and what follows of them together.

Absolute values of two hosts are never in one median. A pair is of one host, and its log ratio is
all that leaves it.

1. The sign test is over pairs, equally many of each host, so that none outvotes the others.
2. The estimate is the median of the hosts' medians. Its interval is over hosts from six on, since
   hosts differ by more than their pairs tell; of fewer it spans the intervals of all.
3. A change is one where every host by itself shows one that matters; from six hosts on, where the
   interval over hosts excludes none. Two hosts are too few to tell how much hosts differ: there the
   whole interval has to lie beyond what matters.
4. Hosts disagree where some show a change that matters and others do not, and it is no chance: if
   pairs are dealt to the hosts anew (a permutation test), the hosts' medians are rarely as far
   apart.

Leaves out what is not of hosts: thresholds and Holm's adjustment (judge.py)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import median

from .pair_statistics import CONFIDENCE, Estimate, estimate, sign_test_p

ALPHA = 0.01  # beside which thresholds have no part: false alarms over all cells together
HOSTS_FOR_AN_INTERVAL = 6  # the fewest of which the sign test gives a 95 % interval
_TOO_FEW = 2  # to know how much hosts differ
_PAIRS_FOR_AN_INTERVAL = 6  # the fewest of which a host has a 95 % interval of its own
_DEALS = 999
_DISAGREE = 0.05
_SEED = 20


def least_pairs_of_a_host(hosts: int) -> int:
    """The fewest pairs of each of so many hosts that can show a change. With one, nothing tells a
    host's noise from what it is; of two hosts each needs an interval."""
    return _PAIRS_FOR_AN_INTERVAL if hosts <= _TOO_FEW else 2


@dataclass(frozen=True)
class OverHosts:
    """What the log ratios of several hosts say, > 0 being worse."""

    by_host: dict[str, Estimate]
    together: Estimate
    p: float  # one-sided, in the direction of the estimate
    balanced: list[list[float]]  # by host, equally many

    @cached_property
    def p_alike(self) -> float:
        """How often hosts that are alike would be as far apart."""
        return _p_alike(self.balanced)

    def shows(self, matters: float) -> bool:
        """Whether all of them together show a rise of at least so much."""
        if self.together.median < matters:
            return False
        if len(self.by_host) >= HOSTS_FOR_AN_INTERVAL:
            return self.together.low > 0
        if len(self.by_host) <= _TOO_FEW:
            return self.together.rank > 0 and self.together.low >= matters
        return all(one.median >= matters for one in self.by_host.values())

    def turned(self) -> OverHosts:
        """The same with the arms swapped."""
        by_host = {name: _turned(one) for name, one in self.by_host.items()}
        return replace(self, by_host=by_host, together=_turned(self.together))

    def disagree(self, matters: float) -> bool:
        """Whether some show a change that matters and others do not, and it is no chance."""
        worse, better = (
            {name for name, one in self.by_host.items() if sign * one.median >= matters}
            for sign in (1, -1)
        )
        if max(len(worse), len(better)) in (len(self.by_host), 0) or self.p_alike > _DISAGREE:
            return False
        # Many hosts whose interval excludes no change may differ in how much it is.
        is_shown = self.shows(matters) or self.turned().shows(matters)
        return not is_shown or bool(worse and better)


def _turned(one: Estimate) -> Estimate:
    return replace(one, median=-one.median, low=-one.high, high=-one.low)


def over_hosts(ratios: Sequence[float], hosts: Sequence[str]) -> OverHosts:
    """Of log ratios, each with its host; at least two of them."""
    found: dict[str, list[float]] = {}
    for name, ratio in zip(hosts, ratios, strict=True):
        found.setdefault(name, []).append(ratio)
    by_host = {name: estimate(values) for name, values in sorted(found.items())}
    together = _together(by_host)
    fewest = min(map(len, found.values()))
    balanced = [found[name][:fewest] for name in by_host]
    sign = 1 if together.median >= 0 else -1
    p = sign_test_p([sign * ratio for values in balanced for ratio in values])
    return OverHosts(by_host, together, p, balanced)


def _together(by_host: Mapping[str, Estimate]) -> Estimate:
    pairs = sum(one.n for one in by_host.values())
    middle = median([one.median for one in by_host.values()])
    if len(by_host) >= HOSTS_FOR_AN_INTERVAL:
        over = estimate([one.median for one in by_host.values()], CONFIDENCE)
        return Estimate(pairs, middle, over.low, over.high, over.rank)
    low = min(one.low for one in by_host.values())
    high = max(one.high for one in by_host.values())
    return Estimate(pairs, middle, low, high, min(one.rank for one in by_host.values()))


def _p_alike(balanced: Sequence[Sequence[float]]) -> float:
    """The share of deals in which the hosts' medians are as far apart as they are; the deals are
    the same each time."""
    import numpy as np  # only where it is needed: it takes a while to load

    values = np.asarray(balanced, dtype=float)
    apart = float(np.ptp(np.median(values, axis=1)))
    source = np.random.default_rng(_SEED)
    dealt = source.permuted(np.tile(values.ravel(), (_DEALS, 1)), axis=1)
    of_deals = np.ptp(np.median(dealt.reshape(_DEALS, *values.shape), axis=2), axis=1)
    rounding = 1e-12  # the same medians, summed in another order
    return float((1 + np.sum(of_deals >= apart - rounding)) / (1 + _DEALS))


def in_words(found: OverHosts, worse: int) -> str:
    """Each host's change with its interval: "left +4.1 % (+3.0 to +5.2)"."""
    return ", ".join(_one_in_words(name, one, worse) for name, one in found.by_host.items())


def _one_in_words(name: str, one: Estimate, worse: int) -> str:
    middle, *ends = (100 * math.expm1(worse * value) for value in (one.median, one.low, one.high))
    low, high = sorted(ends)
    return f"{name} {middle:+.1f} % ({low:+.1f} to {high:+.1f}, n = {one.n})"
