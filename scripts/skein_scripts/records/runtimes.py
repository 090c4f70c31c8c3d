"""The runtimes that there are, as declared in runtimes/<folder>/runtime.toml: their order in every
table and plot, their family and looks, and how a worker in another language is run.

Leaves out what the binary says of its own runtimes (skein list --json).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ..base.errors import UsageError
from ..base.tree import ROOT
from . import runtime_rules
from .runtime_rules import LISTS, OURS, TABLES

FLOOR = "epoll_floor"
FOLDER = ROOT / "runtimes"


@dataclass(frozen=True)
class Runtime:
    """One manifest entry. `order` is unique; families are drawn alike."""

    id: str
    order: int
    family: str  # one of runtime_rules.FAMILIES
    colour: str
    marker: str
    folder: Path
    language: str = OURS
    run: tuple[str, ...] = ()  # the worker's command, in its folder; none for one in the binary
    build: tuple[str, ...] = ()  # what has to be called there before
    test: tuple[str, ...] = ()  # what runs the tests of its language there
    tools: tuple[str, ...] = ()  # programs that all of these need,
    needs: tuple[tuple[str, str], ...] = ()  # and those that must be of a version or later
    buffers: tuple[str, ...] = ()  # of c10k, those that it serves; none said: the worker is asked
    cannot: tuple[tuple[str, str], ...] = ()  # a workload or workload/shape, and the reason
    reference: bool = False  # other people's runtime, one of `references` in a matrix
    about: str = ""  # of a worker of its own: what it is,
    unfair: str = ""  # what is most unequal about it,
    source: str = ""  # and where in its folder the source says so; empty: the folder itself

    @property
    def is_foreign(self) -> bool:
        """Whether it is a program of its own that speaks harness/PROTOCOL.md."""
        return bool(self.run)

    @property
    def head(self) -> Path:
        """Where its source says why it has this form, and what is unequal."""
        return self.folder / self.source

    def command(self) -> list[str]:
        """How to start the worker from anywhere: files of its folder by their whole paths."""
        return [
            str(self.folder / word) if (self.folder / word).exists() else word for word in self.run
        ]

    def serves(self, buffer: str) -> bool:
        """Whether it reads into such a buffer, as far as the manifest says."""
        return not self.buffers or buffer in self.buffers

    def why_not(self, workload: str, shape: str) -> str | None:
        """Why it does not do this work, where it does not."""
        reasons = dict(self.cannot)
        return reasons.get(f"{workload}/{shape}", reasons.get(workload))


@cache
def runtimes(folder: Path = FOLDER) -> dict[str, Runtime]:
    """All runtimes by id, in the order of every table and plot. Raises UsageError for a manifest
    that cannot be."""
    found = [
        (path, entry) for path in sorted(folder.glob("*/runtime.toml")) for entry in _read(path)
    ]
    runtime_rules.check_distinct([(str(path), entry) for path, entry in found])
    known = [_runtime(path.parent, entry) for path, entry in found]
    return {each.id: each for each in sorted(known, key=lambda each: each.order)}


def _read(path: Path) -> list[dict[str, Any]]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error
    try:
        runtime_rules.check_file(table)
        entries: list[dict[str, Any]] = table["runtime"]
        for entry in entries:
            runtime_rules.check(entry)
    except UsageError as error:
        raise UsageError(f"{path}: {error} (runtimes/README.md)") from None
    return entries


def _runtime(folder: Path, entry: dict[str, Any]) -> Runtime:
    values: dict[str, Any] = {**entry, "folder": folder}
    values |= {name: tuple(entry[name]) for name in LISTS if name in entry}
    values |= {name: tuple(entry.get(name, {}).items()) for name in TABLES}
    values.setdefault("reference", "run" in entry)
    return Runtime(**values)


def foreign() -> dict[str, Runtime]:
    """Those that are programs of their own."""
    return {name: each for name, each in runtimes().items() if each.is_foreign}


def references() -> list[Runtime]:
    """Other people's runtimes, in order."""
    return [each for each in runtimes().values() if each.reference]


def in_order(names: Iterable[str]) -> list[str]:
    """Known runtimes in their fixed order, then others by name."""
    known = {name: index for index, name in enumerate(runtimes())}
    return sorted(set(names), key=lambda name: (known.get(name, len(known)), name))
