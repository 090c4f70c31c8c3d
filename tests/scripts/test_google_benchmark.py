"""Google Benchmark's JSON as its own tools define it: what is one benchmark, what is a repetition,
and why something cannot be compared."""

import json
import math
import subprocess

import pytest

from matrix_support import ROOT, call_main
from skein_scripts.base.errors import UsageError
from skein_scripts.commands import compare
from skein_scripts.records import google_benchmark_rows
from skein_scripts.records.google_benchmark_rows import read_benchmarks, read_document

CONTEXT = {"host_name": "it", "num_cpus": 2, "json_schema_version": 1}


def row(name="BM", cpu=100.0, index=0, family=0, instance=0, **more):
    return {
        "name": name, "family_index": family, "per_family_instance_index": instance,
        "run_name": name, "run_type": "iteration", "repetitions": 9, "repetition_index": index,
        "threads": 1, "iterations": 1000, "real_time": cpu, "cpu_time": cpu, "time_unit": "ns",
        **more,
    }  # fmt: skip


def rows(name="BM", cpu=100.0, count=9, **more):
    return [row(name, cpu * (1 + index / 1000), index, **more) for index in range(count)]


def aggregate(name, kind, cpu=1.0, **more):
    one = row(f"{name}_{kind}", cpu, **more) | {"run_type": "aggregate", "aggregate_name": kind,
                                                "run_name": name}  # fmt: skip
    del one["repetition_index"]
    return one


def without(one, *keys):
    return {key: value for key, value in one.items() if key not in keys}


NEWER = ("family_index", "per_family_instance_index")
OLD = (*NEWER, "run_type", "run_name", "repetitions", "repetition_index", "threads")


def times_of(*some):
    text = json.dumps({"context": CONTEXT, "benchmarks": list(some)})
    return google_benchmark_rows.read(text, "it")


@pytest.fixture
def compared(tmp_path, capsys):
    """Compares two lists of rows: status, verdicts by benchmark and metric, standard error."""

    def call(base, candidate):
        paths = []
        for name, some in (("base", base), ("candidate", candidate)):
            paths.append(tmp_path / f"{name}.json")
            paths[-1].write_text(json.dumps({"context": CONTEXT, "benchmarks": some}))
        lines = tmp_path / "v.jsonl"
        status = call_main("compare.py", compare.main, *paths, "--json", lines)
        found = [json.loads(line) for line in lines.read_text().splitlines()][1:]
        verdicts = {(one["cell"], one["metric"]): one for one in found}
        return status, verdicts, capsys.readouterr().err

    return call


def test_two_benchmarks_of_one_name_are_two(compared):
    base = [*rows(), *rows(cpu=1000.0, family=1)]
    candidate = [*rows(), *rows(cpu=1300.0, family=1)]
    status, found, _ = compared(base, candidate)
    assert status == 0
    first, second = found["BM (1 of 2)", "cpu_per_op"], found["BM (2 of 2)", "cpu_per_op"]
    assert (first["verdict"], second["verdict"]) == ("unchanged", "regressed")
    assert first["pairs"] == second["pairs"] == 9
    assert second["ratio"] == pytest.approx(1.3)


def test_two_instances_of_a_family_with_one_name_are_two():
    times = times_of(*rows(), *rows(cpu=1000.0, instance=1))
    assert list(times) == ["BM (1 of 2)", "BM (2 of 2)"]


def test_another_number_of_them_is_named_and_no_success(compared):
    other = rows("BM_other", family=2)
    status, found, err = compared([*rows(), *rows(family=1), *other], [*rows(), *other])
    assert status == 4
    assert found["BM (1 of 2)", "cpu_per_op"]["verdict"] == "missing"
    assert found["BM", "cpu_per_op"]["verdict"] == "new"
    assert "BM (1 of 2)" in err


def test_indices_of_families_may_differ_between_two_programs(compared):
    status, found, _ = compared(rows(family=3), rows(family=5))
    assert (status, found["BM", "cpu_per_op"]["pairs"]) == (0, 9)


def test_documents_put_together_are_more_repetitions(compared):
    status, found, _ = compared([*rows(), *rows()], [*rows(), *rows()])
    assert (status, found["BM", "cpu_per_op"]["pairs"]) == (0, 18)


