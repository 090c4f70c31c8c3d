"""Which hosts of a cluster measure: as many as are asked for, with the same builds and of one kind.
Leaves out what they are told to do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..base.errors import UsageError
from ..records.results import parse_line
from ..records.shapes import Session
from .cluster import ClusterHost, descriptions, hosts_in
from .together import check_hosts


def chosen_hosts(
    client: Any,
    wanted: int,
    binaries: Sequence[str],
    cpu_options: Sequence[str],
    host_class: str,
    before: Sequence[Session] = (),
) -> list[ClusterHost]:
    """So many hosts, by name; first those that have measured `before`. Each of the binaries must be
    the same on all. Raises UsageError where there are too few, or they are not of one kind."""
    boots = {session["host"]["boot"] for session in before}
    found = hosts_in(client, binaries[-1])
    hosts = sorted(found, key=lambda host: host.boot not in boots)[:wanted]
    if len(hosts) < wanted:
        names = ", ".join(host.name for host in found) or "none"
        raise UsageError(
            f"the cluster has {len(found)} hosts ({names}), and --hosts asks for {wanted}:"
            " start more workers, or ask for fewer"
        )
    for skein in binaries:
        texts = descriptions(client, hosts, skein, cpu_options)
        placed = [(Path(session["host"]["name"]), session) for session in before]
        placed += [
            (Path(host.name), _session_of(texts[host.name], host, host_class)) for host in hosts
        ]
        check_hosts(placed)
    return sorted(hosts, key=lambda host: host.name)


def _session_of(text: str, host: ClusterHost, host_class: str) -> Session:
    record = parse_line(text)
    if record["kind"] != "session":
        raise UsageError(f"the binary of host '{host.name}' gave a {record['kind']} record")
    record["host"] = {"name": host.name, "class": host_class, "boot": host.boot}
    return record
