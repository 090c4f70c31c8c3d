"""Equal conditions: what must be equal between runtimes is compared, and what differs is named."""

import copy

import pytest

from matrix_support import matrix_run_in
from skein_scripts.records import conditions
from skein_scripts.report import report_pages


@pytest.fixture(scope="module")
def equal(tmp_path_factory):
    """A matrix of both workloads, two rounds."""
    run = matrix_run_in(tmp_path_factory.mktemp("equal"))
    done = run()
    assert done.returncode == 0, done.stdout
    return run.records()


def changed(records, runtime, change, workload="timers"):
    """The records with one change in every run of a runtime."""
    copies = copy.deepcopy(records)
    wanted = {"runtime": runtime, "workload": workload}
    for record in copies:
        if record["kind"] == "run" and wanted.items() <= record["cell"].items():
            change(record)
    return copies


def test_equal_conditions_pass(equal):
    assert conditions.inequalities(equal) == []
    assert conditions.unsaid(equal) == []


def test_another_inline_budget_is_caught_by_name(equal):
    planted = changed(
        equal, "libuv", lambda run: run["conditions"].update(inline_budget=64), "c10k"
    )
    found = conditions.inequalities(planted)
    assert len(found) == 2  # in each of two rounds
    assert "inline_budget is 64 in libuv, 128 in coroutine and epoll_floor" in found[0]


def test_another_socket_option_is_caught_by_name(equal):
    def no_delay_off(run):
        run["conditions"]["listener"]["tcp_nodelay"] = False

    found = conditions.inequalities(changed(equal, "coroutine", no_delay_off, "c10k"))
    assert "listener.tcp_nodelay is False in coroutine" in found[0]


def test_a_build_that_runs_under_other_conditions_says_which_once(equal):
    def no_delay_off(run):
        run["conditions"]["listener"]["tcp_nodelay"] = False

    def runs_of(records):
        return [record for record in records if record["kind"] == "run"]

    assert conditions.changes(runs_of(equal), runs_of(equal)) == []
    planted = changed(equal, "coroutine", no_delay_off, "c10k")
    assert conditions.changes(runs_of(equal), runs_of(planted)) == [
        "listener.tcp_nodelay was True and is False"
    ]


def test_conditions_that_nobody_says_are_not_known_to_be_the_same(equal):
    said = [record for record in equal if record["kind"] == "run"]
    unsaid = [record | {"conditions": None} for record in said]
    assert conditions.changes(said, unsaid) is None
    assert conditions.changes([], []) is None


def test_other_work_is_caught(equal):
    found = conditions.inequalities(
        changed(equal, "coroutine", lambda run: run["work"].update(checksum="0" * 16))
    )
    assert any("work.checksum is 0000000000000000 in coroutine" in line for line in found)


def test_another_payload_is_caught(equal):
    def half(run):
        run["work"]["bytes"] //= 2

    found = conditions.inequalities(changed(equal, "coroutine", half, "c10k"))
    assert "work.bytes_per_unit is 32.0 in coroutine" in found[0]


def test_bytes_of_a_run_that_lost_requests_are_not_compared(equal):
    def lossy(run):
        run["work"]["bytes"] -= 64
        run["load"]["errors"]["timeout"] = 1

    assert conditions.inequalities(changed(equal, "coroutine", lossy, "c10k")) == []


def test_runs_made_by_hand_are_compared_where_their_seed_is_the_same(equal):
    by_hand = copy.deepcopy(equal)
    for record in by_hand:
        if record["kind"] == "session":
            record["plan"] = None
        elif record["kind"] == "run":
            record |= {"block": None, "position": None}
            record.pop("key", None)
    assert conditions.inequalities(by_hand) == []  # two seeds of each: other work, other sums
    other = changed(by_hand, "coroutine", lambda run: run["work"].update(checksum="0" * 16))
    assert len(conditions.inequalities(other)) == 2


def test_a_setting_that_differs_without_a_reason_is_caught(equal):
    found = conditions.inequalities(
        changed(equal, "coroutine", lambda run: run["cell"].update(grid_ns=7))
    )
    assert any("cell.grid_ns is 7 in coroutine" in line for line in found)


def test_what_an_override_declares_may_differ_and_nothing_else(equal):
    def fewer(run):
        run["cell"]["tasks"] = run["work"]["units"] = 10

    planted = changed(equal, "libuv", fewer)
    assert conditions.inequalities(planted) != []
    cells = next(record for record in planted if record["kind"] == "session")["plan"]["cells"]
    next(cell for cell in cells if cell["key"] == "spread/libuv")["reason"] = "because"
    assert conditions.inequalities(planted) == []
    budget = changed(planted, "libuv", lambda run: run["conditions"].update(inline_budget=64))
    assert len(conditions.inequalities(budget)) == 2


