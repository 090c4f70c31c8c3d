"""Result files: what is valid, what is refused and how it is named."""

import copy
import itertools
import json
from pathlib import Path

import pytest

from skein_scripts.base.errors import MeasureError, UsageError
from skein_scripts.records import results


@pytest.fixture
def records(fixture_v1):
    return results.load(fixture_v1)


@pytest.fixture
def ok_run(records):
    """A run with load, so that every part of a record is there."""
    return copy.deepcopy(
        next(run for run in results.runs(records) if run["status"] == "ok" and run["latency"])
    )


def test_a_file_of_version_1_is_read(records):
    assert len(results.sessions(records)) == 1
    statuses = [run["status"] for run in results.runs(records)]
    assert sorted(set(statuses)) == ["failed", "limit", "ok"]


@pytest.fixture
def cut_short(fixture_v1, tmp_path):
    """A results file whose last record was not written whole."""
    path = tmp_path / "results.jsonl"
    path.write_bytes(fixture_v1.read_bytes()[:-200])
    return path


def test_a_last_line_cut_short_is_left_out_and_said_so(cut_short, records, capsys):
    assert results.load(cut_short) == records[:-1]
    assert "the last line was cut short" in capsys.readouterr().err


def test_a_broken_line_that_has_an_end_is_refused(cut_short):
    cut_short.write_bytes(cut_short.read_bytes() + b"\n")
    with pytest.raises(results.RecordError, match="not JSON"):
        results.load(cut_short)


def test_a_record_is_appended_after_the_last_whole_one(cut_short, records):
    writer = results.ResultWriter(cut_short)
    writer.append(records[-1])
    writer.close()
    assert results.load(cut_short) == records


def test_a_last_record_that_only_lacks_its_newline_is_kept(fixture_v1, records, tmp_path):
    path = tmp_path / "results.jsonl"
    path.write_bytes(fixture_v1.read_bytes().rstrip(b"\n"))
    writer = results.ResultWriter(path)
    writer.append(records[-1])
    writer.close()
    assert results.load(path) == [*records, records[-1]]


def test_an_old_version_goes_through_every_step_to_the_current_one(monkeypatch):
    monkeypatch.setattr(results, "CURRENT_VERSION", 3)
    steps = {
        1: lambda record: {**record, "schema": 2, "renamed": record["old"]},
        2: lambda record: {**record, "schema": 3, "doubled": 2 * record["renamed"]},
    }
    monkeypatch.setattr(results, "UPGRADES", steps)
    assert results.upgrade({"schema": 1, "old": 21})["doubled"] == 42


def test_there_is_a_step_from_every_version_before_the_current_one():
    assert set(results.UPGRADES) == set(range(1, results.CURRENT_VERSION))


def test_a_newer_version_is_refused():
    with pytest.raises(results.RecordError, match="newer than"):
        results.upgrade({"schema": results.CURRENT_VERSION + 1})


def change(record, path, value):
    *parents, last = path.split("/")
    for name in parents:
        record = record[name]
    record[last] = value


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("status", "fine", "status"),
        ("surprise", 1, "surprise"),
        ("cell/workload", "c100k", "cell/workload"),
        ("cpu/per_op_ns", "12 ns", "cpu/per_op_ns"),
        ("latency/p99", -5, "latency/p99"),
        ("latency/p99", 1, "latency.p99 1 is below latency.p90"),
        ("latency/mean", 1e12, "latency.mean .* is above latency.max"),
        ("latency/count", 3, "histogram holds"),
        ("latency/histogram", "HISTFnonsense", "not an HdrHistogram"),
        ("work/checksum", "0" * 16, "status ok with checksum"),
        ("work/units", 0, "status ok without an operation"),
        ("latency", None, "status ok without a sample in latency"),
        ("service_time", None, "status ok without a sample in service_time"),
        ("latency/overflow", 1, "status ok with latency.overflow 1"),
        ("service_time/overflow", 1, "status ok with service_time.overflow 1"),
        ("latency/early_max_ns", 1, "status ok with latency.early_max_ns 1, beyond 0"),
        ("echoed/active", 999, "the worker was given active=999"),
        ("load/unsent", 3, "status ok with 3 unsent"),
        ("load/errors/connect", 1, "status ok with 1 connect errors"),
        ("load/errors/write", 2, "status ok with 2 write errors"),
        ("latency/early_max_ns", 5, "latency.early_count 0 with latency.early_max_ns 5"),
        ("echoed", None, "echoed"),
        ("cell_id", "c10k", "cell_id"),
    ],
)
def test_a_run_that_contradicts_format_or_itself_is_refused(ok_run, path, value, message):
    change(ok_run, path, value)
    with pytest.raises(results.RecordError, match=message):
        results.validate(ok_run)


@pytest.mark.parametrize(
    ("path", "value"),
    [("load/errors/timeout", 9), ("load/unsent", 0), ("load/unsent", None), ("load/errors", None)],
)
def test_what_a_run_that_counts_may_have_is_accepted(ok_run, path, value):
    change(ok_run, path, value)  # a saturated worker leaves requests unanswered
    results.validate(ok_run)


@pytest.mark.parametrize(
    ("count", "most", "good"),
    [(0, None, True), (3, 999, True), (3, None, True), (None, None, True), (0, 0, True),
     (0, 1, False), (3, 0, False)],
)  # fmt: skip
def test_early_timers_have_a_furthest_and_others_have_none(timers_run, count, most, good):
    timers_run["lateness"] |= {"early_count": count, "early_max_ns": most}
    problems = results.lint(timers_run)
    assert bool(problems) != good, problems


