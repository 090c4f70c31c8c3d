"""The table `[network]` of a matrix: the load of its served cells comes from other hosts. The words
are those of `skein run`, which checks the addresses; that the name tells networks apart is
records/cells.py."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ..base.errors import UsageError
from ..base.names import check_name

_NEEDED = ("name", "listen", "generator_command")
_LISTS = ("generator_command", "generator_addresses")  # of several generators: one for each


@dataclass(frozen=True)
class Network:
    """Where the worker listens, how each load generator is started, and what the way between is
    called."""

    name: str
    listen: str
    generator_command: tuple[str, ...]
    generator_addresses: tuple[str, ...] = ()  # none: as its host routes

    def arguments(self) -> list[str]:
        """The options of `skein run`."""
        words = ["--network", self.name, "--listen", self.listen]
        for command in self.generator_command:
            words += ["--generator-command", command]
        for addresses in self.generator_addresses:
            words += ["--generator-addresses", addresses]
        return words

    def describe(self) -> dict[str, Any]:
        """All of it, for the hash of a configuration."""
        return asdict(self)


def parse_network(table: Any) -> Network | None:
    """The table of a matrix, None where there is none. Raises UsageError."""
    if table is None:
        return None
    if not isinstance(table, dict):
        raise UsageError('network must be a table: [network] with name = "...", and so on')
    for key in table:
        check_name("key of [network]", key, (*_NEEDED, "generator_addresses"))
    for key in _NEEDED:
        if key not in table:
            raise UsageError(f"[network] needs {key}")
    return Network(**{key: _checked(key, value) for key, value in table.items()})


def _checked(key: str, value: Any) -> Any:
    values = value if key in _LISTS and isinstance(value, list) else [value]
    if not values or not all(isinstance(one, str) and one.strip() for one in values):
        what = "a text, or a list of texts" if key in _LISTS else "a text"
        raise UsageError(f"network.{key} must be {what}, not {value!r}")
    return tuple(values) if key in _LISTS else value