def test_of_an_older_version_a_name_that_is_there_twice_is_refused(compared):
    twice = [without(one, *NEWER) for one in [*rows(), *rows(cpu=1000.0)]]
    status, _, err = compared(twice, twice)
    assert status == 4
    assert "repetition 0 of BM is there 2 times" in err


def test_the_oldest_version_has_rows_without_any_index(compared):
    old = [without(one, *OLD) for one in rows()]
    assert times_of(*old)["BM"] == [one["cpu_time"] for one in old]
    status, found, _ = compared(old, old)
    assert (status, found["BM", "cpu_per_op"]["pairs"]) == (0, 9)


def test_repetitions_are_paired_by_their_index_whatever_their_order(compared):
    failed = row(index=0, cpu=0.0, error_occurred=True, error_message="boom")
    status, found, _ = compared([failed, *rows()[1:]], list(reversed(rows())))
    cpu = found["BM", "cpu_per_op"]
    assert (status, cpu["pairs"], cpu["invalid_pairs"]) == (0, 8, 1)
    assert cpu["ratio_low"] == cpu["ratio_high"] == pytest.approx(1.0)


LOST = [
    ({"cpu_time": 0.0, "skipped": True, "skip_message": "no device"}, "skipped: no device"),
    ({"cpu_time": 0.0, "error_occurred": True, "error_message": "boom"}, "failed: boom"),
    ({"cpu_time": math.nan}, "its cpu_time is NaN"),
    ({"cpu_time": math.inf}, "its cpu_time is inf"),
    ({"cpu_time": -math.inf}, "its cpu_time is -inf"),
    ({"cpu_time": 0.0}, "its cpu_time is 0"),
    ({"cpu_time": None}, "it has no cpu_time"),
    ({"cpu_time": "1"}, "it has no cpu_time"),
    ({"time_unit": "h"}, "its time_unit h is not known"),
    ({"time_unit": None}, "its time_unit None is not known"),
]


@pytest.mark.parametrize(("change", "why"), LOST)
@pytest.mark.parametrize("arms", ["base", "candidate", "both"])
def test_what_has_no_time_is_named_with_its_reason_and_no_success(compared, change, why, arms):
    good, bad = rows(), [one | change for one in rows()]
    other = rows("BM_other", family=1)
    base = bad if arms in ("base", "both") else good
    candidate = bad if arms in ("candidate", "both") else good
    status, found, err = compared([*base, *other], [*candidate, *other])
    assert status == 4
    assert found["BM", "cpu_per_op"]["verdict"] == "invalid"
    assert any(why in reason for reason in found["BM", "cpu_per_op"]["reasons"])
    assert "NOT COMPARED: BM cpu_per_op" in err
    assert why in err
    assert found["BM_other", "cpu_per_op"]["verdict"] == "unchanged"


def test_aggregates_alone_are_named_and_no_success(compared):
    some = [aggregate("BM", kind) for kind in ("mean", "median", "stddev", "cv")]
    status, found, err = compared(some, some)
    assert status == 4
    assert found["BM", "cpu_per_op"]["verdict"] == "invalid"
    assert "it has only aggregates (mean, median, stddev, cv)" in err
    old = [without(one, *OLD, "aggregate_name") for one in some]
    status, found, err = compared(old, old)
    assert status == 4
    assert set(found) == {("BM", "cpu_per_op")}


def test_aggregates_beside_repetitions_are_no_repetitions():
    some = [*rows(), *(aggregate("BM", kind, 9.0) for kind in ("mean", "median", "stddev", "max"))]
    assert {name: len(values) for name, values in times_of(*some).items()} == {"BM": 9}
    old = [without(one, *OLD, "aggregate_name") for one in some[:-1]]
    assert {name: len(values) for name, values in times_of(*old).items()} == {"BM": 9}


def test_a_benchmark_may_be_called_like_an_aggregate():
    times = times_of(*rows("BM_mean"), *(without(one, *OLD) for one in rows("BM_median")))
    assert {name: len(values) for name, values in times.items()} == {"BM_mean": 9, "BM_median": 9}


