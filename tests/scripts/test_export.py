"""Exports, each read back by its consumer, or held against the consumer's own schema where that is
a service. A consumer that is not installed here skips its test."""

import csv
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path
from statistics import median
from xml.etree import ElementTree

import jsonschema
import pytest
from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader

from matrix_support import call_main
from skein_scripts.base.errors import UsageError
from skein_scripts.base.names import distinct
from skein_scripts.commands import export
from skein_scripts.exports import bencher, google_benchmark, junit, otava_csv
from skein_scripts.gate import record
from skein_scripts.gate.sources import RecordedArm, differences
from skein_scripts.records import google_benchmark_rows, results
from skein_scripts.records.figures import CellFigures, cells_of
from skein_scripts.records.metrics import METRICS

GOOGLE_COMPARE = Path("/usr/share/benchmark/compare.py")  # Debian: libbenchmark-tools

# Bencher's own schema of its format (bencher.dev/bmf.json), in short.
BENCHER_SCHEMA = {
    "type": "object",
    "patternProperties": {".+": {"type": "object", "patternProperties": {".+": {
        "type": "object",
        "properties": {name: {"type": "number"} for name in ("value", "lower_value",
                                                            "upper_value")},
        "required": ["value"],
    }}}},
}  # fmt: skip


def write(words):
    return call_main("export.py", export.main, *words)


@pytest.fixture
def measured(matrix_run):
    """A results file of the stand-in: two workloads, three runtimes, two rounds."""
    assert matrix_run().returncode == 0
    return matrix_run.results


