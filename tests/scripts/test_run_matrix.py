"""The matrix runner as a person uses it, on a stand-in for the binary: every way in which a cell or
the whole can go wrong ends in the status meant for it."""

import fcntl
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from skein_scripts.matrix.matrix import Cell, Matrix
from skein_scripts.matrix.plan import Slot, estimate_s
from skein_scripts.session.runner import CellOptions, Runner
from skein_scripts.session.skein_process import Ending


def wait_for(condition, seconds=20.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")


def is_running(pid):
    """True for a process that exists and is not a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def by_status(runs):
    counts = {}
    for run in runs:
        counts[run["status"]] = counts.get(run["status"], 0) + 1
    return counts


def test_a_matrix_runs_to_the_end_and_writes_a_session_and_every_run(matrix_run):
    done = matrix_run()
    assert done.returncode == 0, done.stderr
    records = matrix_run.records()
    assert records[0]["kind"] == "session"
    assert by_status(matrix_run.runs()) == {"ok": 12}


def test_the_session_is_completed_with_what_only_the_matrix_knows(matrix_run):
    matrix_run("--seed", "99")
    session = matrix_run.records()[0]
    assert session["seed"] == 99
    assert session["argv"][0] == "run_matrix.py"
    assert "--seed" in session["argv"]
    assert len(session["config_sha256"]) == 64
    assert session["plan"]["rounds"] == 2


def test_a_seed_of_64_bits_is_taken_and_a_larger_one_is_refused_with_the_bound(matrix_run):
    done = matrix_run("--seed", str(2**64 - 1), "--filter", "runtime=libuv")
    assert done.returncode == 0, done.stderr
    assert matrix_run.records()[0]["seed"] == 2**64 - 1
    done = matrix_run("--seed", str(2**64))
    assert done.returncode == 2
    assert "a whole number from 0 to 18446744073709551615" in done.stderr


def test_runs_carry_the_place_that_the_plan_gave_them(matrix_run):
    matrix_run()
    order = matrix_run.records()[0]["plan"]["order"]
    for run in matrix_run.runs():
        key = order[run["block"]][run["position"]]
        assert key.endswith("/" + run["cell"]["runtime"])


def test_all_runtimes_of_a_round_get_the_same_seed(matrix_run):
    matrix_run()
    seeds = {(run["block"], run["cell"]["seed"]) for run in matrix_run.runs()}
    assert len(seeds) == 2


def test_the_binary_is_handed_session_place_and_lock(matrix_run):
    matrix_run("--worker-cpus", "0", "--generator-cpus", "1")
    call = next(call["argv"] for call in matrix_run.calls() if call["argv"][0] == "run")
    for option in ("--session", "--run-meta", "--lock-fd", "-o"):
        assert option in call
    assert call[call.index("--worker-cpus") + 1] == "0"
    assert call[call.index("--generator-cpus") + 1] == "1"


@pytest.mark.parametrize("worker_cpus", ["0,2", "0"])
def test_of_many_worker_cpus_the_anchor_takes_the_first_and_all_other_runs_take_all(
    matrix_run, worker_cpus
):
    done = matrix_run("--worker-cpus", worker_cpus, "--repeats", "1")
    assert done.returncode == 0, done.stderr
    calls = [call["argv"] for call in matrix_run.calls() if call["argv"][0] == "run"]
    given = [call[call.index("--worker-cpus") + 1] for call in calls]
    assert given[0] == "0"
    assert set(given[1:]) == {worker_cpus}


def test_without_a_terminal_each_run_is_a_line_with_the_time_left(matrix_run):
    done = matrix_run()
    lines = [line for line in done.stdout.splitlines() if line.startswith("[")]
    assert len(lines) == 12
    assert lines[0].startswith("[ 1/12] ")
    assert lines[-1].endswith("0:00 left)")


def test_dry_run_prints_the_plan_with_its_time_and_runs_nothing(matrix_run):
    done = matrix_run("--dry-run")
    assert done.returncode == 0
    assert "12 runs of 6 cells in 2 rounds, about 0:" in done.stdout
    assert "fixed/libuv: skein run c10k --runtime libuv" in done.stdout
    assert not matrix_run.output.exists()
    assert matrix_run.calls() == []


def test_a_filter_leaves_the_other_cells_out(matrix_run):
    matrix_run("--filter", "workload=timers,runtime=coroutine|libuv", "--repeats", "1")
    cells = {(run["cell"]["workload"], run["cell"]["runtime"]) for run in matrix_run.runs()}
    assert cells == {("timers", "coroutine"), ("timers", "libuv")}


def test_set_changes_the_work(matrix_run):
    matrix_run("--set", "timers.tasks=77", "--filter", "workload=timers")
    assert {run["cell"]["tasks"] for run in matrix_run.runs()} == {77}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--filter", "runtime=libv"], "did you mean 'libuv'"),
        (["--set", "c10k.duratoin=5s"], "did you mean 'duration'"),
        (["--repeats", "0"], "at least 1"),
        (["--repeats", "many"], "not a whole number"),
        (["--cell-timeout", "-1"], "not a number of seconds"),
        (["--nonsense"], "unrecognized arguments"),
        (["--preset", "quick"], "not allowed with"),
    ],
)
def test_a_wrong_option_or_value_is_a_usage_error(matrix_run, arguments, message):
    done = matrix_run(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert matrix_run.calls() == []


def test_an_unknown_preset_is_a_usage_error_that_names_the_nearest(matrix_run):
    command = matrix_run.command("--dry-run")
    place = command.index("--matrix")
    command[place : place + 2] = ["--preset", "qiuck"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "did you mean 'quick'" in done.stderr


def test_a_runtime_that_the_binary_lacks_is_a_usage_error(matrix_run):
    matrix_run.matrix.write_text(matrix_run.matrix.read_text().replace("libuv", "libuvv"))
    done = matrix_run()
    assert done.returncode == 2
    assert "did you mean 'libuv'" in done.stderr


def test_a_limit_is_a_result_and_the_status_is_0(matrix_run):
    matrix_run.fault(**{"c10k/fixed/libuv": "limit"})
    assert matrix_run().returncode == 0
    assert by_status(matrix_run.runs()) == {"ok": 10, "limit": 2}


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("crash", "ended by SIGABRT and wrote no record"),
        ("silent", "ended with exit status 0 and wrote no record"),
        ("garbage", "no valid record: not JSON"),
        ("nan", "NaN is no number"),
        ("two_lines", "2 lines instead of one"),
        ("wrong_cell", "cell.runtime is 'another'"),
        ("wrong_checksum", "status ok with checksum"),
        ("failed", "the worker was ended by SIGSEGV"),
    ],
)
def test_a_cell_that_fails_is_recorded_and_the_matrix_goes_on(matrix_run, fault, reason):
    matrix_run.fault(**{"c10k/fixed/libuv": fault})
    done = matrix_run()
    assert done.returncode == 4
    assert by_status(matrix_run.runs()) == {"ok": 10, "failed": 2}
    failed = next(run for run in matrix_run.runs() if run["status"] == "failed")
    assert reason in failed["reasons"][0]
    assert failed["cell"]["runtime"] == "libuv"
    assert "2 failed" in done.stdout


def test_a_record_with_half_a_letter_in_it_is_kept(matrix_run):
    matrix_run.fault(**{"c10k/fixed/libuv": "broken_letter"})
    assert matrix_run("--repeats", "1").returncode == 0
    assert by_status(matrix_run.runs()) == {"ok": 6}
    run = next(run for run in matrix_run.runs() if run["reasons"])
    assert run["reasons"] == ["worker: \ufffd"]


def test_a_crash_is_recorded_with_its_signal_and_last_words(matrix_run):
    matrix_run.fault(**{"timers/spread/libuv": "crash"})
    matrix_run("--repeats", "1")
    failure = next(run["failure"] for run in matrix_run.runs() if run["status"] == "failed")
    assert failure["signal"] == "SIGABRT"
    assert failure["exit_status"] is None
    assert failure["stderr"] == ["conductor: this is the end"]


def test_a_cell_that_hangs_times_out_and_the_matrix_goes_on(matrix_run):
    matrix_run.fault(**{"c10k/fixed/libuv": "hang"})
    done = matrix_run("--repeats", "1", "--cell-timeout", "2")
    assert done.returncode == 4
    assert by_status(matrix_run.runs()) == {"ok": 5, "timeout": 1}
    run = next(run for run in matrix_run.runs() if run["status"] == "timeout")
    assert run["reasons"] == ["skein was still running at its time limit"]
    assert run["failure"]["stderr"] == ["conductor: waiting for ever"]


def test_a_cell_may_take_longer_than_its_own_bounds_and_not_for_ever():
    class Calls:
        def __init__(self):
            self.timeouts = []

        def call(self, _arguments, timeout_s, _descriptors=()):
            self.timeouts.append(timeout_s)
            return Ending(1, None, True, "", [])

    cell = Cell("a", "timers", "fiber", {"pattern": "spread", "tasks": 1000, "window": "100s"})
    skein, matrix = Calls(), Matrix("m", 1, 1, 0, (cell,))
    for given in (None, 7.0):
        options = CellOptions([], given, None)
        runner = Runner(skein, matrix, "s", None, Path("/nowhere"), options)
        assert runner.measure(Slot(cell, 0, 0))["status"] == "timeout"
    assert skein.timeouts == [pytest.approx(240 + 4 * estimate_s(cell)), 7.0]
    assert skein.timeouts[0] > 640


def test_an_invalid_run_is_repeated_and_both_are_kept(matrix_run):
    matrix_run.matrix.write_text("retry_invalid = 2\n" + matrix_run.matrix.read_text())
    matrix_run.fault(**{"timers/spread/libuv": "invalid"})
    done = matrix_run("--repeats", "1")
    assert done.returncode == 4
    assert by_status(matrix_run.runs()) == {"ok": 5, "invalid": 3}
    assert "2 invalid runs were repeated" in done.stdout


def test_results_that_are_there_are_not_added_to_without_resume(matrix_run):
    matrix_run("--repeats", "1")
    before = matrix_run.results.read_bytes()
    done = matrix_run("--repeats", "1")
    assert done.returncode == 2
    assert "--resume" in done.stderr
    assert matrix_run.results.read_bytes() == before


def test_resume_runs_only_what_failed(matrix_run):
    matrix_run.fault(**{"timers/spread/libuv": "crash", "c10k/fixed/libuv": "limit"})
    assert matrix_run().returncode == 4
    matrix_run.fault()
    Path(matrix_run.environment["FAKE_SKEIN_LOG"]).unlink()
    assert matrix_run("--resume").returncode == 0
    again = matrix_run.cell_calls()
    assert len(again) == 2
    assert all(call[1] == "timers" for call in again)
    assert by_status(matrix_run.runs()) == {"ok": 10, "limit": 2, "failed": 2}


def test_resume_of_a_finished_matrix_measures_nothing(matrix_run):
    matrix_run()
    before = matrix_run.results.read_bytes()
    done = matrix_run("--resume")
    assert done.returncode == 0
    assert "nothing left to run" in done.stdout
    assert matrix_run.results.read_bytes() == before


def test_resume_of_another_configuration_is_refused(matrix_run):
    matrix_run()
    done = matrix_run("--resume", "--seed", "8")
    assert done.returncode == 2
    assert "another configuration" in done.stderr


def test_resume_with_another_build_is_refused(matrix_run):
    matrix_run.fault(**{"timers/spread/libuv": "crash"})
    matrix_run()
    matrix_run.environment["FAKE_SKEIN_BINARY"] = "b" * 64
    done = matrix_run("--resume")
    assert done.returncode == 2
    assert "another machine, kernel setting or build" in done.stderr


@pytest.mark.parametrize("option", ["--worker-cpus", "--generator-cpus"])
def test_resume_on_other_cpus_is_refused(matrix_run, option):
    matrix_run.fault(**{"timers/spread/libuv": "crash"})
    matrix_run()
    done = matrix_run("--resume", option, "0,1")
    assert done.returncode == 2
    assert f"pinned to other CPUs ({option[2:].replace('-', '_')} " in done.stderr


def test_a_resumed_run_replaces_the_failed_one_in_the_tables(matrix_run):
    from skein_scripts.records.groups import group_runs

    matrix_run.fault(**{"timers/spread/libuv": "crash"})
    matrix_run()
    matrix_run.fault()
    matrix_run("--resume")
    groups = {group.name: group for group in group_runs(matrix_run.records())}
    assert groups["spread"].of("libuv").status_counts() == "2 ok"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_with_130_leaves_valid_results_and_no_process(matrix_run, number):
    matrix_run.fault(**{"timers/spread/*": "hang"})
    process = matrix_run.start("--cell-timeout", "100")
    wait_for(lambda: any("timers" in call["argv"] for call in matrix_run.calls()))
    time.sleep(0.2)
    process.send_signal(number)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "interrupted" in errors
    assert not any(is_running(call["pid"]) for call in matrix_run.calls())
    assert set(by_status(matrix_run.runs())) <= {"ok"}


def test_a_matrix_under_nohup_goes_on_when_its_terminal_is_gone(matrix_run):
    matrix_run.environment["FAKE_SKEIN_SLEEP"] = "0.3"
    process = subprocess.Popen(
        matrix_run.command("--repeats", "1"), env=matrix_run.environment, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
    )  # fmt: skip
    wait_for(lambda: any("run" in call["argv"] for call in matrix_run.calls()))
    process.send_signal(signal.SIGHUP)
    process.communicate(timeout=30)
    assert process.returncode == 0
    assert by_status(matrix_run.runs()) == {"ok": 6}


def test_an_interrupted_matrix_is_resumed(matrix_run):
    matrix_run.fault(**{"timers/spread/*": "hang"})
    process = matrix_run.start()
    wait_for(lambda: any("timers" in call["argv"] for call in matrix_run.calls()))
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    matrix_run.fault()
    assert matrix_run("--resume").returncode == 0
    assert by_status(matrix_run.runs()) == {"ok": 12}


def test_a_cell_that_ignores_interrupts_is_killed_with_its_children(matrix_run):
    matrix_run.fault(**{"timers/spread/*": "stubborn"})
    process = matrix_run.start("--filter", "workload=timers", "--cell-timeout", "100")
    wait_for(lambda: any("timers" in call["argv"] for call in matrix_run.calls()))
    pid = matrix_run.calls()[-1]["pid"]
    children = Path(f"/proc/{pid}/task/{pid}/children")
    wait_for(lambda: children.read_text().split())
    child = int(children.read_text().split()[0])
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)  # the second does not wait
    process.communicate(timeout=20)
    assert process.returncode == 130
    assert not is_running(pid)
    assert not is_running(child)


def test_a_held_lock_is_named_and_nothing_is_measured(matrix_run):
    lock = Path(matrix_run.environment["SKEIN_LOCK_FILE"])
    lock.write_text("pid 4711: skein run c10k --runtime fiber\n")
    with lock.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        done = matrix_run()
    assert done.returncode == 4
    assert "pid 4711: skein run c10k --runtime fiber" in done.stderr
    assert matrix_run.calls() == []
    assert not matrix_run.results.exists()


def test_the_lock_names_its_holder_while_it_is_held_and_is_free_afterwards(matrix_run):
    lock = Path(matrix_run.environment["SKEIN_LOCK_FILE"])
    matrix_run.environment["FAKE_SKEIN_SLEEP"] = "0.3"
    process = matrix_run.start("--repeats", "1", "--filter", "workload=timers")
    wait_for(lambda: lock.exists() and lock.read_text())
    assert lock.read_text().startswith(f"pid {process.pid}: run_matrix.py")
    process.communicate(timeout=30)
    assert process.returncode == 0
    with lock.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    assert lock.read_text() == ""


def test_output_that_cannot_be_made_is_found_before_measuring(matrix_run):
    blocker = matrix_run.folder / "file"
    blocker.write_text("")
    done = matrix_run(output=blocker / "out")
    assert done.returncode == 4
    assert "cannot write results into" in done.stderr
    assert matrix_run.calls() == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_found_before_measuring(matrix_run):
    matrix_run.output.mkdir()
    matrix_run.output.chmod(0o500)
    done = matrix_run()
    assert done.returncode == 4
    assert matrix_run.calls() == []


def test_a_full_disk_ends_with_4_before_any_cell_is_measured(matrix_run):
    matrix_run.output.mkdir()
    matrix_run.results.symlink_to("/dev/full")
    done = matrix_run()
    assert done.returncode == 4
    assert "No space left on device" in done.stderr
    assert not any(call["argv"][0] == "run" for call in matrix_run.calls())


def test_a_missing_binary_ends_with_4_and_says_how_to_build_it(matrix_run):
    matrix_run.skein.unlink()
    done = matrix_run()
    assert done.returncode == 4
    assert "scripts/bench" in done.stderr
    assert not matrix_run.results.exists()


def test_results_of_runs_are_json_that_any_reader_takes(matrix_run):
    matrix_run("--repeats", "1")
    for line in matrix_run.results.read_text().splitlines():
        json.loads(line, parse_constant=lambda name: pytest.fail(name))


def test_quiet_leaves_the_verdict_the_tally_and_what_to_open_and_names_what_failed(matrix_run):
    matrix_run.fault(**{"c10k/fixed/libuv": "crash"})
    done = matrix_run("-q", "--report", "--repeats", "1")
    assert done.returncode == 4
    lines = done.stdout.splitlines()
    assert "fixed · libuv" in lines[0]
    assert "1 failed, 5 ok; results: " in lines[-2]
    assert lines[-1] == f"report: {matrix_run.output / 'report.html'}"
    assert len(lines) == 4


@pytest.mark.parametrize("words", [(), ("--report",)])
def test_the_last_line_says_what_to_open(matrix_run, words):
    last = matrix_run("--filter", "workload=timers", "--repeats", "1", *words).stdout.splitlines()[
        -1
    ]
    opened = matrix_run.output / ("report.html" if words else "results.jsonl")
    assert last.endswith(str(opened))
    assert opened.is_file()


def test_verbose_prints_every_call_and_every_file(matrix_run):
    words = ("--filter", "workload=timers", "--repeats", "1", "--report")
    done = matrix_run("--verbose", *words)
    assert done.stdout.count("skein run timers --runtime") == 3
    assert f"wrote {matrix_run.output}/plots/" in done.stdout


def test_a_quiet_plan_is_its_last_line(matrix_run):
    done = matrix_run("--dry-run", "--quiet")
    (line,) = done.stdout.splitlines()
    assert line.startswith("12 runs of 6 cells in 2 rounds, about 0:")


def test_a_regular_expression_that_is_none_is_a_usage_error_with_the_reason(matrix_run):
    done = matrix_run("--filter", "runtime=~co(")
    assert done.returncode == 2
    assert "'co(' is no regular expression: missing )" in done.stderr
    assert matrix_run.calls() == []


def test_a_regular_expression_chooses_runtimes(matrix_run):
    done = matrix_run("--dry-run", "--filter", "workload=timers,runtime=~.*(uv|floor)")
    assert "4 runs of 2 cells" in done.stdout
