"""What shares of a matrix must have in common to be one set of results: the matrix, the build, the
class of their hosts, and each round once. Each refusal says what to do.

compare.py judges each host by itself. The report's tables still take all rounds together, and its
signs say so. So hosts must be of one kind, and each must have rounds enough to say something."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from ..base.errors import UsageError
from ..base.units import format_share
from ..matrix.rounds import in_words
from ..records.anchor import DRIFT_LIMIT, PROBE, anchor_ns
from ..records.cells import pins_of
from ..records.results import probes, runs
from ..records.shapes import Session
from ..session.session_end import changes_between
from .share import Share, has_auto_rates, host_in, time_of

LEAST_ROUNDS = 2  # of a host: with one, nothing tells its noise from what it is
_SHOWN = 3  # facts in which machines differ

Placed = tuple[Path, Session]


def check_together(shares: Sequence[Share]) -> None:
    """Raises UsageError where the shares are not of one set of results."""
    placed = [(share.path, session) for share in shares for session in share.sessions]
    if not placed:
        raise UsageError(
            f"no round is whole in {', '.join(str(share.path) for share in shares)}: go on with"
            " --resume where it was measured"
        )
    _check_matrix(placed)
    hosts = check_hosts(placed)
    _check_times(shares)
    _check_rounds(shares)
    if len(hosts) > 1:
        _check_enough(shares, hosts)
        _check_rates(placed)
        _check_anchors(shares)


def check_hosts(placed: Sequence[Placed]) -> set[str]:
    """The names of the hosts of sessions. Raises UsageError where they are of two builds or two
    kinds."""
    _check_build(placed)
    names = _names_of(placed)
    _check_class(placed)
    return names


def hosts_of(shares: Sequence[Share]) -> dict[str, set[int]]:
    """The rounds of each host, by its name."""
    found: dict[str, set[int]] = {}
    for share in shares:
        names = {one["session_id"]: host_in(one, share.path)["name"] for one in share.sessions}
        for run in runs(share.records):
            if (block := run.get("block")) is not None:
                found.setdefault(names[run["session_id"]], set()).add(block)
    return found


def _require_same(
    placed: Sequence[Placed], what: Callable[[Session], object], words: str, remedy: str
) -> None:
    first_path, first = placed[0]
    for path, session in placed[1:]:
        if what(session) != what(first):
            raise UsageError(f"{first_path} and {path} are of {words}: {remedy}")


def _check_matrix(placed: Sequence[Placed]) -> None:
    _require_same(
        placed,
        lambda session: session["config_sha256"],
        "two matrices (other cells, filters, settings, repeats or seed)",
        "measure all shares with the same options but --rounds",
    )


def _check_build(placed: Sequence[Placed]) -> None:
    _require_same(
        placed,
        lambda session: (session.get("build") or {}).get("binary_sha256"),
        "two builds of skein",
        "measure all shares with one binary, copied to every host",
    )
    _require_same(
        placed,
        lambda session: tuple(pins_of(session).values()),
        "two ways to pin",
        "measure all shares with the same --worker-cpus and --generator-cpus",
    )


def _names_of(placed: Sequence[Placed]) -> set[str]:
    name_of: dict[str, str] = {}
    for path, session in placed:
        host = host_in(session, path)
        known = name_of.setdefault(host["boot"], host["name"])
        if known != host["name"]:
            raise UsageError(
                f"'{known}' and '{host['name']}' are one boot of one machine, so they are one"
                " host: measure both shares with the same --host-name"
            )
    for name, boots in Counter(name_of.values()).items():
        if boots > 1:
            raise UsageError(
                f"'{name}' is the name of {boots} machines, or of one that was booted in between:"
                " measure each with a --host-name of its own"
            )
    return set(name_of.values())


def _check_class(placed: Sequence[Placed]) -> None:
    first_path, first = placed[0]
    label = host_in(first, first_path)["class"]
    for path, session in placed[1:]:
        other = host_in(session, path)["class"]
        if other != label:
            raise UsageError(
                f"{first_path} is of the host class {_quoted(label)} and {path} of"
                f" {_quoted(other)}: merge the shares of each class by themselves"
            )
        if session.get("environment_hash") != first.get("environment_hash"):
            raise UsageError(
                f"the hosts of {first_path} and {path} are no class: {_difference(first, session)};"
                " set them up alike, or merge the shares of each kind by themselves"
            )


def _quoted(label: str | None) -> str:
    return "without a name" if label is None else f"'{label}'"


def _difference(one: Session, other: Session) -> str:
    changes = changes_between(one["environment"], other["environment"])
    said = [f"{each['name']} is {each['before']} and {each['after']}" for each in changes[:_SHOWN]]
    more = f" and {len(changes) - _SHOWN} more" if len(changes) > _SHOWN else ""
    return f"{', '.join(said)}{more}" if said else "environment_hash differs"


def _check_times(shares: Sequence[Share]) -> None:
    by_boot: dict[str, list[tuple[Path, Session, Share]]] = {}
    for share in shares:
        for session in share.sessions:
            boot = host_in(session, share.path)["boot"]
            by_boot.setdefault(boot, []).append((share.path, session, share))
    for of_boot in by_boot.values():
        for (path, one, mine), (other_path, other, theirs) in itertools.combinations(of_boot, 2):
            if one["session_id"] == other["session_id"]:
                raise UsageError(f"{path} and {other_path} have the same session: name it once")
            began, ended = time_of(one, mine.records)
            other_began, other_ended = time_of(other, theirs.records)
            if began < other_ended and other_began < ended:
                raise UsageError(
                    f"{path} and {other_path} were measured on one machine at the same time, which"
                    " spoils both: measure one of them again, without the other"
                )


def _check_rounds(shares: Sequence[Share]) -> None:
    owner: dict[int, Path] = {}
    for share in shares:
        for block in share.rounds:
            if block in owner:
                raise UsageError(
                    f"round {block} is in {owner[block]} and in {share.path}: leave one of them out"
                )
            owner[block] = share.path
    seen: dict[int, str] = {}
    for name, blocks in hosts_of(shares).items():
        for block in blocks:
            if block in seen:
                raise UsageError(
                    f"round {block} in {owner[block]} was measured in part on '{seen[block]}' and"
                    f" in part on '{name}': measure it again on one host"
                )
            seen[block] = name


def _check_enough(shares: Sequence[Share], hosts: set[str]) -> None:
    by_host = hosts_of(shares)
    for name in sorted(hosts):
        rounds = by_host.get(name, set())
        if len(rounds) < LEAST_ROUNDS:
            raise UsageError(
                f"host '{name}' has {len(rounds)} whole round ({in_words(rounds)}), too few for"
                f" one of several hosts: give each at least {LEAST_ROUNDS} with --rounds"
            )


def _check_rates(placed: Sequence[Placed]) -> None:
    if any(has_auto_rates(session) for _, session in placed):
        raise UsageError(
            "rates are shares of what each host serves at most (auto:), so they differ from host to"
            " host: measure with absolute ones (--set c10k/open.rate=20000)"
        )


def _check_anchors(shares: Sequence[Share]) -> None:
    readings: dict[str, list[int]] = {name: [] for name in hosts_of(shares)}
    for share in shares:
        names = {one["session_id"]: host_in(one, share.path)["name"] for one in share.sessions}
        for run in probes(share.records, PROBE):
            if (value := anchor_ns(run)) is not None:
                readings[names[run["session_id"]]].append(value)
    for name, values in readings.items():
        if not values:
            raise UsageError(
                f"no anchor of host '{name}' counts, so its speed is not known: measure its rounds"
                " again"
            )
    levels = {name: median(values) for name, values in readings.items()}
    slowest, fastest = (pick(levels, key=levels.__getitem__) for pick in (max, min))
    apart = levels[slowest] / levels[fastest] - 1
    if apart > DRIFT_LIMIT:
        raise UsageError(
            f"the hosts are no class: an anchor's request takes {levels[slowest]:,.0f} ns on"
            f" '{slowest}' and {levels[fastest]:,.0f} ns on '{fastest}', {format_share(apart)} more"
            f" (at most {format_share(DRIFT_LIMIT)}): leave one of them out, or merge each kind by"
            " itself"
        )
