"""The planted results on any number of runtimes: each has the figures of coroutine times a factor
of its own, two and two the same, so that curves and marks coincide. What figures of many rows are
tried with."""

from __future__ import annotations

from fake_skein import Histogram
from planted_results import GROUPS, LIMIT, run_line, session_line
from skein_scripts.records.histogram import decode
from skein_scripts.records.runtimes import FLOOR, runtimes

_GROUPS = ("open-low", "open-mid", "open-high", "fixed", "idle", "spread")
_BLOCKS = 2
_GROWTH = 1.19  # from one pair of runtimes to the next: thirty span more than a decade
_EARLY_EACH = 3  # every third has timers that fired early


def names_of(count):
    """So many of the runtimes that are declared, the floor among them."""
    others = [name for name in runtimes() if name != FLOOR]
    return [*others[: count - 1], FLOOR]


def records(count):
    """A file with so many rows. The last but one has no result at the highest rate."""
    names = names_of(count)
    lines = [session_line() | {"plan": None}]
    for group in _GROUPS:
        assert group in GROUPS
        for number, name in enumerate(names):
            for block in range(_BLOCKS):
                line = run_line(group, "coroutine", block)
                if group == "open-high" and number == count - 2:
                    line = run_line(group, "coroutine", block, **LIMIT)
                factor = 0.6 if name == FLOOR else _GROWTH ** (number // 2)
                lines.append(_made(line, name, factor, number))
    return lines


def _made(line, name, factor, number):
    for cell in (line["cell"], line["echoed"] or {}):
        cell["runtime"] = name
    line["run_id"] = f"{line['run_id']}-{name}"
    line["cell_id"] = line["cell_id"].replace("coroutine", name)
    if line["status"] != "ok":
        return line
    if line["cpu"]["per_op_ns"]:
        line["cpu"]["per_op_ns"] = round(line["cpu"]["per_op_ns"] * factor)
    for part in ("user_bytes", "kernel_bytes", "total_bytes"):
        line["memory"]["per_task"][part] = round(line["memory"]["per_task"][part] * factor)
    points = line["memory"]["points"]
    for point in points[1:]:
        grown = point["rss_anon_bytes"] - points[0]["rss_anon_bytes"]
        point["rss_anon_bytes"] = points[0]["rss_anon_bytes"] + round(grown * factor)
    if (line.get("load") or {}).get("offered_per_s") and factor > 4:
        line["load"]["achieved_per_s"] *= 4 / factor
    for distribution in ("latency", "service_time", "lateness"):
        if line.get(distribution):
            line[distribution] = _scaled(line[distribution], factor)
    if line.get("lateness") and number % _EARLY_EACH == 1:
        line["lateness"] |= {"early_count": 7 * number, "early_max_ns": 31_000 * (number + 1)}
    return line


def _scaled(distribution, factor):
    recorded, made = decode(distribution["histogram"]), Histogram()
    for value, count in zip(recorded.values_ns, recorded.counts, strict=True):
        made.record(value * factor)
        made.counts[next(reversed(made.counts))] += int(count) - 1
    percentiles = {
        name: None if distribution[name] is None else round(distribution[name] * factor)
        for name in ("p50", "p90", "p99", "p999", "max")
    }
    return distribution | percentiles | {"histogram": made.payload()}
