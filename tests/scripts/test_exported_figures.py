"""Every number that leaves for another tool: each format's figures, from results that were made by
hand. That the tools themselves read the formats is for test_export.py."""

import copy
import csv
import io
import json
from xml.etree import ElementTree

import pytest

from planted_results import COMMIT, with_more_rounds
from skein_scripts.exports import (
    bencher,
    github_action,
    google_benchmark,
    hdr_log,
    junit,
    otava_csv,
)
from skein_scripts.records import google_benchmark_rows, results
from skein_scripts.records.figures import cells_of
from skein_scripts.records.metrics import METRICS

COROUTINE = "c10k/coroutine/1000/fixed"
THREAD = "c10k/thread/1000/fixed"
# Medians of fixed work in base units: ns, bytes, requests a second.
OF_COROUTINE = {
    "cpu_per_op": 5_209, "user_cpu_per_op": 613, "user_bytes_per_task": 211,
    "kernel_bytes_per_task": 8_101, "throughput": 199_100, "latency_p50": 43_100,
    "softirqd_per_op": 21, "latency_p90": 61_300, "latency_p99": 151_300,
}  # fmt: skip
OF_THREAD = {
    "cpu_per_op": 7_411, "user_cpu_per_op": 1_109, "user_bytes_per_task": 8_543,
    "kernel_bytes_per_task": 30_603, "throughput": 134_300, "latency_p50": 66_700,
    "softirqd_per_op": 29, "latency_p90": 97_300, "latency_p99": 243_100,
}  # fmt: skip
OF_TIMERS = {
    "cpu_per_op": 1_223, "spawn_per_task": 211, "user_bytes_per_task": 227,
    "kernel_bytes_per_task": 2, "lateness_p50": 577_900, "lateness_p99": 1_143_700,
}  # fmt: skip
# At a rate the throughput is the generator's, and no metric.
OF_RATE = {
    "cpu_per_op": 11_101, "user_bytes_per_task": 211, "kernel_bytes_per_task": 8_101,
    "latency_p50": 27_100, "latency_p90": 65_400, "latency_p99": 103_700,
}  # fmt: skip


@pytest.fixture(scope="module")
def cells(planted):
    return cells_of(planted)


@pytest.fixture
def changed(planted):
    return copy.deepcopy(planted)


def named(cells, name):
    (found,) = [cell for cell in cells if cell.name == name]
    return found


def medians(cell):
    return {metric.name: summary.median for metric, summary in cell.summaries().items()}


def test_a_cell_has_the_median_of_each_metric_in_base_units(cells):
    assert medians(named(cells, COROUTINE)) == OF_COROUTINE
    assert medians(named(cells, THREAD)) == OF_THREAD
    assert medians(named(cells, "timers/libuv/20000/spread")) == OF_TIMERS
    assert medians(named(cells, "c10k/coroutine/1000/open/rate=20011")) == OF_RATE
    assert len(cells) == 31


def test_metrics_have_their_unit_and_their_direction():
    units = {metric.name: (metric.unit, metric.worse) for metric in METRICS}
    assert units | {
        "cpu_per_op": ("ns", 1), "user_cpu_per_op": ("ns", 1), "spawn_per_task": ("ns", 1),
        "user_bytes_per_task": ("B", 1), "kernel_bytes_per_task": ("B", 1),
        "instructions_per_op": ("1", 1), "throughput": ("1/s", -1), "latency_p50": ("ns", 1),
        "softirqd_per_op": ("ns", 1), "lateness_p50": ("ns", 1), "latency_p90": ("ns", 1),
        "latency_p99": ("ns", 1), "latency_p999": ("ns", 1), "lateness_p99": ("ns", 1),
        "real_time_per_op": ("ns", 1),
    } == units  # fmt: skip


def test_a_run_that_did_not_count_is_replaced_by_the_next_of_its_slot(changed):
    def of_thread(records):
        return [run["cpu"]["per_op_ns"] for run in named(cells_of(records), THREAD).runs]

    assert of_thread(changed) == [7307, 7411, 7603]
    first = named(cells_of(changed), THREAD).runs[0]
    later = copy.deepcopy(first) | {"session_id": "resumed", "run_id": "later"}
    later["cpu"]["per_op_ns"] = 7_001
    # The first was ok: what was measured beside it is one more.
    assert of_thread([*changed, later]) == [7307, 7411, 7603, 7001]
    first["status"] = "failed"
    assert sorted(of_thread([*changed, later])) == [7001, 7411, 7603]


