"""A stand-in for the `skein` binary that measures nothing: it honours the command line and writes
records of the same form with made-up, seeded figures, in milliseconds. The tests of the scripts run
against it. Its figures have the scale of real ones, so that plots made from them can be judged.

Faults are asked for in the environment:
  FAKE_SKEIN_FAULTS   JSON: {"c10k/open/fiber": "crash", ...}; `*` stands for any part. Faults:
                      crash, hang, stubborn, limit, failed, timeout, invalid, garbage, silent, nan,
                      wrong_cell, wrong_checksum, two_lines, broken_letter
  FAKE_SKEIN_SLEEP    seconds that each cell takes
  FAKE_SKEIN_LOG      file that gets a line of JSON for each call: pid, argv, what is injected
  FAKE_SKEIN_SAMPLES  samples in a histogram (25000, as many as a p99 needs)
  FAKE_SKEIN_BINARY   what the session says the binary's hash is
  FAKE_SKEIN_CHANGED  JSON: facts of the environment that differ from the second `session` on
  FAKE_SKEIN_COST     JSON: by runtime, how many times its usual CPU time an operation takes
  FAKE_SKEIN_BYTES    JSON: by runtime, user bytes per task beside its usual ones
  FAKE_SKEIN_EARLY    JSON: by runtime, how many timers of a run fire early, by up to 1.98 ms
  FAKE_SKEIN_LOAD     JSON: what `load` of a run says beside its usual figures
  FAKE_SKEIN_WITHOUT  JSON: runtimes that it does not have
  FAKE_SKEIN_DRIFT    JSON: for each round, how much dearer the anchor's requests are (0.2: by 20 %)
"""

import argparse
import base64
import datetime
import fcntl
import json
import math
import os
import random
import signal
import struct
import subprocess
import sys
import time
import zlib

SAMPLES = int(os.environ.get("FAKE_SKEIN_SAMPLES", "25000"))
RUNTIMES = [
    name
    for name in ("coroutine", "fiber", "thread", "libuv", "epoll_floor")
    if name not in json.loads(os.environ.get("FAKE_SKEIN_WITHOUT", "[]"))
]
STYLES = {"coroutine": "coroutine", "fiber": "direct", "thread": "direct", "libuv": "callback",
          "epoll_floor": "none"}  # fmt: skip

# Made up. User and kernel bytes per connection and per timer; CPU of a request and median latency,
# as multiples of the floor's.
CONNECTION_BYTES = {"coroutine": (168, 8150), "fiber": (4190, 8790), "thread": (8630, 31400),
                    "libuv": (352, 8150), "epoll_floor": (72, 8150)}  # fmt: skip
TIMER_BYTES = {"coroutine": (136, 2), "fiber": (4160, 610), "thread": (8540, 23400),
               "libuv": (152, 2), "epoll_floor": (40, 2)}  # fmt: skip
COST = {"coroutine": 1.03, "fiber": 1.05, "thread": 1.72, "libuv": 1.07, "epoll_floor": 1.0}


def utc_now():
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def duration_ns(text):
    for unit, scale in (("ns", 1), ("us", 10**3), ("ms", 10**6), ("s", 10**9)):
        if text.endswith(unit) and text[: -len(unit)].replace(".", "").isdigit():
            return int(float(text[: -len(unit)]) * scale)
    raise argparse.ArgumentTypeError(f"'{text}' is not a duration")


# --- an HdrHistogram (3 digits) and its V2 payload, written from the format's description ---


