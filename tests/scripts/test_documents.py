"""The README's table is what the published run measured, and what the present code costs."""

import json
import re
import tomllib

import numpy as np
import pytest

from matrix_support import ROOT
from skein_scripts.commands import export
from skein_scripts.records.results import RESULTS_NAME

README = (ROOT / "README.md").read_text(encoding="utf-8")
FIGURES = tomllib.loads((ROOT / "results" / "figures.toml").read_text(encoding="utf-8"))
US = 1000.0


def published_runs():
    """The last run of each slot of the run that the README shows."""
    folder = re.search(r"\((results/published/[\w-]+)/report\.md\)", README)[1]
    text = (ROOT / folder / "results.jsonl").read_text(encoding="utf-8")
    records = [json.loads(line) for line in text.split("\n") if line]
    runs = [each for each in records if each["kind"] == "run" and not each.get("probe")]
    return {(each["block"], each["position"]): each for each in runs}.values()


def table():
    """The first table: by the words of a row, its cell for each runtime."""
    lines = [line for line in README.split("\n") if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    runtimes = cells[0][1:]
    return {row[0]: dict(zip(runtimes, row[1:], strict=True)) for row in cells[2:9]}


def median(runtime, mode, *path):
    """Over the runs of a runtime in a mode or pattern that count; None where they have no such
    figure."""
    values = []
    for run in published_runs():
        cell = run["cell"]
        shape = cell["mode"] or cell["pattern"]
        if run["status"] == "ok" and (cell["runtime"], shape) == (runtime, mode):
            for key in path:
                run = run[key]
            values.append(run)
    assert values, (runtime, mode)
    return None if None in values else float(np.median(values))


def whole(value):
    return f"{value:,.0f}"


def in_us(value):
    """Three digits."""
    if value is None:
        return "-"
    return whole(value / US) if value >= 100 * US else f"{value / US:.3g}"


TABLE = table()


def test_the_samples_that_high_percentiles_take_are_those_of_the_program():
    source = (ROOT / "harness/measure/distribution.hpp").read_text(encoding="utf-8")
    least = re.search(r"published\(\) \{ return \{(.*?)\}; \}", source)[1].replace("'", ",")
    p99, p999, p9999 = re.findall(r"\d+(?:,\d{3})+", least)
    text = " ".join((ROOT / "results/RECORDS.md").read_text(encoding="utf-8").split())
    assert f"`p99` needs {p99} samples, `p999` {p999} and `p9999` {p9999}" in text


def test_the_examples_of_the_export_name_files_of_the_kind_that_the_format_reads():
    examples = re.findall(r"export\.py (\S+) --format (\S+)", export._EPILOG)
    kinds = {"junit": "verdicts.jsonl", "otava": RESULTS_NAME}
    assert len(examples) == 3
    for name, kind in ((name, kinds[kind]) for name, kind in examples if kind in kinds):
        assert name.endswith(kind)


RUNTIMES = list(next(iter(TABLE.values())))
PER_TASK = ("memory", "per_task")
ROWS = {
    "memory of an idle connection, user B": lambda of: whole(
        median(of, "idle", *PER_TASK, "user_bytes")
    ),
    "... kernel B, both ends of the socket": lambda of: whole(
        median(of, "idle", *PER_TASK, "kernel_bytes")
    ),
    "CPU per request, 20,000/s offered, us": lambda of: (
        f"{median(of, 'open', 'cpu', 'per_op_ns') / US:.1f}"
    ),
    "CPU per request, closed loop, 100 active, us": lambda of: (
        f"{median(of, 'fixed', 'cpu', 'per_op_ns') / US:.2f}"
    ),
    "memory of a sleeping task, user + kernel B": lambda of: " + ".join(
        whole(median(of, "spread", *PER_TASK, kind)) for kind in ("user_bytes", "kernel_bytes")
    ),
    "timer lateness p50 / p99, us": lambda of: " / ".join(
        in_us(median(of, "spread", "lateness", kind)) for kind in ("p50", "p99")
    ),
    "timers that fired early": lambda of: whole(median(of, "spread", "lateness", "early_count")),
}


def test_every_row_of_the_table_is_known():
    assert list(TABLE) == list(ROWS)


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("runtime", RUNTIMES)
def test_the_table_shows_medians_of_the_published_run(row, runtime):
    assert TABLE[row][runtime] == ROWS[row](runtime)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_the_memory_in_the_table_is_what_the_present_code_takes(runtime):
    connection = TABLE["memory of an idle connection, user B"][runtime]
    sleeper = TABLE["memory of a sleeping task, user + kernel B"][runtime].split(" + ")[0]
    for shown, figure in ((connection, "connection"), (sleeper, "sleeper")):
        wanted = FIGURES[runtime][f"user_bytes_per_{figure}"]
        # As far as two numbers of tasks and rounding tell it.
        assert float(shown.replace(",", "")) == pytest.approx(wanted, rel=0.02, abs=4)
