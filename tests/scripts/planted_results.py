"""A results file made by hand, so that every number that is printed or drawn can be said in
advance: seven groups of work, three rounds, and in them a slot that was repeated, one that failed,
a limit, a timeout, an override, early timers, anchors and the machine's floor.

The figures are in planted_figures.py, the parts of a record in planted_parts.py. Leaves out what is
expected, which the tests have in their own words.
"""

from __future__ import annotations

import copy

from planted_figures import RATES, ROUNDS
from planted_parts import decoy, part_of

SESSION = "20261105T101112Z-planted"
COMMIT = "89abcdef0123456789abcdef0123456789abcdef"

# --- what was to be measured ---

_LOAD = {"connections": 1000, "active": 50, "payload_bytes": 64, "buffer": "lent",
         "duration": "2s", "warmup": "1s"}  # fmt: skip
_OPEN = ("coroutine", "fiber", "thread", "epoll_floor")
GROUPS = {
    **{name: ("c10k", {"mode": "open", **_LOAD, "rate": rate}, _OPEN)
       for name, rate in RATES.items()},
    "fixed": ("c10k", {"mode": "fixed", **_LOAD},
              ("coroutine", "coroutine_uring", "fiber", "fiber_uring", "thread", "libuv",
               "epoll_floor")),
    "idle": ("c10k", {"mode": "idle", "connections": 1000, "buffer": "lent", "hold": "200ms"},
             ("coroutine", "fiber", "thread", "libuv", "epoll_floor")),
    "spread": ("timers", {"pattern": "spread", "tasks": 20_000, "window": "5s"},
               ("coroutine", "fiber", "thread", "libuv", "epoll_floor")),
    "cancels": ("timers", {"pattern": "churn", "tasks": 16_000, "window": "4s"},
                ("coroutine", "libuv")),
}  # fmt: skip
OVERRIDE = ("spread", "thread", {"tasks": 5000}, "threads are dear")
_NS = {"s": 10**9, "ms": 10**6}
_STYLES = {"coroutine": "coroutine", "coroutine_uring": "coroutine", "fiber": "direct",
           "fiber_uring": "direct", "thread": "direct", "libuv": "callback",
           "epoll_floor": "none"}  # fmt: skip
_LOOPS = {"coroutine_uring": "io_uring, multishot", "fiber_uring": "io_uring, multishot",
          "thread": "none", "libuv": "libuv (epoll, level-triggered)"}  # fmt: skip


def settings_of(group, runtime):
    settings = dict(GROUPS[group][1])
    return settings | OVERRIDE[2] if (group, runtime) == OVERRIDE[:2] else settings


def duration_ns(text):
    if text is None:
        return None
    digits = text.rstrip("ms")
    return int(digits) * _NS[text[len(digits) :]]


# --- the lines ---

_FIELDS = ("tasks", "connections", "active", "mode", "pattern", "payload_bytes", "buffer")


def cell_of(group, runtime, block):
    settings = settings_of(group, runtime)
    workload = GROUPS[group][0]
    return {
        "workload": workload, "runtime": runtime, "style": _STYLES[runtime],
        **{name: settings.get(name) for name in _FIELDS}, "rate_per_s": settings.get("rate"),
        "window_ns": duration_ns(settings.get("window")),
        "duration_ns": duration_ns(settings.get("duration")),
        "warmup_ns": duration_ns(settings.get("warmup")), "buffer_bytes": None,
        "stack_bytes": None, "requests": None, "workers": 1, "seed": 7_000 + block,
        "grid_ns": 1_000_000 if workload == "timers" else None,
        "arrival": None, "pipeline": None, "loops": None, "depth": None, "held_bytes": None,
        "handler_wait_ns": None, "handler_work": None, "read_timeout_ns": None,
    }  # fmt: skip


