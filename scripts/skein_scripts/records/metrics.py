"""What is compared: each metric with its place in a run, its unit, which way is worse, and how
large a change must be to matter. Leaves out the comparison itself (gate/judge.py)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..base import units
from ..base.statistics import median, median_absolute_deviation
from .purposes import INSTRUCTIONS, LOAD, MEMORY
from .results import Record, number

HIGHER_IS_WORSE, LOWER_IS_WORSE = 1, -1
_SPREADS = 2.0  # of an arm's readings, for a change to be more than they are
_SCALE = 1.4826  # of a median absolute deviation, to be a standard deviation of normal noise
_NOTHING = 1.0
_GATED_MODES = ("fixed", "churn")  # closed loops: their throughput is what saturates


@dataclass(frozen=True)
class Steps:
    """The least step that matters, in a metric's unit: `least` where readings repeat; where they
    spread as much as that, up to `most` or `share` of the smaller arm, whichever is more."""

    least: float
    most: float
    share: float


# What a task takes more is to be seen from one word (8 B) on where readings repeat to the byte, and
# from a cache line (64 B) or 2 % on however far they spread; whatever the slope's last digits are.
_BYTES = Steps(6.0, 56.0, 0.02)


@dataclass(frozen=True)
class Metric:
    """One figure of a run."""

    name: str
    unit: str
    path: tuple[str, ...]
    min_effect: float  # relative: a smaller change does not matter
    gated: bool  # False: shown, never the reason of a failure
    worse: int = HIGHER_IS_WORSE
    steps: Steps | None = None  # nor does a smaller step
    purpose: str = LOAD  # of the cells that are made for it (purposes.py)
    optional: bool = False  # a run may be too short for it: then it has none, and nothing is lost
    exact: bool = False  # the same in nearly every run: the median decides, without a test
    is_count: bool = False  # that must be 0 (zero_counts.py)
    applies: Callable[[Record], bool] = lambda _: True

    @property
    def is_tested(self) -> bool:
        """Whether its verdict is one of the tests that are adjusted together."""
        return self.gated and not self.exact and not self.is_count

    def of(self, run: Record) -> float | None:
        """The figure of a run that counts; None where it has none, or where the ratio of two such
        would mean nothing."""
        if run["status"] != "ok" or not self.applies(run):
            return None
        value = number(run, *self.path)
        if value is not None and self.steps:
            # A slope of nothing comes out on either side of it, and is no figure that is missing.
            return max(value, _NOTHING)
        return value if value is not None and value > 0 else None

    def effect_on(self, base: Sequence[float], candidate: Sequence[float]) -> float:
        """The least relative change that matters between these readings. The same with the arms
        swapped: a step is relative to the smaller arm, and twice the spread of the wilder one."""
        if self.steps is None:
            return self.min_effect
        smaller = min(median(base), median(candidate))
        spread = _SCALE * max(median_absolute_deviation(arm) for arm in (base, candidate))
        most = max(self.steps.most, self.steps.share * smaller)
        step = min(max(self.steps.least, _SPREADS * spread), most)
        return max(self.min_effect, step / smaller)

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
    Metric("user_bytes_per_task", "B", ("memory", "per_task", "user_bytes"), 0.0, True,
           steps=_BYTES, purpose=MEMORY),
    # The kernel's is in slabs and pages of the whole machine: a few pairs may agree by chance.
    Metric("kernel_bytes_per_task", "B", ("memory", "per_task", "kernel_bytes"), 0.02, True,
           steps=_BYTES, purpose=MEMORY),
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
