"""The parts of a record of the planted results: distributions, CPU, memory, load. Numbers that are
not of planted_figures.py are decoys, no two alike: a column that shows another field than its own
shows a number that is expected nowhere."""

from __future__ import annotations

import itertools

from fake_skein import Histogram
from planted_figures import (
    AT_RATE,
    CANCEL_COUNTS,
    CANCELS,
    COUNTS,
    CPU,
    FEWER_CANCEL_COUNTS,
    FIXED,
    IDLE,
    IDLE_POINTS,
    LATENCY_STEP_NS,
    LATENESS_STEP_NS,
    RATE_COUNTS,
    RATES,
    ROUNDS,
    SERVICE_COUNTS,
    SERVICE_STEP_NS,
    SPREAD,
    THREAD_COUNTS,
    around,
)  # fmt: skip

_DECOYS = itertools.count(1_000_003, 2)


def decoy():
    return next(_DECOYS)


def distribution(percentiles, step_ns, counts, early=(0, None)):
    """A distribution of a record. Percentiles are (p50, p90, p99, p999, max)."""
    recorded = Histogram()
    for doubling, count in enumerate(counts):
        recorded.record((step_ns + 1) * 2**doubling - 1, count)
    p50, p90, p99, p999, largest = percentiles
    return {
        "count": sum(counts), "min": 1_009, "mean": p50 + 17.5, "stddev": 12_345.5, "p50": p50,
        "p90": p90, "p99": p99, "p999": p999, "p9999": None, "max": largest, "overflow": 0,
        "early_count": early[0], "early_max_ns": early[1], "histogram": recorded.payload(),
    }  # fmt: skip


def cpu(group, runtime, block, user_ns=None, softirqd_ns=None):
    return {
        "user_ns": decoy(), "system_ns": decoy(),
        "per_op_ns": CPU.get(group, {}).get(runtime, (None,) * ROUNDS)[block],
        "user_per_op_ns": user_ns, "softirqd_per_op_ns": softirqd_ns, "ticks": 211,
        "run_delay_ns": decoy(), "voluntary_switches": decoy(), "involuntary_switches": decoy(),
        "minor_faults": decoy(), "major_faults": decoy(), "threads_max": decoy(),
        "instructions": None,
    }  # fmt: skip


def memory(per_task, points=(), fixed=None, peak=None, mappings=None):
    """Per task: user, kernel, both."""
    user, kernel, total = per_task
    return {
        "points": list(points),
        "per_task": {
            "user_bytes": user, "kernel_bytes": kernel, "total_bytes": total,
            "virtual_bytes": decoy(), "r2": 0.9991,
            "interval": {"user_bytes": [decoy(), decoy()], "kernel_bytes": [decoy(), decoy()],
                         "total_bytes": [decoy(), decoy()], "virtual_bytes": [decoy(), decoy()]},
        },
        "fixed_bytes": fixed or decoy(), "peak_rss_bytes": peak or decoy(), "mappings": mappings,
        "after_drain_bytes": decoy(), "frame_bytes": decoy(), "returned_fraction": 0.0937,
        "allocations_per_task": None,
    }  # fmt: skip


def memory_points(readings, block):
    """The points of a round: what tasks add is around the middle round's figures."""
    (_, *base), *grown = readings
    return [
        _point(tasks, [start + around(more)[block]
                       for start, more in zip(base, added, strict=True)])
        for tasks, *added in ((0, 0, 0, 0, 0), *grown)
    ]  # fmt: skip