def test_the_order_of_complexity_is_of_a_family_and_no_benchmark(compared):
    big_o = without(aggregate("BM", "BigO"), "cpu_time", "real_time", "iterations")
    rms = without(aggregate("BM", "RMS"), "cpu_time", "real_time", "iterations", "time_unit")
    some = [*rows("BM/8"), big_o | {"big_o": "N", "cpu_coefficient": 1.0}, rms | {"rms": 0.1}]
    status, found, _ = compared(some, some)
    assert status == 0
    assert set(found) == {("BM/8", "cpu_per_op")}
    old = [without(one, *OLD, "aggregate_name") for one in some]
    assert set(times_of(*old)) == {"BM/8"}


@pytest.mark.parametrize("counter", ["rms", "big_o", "skipped", "error_occurred", "aggregate_name"])
@pytest.mark.parametrize("left_out", [(), OLD])
def test_a_user_counter_may_have_the_name_of_a_field(compared, counter, left_out):
    base = [without(one, *left_out) | {counter: 0.1} for one in rows()]
    candidate = [one | {"cpu_time": 2 * one["cpu_time"]} for one in base]
    status, found, _ = compared(base, candidate)
    assert (status, found["BM", "cpu_per_op"]["verdict"]) == (0, "regressed")


@pytest.mark.parametrize("name", ["BM/real_time", "BM/manual_time/threads:2", "BM/8/real_time"])
def test_a_benchmark_of_the_wall_clock_is_compared_by_it(compared, name):
    candidate = [one | {"real_time": 2 * one["real_time"]} for one in rows(name)]
    status, found, _ = compared(rows(name), candidate)
    assert status == 0
    assert set(found) == {(name, "real_time_per_op")}
    assert found[name, "real_time_per_op"]["verdict"] == "regressed"


def test_two_benchmarks_of_the_wall_clock_and_one_name_are_compared_by_it(compared):
    some = [*rows("BM/real_time"), *rows("BM/real_time", family=1)]
    slow = [one | {"real_time": 2 * one["real_time"]} for one in some]
    status, found, _ = compared(some, slow)
    assert status == 0
    assert set(found) == {
        (f"BM/real_time ({place} of 2)", "real_time_per_op") for place in (1, 2)
    }  # fmt: skip
    assert {one["verdict"] for one in found.values()} == {"regressed"}


def test_threads_and_arguments_are_in_the_name():
    some = [*rows("BM/threads:1"), *rows("BM/threads:2", instance=1, cpu=50.0)]
    assert list(times_of(*some)) == ["BM/threads:1", "BM/threads:2"]


@pytest.mark.parametrize(("unit", "ns"), [("ns", 1), ("us", 1e3), ("ms", 1e6), ("s", 1e9)])
def test_units_may_differ_between_the_arms(compared, unit, ns):
    candidate = [one | {"time_unit": unit, "cpu_time": one["cpu_time"] / ns} for one in rows()]
    status, found, _ = compared(rows(), candidate)
    assert (status, found["BM", "cpu_per_op"]["verdict"]) == (0, "unchanged")


@pytest.mark.parametrize(
    "text",
    ["{}", "[]", "null", '{"benchmarks": 1}', '{"benchmarks": [1]}', '{"benchmarks": [{}]}',
     '{"benchmarks": [{"name": 1}]}', '{"benchmarks": [', "[" * 100_000],
)  # fmt: skip
def test_what_is_none_of_its_documents_is_usage(text):
    with pytest.raises(UsageError, match="it is no Google Benchmark JSON"):
        read_document(text, "it")


def test_a_newer_form_of_the_document_is_refused():
    with pytest.raises(UsageError, match="json_schema_version 2"):
        read_document('{"context": {"json_schema_version": 2}, "benchmarks": []}', "it")


def test_a_document_of_the_library_that_is_installed_is_read(tmp_path):
    micro = ROOT / "build" / "release" / "skein_micro"
    if not micro.is_file():
        pytest.skip("skein_micro is not built")
    out = tmp_path / "micro.json"
    done = subprocess.run(
        [str(micro), "--benchmark_filter=^yield/coroutine/1$|^control/function_call$",
         "--benchmark_repetitions=3", "--benchmark_min_time=0.001", f"--benchmark_out={out}"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = read_benchmarks(read_document(out.read_text(), "it"))
    assert {one.name: len(one.repetitions) for one in found} == {
        "control/function_call": 3, "yield/coroutine/1": 3,
    }  # fmt: skip
    assert all(each.time_ns and each.time_ns > 0 for one in found for each in one.repetitions)