def test_google_benchmarks_compare_py_reads_what_is_written(measured, tmp_path):
    out = tmp_path / "gb.json"
    assert write([measured, "--format", "google-benchmark", "--output", out]) == 0
    document = json.loads(out.read_text())
    names = [row["name"] for row in document["benchmarks"]]
    assert len(names) == 12
    assert len(set(names)) == 6  # repeats share a name
    assert document["context"]["json_schema_version"] == 1
    if not GOOGLE_COMPARE.is_file():
        pytest.skip("Google Benchmark's compare.py is not installed (libbenchmark-tools)")
    done = subprocess.run(
        [sys.executable, str(GOOGLE_COMPARE), "--no-utest", "benchmarks", str(out), str(out)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "+0.0000" in done.stdout
    assert "c10k/libuv/100/fixed" in done.stdout


def test_google_benchmark_json_is_read_back_to_the_same_times(measured, tmp_path):
    out = tmp_path / "gb.json"
    write([measured, "--format", "google-benchmark", "--output", out])
    times = google_benchmark_rows.read(out.read_text(), "it")
    for cell in cells_of(results.load(measured)):
        assert times[cell.name] == [run["cpu"]["per_op_ns"] for run in cell.runs]
    for wrong in ("{}", "[]", '{"benchmarks": ["x"]}', '{"benchmarks": [null]}'):
        with pytest.raises(UsageError, match="no Google Benchmark JSON"):
            google_benchmark_rows.read(wrong, "it")


def test_google_benchmark_json_of_two_machines_or_builds_is_told_apart(measured):
    records = results.load(measured)
    (session, *_), cells = results.sessions(records), cells_of(records)

    def arm(**changes):
        changed = {part: session[part] | facts for part, facts in changes.items()}
        text = google_benchmark.write(cells, session | changed)
        return RecordedArm("it", [google_benchmark_rows.session_of(text, "it")], [])

    assert differences(arm(), arm()) == []
    for part, fact in (
        ("environment", {"cpu_model": "Another CPU"}), ("environment", {"kernel": "Linux 7"}),
        ("environment", {"virtualization": "absent"}), ("build", {"compiler": "clang 19"}),
        ("build", {"flags": "-O3"}), ("build", {"type": "Debug"}),
    ):  # fmt: skip
        assert len(differences(arm(), arm(**{part: fact}))) == 1, fact


def test_google_benchmarks_context_says_what_was_built_and_where(measured):
    records = results.load(measured)
    (session, *_) = results.sessions(records)
    debug = session | {"build": session["build"] | {"type": "Debug"}}
    for one, kind in ((session, "release"), (debug, "debug"), (None, "unknown")):
        context = json.loads(google_benchmark.write(cells_of(records), one))["context"]
        assert context["library_build_type"] == kind
        assert context["host_name"] == (one["environment"]["cpu_model"] if one else "")
        assert "mhz_per_cpu" not in context  # it is not recorded


def test_google_benchmarks_units_aggregates_and_errors_are_understood():
    rows = [
        {"name": "a", "run_name": "a", "run_type": "iteration", "cpu_time": 2, "time_unit": "us"},
        {"name": "a_mean", "run_name": "a", "run_type": "aggregate", "cpu_time": 9,
         "time_unit": "us"},
        {"name": "b", "cpu_time": 0, "time_unit": "ns", "error_occurred": True},
        {"name": "c", "cpu_time": 3, "time_unit": "ns"},
    ]  # fmt: skip
    times = google_benchmark_rows.read(json.dumps({"benchmarks": rows}), "it")
    assert times == {"a": [2000.0], "c": [3.0]}


def test_bencher_metric_format_fits_its_schema_and_has_the_medians(measured, tmp_path):
    out = tmp_path / "bmf.json"
    assert write([measured, "--format", "bencher", "--output", out]) == 0
    document = json.loads(out.read_text())
    jsonschema.validate(document, BENCHER_SCHEMA)
    for cell in cells_of(results.load(measured)):
        expected = median([run["cpu"]["per_op_ns"] for run in cell.runs])
        found = document[cell.name]["cpu-per-op"]
        assert found["value"] == expected
        assert "lower_value" not in found  # two repeats have no interval
    slug = "abcdefghijklmnopqrstuvwxyz0123456789-"
    assert all(set(measure) <= set(slug) and len(measure) <= 64
               for cell in document.values() for measure in cell)  # fmt: skip


def test_github_action_gets_a_file_for_each_direction_with_unique_names(measured, tmp_path):
    assert write([measured, "--format", "github-action", "--output", tmp_path / "gh"]) == 0
    smaller = json.loads((tmp_path / "gh" / "smaller-is-better.json").read_text())
    bigger = json.loads((tmp_path / "gh" / "bigger-is-better.json").read_text())
    for entries in (smaller, bigger):
        assert len({one["name"] for one in entries}) == len(entries) > 0
        for one in entries:
            assert {"name", "unit", "value"} <= set(one)
            assert isinstance(one["value"], float | int)
            assert isinstance(one["range"], str)
    assert {one["name"].split()[-1] for one in bigger} == {"throughput"}
    assert "throughput" not in {one["name"].split()[-1] for one in smaller}


def test_histogram_logs_are_read_by_hdrhistograms_own_reader(measured, tmp_path):
    out = tmp_path / "log.hlog"
    assert write([measured, "--format", "hdr-log", "--output", out]) == 0
    assert all(len(line) < 128 for line in out.read_text().splitlines() if line[0] in '#"')
    reader = HistogramLogReader(str(out), HdrHistogram(1, 60 * 10**9, 3))
    found = {}
    while (interval := reader.get_next_interval_histogram()) is not None:
        found.setdefault(interval.get_tag(), []).append(interval)
    for cell in cells_of(results.load(measured)):
        for name in ("latency", "service_time", "lateness"):
            wanted = [run[name] for run in cell.runs if run.get(name)]
            read = found.get(f"{cell.name}:{name}", [])
            assert len(read) == len(wanted)
            for ours, theirs in zip(wanted, read, strict=True):
                assert theirs.get_total_count() == ours["count"]
                assert theirs.get_value_at_percentile(50) == pytest.approx(ours["p50"], rel=2e-3)


def comparison(cell, metric, verdict, stage="single", gated=True, ratio=1.1):
    return {
        "kind": "comparison", "schema": 1, "cell": cell, "metric": metric, "unit": "ns",
        "direction": "lower", "gated": gated, "pairs": 20, "invalid_pairs": 0,
        "base_median": 1.0, "candidate_median": 1.1, "ratio": ratio, "ratio_low": 1.05,
        "ratio_high": 1.2, "confidence": 0.95, "rank": 6, "p": 0.01, "p_holm": 0.02,
        "min_effect": 0.03, "detectable_effect": 0.05, "stage": stage, "verdict": verdict,
        "reasons": [],
    }  # fmt: skip


def test_junit_keeps_worse_undecided_and_unmeasured_apart(tmp_path):
    lines = tmp_path / "v.jsonl"
    found = [
        comparison("a/b", "cpu_per_op", "regressed", "screen"),
        comparison("a/b", "cpu_per_op", "regressed", "confirm"),
        comparison("a/c", "cpu_per_op", "regressed", "screen"),
        comparison("a/c", "cpu_per_op", "inconclusive", "confirm"),
        comparison("a/d", "cpu_per_op", "invalid"),
        comparison("a/e", "cpu_per_op", "unchanged"),
        comparison("a/e", "latency_p99", "regressed", gated=False),
    ]
    lines.write_text("".join(json.dumps(one) + "\n" for one in found))
    out = tmp_path / "junit.xml"
    assert write([lines, "--format", "junit", "--output", out]) == 0
    suite = ElementTree.fromstring(out.read_text())
    totals = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert totals == {"tests": "4", "failures": "1", "errors": "1", "skipped": "1"}
    (failed,) = suite.findall("testcase/failure/..")
    assert (failed.get("classname"), failed.get("name")) == ("a.b", "cpu_per_op")


def test_junit_holds_whatever_a_program_printed_last(tmp_path):
    words = "worker: \x1b[31mred\x00 \ud800 end\tof it"
    lines = tmp_path / "v.jsonl"
    broken = comparison("a/b", "cpu_per_op", "invalid") | {"reasons": [words]}
    lines.write_text(json.dumps(broken) + "\n")
    out = tmp_path / "junit.xml"
    assert write([lines, "--format", "junit", "--output", out]) == 0
    (error,) = ElementTree.fromstring(out.read_text(encoding="utf-8")).findall("testcase/error")
    assert "worker: \ufffd[31mred\ufffd \ufffd end\tof it" in error.get("message")


def properties_of(text):
    found = ElementTree.fromstring(text).findall("properties/property")
    return [(one.get("name"), one.get("value")) for one in found]


def test_junit_says_that_the_arms_are_of_two_environments(tmp_path):
    sides = (record.Side("a", []), record.Side("b", []))
    head = record.head(*sides, ["environment kernel: x and y"], 0.05, interleaved=False)
    lines = tmp_path / "v.jsonl"
    lines.write_text(
        "".join(json.dumps(one) + "\n" for one in (head, comparison("a", "throughput", "new")))
    )
    out = tmp_path / "junit.xml"
    assert write([lines, "--format", "junit", "--output", out]) == 0
    assert properties_of(out.read_text()) == [
        ("environment mismatch", "environment kernel: x and y")
    ]


def test_junit_has_the_notes_of_a_comparison_and_errors_where_it_is_incomplete_or_failed():
    head = {"notes": ["made worse on purpose", "repeated"], "incomplete": "interrupted",
            "failed": ["c10k: 1 of 15 runs failed: crash"]}  # fmt: skip
    text = junit.write([comparison("a", "cpu_per_op", "unchanged")], head)
    assert properties_of(text) == [("note", "made worse on purpose"), ("note", "repeated")]
    suite = ElementTree.fromstring(text)
    assert (suite.get("tests"), suite.get("errors"), suite.get("failures")) == ("3", "2", "0")
    assert properties_of(junit.write([comparison("a", "cpu_per_op", "unchanged")], {})) == []


def test_junit_has_a_time_on_every_test_case_and_on_the_suite():
    head = {"incomplete": "interrupted", "failed": ["c10k: 1 of 15 runs failed: crash"]}
    suite = ElementTree.fromstring(
        junit.write([comparison("a", "cpu_per_op", "regressed", "confirm")], head)
    )
    assert [float(one.get("time")) for one in (suite, *suite.iter("testcase"))] == [0.0] * 4


def test_no_comparison_that_decides_is_no_suite_without_failures(tmp_path, capsys):
    lines, out = tmp_path / "v.jsonl", tmp_path / "junit.xml"
    shown = comparison("a/e", "latency_p99", "regressed", gated=False)
    for found in ([], [shown]):
        lines.write_text("".join(json.dumps(one) + "\n" for one in found))
        assert write([lines, "--format", "junit", "--output", out]) == 4
        assert "no gated comparison" in capsys.readouterr().err
    assert not out.exists()


def history(measured, folder, count):
    """The same measurement, `count` times over, a commit a day; CPU time doubles half-way."""
    records = results.load(measured)
    paths = []
    for day in range(count):
        path = folder / f"{day:02d}.jsonl"
        lines = []
        for line in records:
            one = json.loads(json.dumps(line))
            if one["kind"] == "session":
                one["created_utc"] = f"2026-01-{day + 1:02d}T00:00:00.000Z"
                one["tool"]["commit"] = f"{day:040d}"
            elif one["kind"] == "run":
                one["cpu"]["per_op_ns"] *= (2 if day >= count // 2 else 1) * (1 + 0.001 * (day % 3))
            lines.append(results.dump(one))
        path.write_text("".join(lines))
        paths.append(path)
    return paths


def test_otava_gets_a_table_for_each_cell_oldest_first(measured, tmp_path):
    paths = history(measured, tmp_path, 6)
    out = tmp_path / "otava"
    assert write([*reversed(paths), "--format", "otava", "--output", out]) == 0
    tables = sorted(out.glob("*.csv"))
    assert len(tables) == 6
    for path in tables:
        rows = list(csv.DictReader(io.StringIO(path.read_text())))
        assert [row["time"] for row in rows] == sorted(row["time"] for row in rows)
        assert all("+00:00" in row["time"] for row in rows)
        for row in rows:
            for name in set(row) - {"time", "commit"}:
                assert float(row[name]) > 0
                assert name in {metric.name for metric in METRICS}


def test_cells_whose_names_look_alike_to_otava_have_a_file_each():
    def cell(name, cpu_ns):
        run = {"status": "ok", "cell": {}, "cpu": {"per_op_ns": cpu_ns}}
        return CellFigures(name, [run])

    cells = [cell("a/b", 1.5), cell("a b", 2.5), cell("a:b", 3.5)]
    files = otava_csv.write([otava_csv.Point("2026-01-01T00:00:00+00:00", "c", cells)])
    config = files.pop(otava_csv.CONFIG_NAME)
    assert [text.splitlines()[1].split(",")[-1] for text in files.values()] == ["1.5", "2.5", "3.5"]
    assert all(f"    file: {name}\n" in config for name in files)


def test_otava_gets_times_that_rise_where_a_commit_was_measured_late():
    rows = [(f"2026-01-{day:02d}T00:00:00+00:00", "c", {METRICS[0]: 1.0}) for day in (3, 1, 2, 4)]
    text = otava_csv.table(rows, METRICS[:1])
    assert [row["time"] for row in csv.DictReader(io.StringIO(text))] == [
        "2026-01-03T00:00:00+00:00", "2026-01-03T00:00:01+00:00", "2026-01-03T00:00:02+00:00",
        "2026-01-04T00:00:00+00:00",
    ]  # fmt: skip


def test_names_that_are_too_long_stay_apart():
    names = ["x" * 30 + "1", "x" * 30 + "2", "y", "y"]
    assert distinct(names, 20) == ["x" * 20, "x" * 18 + "-2", "y", "y-2"]
    assert distinct(["a", "A", "A-2"], 20) == ["a", "A-2", "A-2-2"]
    long = ["z" * 2000 + str(number) for number in range(12)]
    run = {"status": "ok", "cell": {}, "cpu": {"per_op_ns": 1.5}}
    cells = [CellFigures(name, [run]) for name in long]
    assert len(json.loads(bencher.write(cells))) == 12
    files = otava_csv.write([otava_csv.Point("2026-01-01T00:00:00+00:00", "c", cells)])
    assert len(files) == 13
    assert max(map(len, files)) < 255


def test_otava_finds_a_planted_change_in_what_is_written(measured, tmp_path):
    otava = shutil.which("otava")
    if otava is None:
        pytest.skip("otava is not installed")
    out = tmp_path / "otava"
    write([*history(measured, tmp_path, 20), "--format", "otava", "--output", out])
    done = subprocess.run(
        [otava, "analyze", "c10k_libuv_100_fixed_active=10_64B", "--since", "2025-12-01",
         "--config-file", "otava.yaml"],
        cwd=out, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "cpu_per_op" in done.stdout
    assert "+100" in done.stdout or "+99." in done.stdout, done.stdout


def test_files_that_do_not_fit_a_format_are_refused(measured, tmp_path):
    out = tmp_path / "x"
    assert write([measured, measured, "--format", "bencher", "--output", out]) == 2
    assert write([measured, "--format", "junit", "--output", out]) == 2
    assert write([tmp_path / "nothing", "--format", "bencher", "--output", out]) == 2
    records = [one for one in results.load(measured) if one["kind"] == "session"]
    empty = tmp_path / "empty.jsonl"
    empty.write_text("".join(results.dump(one) for one in records))
    assert write([empty, "--format", "bencher", "--output", out]) == 4
    assert not out.exists()