def _point(tasks, parts):
    user, stacks, tables, slab = parts
    return {
        "tasks": tasks, "rss_bytes": decoy(), "rss_anon_bytes": user, "pss_bytes": decoy(),
        "private_dirty_bytes": decoy(), "virtual_bytes": decoy(), "page_table_bytes": tables,
        "mappings": decoy(), "threads": decoy(), "kernel_stack_bytes": stacks,
        "slab": {"TCP": slab - slab // 4 - 10_000, "filp": slab // 4, "dentry": 10_000},
        "cgroup_bytes": decoy(), "cgroup_kernel_bytes": decoy(),
    }  # fmt: skip


def load(model, offered, achieved):
    return {
        "model": model, "arrival": "poisson" if offered else None, "offered_per_s": offered,
        "achieved_per_s": achieved, "sent": decoy(), "completed": decoy(),
        "errors": dict.fromkeys(("connect", "read", "write", "timeout", "descriptors"), 0),
        "inflight_max": decoy(), "late_50us_fraction": 0.0173, "late_ns_p99": decoy(),
        "generator_cpu_fraction": 0.9931, "generator_busy_fraction": 0.4637,
        "generator_cpu_per_op_ns": decoy(), "unsent": 0,
    }  # fmt: skip


def fixed_part(runtime, block):
    rate, p50, p90, p99, service_p50, service_p99, user_ns, softirqd_ns, *per_task = (
        around(value)[block] for value in FIXED[runtime]
    )
    return {
        "load": load("fixed", None, rate),
        "latency": distribution((p50, p90, p99, None, 9_871_991), LATENCY_STEP_NS[runtime],
                                COUNTS[block]),
        "service_time": distribution((service_p50, 57_713, service_p99, None, 8_761_973),
                                     SERVICE_STEP_NS[runtime], SERVICE_COUNTS[block]),
        "cpu": cpu("fixed", runtime, block, user_ns, softirqd_ns),
        "memory": memory(per_task),
    }  # fmt: skip


def open_part(group, runtime, block):
    *latencies, kept = AT_RATE[group][runtime]
    p50, p99, service_p99 = (around(value)[block] for value in latencies)
    offered = RATES[group]
    achieved = (offered * kept / 100 + 5, offered * kept / 100, offered * kept / 100 - 3)[block]
    per_task = (around(value)[block] for value in FIXED[runtime][-3:])
    return {
        "load": load("open", offered, achieved),
        "latency": distribution((p50, (p50 + p99) // 2, p99, None, 9_653_943),
                                LATENCY_STEP_NS[runtime], RATE_COUNTS[block]),
        "service_time": distribution((p50 - 1_013, p50, service_p99, None, 8_543_931),
                                     SERVICE_STEP_NS[runtime], SERVICE_COUNTS[block]),
        # Ticks were too few for the user's share.
        "cpu": cpu(group, runtime, block) | {"ticks": 41},
        "memory": memory(per_task),
    }  # fmt: skip


def idle_part(runtime, block):
    *per_task, fixed, peak, mappings, p50, p99, cpu_ns = (
        around(value)[block] for value in IDLE[runtime]
    )
    return {
        "load": load("idle", None, None) | {"arrival": None},
        "exchange": {
            "in_flight": 10, "duration_ns": decoy(), "cpu_per_op_ns": cpu_ns,
            "latency": distribution((p50, p50 + 211, p99, None, 9_435_907), 655_359,
                                    (600, 300, 90, 10)),
        },
        "cpu": cpu("idle", runtime, block),
        "memory": memory(per_task, memory_points(IDLE_POINTS[runtime], block), fixed, peak,
                         mappings),
    }  # fmt: skip


def timers_part(group, runtime, block):
    facts = (SPREAD if group == "spread" else CANCELS)[runtime]
    *values, early, earliest, spawn_ns, cancel_ns = facts
    user, kernel, total, mappings, p50, p99, largest = (
        None if value is None else around(value)[block] for value in values
    )
    counts = COUNTS
    if group == "cancels":
        counts = CANCEL_COUNTS if runtime == "coroutine" else FEWER_CANCEL_COUNTS
    elif runtime == "thread":
        counts = THREAD_COUNTS
    early_max = earliest[block] if earliest else None
    return {
        "lateness": distribution((p50, None, p99, None, largest), LATENESS_STEP_NS[runtime],
                                 counts[block], (early[block], early_max)),
        "cpu": cpu(group, runtime, block),
        "memory": memory((user, kernel, total), mappings=mappings),
        "timer_costs": {
            "spawn_ns_per_task": around(spawn_ns)[block],
            "cpu_ns_per_fire": None if cancel_ns else decoy(),
            "cpu_ns_per_arm_cancel": around(cancel_ns)[block] if cancel_ns else None,
        },
        "spawn_ns": decoy(), "fire_ns": decoy(),
    }  # fmt: skip


def part_of(group, runtime, block):
    if group == "fixed":
        return fixed_part(runtime, block)
    if group == "idle":
        return idle_part(runtime, block)
    return (open_part if group in RATES else timers_part)(group, runtime, block)
