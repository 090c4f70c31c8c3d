"""A candidate made worse on purpose, to show that a gate sees it: CPU time or system calls added to
every request, memory to every connection, by a library that is preloaded into its worker
(harness/inject). Cells without requests or connections are left as they are, and so are workers
that do not read through libc.

Leaves out what the gate makes of it.
"""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass
from pathlib import Path

from .. import units
from ..errors import MeasureError, UsageError

LIBRARY = "libskein_inject.so"


@dataclass(frozen=True)
class Injection:
    """What is added. CPU time is in ns per request, or a share of what a request takes."""

    cpu_ns: int = 0
    cpu_share: float = 0.0
    syscalls: int = 0
    bytes: int = 0

    def __bool__(self) -> bool:
        return bool(self.cpu_ns or self.cpu_share or self.syscalls or self.bytes)

    def environment(self, skein: Path, per_request_ns: float | None) -> dict[str, str]:
        """What the candidate's runs are started with. Raises MeasureError where the library is not
        beside the program, or a share is asked for of a figure that is not known."""
        library = skein.resolve().parent / LIBRARY
        if not library.is_file():
            raise MeasureError(f"{library} is not there: build the target skein_inject")
        cpu_ns = self.cpu_ns
        if self.cpu_share:
            if per_request_ns is None:
                raise MeasureError("a share of CPU time needs a base whose requests have a cost")
            cpu_ns = round(self.cpu_share * per_request_ns)
        return {
            "LD_PRELOAD": str(library),
            "SKEIN_INJECT_CPU_NS": str(cpu_ns),
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
        if self.syscalls:
            parts.append(f"{self.syscalls} system calls per request")
        if self.bytes:
            parts.append(f"{self.bytes} B per connection")
        return ", ".join(parts)


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options that ask for one."""
    group = parser.add_argument_group("proof: make the candidate worse, c10k only")
    group.add_argument("--inject-cpu", metavar="5%|200ns", default="", help="of every request")
    group.add_argument("--inject-syscalls", metavar="N", default="0", help="in every request")
    group.add_argument("--inject-bytes", metavar="N", default="0", help="for every connection")


def injection_of(options: argparse.Namespace) -> Injection:
    """What the options ask for. Raises UsageError."""
    counts = {}
    for name in ("inject_syscalls", "inject_bytes"):
        text = getattr(options, name)
        if not (text.isascii() and text.isdigit() and int(text) <= 1 << 20):
            option = name.replace("_", "-")
            raise UsageError(f"--{option} takes a number up to 1048576, not '{text}'")
        counts[name] = int(text)
    text = options.inject_cpu
    share = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*%", text)
    return Injection(
        cpu_ns=units.parse_duration_ns(text) if text and not share else 0,
        cpu_share=float(share.group(1)) / 100 if share else 0.0,
        syscalls=counts["inject_syscalls"],
        bytes=counts["inject_bytes"],
    )