def cell_id_of(cell):
    size = cell["tasks"] or cell["connections"]
    shape = cell["mode"] or cell["pattern"]
    rate = f"/rate={cell['rate_per_s']}" if cell["rate_per_s"] else ""
    return f"{cell['workload']}/{cell['runtime']}/{size}/{shape}{rate}"


def order_of(block):
    """The keys of a round: the groups as they stand, runtimes turned by a place each round."""
    keys = []
    for group, (_, _, runtimes) in GROUPS.items():
        turned = [*runtimes[block:], *runtimes[:block]]
        keys += [f"{group}/{runtime}" for runtime in turned]
    return keys


def session_line():
    return {
        "kind": "session", "schema": 1, "session_id": SESSION,
        "created_utc": "2026-11-05T10:11:12.131Z",
        "tool": {"name": "skein", "version": "0.3.7", "commit": COMMIT, "dirty": False},
        "argv": ["run_matrix.py"], "seed": 7,
        "plan": {
            "design": "latin", "rounds": ROUNDS, "preset": "planted",
            "order": [order_of(block) for block in range(ROUNDS)],
            "cells": [
                {"key": f"{group}/{runtime}", "group": group, "runtime": runtime,
                 "workload": workload, "settings": settings_of(group, runtime),
                 "reason": OVERRIDE[3] if (group, runtime) == OVERRIDE[:2] else None}
                for group, (workload, _, runtimes) in GROUPS.items() for runtime in runtimes
            ],
        },
        "config_sha256": "c" * 64,
        "build": {"compiler": "g++ 12.2.0", "flags": "-O2", "type": "Release",
                  "binary_sha256": "b" * 64},
        "environment": {
            "cpu_model": "Planted CPU @ 2.71GHz", "cpus_online": 6,
            "kernel": "Linux 6.19.3-planted", "governor": "performance", "virtualization": "kvm",
            "thp": "madvise", "libc": "2.37", "mem_total_bytes": 23 * 2**30,
            "load": [0.11, 0.22, 0.33],
        },
        "environment_hash": "fedcba9876543210",
        "machine_floor": {"stall_p99_ns": 61_300, "wake_ns": 4_310, "timer_p50_ns": 43_700,
                          "timer_p99_ns": 163_000},
    }  # fmt: skip


def run_line(group, runtime, block, attempt=0, **more):
    cell = cell_of(group, runtime, block)
    is_load = cell["workload"] == "c10k"
    record = {
        "kind": "run", "schema": 1, "run_id": f"{group}-{runtime}-{block}-{attempt}",
        "session_id": SESSION, "arm": "single", "block": block, "pair": None,
        "position": order_of(block).index(f"{group}/{runtime}"),
        "cell_id": cell_id_of(cell), "cell": cell, "echoed": dict(cell),
        "loop": _LOOPS.get(runtime, "epoll, edge-triggered"),
        "started_utc": f"2026-11-05T10:{12 + block}:{len(group):02}.{100 + attempt}Z",
        "setup_ns": decoy(), "warmup_ns": decoy(), "window_ns": 2_003_000_000 + block,
        "status": "ok", "reasons": [], "limit": None, "failure": None,
        "work": {"units": 4_001 + block, "bytes": (4_001 + block) * 64 if is_load else 0,
                 "checksum": f"{block:016x}", "expected_checksum": f"{block:016x}"},
    }  # fmt: skip
    if more.get("status", "ok") in ("ok", "invalid"):
        record |= part_of(group, runtime, block)
    else:
        record |= {"echoed": None, "work": None}
    return record | more


LIMIT = {"status": "limit", "reasons": ["RLIMIT_NPROC 9000 < 10016"],
         "limit": {"name": "RLIMIT_NPROC", "value": 9000, "needed": 10016}}  # fmt: skip
FAILED = {"status": "failed", "reasons": ["the worker was ended by SIGSEGV"],
          "failure": {"process": "worker", "exit_status": None, "signal": "SIGSEGV", "stderr": [],
                      "message": "the worker was ended by SIGSEGV"}}  # fmt: skip
