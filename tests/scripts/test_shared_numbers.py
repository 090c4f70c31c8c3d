"""Numbers that the harness and the scripts both have are the same: each is read out of the C++ that
it stands in. A number that is no longer found there is a failure too."""

import re

import pytest

from skein_scripts.base import units
from skein_scripts.base.tree import ROOT
from skein_scripts.matrix import plan
from skein_scripts.records import histogram, machine_floor, results
from skein_scripts.report.plots import latency_vs_load
from skein_scripts.session import skein_process

TASKS_RUN = "harness/conductor/runs/tasks_run.cpp"
PERCENTILES = "harness/measure/distribution.hpp"
PUBLISHED = r"published\(\) \{ return \{"
LEAD = r"least_ns = \(request.reads_memory\(\) \? "
TAIL = histogram.TRUSTED_TAIL_SAMPLES
IN_BOTH = {
    "the share of an offered rate that is kept up with": (
        "harness/conductor/judge/validity.hpp",
        r"double achieved_fraction = ([\d.]+);",
        latency_vs_load._KEEPS_UP,
    ),
    "ns that a load generator may be late, and a machine stalls": (
        "harness/conductor/judge/validity.hpp",
        r"double late_p99_ns = ([\d']+);",
        machine_floor.STALL_LIMIT_NS,
    ),
    "values behind a published p99": (PERCENTILES, PUBLISHED + r"([\d']+)", TAIL * 100),
    "values behind a published p99.9": (PERCENTILES, PUBLISHED + r"[\d']+, ([\d']+)", TAIL * 1000),
    "values behind a published p99.99": (
        PERCENTILES,
        PUBLISHED + r"[\d']+, [\d']+, ([\d']+)",
        TAIL * 10_000,
    ),
    "us to spawn a task": (
        TASKS_RUN,
        r"time_ns task_ns = ([\d']+) \* ns_per_us;",
        plan._SPAWN_S_PER_100K * 10,
    ),
    "ms of the least lead": (TASKS_RUN, LEAD + r"([\d']+) :", plan._SPAWN_S_PER_100K * 1000),
    "ms of the least lead without memory": (
        TASKS_RUN,
        LEAD + r"[\d']+ : ([\d']+)\) \* ns_per_ms",
        plan._LEAD_WITHOUT_MEMORY_S * 1000,
    ),
    "the most per cent of saturation": (
        "harness/cells/units.cpp",
        r"double most_percent = ([\d']+);",
        units._MOST_SATURATION * 100,
    ),
    "last lines of a process that failed": (
        "harness/conductor/processes/child_process.hpp",
        r"size_t max_lines = (\d+);",
        skein_process._STDERR_TAIL_LINES,
    ),
    "the schema's version": (
        "harness/conductor/record/record.hpp",
        r"int schema_version = (\d+);",
        results.CURRENT_VERSION,
    ),
}


@pytest.mark.parametrize("what", IN_BOTH)
def test_a_number_of_the_harness_is_that_of_the_scripts(what):
    path, pattern, ours = IN_BOTH[what]
    found = re.findall(pattern, (ROOT / path).read_text(encoding="utf-8"))
    assert [float(number.replace("'", "")) for number in found] == [pytest.approx(ours)]