def test_a_cell_says_why_runs_of_it_do_not_count(cells):
    assert named(cells, "c10k/libuv/1000/fixed").missing == [
        "failed: the worker was ended by SIGSEGV"
    ]


def test_bencher_has_medians_and_bounds_where_there_is_an_interval(cells, changed):
    written = json.loads(bencher.write(cells))
    assert written[COROUTINE] == {
        name.replace("_", "-"): {"value": value} for name, value in OF_COROUTINE.items()
    }
    more = with_more_rounds(changed, (5_011, 5_021, 5_031, 5_041, 5_051, 5_061))
    # 5,003, 5,011, 5,021, 5,031, 5,041, 5,051, 5,061, 5,209, 5,407: the second of either end.
    assert json.loads(bencher.write(cells_of(more)))[COROUTINE]["cpu-per-op"] == {
        "value": 5_041, "lower_value": 5_011, "upper_value": 5_209,
    }  # fmt: skip


def test_github_action_has_value_unit_range_and_number_of_runs(cells):
    written = github_action.write(cells)
    smaller, bigger = (
        {one["name"]: one for one in json.loads(written[f"{which}-is-better"])}
        for which in ("smaller", "bigger")
    )
    extra = "3 runs; range of 3 runs (too few for a 95 % interval)"
    assert smaller[f"{COROUTINE} cpu_per_op"] == {
        "name": f"{COROUTINE} cpu_per_op", "unit": "ns", "value": 5_209, "range": "5003 .. 5407",
        "extra": extra,
    }  # fmt: skip
    assert smaller[f"{THREAD} user_bytes_per_task"] == {
        "name": f"{THREAD} user_bytes_per_task", "unit": "B", "value": 8_543,
        "range": "8288 .. 9138", "extra": extra,
    }  # fmt: skip
    assert bigger[f"{COROUTINE} throughput"] == {
        "name": f"{COROUTINE} throughput", "unit": "1/s", "value": 199_100,
        "range": "193127 .. 213037", "extra": extra,
    }  # fmt: skip
    assert smaller["c10k/libuv/1000/fixed cpu_per_op"]["extra"].startswith("2 runs; range of 2")
    assert {name.split()[1] for name in bigger} == {"throughput"}
    assert len(bigger) == 7
    assert not any(name.endswith("throughput") for name in smaller)


def test_google_benchmark_has_each_repetition_with_cpu_and_median_time(cells, planted):
    text = google_benchmark.write(cells, results.sessions(planted)[0])
    rows = json.loads(text)["benchmarks"]
    _, second, _ = [row for row in rows if row["name"] == COROUTINE]
    assert second == {
        "name": COROUTINE, "family_index": second["family_index"], "per_family_instance_index": 0,
        "run_name": COROUTINE, "run_type": "iteration", "repetitions": 3, "repetition_index": 1,
        "threads": 1, "iterations": 4_002, "real_time": 43_100, "cpu_time": 5_407,
        "time_unit": "ns", **OF_COROUTINE, "cpu_per_op": 5_407,
    }  # fmt: skip
    timers = [row for row in rows if row["name"] == "timers/libuv/20000/spread"]
    assert [(row["real_time"], row["cpu_time"]) for row in timers] == [
        (618_353, 1_201), (577_900, 1_301), (560_563, 1_223),
    ]  # fmt: skip
    assert not any(row["name"].endswith("/idle") for row in rows)  # it has no time
    context = json.loads(text)["context"]
    assert (context["num_cpus"], context["load_avg"]) == (6, [0.11, 0.22, 0.33])
    assert (context["host_name"], context["date"]) == (
        "Planted CPU @ 2.71GHz", "2026-11-05T10:11:12.131Z",
    )  # fmt: skip
    assert context["cpu_scaling_enabled"] is False
    assert google_benchmark_rows.read(text, "it")[COROUTINE] == [5003, 5407, 5209]


def test_what_has_one_kind_of_time_has_it_in_both_places(changed):
    for run in results.runs(changed):
        if run["run_id"].startswith("fixed-coroutine-"):
            run["latency"]["p50"] = None
        if run["run_id"].startswith("fixed-fiber-"):
            run["cpu"]["per_op_ns"] = None
    rows = json.loads(google_benchmark.write(cells_of(changed), None))["benchmarks"]
    both = {row["name"]: (row["real_time"], row["cpu_time"]) for row in rows}
    assert both[COROUTINE] == (5209, 5209)
    assert both["c10k/fiber/1000/fixed"] == (45_299, 45_299)  # the last round: 46,700 less 3 %