class Histogram:
    """Log-linear buckets: 2048 of width 1, then 1024 for each further power of two."""

    def __init__(self):
        self.counts = {}
        self.values = []

    def record(self, value, times=1):
        value = max(1, int(value))
        self.values += [value] * times
        shift = max(0, value.bit_length() - 11)
        index = (shift * 1024) + (value >> shift) if shift else value
        self.counts[index] = self.counts.get(index, 0) + times

    def payload(self):
        body, empty = bytearray(), 0
        for index in range(max(self.counts, default=-1) + 1):
            count = self.counts.get(index, 0)
            if count == 0:
                empty += 1
                continue
            if empty:
                body += zigzag(-empty)
                empty = 0
            body += zigzag(count)
        head = struct.pack(">iiiiqqd", 0x1C849303 | 0x10, len(body), 0, 3, 1, 60 * 10**9, 1.0)
        packed = zlib.compress(head + body)
        return base64.b64encode(
            struct.pack(">ii", 0x1C849304 | 0x10, len(packed)) + packed
        ).decode()

    def describe(self, early_count=0, early_max_ns=None):
        ordered, n = sorted(self.values), len(self.values)

        def at(share, least):
            return ordered[max(0, math.ceil(share * n) - 1)] if n >= least else None

        mean = sum(ordered) / n
        return {
            "count": n, "min": ordered[0], "mean": mean,
            "stddev": math.sqrt(sum((value - mean) ** 2 for value in ordered) / n),
            "p50": at(0.5, 1), "p90": at(0.9, 1), "p99": at(0.99, 20_000),
            "p999": at(0.999, 200_000), "p9999": at(0.9999, 2_000_000), "max": ordered[-1],
            "overflow": 0, "early_count": early_count, "early_max_ns": early_max_ns,
            "histogram": self.payload(),
        }  # fmt: skip


def zigzag(value):
    number, out = (value << 1) ^ (value >> 63), bytearray()
    number &= 2**64 - 1
    while number > 0x7F:
        out.append((number & 0x7F) | 0x80)
        number >>= 7
    out.append(number)
    return out


# --- records ---


def environment():
    return {
        "cpu_model": "Imaginary CPU @ 3.00GHz", "cpus_online": 2, "smt": "absent",
        "governor": "absent", "turbo": "absent", "kernel": "Linux 6.18.0-fake", "cmdline": "quiet",
        "preempt": "voluntary", "hz": 250, "mitigations": "on", "virtualization": "kvm",
        "clocksource": "tsc", "thp": "madvise", "aslr": 2, "numa": 1,
        "mem_total_bytes": 24 * 2**30, "swap_bytes": 0,
        "cgroup": {"version": 2, "cpu_max": "absent", "memory_max": "absent"},
        "rlimits": {"nofile": 20000, "nproc": 95000, "stack": 8388608},
        "sysctl": {"somaxconn": 4096, "max_map_count": 65530}, "load": [0.1, 0.2, 0.3],
        "libc": "2.36", "compiler": "g++ 12.2.0", "boost": "1.74", "libuv": "1.44.2",
    }  # fmt: skip


def session_line(options):
    argv = options.argv
    machine = environment() | {
        "worker_cpus": [int(cpu) for cpu in (options.worker_cpus or "0").split(",")],
        "generator_cpus": [int(cpu) for cpu in (options.generator_cpus or "1").split(",")],
    }
    log = os.environ.get("FAKE_SKEIN_LOG")
    if log:
        with open(log, encoding="utf-8") as file:  # noqa: PTH123
            earlier = sum(json.loads(line)["argv"][0] == "session" for line in file) - 1
        if earlier > 0:
            machine |= json.loads(os.environ.get("FAKE_SKEIN_CHANGED", "{}"))
    return {
        "kind": "session", "schema": 1, "session_id": f"fake-{os.getpid()}",
        "created_utc": utc_now(),
        "tool": {"name": "skein", "version": "0.1.0", "commit": "0123456789abcdef", "dirty": False},
        "argv": argv, "seed": None, "plan": {"design": "single", "rounds": 1, "order": []},
        "config_sha256": None,
        "build": {"compiler": "g++ 12.2.0", "flags": "-O2", "type": "Release",
                  "binary_sha256": os.environ.get("FAKE_SKEIN_BINARY", "a" * 64)},
        "environment": machine, "environment_hash": "0123456789abcdef",
        "machine_floor": {"stall_p99_ns": 61_000, "wake_ns": 4_300,
                          "timer_p50_ns": 43_000, "timer_p99_ns": 160_000},
    }  # fmt: skip


