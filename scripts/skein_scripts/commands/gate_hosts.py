"""The options of scripts/gate.py that have to do with several hosts: a gate on a cluster, and the
share of one host. Leaves out the gate itself (gate.py)."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from ..base.errors import OK, UsageError
from ..base.processes import end_with_parent
from ..gate.builds import Build
from ..gate.injection import injection_of
from ..gate.paired_session import PairedSession
from ..gate.pairs_on_cluster import PairsOnCluster
from ..hosts.cluster import check_address
from ..matrix.matrix import Matrix
from ..session.options import seconds
from ..session.this_host import this_host
from .cluster_options import add_host_options, add_shared_cluster_options, lost_after_s, word_of

EXAMPLE = """\
  scripts/gate.py --base-binary /opt/old/build/release/skein \\
      --candidate-binary /opt/new/build/release/skein --output out/gate \\
      --cluster tls://scheduler:8786 --hosts 4 --host-class c6i
"""
_OF_CLUSTER = ("hosts", "lost_after")
_OF_SHARE = ("within", "host_name", "stream")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds them."""
    add_shared_cluster_options(parser)
    hosts = parser.add_argument_group("one host's share, which --cluster asks for")
    add_host_options(hosts)
    hosts.add_argument(
        "--share",
        type=_numbers,
        metavar="FIRST-LAST",
        help="measure the pairs with these numbers, and judge nothing",
    )
    hosts.add_argument("--within", type=seconds, metavar="TIME", help="that the share may take")
    hosts.add_argument("--stream", action="store_true", help="print each record as it is written")


def _numbers(text: str) -> range:
    first, _, last = text.partition("-")
    if not (first.isdecimal() and last.isdecimal() and int(first) <= int(last)):
        raise argparse.ArgumentTypeError(f"'{text}' is none: write it like 0-9")
    return range(int(first), int(last) + 1)


def check(options: argparse.Namespace) -> None:
    """Raises UsageError where options do not go together. Nobody is asked yet."""
    if options.cluster is None:
        _refuse(options, _OF_CLUSTER, "belongs to --cluster: name it, too")
    if options.cluster is None and options.share is None:
        _refuse(options, ("host_class", *_OF_SHARE), "belongs to --cluster or --share")
        return
    if options.cluster is not None and options.share is not None:
        raise UsageError("--share is what --cluster asks each host for: name one of them")
    if options.base or options.candidate:
        raise UsageError(
            "hosts build nothing: build both revisions on each host, at the same place, and name"
            " them with --base-binary and --candidate-binary"
        )
    if injection_of(options):
        raise UsageError("what is injected is for one host: leave out --cluster and --share")
    if options.share is not None:
        return
    check_address(options.cluster)
    for name in ("hosts", "host_class"):
        if getattr(options, name) is None:
            raise UsageError(f"--cluster needs {word_of(name)} as well")
    _refuse(options, _OF_SHARE, "is for a share: --cluster deals the pairs itself")
    if options.hosts < 2:
        raise UsageError("--hosts must be at least 2: one host is gated without --cluster")
    for arm in ("base", "candidate"):
        if not getattr(options, f"{arm}_binary").is_absolute():
            raise UsageError(f"--{arm}-binary is a place on each host: write the whole path")


def _refuse(options: argparse.Namespace, names: Iterable[str], why: str) -> None:
    for name in names:
        if getattr(options, name):
            raise UsageError(f"{word_of(name)} {why}")


def remote_build(options: argparse.Namespace, arm: str) -> Build:
    """A binary that is on each host, and need not be here."""
    path: Path = getattr(options, f"{arm}_binary")
    return Build(str(path), path, None)


def on_cluster(
    options: argparse.Namespace, matrix: Matrix, say: Callable[[str], None]
) -> PairsOnCluster:
    """What the gate is run with."""
    words = ["--matrix", options.matrix.name, "--host-class", options.host_class]
    for arm in ("base", "candidate"):
        words += [f"--{arm}-binary", str(getattr(options, f"{arm}_binary"))]
    if options.seed is not None:
        words += ["--seed", str(options.seed)]
    return PairsOnCluster(
        matrix=matrix,
        folder=options.output,
        address=options.cluster,
        hosts=options.hosts,
        host_class=options.host_class,
        matrix_file=options.matrix,
        words=[*words, *options.cpu_options],
        cpu_options=options.cpu_options,
        lost_after_s=lost_after_s(options),
        say=say,
    )


def measure_share(
    options: argparse.Namespace,
    matrix: Matrix,
    base: Build,
    candidate: Build,
    say: Callable[[str], None],
) -> int:
    """The pairs with the numbers that were asked for. Returns the exit status."""
    until = None if options.within is None else time.monotonic() + options.within
    if options.stream:
        end_with_parent()
    session = PairedSession(
        matrix,
        options.output,
        options.cpu_options,
        host=this_host(options.host_name, options.host_class),
        is_streamed=options.stream,
    )
    with session.measuring(base, candidate) as paired:
        paired.next_pair = options.share.start
        paired.rounds(
            matrix.cells,
            len(options.share),
            lambda cell, number: say(f"pair {number + 1}: {cell.group} · {cell.runtime}"),
            until,
        )
    return OK