def test_what_was_late_and_took_a_time_has_the_time_it_took(changed):
    for run in results.runs(changed):
        if run["run_id"].startswith("fixed-coroutine-"):
            run["lateness"] = {"p50": 77, "count": 3}
    rows = json.loads(google_benchmark.write(cells_of(changed), None))["benchmarks"]
    assert {row["real_time"] for row in rows if row["name"] == COROUTINE} == {
        41_807,
        43_100,
        46_117,
    }


def test_a_histogram_log_has_seconds_since_its_start_and_maxima_in_ms(cells):
    lines = hdr_log.write(cells).splitlines()
    # The first run began at 10:12:04.101 (idle), fixed work a second later, rounds a minute apart.
    assert lines[2] == "#[StartTime: 1793873524.101 (seconds since epoch)]"
    by_tag = {}
    for line in lines[4:]:
        tag, *numbers, payload = line.split(",")
        by_tag.setdefault(tag, []).append((*map(float, numbers), payload))
    latency = by_tag[f"Tag={COROUTINE}:latency"]
    assert [one[:3] for one in latency] == [
        (1.0, 2.003, 9.872), (61.0, 2.003, 9.872), (121.0, 2.003, 9.872),
    ]  # fmt: skip
    assert [one[3] for one in latency] == [
        run["latency"]["histogram"] for run in named(cells, COROUTINE).runs
    ]
    assert by_tag[f"Tag={COROUTINE}:service_time"][0][:3] == (1.0, 2.003, 8.762)
    late = by_tag["Tag=timers/libuv/20000/spread:lateness"]
    # "spread" starts in the sixth second; 3,307,000 ns and 7 % more, as it is, 3 % less.
    assert [one[:3] for one in late] == [
        (2.0, 2.003, 3.538), (62.0, 2.003, 3.307), (122.0, 2.003, 3.208),
    ]  # fmt: skip


def test_a_csv_for_otava_has_the_medians_under_their_names(cells, planted):
    session = results.sessions(planted)[0]
    files = otava_csv.write([otava_csv.point_of(session, cells)])
    (row,) = csv.DictReader(io.StringIO(files["c10k_coroutine_1000_fixed.csv"]))
    assert row.pop("time") == "2026-11-05T10:11:12.131+00:00"
    assert row.pop("commit") == COMMIT
    assert {name: float(value) for name, value in row.items()} == OF_COROUTINE


def test_otava_is_told_which_way_is_better():
    throughput, cpu = (next(m for m in METRICS if m.name == name)
                       for name in ("throughput", "cpu_per_op"))  # fmt: skip
    entry = otava_csv.test("x", [throughput, cpu])
    assert "      throughput:\n        direction: 1\n" in entry
    assert "      cpu_per_op:\n        direction: -1\n" in entry


def test_junit_says_by_how_much_within_which_bounds_and_over_how_many_pairs():
    one = {
        "cell": "a/b", "metric": "cpu_per_op", "gated": True, "verdict": "regressed",
        "stage": "confirm", "ratio": 1.0713, "ratio_low": 0.9857, "ratio_high": 1.1531, "pairs": 37,
        "reasons": ["first", "second"],
    }  # fmt: skip
    suite = ElementTree.fromstring(junit.write([one], {}))
    (failure,) = suite.findall("testcase/failure")
    assert failure.get("message") == "regressed +7.1 % [-1.4, +15.3] over 37 pairs: first"
    lost = one | {"verdict": "missing", "ratio": None, "reasons": ["candidate: not run"]}
    (error,) = ElementTree.fromstring(junit.write([lost], {})).findall("testcase/error")
    assert error.get("message") == "missing: candidate: not run"


def test_junit_counts_what_it_has_and_names_whose_fault_it_is():
    head = {"incomplete": "interrupted", "failed": ["a/b: 1 of 15 runs failed: crash"]}
    suite = ElementTree.fromstring(junit.write([], head))
    assert [suite.get(name) for name in ("tests", "failures", "errors", "skipped")] == [
        "2", "0", "2", "0",
    ]  # fmt: skip
    assert [(case.get("classname"), case.get("name")) for case in suite.findall("testcase")] == [
        ("skein", "incomplete"), ("skein", "the candidate failed"),
    ]  # fmt: skip


def test_a_name_is_as_long_as_bencher_takes_it(cells):
    long = copy.copy(named(cells, COROUTINE))
    long.name = "c10k/" + "x" * 1_200
    assert [len(name) for name in json.loads(bencher.write([long]))] == [1_024]