def test_what_does_not_apply_is_not_compared(equal):
    nothing = changed(equal, "libuv", lambda run: run["conditions"].update(inline_budget=None))
    assert conditions.inequalities(nothing) == []


def test_a_worker_that_does_not_say_is_named_and_not_compared(equal):
    silent = changed(equal, "libuv", lambda run: run.update(conditions=None))
    assert conditions.inequalities(silent) == []
    assert conditions.unsaid(silent) == ["libuv"]


def pages_text(records, folder):
    return [page.read_text(encoding="utf-8") for page in report_pages.write(records, folder, [])]


def test_stacks_that_grow_belong_to_a_runtime_are_shown_and_not_compared(tmp_path, equal):
    grows = changed(equal, "libuv", lambda run: run["conditions"].update(growing_stacks=True))
    assert conditions.inequalities(grows) == []
    assert conditions.belonging(grows) == ["libuv: its stacks grow"]
    assert conditions.belonging(equal) == []
    for page in pages_text(grows, tmp_path):
        assert "Conditions that belong to a runtime" in page
        assert "libuv: its stacks grow" in page


def test_managed_runtimes_either_all_settle_or_are_unequal(equal):
    def settles(records, runtime, value):
        return changed(records, runtime, lambda run: run["conditions"].update(settles=value))

    one = settles(equal, "libuv", True)
    assert conditions.inequalities(one) == []  # the others have nothing to collect
    assert conditions.belonging(one) == [
        "libuv: collects its garbage before each reading of memory"
    ]
    assert conditions.inequalities(settles(one, "coroutine", True)) == []
    lines = conditions.inequalities(settles(one, "coroutine", False))
    assert any("settles is False in coroutine, True in libuv" in line for line in lines)


def test_a_cold_row_and_a_warm_one_stand_side_by_side_and_say_which_they_are(equal):
    def warm(records, runtime, value):
        return changed(records, runtime, lambda run: run["conditions"].update(warms_up=value))

    both = warm(warm(equal, "coroutine", True), "libuv", False)
    assert conditions.inequalities(both) == []
    assert conditions.belonging(both) == [
        "coroutine: warmed up before it was ready", "libuv: not warmed up"
    ]  # fmt: skip


def test_a_worker_whose_hello_alone_says_something_does_not_say_its_conditions(equal):
    silent = changed(equal, "libuv", lambda run: run.update(conditions={"growing_stacks": True}))
    assert conditions.unsaid(silent) == ["libuv"]


def test_a_program_of_its_own_has_its_own_compiler_and_allocator(equal, monkeypatch):
    other = changed(
        equal, "libuv", lambda run: run["conditions"].update(allocator="own", compiler="rustc 1.90")
    )
    assert any("allocator is own in libuv" in line for line in conditions.inequalities(other))
    monkeypatch.setattr(conditions, "foreign", lambda: {"libuv": None})
    assert conditions.inequalities(other) == []
    (line,) = conditions.belonging(other)
    assert line.startswith("libuv: ")
    assert line.endswith("allocator own; compiler rustc 1.90")
    slack = changed(other, "libuv", lambda run: run["conditions"].update(timer_slack_ns=1))
    assert any("timer_slack_ns is 1 in libuv" in line for line in conditions.inequalities(slack))


def test_a_run_that_does_not_count_is_not_compared(equal):
    def invalid(run):
        run["conditions"]["inline_budget"] = 64
        run.update(status="invalid", reasons=["planted"])

    assert conditions.inequalities(changed(equal, "libuv", invalid)) == []


def test_a_matrix_with_unequal_conditions_ends_with_4_and_says_so(tmp_path):
    run = matrix_run_in(tmp_path)
    run.fault(**{"c10k/fixed/libuv": "other_budget"})
    done = run("--repeats", "1", "--report")
    assert done.returncode == 4
    assert "inline_budget is 64 in libuv" in done.stdout
    page = (run.output / "report.md").read_text(encoding="utf-8")
    assert "## Unequal conditions" in page
    assert "inline_budget is 64 in libuv" in page


def test_a_worker_without_conditions_is_said_in_the_report(tmp_path, equal):
    silent = changed(equal, "libuv", lambda run: run.update(conditions=None))
    _, page = report_pages.write(silent, tmp_path, [])
    assert "not compared: libuv" in page.read_text(encoding="utf-8")
