"""A host as its TOML file describes it. Leaves out the machine that this runs on: `skein doctor`
looks at that.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..base.errors import UsageError
from ..base.names import check_name
from . import toml_file
from .toml_file import Entries

_NEEDED = (
    "memory", "reserved", "cpus", "descriptors_per_process", "nr_open", "port_range",
    "client_addresses", "ends",
)  # fmt: skip
_ALLOWED = ("file_max", "threads_max", "tables", "server_ports")
_LARGEST_PORT = 65535


@dataclass(frozen=True)
class Host:
    """What it has. Those that are None set no limit, or follow the connections."""

    name: str
    memory_bytes: int
    reserved_bytes: int  # for the system and everything else on it
    cpus: float  # that serve connections
    descriptors_per_process: int  # RLIMIT_NOFILE
    ports: int  # of one client address
    client_addresses: int
    both_ends: bool  # the clients are on it, too, over loopback
    file_max: int | None = None  # None: the server runs as root, whom fs.file-max does not bind
    threads_max: int | None = None  # of one process: the least of what limits them
    tables: int | None = None  # descriptor tables of the server; None: as many as it takes
    server_ports: int | None = None  # None: one for each table

    @property
    def usable_bytes(self) -> int:
        """Memory for connections."""
        return self.memory_bytes - self.reserved_bytes

    @property
    def ends(self) -> int:
        """How many ends of a connection are on it."""
        return 2 if self.both_ends else 1


def host_of(path: Path) -> Host:
    """Reads a host's file. Raises UsageError."""
    entries = toml_file.read(path)
    try:
        return _host(path.stem, entries)
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from None


def _host(name: str, entries: Entries) -> Host:
    toml_file.check_keys(entries, _NEEDED, _ALLOWED)
    given = {key: toml_file.count(entries, key) for key in _ALLOWED if key in entries}
    host = Host(
        name=name,
        memory_bytes=toml_file.size(entries, "memory"),
        reserved_bytes=toml_file.size(entries, "reserved"),
        cpus=toml_file.number(entries, "cpus"),
        descriptors_per_process=toml_file.count(entries, "descriptors_per_process"),
        ports=_ports(entries),
        client_addresses=toml_file.count(entries, "client_addresses"),
        both_ends=check_name("ends", toml_file.text(entries, "ends"), ("both", "server")) == "both",
        **given,
    )
    if host.usable_bytes <= 0:
        raise UsageError("reserved is all of its memory: leave some for connections")
    if host.descriptors_per_process > toml_file.count(entries, "nr_open"):
        raise UsageError(
            "descriptors_per_process is above nr_open, which no process can have: raise fs.nr_open"
        )
    return host


def _ports(entries: Entries) -> int:
    value = entries["port_range"]
    if not isinstance(value, list) or [type(one) for one in value] != [int, int]:
        raise UsageError("port_range is the first port and the last: write [32768, 60999]")
    first, last = value
    if not 0 < first <= last <= _LARGEST_PORT:
        raise UsageError(f"port_range {value} is none: write two ports, 1 to {_LARGEST_PORT}")
    return int(last - first + 1)
