"""A laboratory for the gate: both arms are functions that say what a run measured and how long it
took, on a clock of their own. Whole gates take milliseconds, and every way to lose a pair can be
had. Leaves out the processes, for which there is test_gate.py."""

import contextlib
import itertools
import random
import types

from skein_scripts.commands import gate
from skein_scripts.gate import gating, paired_runs, schedule, stages
from skein_scripts.matrix.matrix import Cell, Matrix
from skein_scripts.records import purposes
from skein_scripts.records.metrics import METRICS

C10K = {"mode": "fixed", "connections": 100, "duration": "100ms", "memory": "off"}
TIMERS = {"pattern": "storm", "tasks": 1000, "window": "100ms", "memory": "off"}


def cell(name, workload="c10k", purpose=purposes.LOAD, **settings):
    usual = C10K if workload == "c10k" else TIMERS
    if purpose == purposes.MEMORY:
        settings = {"mode": "idle", "memory": "on"} | settings
    if purpose == purposes.INSTRUCTIONS:
        settings = {"requests": 400} | settings
    return Cell(name, workload, "fiber", {**usual, **settings}, purpose=purpose)


LOADED = [cell("load")]
COUNTED = [cell("counted", purpose=purposes.INSTRUCTIONS)]
IDLE = [cell("idle", purpose=purposes.MEMORY)]
FIRING = [cell("timers", workload="timers")]


def least_of(cells):
    return float(schedule.in_seconds(schedule.least_budget_s(cells)).removesuffix("s"))


class Clock:
    def __init__(self):
        self.now = 1000.0

    def monotonic(self):
        return self.now


class Run:
    """One run that an arm is asked for."""

    def __init__(self, slot, number, is_fresh):
        self.cell, self.arm, self.pair = slot.cell, slot.arm, slot.pair
        self.number = number  # of this arm's runs of this cell, from 0
        self.is_fresh = is_fresh  # of the second stage
        # The same in both arms of a pair, as the machine's mood is.
        self.noise = random.Random(f"{slot.cell.key}/{slot.pair}/{slot.arm}")


def ok(run, cost=1.0, spread=0.01, user_bytes=128.0, **more):
    """A record that counts: dearer by a factor, its readings spread by so much."""

    def near(value):
        return value * cost * run.noise.lognormvariate(0, spread)

    record = {"status": "ok", "reasons": [], "cell": {"mode": run.cell.settings.get("mode")}}
    if run.cell.purpose == purposes.INSTRUCTIONS:
        record["cpu"] = {"instructions_per_op": 400.0 * cost}
    elif run.cell.purpose == purposes.MEMORY:
        record["memory"] = {"per_task": {"user_bytes": user_bytes, "kernel_bytes": 8192.0}}
    else:
        record |= {
            "cpu": {"per_op_ns": near(1000.0)}, "latency": {"p50": near(40_000.0)},
            "load": {"achieved_per_s": 50_000.0 / near(1.0)},
        }  # fmt: skip
        if run.cell.workload == "timers":
            del record["latency"], record["load"]
            record["timer_costs"] = {"spawn_ns_per_task": near(200.0)}
    for name, value in more.items():
        record[name] = {**record.get(name, {}), **value} if isinstance(value, dict) else value
    return record


def not_ok(status="invalid", why="steal of 3 %"):
    return {"status": status, "reasons": [why], "cell": {}}


def usual(run):
    return ok(run)


def slow(run):
    return ok(run, cost=9.94)


class Lab:
    """Builds a gate over cells and runs it."""

    def __init__(self, monkeypatch):
        self.clock = Clock()
        own_time = types.SimpleNamespace(monotonic=self.clock.monotonic)
        for module in (paired_runs, gating, stages):
            monkeypatch.setattr(module, "time", own_time)
        self.said = []
        self.retry_invalid = 0
        self.start_s = 2.0
        self.run_s = {}  # by name of the cell; the estimate where nothing is said
        self.sessions = {}

    def gate(self, cells, base, candidate, budget_s=600.0, pairs=stages.USUAL_PAIRS):
        """Runs a gate; answers it. `base` and `candidate`: functions of a Run."""
        self.matrix = Matrix("lab", 1, 1, self.retry_invalid, tuple(cells))
        self.arms = {"base": base, "candidate": candidate}
        schedule = stages.make_schedule(cells, budget_s, pairs)
        self.began = self.clock.now
        made = gating.Gate(self, schedule, METRICS, self.said.append)
        self.ran = made
        made.run(None, None)
        return made

    @property
    def took_s(self):
        return self.clock.now - self.began

    @contextlib.contextmanager
    def measuring(self, _base, _candidate):
        self.clock.now += self.start_s
        arms = [paired_runs.Arm(arm, _Measurer(self, arm)) for arm in self.arms]
        writer = types.SimpleNamespace(append=lambda _record: None)
        self.used = paired_runs.PairedRuns(arms, self.matrix, writer)
        yield self.used

    def pairs_of(self, name):
        """How many pairs of a cell were measured."""
        runs = self.used.runs["base"]
        return sum(self.used.name_of(run).startswith(f"{name}/") for run in runs)


class _Measurer:
    _ids = itertools.count()

    def __init__(self, lab, arm):
        self._lab, self._arm, self._asked = lab, arm, {}

    def measure(self, slot):
        number = self._asked.setdefault(slot.cell.key, itertools.count())
        is_fresh = bool(self._lab.ran.result.screened)
        record = self._lab.arms[self._arm](Run(slot, next(number), is_fresh))
        usual = paired_runs.pair_s(slot.cell) / 2
        self._lab.clock.now += self._lab.run_s.get(slot.cell.group, usual)
        return {
            **record, "run_id": str(next(self._ids)), "arm": slot.arm, "pair": slot.pair,
            "block": slot.block, "conditions": None,
        }  # fmt: skip


def summary(made):
    return gate.summary(made.result)


def status_of(made, strict=False):
    return gate.status_of(made.result, strict)