def test_unsent_requests_of_a_run_that_does_not_count_are_no_contradiction(ok_run):
    ok_run |= {"status": "invalid", "reasons": ["client-bound"]}
    ok_run["load"]["unsent"] = 9
    results.validate(ok_run)


KEYS = ("min", "p50", "p90", "p99", "p999", "p9999", "max")


@pytest.mark.parametrize(("low", "high"), [*itertools.pairwise(KEYS)])
def test_each_percentile_is_held_against_the_one_below_it(low, high):
    values = {key: 100 + 10 * place for place, key in enumerate(KEYS)}
    values[high] = values[low]
    assert results._lint_distribution("latency", values) == []
    values[high] -= 1
    (problem,) = results._lint_distribution("latency", values)
    assert problem.startswith(f"latency.{high} {values[high]} is below latency.{low} ")


@pytest.fixture
def timers_run(records):
    return copy.deepcopy(next(run for run in results.runs(records) if run["lateness"]))


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("lateness", None, "status ok without a sample in lateness"),
        ("lateness/overflow", 2, "status ok with lateness.overflow 2"),
    ],
)
def test_a_run_of_timers_that_contradicts_itself_is_refused(timers_run, path, value, message):
    assert timers_run["status"] == "ok"
    change(timers_run, path, value)
    with pytest.raises(results.RecordError, match=message):
        results.validate(timers_run)


def test_a_timer_may_be_as_early_as_the_worker_said_and_not_by_more(timers_run):
    timers_run["lateness"] |= {"early_count": 1, "early_max_ns": 2000}
    results.validate(timers_run)  # of a file that does not say what was said
    timers_run["early_by_at_most_ns"] = 2000
    results.validate(timers_run)
    timers_run["early_by_at_most_ns"] = 1999
    with pytest.raises(results.RecordError, match="early_max_ns 2000, beyond 1999"):
        results.validate(timers_run)


def test_timers_that_were_all_early_are_samples(timers_run):
    empty = timers_run["lateness"] | {"count": 0, "histogram": None, "early_count": 5}
    timers_run["lateness"] = empty
    results.validate(timers_run)
    timers_run["lateness"]["early_count"] = 0
    with pytest.raises(results.RecordError, match="without a sample"):
        results.validate(timers_run)


@pytest.mark.parametrize("name", ["latency", "service_time", "lateness"])
def test_a_distribution_that_is_left_out_is_like_one_that_is_null(records, name):
    for run in results.runs(records):
        without = {key: value for key, value in run.items() if key != name}
        assert results.lint(without) == results.lint(run | {name: None})


def test_a_counted_run_has_no_samples_and_an_idle_one_no_operations(ok_run):
    counted = copy.deepcopy(ok_run) | {"counted": True, "latency": None, "service_time": None}
    results.validate(counted)
    idle = copy.deepcopy(ok_run) | {"latency": None, "service_time": None}
    idle["cell"]["mode"] = idle["echoed"]["mode"] = "idle"
    idle["work"]["units"] = 0
    results.validate(idle)
    idle["memory"] = None
    with pytest.raises(results.RecordError, match="idle without memory"):
        results.validate(idle)


def test_a_limit_must_carry_its_numbers_and_a_failure_its_last_words(records):
    for status, field in (("limit", "limit"), ("failed", "failure")):
        run = copy.deepcopy(next(run for run in results.runs(records) if run["status"] == status))
        run[field] = None
        with pytest.raises(results.RecordError, match=field):
            results.validate(run)


def test_a_run_that_is_not_ok_must_give_a_reason(records):
    run = copy.deepcopy(next(run for run in results.runs(records) if run["status"] == "limit"))
    run["reasons"] = []
    with pytest.raises(results.RecordError, match="reasons"):
        results.validate(run)


@pytest.mark.parametrize("line", ["{", "[]", "NaN", '{"kind":"run"}', '{"kind":"run","schema":1}'])
def test_an_invalid_line_is_refused_with_file_and_line_number(tmp_path, fixture_v1, line):
    broken = tmp_path / "broken.jsonl"
    broken.write_text(fixture_v1.read_text() + line + "\n")
    number = len(fixture_v1.read_text().splitlines()) + 1
    with pytest.raises(results.RecordError, match=rf"broken\.jsonl:{number}: "):
        results.load(broken)


def test_not_a_number_is_refused_even_where_a_number_may_stand(ok_run):
    ok_run["cpu"]["per_op_ns"] = float("nan")
    with pytest.raises(results.RecordError, match="NaN is no number"):
        results.parse_line(json.dumps(ok_run))


def test_a_missing_file_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="there are no results"):
        results.find_results(tmp_path)


def test_what_is_appended_is_read_back(tmp_path, records):
    path = tmp_path / "copy.jsonl"
    writer = results.ResultWriter(path)
    for record in records:
        writer.append(record)
    writer.close()
    assert results.load(path) == records


def test_an_invalid_record_is_never_written(tmp_path, ok_run):
    path = tmp_path / "copy.jsonl"
    writer = results.ResultWriter(path)
    ok_run["work"]["checksum"] = "0" * 16
    with pytest.raises(results.RecordError):
        writer.append(ok_run)
    writer.close()
    assert path.read_text() == ""


def test_a_full_disk_is_named(records):
    writer = results.ResultWriter(Path("/dev/full"))
    with pytest.raises(MeasureError, match="No space left"):
        writer.append(records[0])
    writer.close()
