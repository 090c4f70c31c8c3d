"""The table `[network]` of a matrix: the load of its served cells comes from another host. The words
are those of `skein run`, which checks the addresses; that the name tells networks apart is
records/cells.py."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ..base.errors import UsageError
from ..base.names import check_name

_NEEDED = ("name", "listen", "generator_command")


@dataclass(frozen=True)
class Network:
    """Where the worker listens, how the load generator is started, and what the way between is
    called."""

    name: str
    listen: str
    generator_command: str
    generator_addresses: str = ""  # as its host routes

    def arguments(self) -> list[str]:
        """The options of `skein run`."""
        words = ["--network", self.name, "--listen", self.listen]
        words += ["--generator-command", self.generator_command]
        if self.generator_addresses:
            words += ["--generator-addresses", self.generator_addresses]
        return words

    def describe(self) -> dict[str, str]:
        """All of it, for the hash of a configuration."""
        return asdict(self)


def parse_network(table: Any) -> Network | None:
    """The table of a matrix, None where there is none. Raises UsageError."""
    if table is None:
        return None
    if not isinstance(table, dict):
        raise UsageError('network must be a table: [network] with name = "...", and so on')
    for key, value in table.items():
        check_name("key of [network]", key, (*_NEEDED, "generator_addresses"))
        if not isinstance(value, str) or not value.strip():
            raise UsageError(f"network.{key} must be a text, not {value!r}")
    for key in _NEEDED:
        if key not in table:
            raise UsageError(f"[network] needs {key}")
    return Network(**table)