TIMEOUT = {"status": "timeout", "reasons": ["no answer within 40 s"]}
STEAL = "steal of 3 % on CPU 0"


def attempts(group, runtime, block):
    """The runs of a slot, the last of which counts."""
    if (group, runtime) == ("open-high", "thread"):
        return [run_line(group, runtime, block, **LIMIT)]
    if (group, runtime) == ("idle", "libuv"):
        return [run_line(group, runtime, block, **TIMEOUT)]
    if (group, runtime, block) == ("fixed", "libuv", 1):
        return [run_line(group, runtime, block, **FAILED)]
    good = run_line(group, runtime, block, attempt=1)
    if (group, runtime, block) == ("fixed", "thread", 1):
        # Disturbed: every figure of it is far off.
        bad = run_line(group, runtime, block, status="invalid", reasons=[STEAL])
        bad["cpu"] |= {"per_op_ns": 99_991, "user_per_op_ns": 88_883}
        bad["load"]["achieved_per_s"] = 77_773.0
        bad["memory"]["per_task"] |= dict.fromkeys(("user_bytes", "kernel_bytes", "total_bytes"),
                                                   666_667)  # fmt: skip
        return [bad, good]
    if (group, runtime, block) == ("open-mid", "coroutine", 2):
        good["reasons"] = ["not steady: the last third is 31 % above the first"]
    return [good]


ANCHORS_NS = (4_507, 4_603, 4_703)


def anchor_line(block, attempt, per_op_ns, **more):
    line = run_line("fixed", "epoll_floor", block)
    line |= {
        "run_id": f"anchor-{block}-{attempt}", "probe": "anchor", "position": None,
        "cell_id": "c10k/epoll_floor/1000/fixed/active=50/64B/lent",
    }  # fmt: skip
    line["cpu"]["per_op_ns"] = per_op_ns
    return line | more


def anchors(block):
    good = anchor_line(block, 1, ANCHORS_NS[block] + 0.4)
    if block != 1:
        return [good]
    return [anchor_line(block, 0, 9_901.0, status="invalid", reasons=[STEAL]), good]


def ending_line():
    return {
        "kind": "session_end", "schema": 1, "session_id": SESSION,
        "ended_utc": "2026-11-05T10:31:00.000Z", "interrupted": False, "planned": 93,
        "counts": {"failed": 1, "limit": 3, "ok": 86, "timeout": 3}, "retried": 1,
        "environment_changes": [],
        "machine_floor": {"stall_p99_ns": 62_100, "wake_ns": 4_410, "timer_p50_ns": 44_100,
                          "timer_p99_ns": 167_000},
        "anchor": {"cell_id": "c10k/epoll_floor/1000/fixed/active=50/64B/lent",
                   "values": [{"block": block, "per_op_ns": value}
                              for block, value in enumerate(ANCHORS_NS)],
                   "drift": 0.0217, "limit": 0.1},
        "inconclusive": [],
    }  # fmt: skip


def records():
    """The whole file."""
    lines = [session_line()]
    for block in range(ROUNDS):
        lines += anchors(block)
        for key in order_of(block):
            lines += attempts(*key.split("/"), block)
    return [*lines, ending_line()]


def with_more_rounds(records, figures):
    """The records with as many rounds of fixed work more: round 0 again with another CPU time."""
    order = records[0]["plan"]["order"]
    first = [
        record for record in records
        if record.get("run_id", "").startswith("fixed-") and record["block"] == 0
    ]  # fmt: skip
    for block, figure in enumerate(figures, start=len(order)):
        order.append([f"fixed/{run['cell']['runtime']}" for run in first])
        for position, run in enumerate(first):
            again = copy.deepcopy(run)
            again |= {"block": block, "position": position, "run_id": f"{run['run_id']}+{block}"}
            again["cpu"]["per_op_ns"] = figure
            records.append(again)
    return records
