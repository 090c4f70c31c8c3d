"""Predictions as tables and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from ..base import units
from ..base.table import Table
from .compare import Compared
from .predict import Need, Sizing

_COLUMNS = (
    "connections", "breaks", "tables", "server", "kernel", "clients", "memory", "descriptors",
    "open files", "ports", "CPUs",
)  # fmt: skip


def table_of(sizing: Sizing, counts: Sequence[int]) -> Table:
    """A row for each number of connections."""
    host = sizing.host
    usable = units.format_bytes(host.usable_bytes)
    return Table(
        title=f"{sizing.runtime.id} on {host.name}: {usable} for connections,"
        f" {host.cpus:g} CPUs, {sizing.rate_per_s:g} messages/s each",
        columns=list(_COLUMNS),
        rows=[_row(sizing, sizing.need(count)) for count in counts],
        notes=[
            first_of(sizing),
            "breaks: what there is too little of; a table is a loop with descriptors of its own",
            "server, clients: memory of the processes; kernel: of "
            + ("both ends" if host.both_ends else "the server's end"),
            "ports: of each client address, to each server port",
            "CPUs: the server's, if many messages wait at once, and if few do; the first is judged",
        ],
    )


def first_of(sizing: Sizing) -> str:
    """Which limit breaks first, and which after it."""
    most = sizing.most()
    if not most:
        return "no limit breaks"
    first, *rest = (f"{name} beyond {count:,}" for name, count in most)
    return f"the first to break: {first}" + (f"; then {', '.join(rest)}" if rest else "")


def _row(sizing: Sizing, need: Need) -> list[str]:
    broken = [limit.name for limit in sizing.limits(need.connections) if not limit.holds]
    cpus = f"{need.cpus_least:.2f}–{need.cpus_most:.2f}" if need.cpus_most else "0"
    sizes = (need.user_bytes, need.kernel_bytes, need.client_bytes, need.memory_bytes)
    return [
        f"{need.connections:,}",
        ", ".join(broken) or "nothing",
        f"{need.tables:,}",
        *map(units.format_bytes, sizes),
        f"{need.descriptors:,}",
        f"{need.open_files:,}",
        f"{need.ports:,}",
        cpus,
    ]


def table_of_checks(found: Sequence[Compared]) -> Table:
    """Predictions beside what was measured."""
    return Table(
        title="Held against what was measured, bytes of a connection",
        columns=["source", "of", "measured", "predicted", "factor", "must be", "holds"],
        rows=[_checked(each) for each in found],
        notes=list(
            dict.fromkeys(
                f"{each.check.name}: {each.check.note}" for each in found if each.check.note
            )
        ),
    )


def _checked(each: Compared) -> list[str]:
    ends = "both ends" if each.check.both_ends else "one end"
    return [
        each.check.name,
        each.what if each.what == "user" else f"kernel, {ends}",
        f"{'≤ ' if each.is_bound else ''}{each.measured:,.0f}",
        f"{each.predicted:,.0f}",
        f"{each.factor:.2f}",
        "below" if each.is_bound else f"≤ {each.check.within:g}",
        "yes" if each.holds else "no",
    ]


def as_json(sizing: Sizing, counts: Sequence[int]) -> dict[str, Any]:
    """All numbers, in base units."""
    needs = [sizing.need(count) for count in counts]
    return {
        "host": asdict(sizing.host),
        "runtime": sizing.runtime.id,
        "rate_per_s": sizing.rate_per_s,
        "needs": [
            asdict(need)
            | {
                "memory_bytes": need.memory_bytes,
                "breaks": [each.name for each in sizing.limits(need.connections) if not each.holds],
            }
            for need in needs
        ],
        "most": [{"limit": name, "connections": count} for name, count in sizing.most()],
    }
