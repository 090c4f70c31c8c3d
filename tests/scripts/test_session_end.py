"""Sessions that judge themselves: the anchor of each round and the line at the end, as a matrix run
on the stand-in writes them."""

import json
import signal
import types
from pathlib import Path

from test_run_matrix import wait_for

from skein_scripts.matrix.matrix import Cell, Matrix
from skein_scripts.matrix.plan import Slot
from skein_scripts.records import results, session_verdict
from skein_scripts.records.groups import group_runs
from skein_scripts.session import session_end
from skein_scripts.session.runner import CellOptions, Runner


def ending_of(matrix_run):
    return results.endings(matrix_run.records())[-1]


def test_every_round_begins_with_the_anchor_and_its_runs_carry_the_figure(matrix_run):
    matrix_run()
    records = [record for record in matrix_run.records() if record["kind"] == "run"]
    probes = [record.get("probe") for record in records]
    assert probes == ["anchor", *[None] * 6] * 2
    for block in (0, 1):
        anchor, *cells = [record for record in records if record["block"] == block]
        figure = round(anchor["cpu"]["per_op_ns"])
        assert [run["host"]["anchor_ns"] for run in cells] == [figure] * 6


def test_where_an_anchor_was_repeated_the_runs_of_the_round_carry_the_one_that_counts(monkeypatch):
    cell = Cell("timers", "timers", "fiber", {"pattern": "storm", "tasks": 1, "window": "1s"})
    written, nobody = [], types.SimpleNamespace(begin=lambda *_: None, end=lambda *_: None)
    runner = Runner(None, Matrix("m", 1, 1, 1, (cell,)), "s",
                    types.SimpleNamespace(append=written.append), Path(),
                    CellOptions([], None, None))  # fmt: skip
    tries = iter([("invalid", 9_901.0), ("ok", 4_603.0), ("ok", 311.0)])

    def measure(_slot):
        status, figure = next(tries)
        return {"status": status, "cpu": {"per_op_ns": figure}, "host": {"anchor_ns": None}}

    monkeypatch.setattr(runner, "measure", measure)
    runner.run([Slot(cell, 0, 0)], nobody)
    assert [run.get("probe") for run in written] == ["anchor", "anchor", None]
    assert written[-1]["host"]["anchor_ns"] == 4_603


def test_the_anchor_is_the_same_whatever_the_matrix_measures(matrix_run):
    matrix_run("--filter", "workload=timers,runtime=libuv", "--set", "timers.tasks=77")
    anchors = results.probes(matrix_run.records(), "anchor")
    assert {run["cell_id"].rpartition("/")[0] for run in anchors} == {
        "c10k/epoll_floor/1000/fixed/active=50"
    }


def test_anchors_are_in_no_table_and_no_figure(matrix_run):
    matrix_run()
    groups = group_runs(matrix_run.records())
    assert [group.name for group in groups] == ["fixed", "spread"]
    assert {len(series.runs) for group in groups for series in group.series} == {2}


def test_a_session_ends_with_a_line_that_counts_its_runs(matrix_run):
    matrix_run.fault(**{"c10k/fixed/libuv": "limit"})
    done = matrix_run()
    assert matrix_run.records()[-1]["kind"] == "session_end"
    ending = ending_of(matrix_run)
    assert ending["session_id"] == matrix_run.records()[0]["session_id"]
    assert ending["counts"] == {"limit": 2, "ok": 10}
    assert (ending["planned"], ending["retried"], ending["interrupted"]) == (12, 0, False)
    assert ending["environment_changes"] == []
    assert ending["inconclusive"] == []
    assert "is complete (12 of 12 runs" in done.stdout


def test_an_anchor_that_drifts_makes_the_session_inconclusive(matrix_run):
    matrix_run.environment["FAKE_SKEIN_DRIFT"] = "[0, 0.2]"
    done = matrix_run()
    ending = ending_of(matrix_run)
    assert ending["anchor"]["drift"] == 0.2
    assert [value["per_op_ns"] for value in ending["anchor"]["values"]] == [4500, 5400]
    assert "the anchor drifted by 20 % over 2 rounds" in ending["inconclusive"][0]
    assert "is inconclusive: the anchor drifted" in done.stdout
    assert done.returncode == 0  # every run was measured; what they mean is another matter