def memory_of(per_task, tasks):
    user, kernel = per_task
    points = [
        {
            "tasks": n, "rss_bytes": 4_000_000 + n * user, "rss_anon_bytes": 1_500_000 + n * user,
            "pss_bytes": None, "private_dirty_bytes": 1_500_000 + n * user,
            "virtual_bytes": 9_000_000 + n * user, "page_table_bytes": 60_000 + n // 8 * 8,
            "mappings": 40, "threads": 1, "kernel_stack_bytes": 16384,
            "slab": {"TCP": 90_000 + n * (kernel - 1)}, "cgroup_bytes": None,
            "cgroup_kernel_bytes": None,
        }
        for n in (0, tasks // 4, tasks // 2, tasks)
    ]  # fmt: skip
    return {
        "points": points,
        "per_task": {
            "user_bytes": user, "kernel_bytes": kernel, "total_bytes": user + kernel,
            "virtual_bytes": user, "r2": 0.9997,
            "interval": {name: [value * 0.99, value * 1.01] for name, value in
                         (("user_bytes", user), ("kernel_bytes", kernel),
                          ("total_bytes", user + kernel), ("virtual_bytes", user))},
        },
        "fixed_bytes": 1_500_000, "peak_rss_bytes": 4_100_000 + tasks * user,
        "after_drain_bytes": 1_900_000, "frame_bytes": None, "allocations_per_task": None,
    }  # fmt: skip


def cpu_of(per_op_ns, operations, threads):
    return {
        "user_ns": int(per_op_ns * operations * 0.11),
        "system_ns": int(per_op_ns * operations * 0.89),
        "per_op_ns": per_op_ns, "user_per_op_ns": per_op_ns * 0.11, "run_delay_ns": 1_000_000,
        "voluntary_switches": 40, "involuntary_switches": 12, "minor_faults": 3,
        "major_faults": 0, "threads_max": threads, "instructions": None,
    }  # fmt: skip


def c10k_part(options, noise):
    record = {"memory": memory_of(noisy(CONNECTION_BYTES[options.runtime], noise),
                                  options.connections),
              "load": {"model": options.mode, "arrival": None, "offered_per_s": None,
                       "achieved_per_s": None, "sent": 0, "completed": 0, "errors": None,
                       "inflight_max": None, "late_50us_fraction": None, "late_ns_p99": None,
                       "generator_cpu_fraction": None}}  # fmt: skip
    threads = options.connections + 1 if options.runtime == "thread" else 1
    if options.mode == "idle":
        record["cpu"] = {**cpu_of(0.0, 0, threads), "per_op_ns": None, "user_per_op_ns": None}
        return record, 0
    cost = COST[options.runtime] * noise.lognormvariate(0, 0.02)
    latency, service = Histogram(), Histogram()
    most = 62_000 / cost  # what it serves, at most
    at_a_rate = options.mode in ("open", "idle_heavy")
    offered = options.rate if at_a_rate else round(most)
    rate = min(offered, round(most))
    busy = min(offered / most, 0.99) if at_a_rate else 0.3
    behind_ns = options.duration * (1 - rate / offered)  # at the end, where it cannot keep up
    for _ in range(SAMPLES):
        served = noise.lognormvariate(math.log(38_000 * cost), 0.35)
        queued = noise.expovariate((1 - busy) / (20_000 * cost * busy))
        stall = noise.expovariate(1 / 900_000) if noise.random() < 0.004 else 0
        latency.record(served + queued + stall + noise.random() * behind_ns)
        service.record(served + stall)
    units = int(rate * options.duration / 1e9)
    record["cpu"] = cpu_of(11_200 * cost, units, threads)
    record["latency"] = {**latency.describe(), "slices": [
        {"t_ns": i * 250_000_000, "duration_ns": 250_000_000, "count": units // 8, "p50": 41_000,
         "p99": 90_000} for i in range(8)]}  # fmt: skip
    record["service_time"] = service.describe()
    record["load"] |= {
        "arrival": "poisson" if at_a_rate else None,
        "offered_per_s": options.rate, "achieved_per_s": rate * 0.9993, "sent": units,
        "completed": units,
        "errors": dict.fromkeys(("connect", "read", "write", "timeout", "descriptors"), 0),
        "inflight_max": options.active, "late_50us_fraction": 0.004, "late_ns_p99": 21_000,
        "generator_cpu_fraction": 0.99,
    }  # fmt: skip
    return record, units


def timers_part(options, noise):
    lateness, early, early_max = Histogram(), 0, None
    fired = min(options.tasks, SAMPLES)
    spread = {"thread": 52_000, "libuv": 480_000}.get(options.runtime, 9_000)
    for _ in range(fired):
        if options.runtime == "libuv" and noise.random() < 0.31:
            early, early_max = early + 1, 999_000
            continue
        tail = noise.expovariate(1 / 600_000) if noise.random() < 0.01 else 0
        lateness.record(noise.lognormvariate(math.log(spread), 0.6) + tail)
    cost = COST[options.runtime] * noise.lognormvariate(0, 0.03)
    return {
        "memory": memory_of(noisy(TIMER_BYTES[options.runtime], noise), options.tasks),
        "lateness": lateness.describe(early, early_max),
        "cpu": cpu_of(900 * cost, options.tasks,
                      options.tasks + 1 if options.runtime == "thread" else 1),
        "timer_costs": {
            "spawn_ns_per_task": 210.0,
            "cpu_ns_per_fire": None if options.pattern == "churn" else 900 * cost,
            "cpu_ns_per_arm_cancel": 900 * cost if options.pattern == "churn" else None,
        },
        "spawn_ns": options.tasks * 210, "fire_ns": options.window,
    }, options.tasks  # fmt: skip


def noisy(pair, noise):
    return [round(value * (1 + noise.uniform(-0.004, 0.004))) for value in pair]


def cell_of(options):
    names = ("tasks", "connections", "active", "mode", "payload_bytes", "buffer", "pattern",
             "stack_bytes", "requests", "seed", "arrival", "buffer_bytes", "pipeline")  # fmt: skip
    idle = getattr(options, "mode", None) == "idle"
    if getattr(options, "mode", None) == "open" and options.active is None:
        options.active = options.connections
    return {
        "workload": options.workload, "runtime": options.runtime,
        "style": STYLES[options.runtime],
        **{name: getattr(options, name, None) for name in names},
        "rate_per_s": getattr(options, "rate", None),
        "grid_ns": (options.grid or 1_000_000) if options.workload == "timers" else None,
        "window_ns": getattr(options, "window", None),
        "duration_ns": None if idle else getattr(options, "duration", None),
        "warmup_ns": None if idle else getattr(options, "warmup", None), "workers": 1,
    }  # fmt: skip


def conditions_of(cell):
    has_loop = cell["runtime"] != "thread"
    return {
        "inline_budget": 128 if has_loop else None, "events_per_wait": None,
        "tick_ns": None, "timer_slack_ns": 50_000, "buffer": cell["buffer"],
        "buffer_bytes": None, "stack_bytes": None,
        "listener": {"tcp_nodelay": True} if cell["workload"] == "c10k" else None,
        "allocator": "glibc malloc 2.36", "preloaded": "none", "compiler": "g++",
        "build_flags": "-O2", "build_type": "Release",
    }  # fmt: skip


def cell_id_of(cell):
    parts = [cell["workload"], cell["runtime"], str(cell["tasks"] or cell["connections"]),
             cell["mode"] or cell["pattern"]]  # fmt: skip
    if cell["active"] is not None:
        parts.append(f"active={cell['active']}")
    if cell["payload_bytes"] is not None:
        parts.append(f"{cell['payload_bytes']}B")
    return "/".join(parts)


def run_line(options):
    cell = cell_of(options)
    meta = json.loads(options.run_meta)
    arm = "" if meta["arm"] == "single" else meta["arm"]
    noise = random.Random(f"{options.workload}/{options.runtime}/{options.seed}{arm}")
    part, units = (c10k_part if options.workload == "c10k" else timers_part)(options, noise)
    if part["cpu"]["per_op_ns"]:
        factor = json.loads(os.environ.get("FAKE_SKEIN_COST", "{}")).get(options.runtime, 1.0)
        part["cpu"]["per_op_ns"] *= factor
        part["cpu"]["user_per_op_ns"] *= factor
    more = json.loads(os.environ.get("FAKE_SKEIN_BYTES", "{}")).get(options.runtime, 0)
    part["memory"]["per_task"]["user_bytes"] += more
    if part.get("lateness"):
        early = json.loads(os.environ.get("FAKE_SKEIN_EARLY", "{}")).get(options.runtime, 0)
        part["lateness"] |= {"early_count": early, "early_max_ns": 1_980_000} if early else {}
    if part.get("load"):
        part["load"] |= json.loads(os.environ.get("FAKE_SKEIN_LOAD", "{}"))
    drift = json.loads(os.environ.get("FAKE_SKEIN_DRIFT", "[]"))
    if options.active == 50 and meta.get("position") is None and drift:
        part["cpu"]["per_op_ns"] = 4500 * (1 + drift[meta["block"]])
    # Of the work, so the same for every runtime.
    checksum = f"{random.Random(f'{options.workload}/{options.seed}').getrandbits(64):016x}"
    network = {"network": {"name": options.network}} if options.network else {}
    return {
        **network,
        "kind": "run", "schema": 1, "run_id": f"run-{os.getpid()}-{time.monotonic_ns()}",
        "session_id": options.session, **meta, "cell_id": cell_id_of(cell),
        "cell": cell, "echoed": dict(cell), "conditions": conditions_of(cell),
        "started_utc": utc_now(), "setup_ns": 900_000_000,
        "warmup_ns": cell["warmup_ns"], "window_ns": cell["duration_ns"] or cell["window_ns"],
        "status": "ok", "reasons": [], "limit": None, "failure": None,
        "work": {"units": units, "bytes": units * (cell["payload_bytes"] or 0),
                 "checksum": checksum, "expected_checksum": checksum},
        "load": None, "latency": None, "service_time": None, "lateness": None,
        "host": {"steal_ns": {"0": 0, "1": 0}, "foreign_cpu_ns": {"0": 0, "1": 0},
                 "pressure": None, "irq_ns": 0, "anchor_ns": None},
        **part,
    }  # fmt: skip


MEASURED = ("work", "load", "latency", "service_time", "lateness", "cpu", "timer_costs",
            "memory", "host")  # fmt: skip


def without_result(record, status, reason, **more):
    return {**record, **dict.fromkeys(MEASURED), "status": status, "reasons": [reason], **more}


def failure(message, signal_name=None):
    return {"process": "worker", "exit_status": None if signal_name else 1, "signal": signal_name,
            "stderr": ["worker: about to fall over"], "message": message}  # fmt: skip


def fault_of(options):
    shape = options.mode if options.workload == "c10k" else options.pattern
    place = (options.workload, shape, options.runtime)
    for pattern, fault in json.loads(os.environ.get("FAKE_SKEIN_FAULTS", "{}")).items():
        if all(a in ("*", b) for a, b in zip(pattern.split("/"), place, strict=True)):
            return fault
    return None


def lines_for(fault, record):
    """The text that a run writes, and its exit status."""
    if fault == "limit":
        limit = {"name": "RLIMIT_NPROC", "value": 9000, "needed": 10016}
        record = without_result(record, "limit", "RLIMIT_NPROC 9000 < 10016", limit=limit)
        return json.dumps(record), 0
    if fault == "failed":
        reason = "the worker was ended by SIGSEGV"
        record = without_result(record, "failed", reason, failure=failure(reason, "SIGSEGV"))
        return json.dumps(record), 4
    if fault == "timeout":
        reason = "the worker did not answer within 10 s"
        record = without_result(record, "timeout", reason, failure=failure(reason))
        return json.dumps(record), 4
    if fault == "invalid":
        return json.dumps({**record, "status": "invalid", "reasons": ["steal of 3 % on CPU 0"]}), 4
    if fault == "garbage":
        return '{"kind":"run","schema":1,', 0
    if fault == "nan":
        record["cpu"]["per_op_ns"] = math.nan
    if fault == "wrong_cell":
        record["cell"]["runtime"] = record["echoed"]["runtime"] = "another"
    if fault == "other_budget":
        record["conditions"]["inline_budget"] = 64
    if fault == "no_conditions":
        record["conditions"] = None
    if fault == "wrong_checksum":
        record["work"]["checksum"] = "0" * 16
    return json.dumps(record) + ("\n" + json.dumps(record) if fault == "two_lines" else ""), 0


def leave_nothing(_number, _frame):
    sys.exit(130)


def run(options):
    signal.signal(signal.SIGINT, leave_nothing)
    fault = fault_of(options)
    if options.lock_fd is not None:
        fcntl.flock(options.lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)  # held already: no conflict
    if fault == "crash":
        print("conductor: this is the end", file=sys.stderr, flush=True)
        os.kill(os.getpid(), signal.SIGABRT)
    if fault == "stubborn":
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        subprocess.Popen(["sleep", "600"])
    if fault in ("hang", "stubborn"):
        print("conductor: waiting for ever", file=sys.stderr, flush=True)
        time.sleep(600)
    time.sleep(float(os.environ.get("FAKE_SKEIN_SLEEP", "0")))
    if fault == "silent":
        return 0
    text, status = lines_for(fault, run_line(options))
    data = text.encode()
    if fault == "broken_letter":
        data = data.replace(b'"reasons": []', b'"reasons": ["worker: \xc3"]')
    with open(options.output, "ab") as file:  # noqa: PTH123
        file.write(data + b"\n")
    return status


def add_run_options(parser):
    parser.add_argument("workload", choices=("c10k", "timers"))
    parser.add_argument("--runtime", choices=RUNTIMES, required=True)
    for name in ("connections", "active", "payload-bytes", "buffer-bytes", "stack-bytes",
                 "requests", "tasks", "rate", "pipeline", "seed", "lock-fd",
                 "warmup-requests"):  # fmt: skip
        parser.add_argument(f"--{name}", type=int)
    for name in ("duration", "warmup", "window", "grid", "hold"):
        parser.add_argument(f"--{name}", type=duration_ns)
    for name in ("mode", "buffer", "arrival", "pattern", "worker-cpus", "generator-cpus", "memory",
                 "session", "lock-file", "network", "listen", "generator-command",
                 "generator-addresses"):  # fmt: skip
        parser.add_argument(f"--{name}")
    parser.add_argument("--run-meta", default="{}")
    parser.add_argument("-o", "--output", required=True)


def parse(arguments):
    parser = argparse.ArgumentParser(prog="skein", allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True)
    add_run_options(commands.add_parser("run", allow_abbrev=False))
    session = commands.add_parser("session")
    session.add_argument("--argv", type=json.loads, default=[])
    for name in ("worker-cpus", "generator-cpus"):
        session.add_argument(f"--{name}")
    for name in ("list", "doctor"):
        commands.add_parser(name).add_argument("--json", action="store_true")
    return parser.parse_args(arguments)


def main():
    if os.environ.get("FAKE_SKEIN_LOG"):
        with open(os.environ["FAKE_SKEIN_LOG"], "a", encoding="utf-8") as log:  # noqa: PTH123
            inject = {key: value for key, value in os.environ.items() if "_INJECT_" in key}
            call = {"pid": os.getpid(), "argv": sys.argv[1:], "inject": inject}
            log.write(json.dumps(call) + "\n")
    options = parse(sys.argv[1:])
    if options.command == "run":
        return run(options)
    answers = {
        "session": lambda: session_line(options),
        "list": lambda: {"runtimes": [{"id": name, "style": STYLES[name]} for name in RUNTIMES],
                         "workloads": [{"id": "c10k"}, {"id": "timers"}]},
        "doctor": lambda: {"checks": [], "ok": True},
    }  # fmt: skip
    print(json.dumps(answers[options.command]()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
