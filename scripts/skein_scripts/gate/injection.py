"""A candidate made worse on purpose, to show that a gate sees it: CPU time, instructions or system
calls added to every request, memory to every connection, by a library that is preloaded into its
worker (harness/inject). The base carries it, too, with nothing to add, so that what is seen is what
was asked for. Cells without requests or connections are left as they are, and so are workers that
do not read through libc.

Leaves out what the gate makes of it.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from ..base import units
from ..base.errors import MeasureError, UsageError
from ..matrix.matrix import Cell
from ..records.purposes import INSTRUCTIONS, LOAD, MEMORY
from ..records.workloads import workloads

LIBRARY = "libskein_inject.so"
_MOST = 1 << 20


def has_requests(cell: Cell) -> bool:
    """Whether its worker serves requests, to which something can be added."""
    return workloads()[cell.workload].run == "served"


@dataclass(frozen=True)
class PerRequest:
    """What a request takes as it is, as far as it is known."""

    cpu_ns: float | None = None
    instructions: float | None = None


def library_beside(skein: Path) -> Path:
    """The library of a build. Raises MeasureError where it was not built."""
    library = skein.resolve().parent / LIBRARY
    if not library.is_file():
        raise MeasureError(f"{library} is not there: build the target skein_inject")
    return library


@dataclass(frozen=True)
class Injection:
    """What is added. CPU time and instructions are per request, or a share of what one takes."""

    cpu_ns: int = 0
    cpu_share: float = 0.0
    instructions: int = 0
    instructions_share: float = 0.0
    syscalls: int = 0
    bytes: int = 0

    def __bool__(self) -> bool:
        return self != Injection()

    def needs(self, cell: Cell, known: PerRequest) -> bool:
        """Whether a run of this cell says what a share is of, and nothing has yet."""
        if not has_requests(cell):
            return False
        if cell.purpose == INSTRUCTIONS:
            return self.instructions_share > 0 and known.instructions is None
        return cell.purpose == LOAD and self.cpu_share > 0 and known.cpu_ns is None

    def require_reached(self, cells: Iterable[Cell]) -> None:
        """Raises UsageError where none of these cells would be any worse: a gate that sees nothing
        then proves nothing."""
        reached = [cell for cell in cells if has_requests(cell)]
        purposes = {cell.purpose for cell in reached}
        for asked, option, there in (
            (self.cpu_ns or self.cpu_share, "cpu", LOAD in purposes),
            (self.instructions_share, "instructions", INSTRUCTIONS in purposes),
            (self.instructions, "instructions", bool(purposes - {MEMORY})),
            (self.syscalls, "syscalls", bool(purposes - {MEMORY})),
            (self.bytes, "bytes", any(cell.settings.get("memory") != "off" for cell in reached)),
        ):
            if asked and not there:
                raise UsageError(
                    f"--inject-{option} reaches no cell that would show it: keep such cells of"
                    " c10k with --filter and --matrix"
                )

    def in_figures(self, per_request: PerRequest) -> Injection:
        """With numbers for the shares. Raises MeasureError where a share is of an unknown."""
        return replace(
            self,
            cpu_ns=self.cpu_ns + _share_of("CPU time", self.cpu_share, per_request.cpu_ns),
            instructions=self.instructions
            + _share_of("instructions", self.instructions_share, per_request.instructions),
        )

    def environment(self, library: Path) -> dict[str, str]:
        """What runs are started with, of what has no shares."""
        return {
            "LD_PRELOAD": str(library),
            "SKEIN_INJECT_CPU_NS": str(self.cpu_ns),
            "SKEIN_INJECT_INSTRUCTIONS": str(self.instructions),
            "SKEIN_INJECT_SYSCALLS": str(self.syscalls),
            "SKEIN_INJECT_BYTES": str(self.bytes),
        }

    def describe(self) -> str:
        """In words, for the summary."""
        parts = []
        if self.cpu_share:
            parts.append(f"{100 * self.cpu_share:g} % of CPU time per request")
        if self.cpu_ns:
            parts.append(f"{units.format_duration(self.cpu_ns)} of CPU time per request")
        if self.instructions_share:
            parts.append(f"{100 * self.instructions_share:g} % of instructions per request")
        if self.instructions:
            parts.append(f"{self.instructions} instructions per request")
        if self.syscalls:
            parts.append(f"{self.syscalls} system calls per request")
        if self.bytes:
            parts.append(f"{self.bytes} B per connection")
        return ", ".join(parts)


def _share_of(what: str, share: float, figure: float | None) -> int:
    if not share:
        return 0
    if figure is None:
        raise MeasureError(
            f"a share of {what} needs a c10k cell of the same runtime that measures them"
        )
    return round(share * figure)


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options that ask for one."""
    group = parser.add_argument_group("proof: make the candidate worse, c10k only")
    group.add_argument("--inject-cpu", metavar="5%|200ns", default="", help="of every request")
    group.add_argument(
        "--inject-instructions", metavar="3%|50", default="", help="in every request"
    )
    group.add_argument("--inject-syscalls", metavar="N", default="0", help="in every request")
    group.add_argument("--inject-bytes", metavar="N", default="0", help="for every connection")


def injection_of(options: argparse.Namespace) -> Injection:
    """What the options ask for. Raises UsageError."""
    cpu, instructions = options.inject_cpu, options.inject_instructions
    cpu_share, instructions_share = _share_in(cpu), _share_in(instructions)
    return Injection(
        cpu_ns=units.parse_duration_ns(cpu) if cpu and cpu_share is None else 0,
        cpu_share=cpu_share or 0.0,
        instructions=_count("--inject-instructions", instructions or "0")
        if instructions_share is None
        else 0,
        instructions_share=instructions_share or 0.0,
        syscalls=_count("--inject-syscalls", options.inject_syscalls),
        bytes=_count("--inject-bytes", options.inject_bytes),
    )


def _share_in(text: str) -> float | None:
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*%", text)
    return float(match.group(1)) / 100 if match else None


def _count(option: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= _MOST):
        raise UsageError(f"{option} takes a number up to {_MOST}, not '{text}'")
    return int(text)