def test_a_setting_that_changed_meanwhile_makes_it_inconclusive_and_is_named(matrix_run):
    changed = {"sysctl": {"somaxconn": 128, "max_map_count": 65530}, "governor": "powersave",
               "load": [9, 9, 9]}  # fmt: skip
    matrix_run.environment["FAKE_SKEIN_CHANGED"] = json.dumps(changed)
    matrix_run("--repeats", "1")
    assert ending_of(matrix_run)["inconclusive"] == [
        "governor changed from absent to powersave",
        "sysctl.somaxconn changed from 4096 to 128",
    ]


def test_a_fact_that_appears_or_goes_is_a_change():
    changes = session_end.changes_between({"a": 1, "b": {"c": 2}}, {"a": 1, "b": {"d": 3}})
    assert changes == [
        {"name": "b.c", "before": 2, "after": None},
        {"name": "b.d", "before": None, "after": 3},
    ]


def test_anchors_that_never_succeed_leave_the_drift_unknown_and_say_so(matrix_run):
    matrix_run.fault(**{"c10k/fixed/epoll_floor": "crash"})
    matrix_run()
    assert "the drift is not known" in ending_of(matrix_run)["inconclusive"][0]
    assert {run["host"]["anchor_ns"] for run in matrix_run.runs() if run.get("host")} == {None}


def test_repeated_runs_are_counted_in_the_line_and_in_the_table(matrix_run):
    matrix_run.matrix.write_text("retry_invalid = 3\n" + matrix_run.matrix.read_text())
    matrix_run.fault(**{"timers/spread/libuv": "invalid"})
    matrix_run()
    assert ending_of(matrix_run)["retried"] == 6
    groups = {group.name: group for group in group_runs(matrix_run.records())}
    assert groups["spread"].of("libuv").status_counts() == "2 invalid, 6 repeated"
    assert groups["fixed"].of("libuv").retried == 0


def test_an_interrupted_session_says_so_and_the_resumed_one_judges_both(matrix_run):
    matrix_run.fault(**{"timers/spread/*": "hang"})
    process = matrix_run.start()
    wait_for(lambda: any("timers" in call["argv"] for call in matrix_run.calls()))
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    first = ending_of(matrix_run)
    assert first["interrupted"]
    assert first["environment_changes"] is None
    matrix_run.fault()
    matrix_run.environment["FAKE_SKEIN_DRIFT"] = "[0.5, 0.5]"
    assert matrix_run("--resume").returncode == 0
    last = ending_of(matrix_run)
    assert not last["interrupted"]
    assert len(last["anchor"]["values"]) == 3  # the round that was cut short began anew
    assert any("drifted" in reason for reason in last["inconclusive"])
    lines = session_verdict.verdicts(matrix_run.records())
    assert "was interrupted" in lines[0]
    assert "is inconclusive" in lines[1]


def test_a_session_that_was_cut_short_without_a_word_is_named(matrix_run):
    matrix_run("--repeats", "1")
    records = [record for record in matrix_run.records() if record["kind"] != "session_end"]
    assert session_verdict.verdicts(records)[0].endswith("it was cut short, or wrote none")


def test_files_from_before_there_were_closing_lines_are_read(fixture_v1):
    records = results.load(fixture_v1)
    assert results.endings(records) == []
    assert session_verdict.inconclusive(records) == []


def test_a_file_with_anchors_and_a_closing_line_is_read(fixture_v1):
    records = results.load(Path(fixture_v1).with_name("v1_session_end.jsonl"))
    assert results.endings(records)[0]["inconclusive"]
    assert len(results.probes(records, "saturation")) == 3


def test_a_closing_line_that_is_incomplete_is_refused(matrix_run):
    matrix_run("--repeats", "1")
    ending = ending_of(matrix_run)
    del ending["anchor"]
    try:
        results.validate(ending)
    except results.RecordError as error:
        assert "anchor" in str(error)  # noqa: PT017
    else:
        raise AssertionError("it was accepted")
