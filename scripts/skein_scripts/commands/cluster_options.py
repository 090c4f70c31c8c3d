"""The options of scripts/run_matrix.py that hand its rounds to a cluster, and which others go with
them. Leaves out doing so (cluster_run.py)."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..base.errors import UsageError
from ..hosts.cluster import check_address
from ..hosts.dealing import check_dealing
from ..matrix import option_names
from ..matrix.matrix import Matrix
from ..session.options import natural

_LOST_AFTER_S = 60
EXAMPLE = """\
  scripts/run_matrix.py --preset quick --repeats 8 --set c10k/open.rate=20000 \\
      --cluster tls://scheduler:8786 --hosts 4 --host-class c6i \\
      --remote-skein /opt/skein/build/release/skein --output out/four
"""


def add_cluster_options(parser: argparse.ArgumentParser) -> None:
    """Adds --cluster, --hosts and --remote-skein."""
    add_shared_cluster_options(parser).add_argument(
        "--remote-skein",
        type=Path,
        metavar="PATH",
        help="the binary on each host, in a checkout of this commit",
    )


def add_host_options(group: argparse._ArgumentGroup) -> None:
    """Adds what a session records of its host."""
    group.add_argument(
        option_names.HOST_CLASS,
        type=_one_word,
        metavar="NAME",
        help="what the hosts have in common: instance type and image",
    )
    group.add_argument(
        option_names.HOST_NAME,
        type=_one_word,
        metavar="NAME",
        help="of this one (boot- and the first digits of its boot's number)",
    )


def _one_word(text: str) -> str:
    if not text or text.split() != [text]:
        raise argparse.ArgumentTypeError(f"'{text}' is not a name; write one word")
    return text


def add_shared_cluster_options(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """Adds what a matrix and a gate have in common. Returns the group that it stands in."""
    group = parser.add_argument_group("on the hosts of a Dask cluster (scripts/HOSTS.md)")
    group.add_argument("--cluster", metavar="ADDRESS", help="its scheduler: tls://HOST:PORT")
    group.add_argument("--hosts", type=natural, metavar="N", help="how many share the work")
    group.add_argument(
        "--lost-after",
        type=natural,
        metavar="SECONDS",
        help=f"that a lost worker has to come back ({_LOST_AFTER_S})",
    )
    return group


def lost_after_s(options: argparse.Namespace) -> float:
    """How long a lost worker has to come back."""
    return float(_LOST_AFTER_S if options.lost_after is None else options.lost_after)


def word_of(name: str) -> str:
    """An option as it is typed."""
    return f"--{name.replace('_', '-')}"


def check_cluster_options(options: argparse.Namespace, matrix: Matrix) -> None:
    """Raises UsageError where options do not go together. Nobody is asked yet."""
    if options.cluster is None:
        for name in ("hosts", "remote_skein", "lost_after"):
            if getattr(options, name) is not None:
                raise UsageError(f"{word_of(name)} belongs to --cluster: name it, too")
        return
    check_address(options.cluster)
    for name in ("hosts", "host_class", "remote_skein"):
        if getattr(options, name) is None:
            raise UsageError(f"--cluster needs {word_of(name)} as well")
    for name in ("rounds", "host_name"):
        if getattr(options, name) is not None:
            raise UsageError(f"{word_of(name)} is for shares by hand: --cluster deals the rounds")
    if options.skein is not None:
        raise UsageError("--skein is a binary of this machine: with --cluster it is --remote-skein")
    if options.stream:
        raise UsageError("--stream is for one session: with --cluster, records are in --output")
    if not options.remote_skein.is_absolute():
        raise UsageError(f"--remote-skein {options.remote_skein}: write the whole path")
    if options.hosts < 2:
        raise UsageError("--hosts must be at least 2: one host is measured without --cluster")
    if matrix.network:
        raise UsageError(
            "[network] of this matrix is of one host, which listens there: measure such shares by"
            " hand, one host at a time (--rounds), or leave out the table"
        )
    if matrix.has_auto_rates:
        raise UsageError(
            "rates of this matrix are shares of what each host serves at most (auto:), so they"
            " would differ: give absolute ones (--set c10k/open.rate=20000)"
        )
    if not options.resume:
        check_dealing(matrix, options.hosts)
