"""What is compared: each metric with its place in a run, its unit, which way is worse, and how
large a change must be to matter. Leaves out the comparison itself (judge.py)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .. import units
from ..matrix import INSTRUCTIONS, LOAD, MEMORY
from ..results import Record, number

HIGHER_IS_WORSE, LOWER_IS_WORSE = 1, -1
# A cache line more per task (64 B) is to be seen, whatever the slope's last digits are.
_LESS_THAN_A_LINE_BYTES = 56
_NOTHING = 1.0
_GATED_MODES = ("fixed", "churn")  # closed loops: their throughput is what saturates


@dataclass(frozen=True)
class Metric:
    """One figure of a run."""

    name: str
    unit: str
    path: tuple[str, ...]
    min_effect: float  # relative: a smaller change does not matter
    gated: bool  # False: shown, never the reason of a failure
    worse: int = HIGHER_IS_WORSE
    min_step: float = 0.0  # in the metric's unit: nor does a smaller one
    purpose: str = LOAD  # of the cells that are made for it (matrix.py)
    optional: bool = False  # a run may be too short for it: then it has none, and nothing is lost
    exact: bool = False  # the same in nearly every run: the median decides, without a test
    applies: Callable[[Record], bool] = lambda _: True

    @property
    def is_tested(self) -> bool:
        """Whether its verdict is one of the tests that are adjusted together."""
        return self.gated and not self.exact

    def of(self, run: Record) -> float | None:
        """The figure of a run that counts; None where it has none, or where the ratio of two such
        would mean nothing."""
        if run["status"] != "ok" or not self.applies(run):
            return None
        value = number(run, *self.path)
        if value is not None and self.min_step:
            # A slope of nothing comes out on either side of it, and is no figure that is missing.
            return max(value, _NOTHING)
        return value if value is not None and value > 0 else None

    def effect_at(self, value: float) -> float:
        """The least relative change that matters, given the size of the smaller arm's figure."""
        return max(self.min_effect, self.min_step / value)

    def show(self, value: float) -> str:
        """A value in its unit."""
        if self.unit == "ns":
            return units.format_duration(value)
        if self.unit == "B":
            return units.format_bytes(value)
        return units.format_rate(value) if self.unit == "1/s" else f"{value:,.4g}"


def _in_closed_loop(run: Record) -> bool:
    return run["cell"].get("mode") in _GATED_MODES


METRICS: tuple[Metric, ...] = (
    Metric("cpu_per_op", "ns", ("cpu", "per_op_ns"), 0.03, True),
    Metric("user_cpu_per_op", "ns", ("cpu", "user_per_op_ns"), 0.03, True,
           optional=True),
    # Of Google Benchmark's, where the wall clock is what counts.
    Metric("real_time_per_op", "ns", ("real", "per_op_ns"), 0.03, True),
    Metric("spawn_per_task", "ns", ("timer_costs", "spawn_ns_per_task"), 0.05, True),
    Metric("user_bytes_per_task", "B", ("memory", "per_task", "user_bytes"), 0.02, True,
           min_step=_LESS_THAN_A_LINE_BYTES, purpose=MEMORY),
    Metric("kernel_bytes_per_task", "B", ("memory", "per_task", "kernel_bytes"), 0.02, True,
           min_step=_LESS_THAN_A_LINE_BYTES, purpose=MEMORY),
    Metric("instructions_per_op", "1", ("cpu", "instructions_per_op"), 0.005, True,
           purpose=INSTRUCTIONS, exact=True),
    Metric("throughput", "1/s", ("load", "achieved_per_s"), 0.05, True, worse=LOWER_IS_WORSE,
           applies=_in_closed_loop),
    Metric("latency_p50", "ns", ("latency", "p50"), 0.03, True),
    Metric("softirqd_per_op", "ns", ("cpu", "softirqd_per_op_ns"), 0.03, False),
    Metric("lateness_p50", "ns", ("lateness", "p50"), 0.03, False),
    Metric("latency_p90", "ns", ("latency", "p90"), 0.03, False),
    Metric("latency_p99", "ns", ("latency", "p99"), 0.03, False),
    Metric("latency_p999", "ns", ("latency", "p999"), 0.03, False),
    Metric("lateness_p99", "ns", ("lateness", "p99"), 0.03, False),
)  # fmt: skip


def named(name: str) -> Metric | None:
    """The metric of a name."""
    return next((metric for metric in METRICS if metric.name == name), None)
