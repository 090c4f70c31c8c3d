"""What so many connections need of a host, and which of its limits breaks first.

All needs grow in a line with the connections, but for tables of descriptors, which come whole. A
message is 64 bytes, there and back, and leaves no memory behind: socket buffers of waiting
messages are left out, and so are TLS and an application's own data.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from ..base.errors import UsageError
from .figures import Figures, Runtime
from .host import Host

_BEYOND = 2**40  # connections; a limit that holds here is none


@dataclass(frozen=True)
class Limit:
    """One thing that a host has so much of."""

    name: str
    needed: float
    there: float

    @property
    def holds(self) -> bool:
        """Whether there is enough."""
        return self.needed <= self.there


@dataclass(frozen=True)
class Need:
    """What so many connections take."""

    connections: int
    tables: int
    user_bytes: float
    kernel_bytes: float
    client_bytes: float
    descriptors: int  # of the fullest table
    open_files: int
    threads: int  # of the server, for its connections
    ports: int  # of each client address, to each server port
    cpus_least: float  # of the server, where many messages wait at once
    cpus_most: float  # where few do

    @property
    def memory_bytes(self) -> float:
        """All of it."""
        return self.user_bytes + self.kernel_bytes + self.client_bytes


@dataclass(frozen=True)
class Sizing:
    """A host, a runtime on it, and messages a second on each connection."""

    host: Host
    figures: Figures
    runtime: Runtime
    rate_per_s: float = 0.0

    def need(self, connections: int) -> Need:
        """What so many connections take."""
        host, figures, runtime = self.host, self.figures, self.runtime
        tables = self._tables(connections)
        client = connections * figures.client_user_bytes + tables * figures.client_fixed_bytes
        per_s = connections * self.rate_per_s
        return Need(
            connections=connections,
            tables=tables,
            user_bytes=connections * runtime.user_bytes
            + runtime.fixed_bytes
            + (tables - 1) * figures.table_fixed_bytes,
            kernel_bytes=connections * self.kernel_bytes,
            client_bytes=client if host.both_ends else 0,
            descriptors=ceil(connections / tables) + figures.table_descriptors,
            open_files=host.ends * (connections + tables * figures.table_descriptors),
            threads=connections * runtime.threads,
            ports=ceil(connections / (host.client_addresses * (host.server_ports or tables))),
            cpus_least=per_s * runtime.busy_ns / 1e9,
            cpus_most=per_s * runtime.sparse_ns / 1e9,
        )

    @property
    def kernel_bytes(self) -> float:
        """The kernel's, of a connection on this host. The clients' end is sockets alone; what a
        task has in the kernel, as a thread its stack, is the server's."""
        elsewhere = 0.0 if self.host.both_ends else self.figures.client_kernel_bytes
        return self.runtime.kernel_bytes - elsewhere

    @property
    def _full_table(self) -> int:
        """The connections that a table of descriptors has room for."""
        each = self.host.descriptors_per_process - self.figures.table_descriptors
        if each <= 0:
            raise UsageError(
                f"descriptors_per_process of {self.host.name} leaves none for connections: write"
                f" more than {self.figures.table_descriptors}"
            )
        return each

    def _tables(self, connections: int) -> int:
        return self.host.tables or max(1, ceil(connections / self._full_table))

    def limits(self, connections: int) -> list[Limit]:
        """What so many connections need, beside what there is."""
        need, host = self.need(connections), self.host
        found = [
            Limit("memory", need.memory_bytes, host.usable_bytes),
            Limit("descriptors a process", need.descriptors, host.descriptors_per_process),
            Limit("ports", need.ports, host.ports),
            Limit("CPU", need.cpus_least, host.cpus),
        ]
        if host.file_max is not None:
            found.append(Limit("fs.file-max", need.open_files, host.file_max))
        if host.threads_max is not None:
            found.append(Limit("threads", need.threads, host.threads_max))
        return found

    def most(self) -> list[tuple[str, int]]:
        """The connections that each limit allows, the first to break before the others. A limit
        that never breaks is left out."""
        names = [limit.name for limit in self.limits(1)]
        found = [(name, self._most_of(place)) for place, name in enumerate(names)]
        return sorted((each for each in found if each[1] < _BEYOND), key=lambda each: each[1])

    def _most_of(self, place: int) -> int:
        """By halving: what holds for a number holds for all below it. There is one exception: a
        second table has a port of its own, so ports may be short in a full first one alone."""
        full = self._full_table
        low, high = 0, _BEYOND if self.limits(full)[place].holds else full
        while low < high:
            middle = (low + high + 1) // 2
            if self.limits(middle)[place].holds:
                low = middle
            else:
                high = middle - 1
        return low
