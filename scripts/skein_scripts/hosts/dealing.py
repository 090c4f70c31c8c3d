"""Which host runs which rounds: as many each as can be, and neighbours together, so that a Latin
square stays on one host. Leaves out who the hosts are (cluster.py)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..base.errors import UsageError
from ..matrix.matrix import Matrix
from .together import LEAST_ROUNDS


def check_dealing(matrix: Matrix, hosts: int) -> None:
    """Raises UsageError where the rounds cannot be dealt to so many hosts in equal numbers."""
    each = max(LEAST_ROUNDS, -(-matrix.repeats // hosts))
    if each * hosts != matrix.repeats:
        raise UsageError(
            f"{matrix.repeats} rounds cannot be dealt to {hosts} hosts, {LEAST_ROUNDS} or more"
            f" each and as many to one as to another: write --repeats {each * hosts}"
        )


def deal(rounds: Sequence[int], have: Mapping[str, int]) -> dict[str, list[int]]:
    """The rounds of each host, by its name. `have`: how many each has run already. Who has one
    alone is next, then who has fewest; who would end with one gets none, if there is another."""
    most = _counts(len(rounds), have)
    enough = {name: have[name] for name in have if have[name] + most[name] >= LEAST_ROUNDS}
    if len(enough) < len(have) and enough:
        most = _counts(len(rounds), enough)
    dealt, left = {}, sorted(rounds)
    for name in sorted(most):
        dealt[name], left = left[: most[name]], left[most[name] :]
    return {name: blocks for name, blocks in dealt.items() if blocks}


def _counts(rounds: int, have: Mapping[str, int]) -> dict[str, int]:
    counts = dict.fromkeys(have, 0)

    def turn(name: str) -> tuple[bool, int]:
        so_far = have[name] + counts[name]
        return not 0 < so_far < LEAST_ROUNDS, so_far

    for _ in range(rounds):
        counts[min(sorted(have), key=turn)] += 1
    return counts
