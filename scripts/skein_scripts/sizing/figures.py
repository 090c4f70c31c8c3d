"""The measured figures that a prediction starts from, and those that it is held against. Leaves out
what is made of them (predict.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..base.errors import UsageError
from ..base.names import check_name
from ..base.tree import ROOT
from . import toml_file
from .toml_file import Entries

FILE = ROOT / "results" / "sizing.toml"
_RUNTIME_KEYS = ("user_bytes", "kernel_bytes", "fixed_bytes", "busy_ns", "sparse_ns", "source")
_MAY_HAVE = ("threads",)
_CHECK_KEYS = ("name", "connections", "ends", "within", "source")
_MAY_CHECK = ("runtime", "user_bytes", "kernel_bytes", "kernel_bytes_most", "note")


@dataclass(frozen=True)
class Runtime:
    """What a connection costs on it. `kernel_bytes` is of both ends, over loopback."""

    id: str
    user_bytes: float
    kernel_bytes: float
    fixed_bytes: float  # of the process, before the first connection
    busy_ns: float  # CPU of a message where many wait at once
    sparse_ns: float  # where few do
    source: str
    threads: int = 0  # of a connection


@dataclass(frozen=True)
class Check:
    """A figure that somebody measured: bytes a connection, and the factor within which a prediction
    must be. `kernel_bytes_most`: an upper bound where no figure is known."""

    name: str
    connections: int
    both_ends: bool
    within: float
    source: str
    runtime: str | None
    user_bytes: float | None
    kernel_bytes: float | None
    kernel_bytes_most: float | None
    note: str


@dataclass(frozen=True)
class Figures:
    """A whole file."""

    runtimes: Mapping[str, Runtime]
    client_user_bytes: float
    client_kernel_bytes: float  # of the clients' end of a connection
    client_fixed_bytes: float  # of each load generator; there is one for each table
    table_fixed_bytes: float  # of each loop of the server beyond the first
    table_descriptors: int  # of each table, that are no connections
    checks: Sequence[Check]


def figures_of(path: Path = FILE) -> Figures:
    """Reads a file of figures. Raises UsageError."""
    entries = toml_file.read(path)
    try:
        return _figures(entries)
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from None


def _figures(entries: Entries) -> Figures:
    toml_file.check_keys(entries, ("runtime", "clients", "tables"), ("check",))
    clients, tables = toml_file.table(entries, "clients"), toml_file.table(entries, "tables")
    toml_file.check_keys(clients, ("user_bytes", "kernel_bytes", "fixed_bytes", "source"))
    toml_file.check_keys(tables, ("fixed_bytes", "descriptors", "source"))
    runtimes = {
        name: _runtime(name, one) for name, one in toml_file.table(entries, "runtime").items()
    }
    return Figures(
        runtimes=runtimes,
        client_user_bytes=toml_file.number(clients, "user_bytes"),
        client_kernel_bytes=toml_file.number(clients, "kernel_bytes"),
        client_fixed_bytes=toml_file.number(clients, "fixed_bytes"),
        table_fixed_bytes=toml_file.number(tables, "fixed_bytes"),
        table_descriptors=toml_file.count(tables, "descriptors"),
        checks=[_check(one, runtimes) for one in _list(entries, "check")],
    )


def _list(entries: Entries, key: str) -> list[dict[str, Any]]:
    found = entries.get(key, [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise UsageError(f"{key} is a list: write [[{key}]], in two brackets, for each")
    return found


def _runtime(name: str, entries: Any) -> Runtime:
    if not isinstance(entries, dict):
        raise UsageError(f"runtime {name} is no table: write [runtime.{name}]")
    try:
        toml_file.check_keys(entries, _RUNTIME_KEYS, _MAY_HAVE)
        numbers = {key: toml_file.number(entries, key) for key in _RUNTIME_KEYS[:-1]}
        return Runtime(
            id=name,
            source=toml_file.text(entries, "source"),
            threads=toml_file.count(entries, "threads") if "threads" in entries else 0,
            **numbers,
        )
    except UsageError as error:
        raise UsageError(f"runtime {name}: {error}") from None


def _check(entries: Entries, runtimes: Mapping[str, Runtime]) -> Check:
    try:
        toml_file.check_keys(entries, _CHECK_KEYS, _MAY_CHECK)
        if "runtime" in entries:
            check_name("runtime", toml_file.text(entries, "runtime"), runtimes)
        ends = check_name("ends", toml_file.text(entries, "ends"), ("both", "server"))
        optional = {
            key: toml_file.number(entries, key) if key in entries else None
            for key in ("user_bytes", "kernel_bytes", "kernel_bytes_most")
        }
        return Check(
            name=toml_file.text(entries, "name"),
            connections=toml_file.count(entries, "connections"),
            both_ends=ends == "both",
            within=toml_file.number(entries, "within"),
            source=toml_file.text(entries, "source"),
            runtime=entries.get("runtime"),
            note=toml_file.text(entries, "note") if "note" in entries else "",
            **optional,
        )
    except UsageError as error:
        raise UsageError(f"check {entries.get('name')!r}: {error}") from None
