"""Every number of the tables, from results that were made by hand (planted_results.py). What is
expected here was worked out from them without the code that is tested."""

import copy

import pytest

from planted_results import with_more_rounds
from skein_scripts.records import results
from skein_scripts.records.groups import group_runs
from skein_scripts.report import factorial, results_table, spread

FIXED = "c10k, fixed: 1,000 connections, 50 active, 64 B, lent buffers"
RANGE = "[low, high]: range of 3 runs (too few for a 95 % interval); the others are medians"
OTHER_N = (
    "[low, high]: range of 3 runs (too few for a 95 % interval); where another n stands it is of"
    " that many runs, below 6 the range; the others are medians"
)
MERGED = "† of the merged runs: one has too few samples for it"
LOAD_COLUMNS = ["requests", "p50 µs", "p99 µs", "p99.9 µs", "service p99 µs", "CPU/request µs",
                "above floor µs", "× floor", "user B/conn.", "kernel B/conn."]  # fmt: skip
COROUTINE_MEMORY = ["211 [205, 225]", "8,101"]
FIBER_MEMORY = ["4,133 [4,010, 4,420]", "8,211"]
THREAD_MEMORY = ["8,543 [8,288, 9,138]", "30,603"]
FLOOR_MEMORY = ["29 [26, 36]", "7,901"]


@pytest.fixture(scope="module")
def groups(planted):
    return {group.name: group for group in group_runs(planted)}


@pytest.fixture
def changed(planted):
    """A copy to change."""
    return copy.deepcopy(planted)


def group_of(records, name):
    return next(group for group in group_runs(records) if group.name == name)


def row_of(made, runtime):
    row = next(row for row in made.rows if row[0] == runtime)
    return dict(zip(made.columns, row, strict=True))


def test_what_is_planted_is_a_valid_file(planted):
    for record in planted:
        results.validate(record)


def test_groups_stand_in_the_order_of_the_plan_and_runtimes_in_theirs(groups):
    assert list(groups) == [
        "open-low", "open-mid", "open-high", "fixed", "idle", "spread", "cancels",
    ]  # fmt: skip
    assert [one.runtime for one in groups["fixed"].series] == [
        "coroutine", "coroutine_uring", "fiber", "fiber_uring", "thread", "libuv", "epoll_floor",
    ]  # fmt: skip


def test_fixed_work_has_throughput_latency_cpu_and_memory(groups):
    made = results_table.make_table(groups["fixed"])
    assert made.title == FIXED
    assert made.columns == [
        "runtime", "runs", "requests", "p50 µs", "p99 µs", "service p99 µs", "CPU/request µs",
        "user µs", "+ ksoftirqd µs", "above floor µs", "× floor", "user B/conn.", "kernel B/conn.",
    ]  # fmt: skip
    assert made.rows == [
        ["coroutine", "3 ok", "199,100/s", "43.1", "151", "121", "5.21 [5.00, 5.41]", "0.613",
         "0.0210", "+1.00 [+0.61, +1.11]", "1.250 [1.127, 1.271]", *COROUTINE_MEMORY],
        ["coroutine_uring", "3 ok", "217,100/s", "39.1", "142", "113", "4.60 [4.51, 4.70]", "0.503",
         "1.30", "+0.60 [-0.29, +0.60]", "1.147 [0.939, 1.150]", "223 [217, 237]", "9,103"],
        ["fiber", "3 ok", "187,300/s", "46.7", "163", "132", "5.50 [5.30, 5.92]", "0.641", "0.0230",
         "+1.30 [+0.70, +1.82]", "1.325 [1.146, 1.445]", *FIBER_MEMORY],
        ["fiber_uring", "3 ok", "208,700/s", "41.9", "147", "118", "4.80 [4.79, 4.91]", "0.547",
         "1.41", "+0.69 [+0.11, +0.80]", "1.168 [1.023, 1.200]", "4,153 [4,030, 4,440]", "9,211"],
        ["thread", "3 ok, 1 repeated", "134,300/s", "66.7", "243", "200", "7.41 [7.31, 7.60]",
         "1.11", "0.0290", "+3.31 [+2.61, +3.50]", "1.826 [1.544, 1.855]", *THREAD_MEMORY],
        ["libuv", "2 ok, 1 failed", "166,974/s", "52.7", "185", "151", "6.16 [6.10, 6.23], n = 2",
         "0.825", "0.0330", "+2.11 [+2.10, +2.13], n = 2", "1.522 [1.519, 1.525], n = 2",
         "343 [328, 358], n = 2", "8,169"],
        ["epoll_floor", "3 ok", "241,300/s", "34.1", "109", "91.3", "4.10 [4.00, 4.80]", "0.401",
         "0.0190", "the floor", "1", *FLOOR_MEMORY],
    ]  # fmt: skip
    assert made.notes == [OTHER_N]


def test_work_at_a_rate_has_its_p999_from_the_merged_runs_and_no_user_cpu_of_few_ticks(groups):
    made = results_table.make_table(groups["open-mid"])
    assert made.title == "c10k, open: 1,000 connections, 50 active, 20,011/s, 64 B, lent buffers"
    assert made.columns == ["runtime", "runs", *LOAD_COLUMNS]
    # p99.9: the fourth step, eight times the first, is beyond the 209,790th of 210,000 samples.
    assert made.rows == [
        ["coroutine", "3 ok", "20,011/s", "27.1", "104", "328 †", "93.1", "11.1 [11.0, 11.4]",
         "+0.60 [+0.40, +1.11]", "1.057 [1.038, 1.108]", *COROUTINE_MEMORY],
        ["fiber", "3 ok", "20,011/s", "28.9", "114", "360 †", "97.7", "10.1 [10.0, 10.2]",
         "-0.39 [-0.40, -0.30]", "0.963 [0.962, 0.971]", *FIBER_MEMORY],
        ["thread", "3 ok", "19,010/s", "71.9", "911", "492 †", "373", "16.3 [16.1, 16.4]",
         "+5.81 [+5.60, +6.00]", "1.548 [1.533, 1.582]", *THREAD_MEMORY],
        ["epoll_floor", "3 ok", "20,011/s", "23.9", "89.3", "295 †", "79.1", "10.5 [10.3, 10.6]",
         "the floor", "1", *FLOOR_MEMORY],
    ]  # fmt: skip
    assert made.notes == [
        "coroutine: 1 of 3 runs marked, e.g. not steady: the last third is 31 % above the first",
        RANGE,
        MERGED,
    ]


def test_a_limit_has_its_reason_in_its_row(groups):
    made = results_table.make_table(groups["open-high"])
    assert made.columns == ["runtime", "runs", *LOAD_COLUMNS]
    assert made.rows == [
        ["coroutine", "3 ok", "29,711/s", "37.3", "158", "328 †", "143", "9.10 [9.00, 9.20]",
         "+0.99 [+0.69, +1.00]", "1.121 [1.083, 1.124]", *COROUTINE_MEMORY],
        ["fiber", "3 ok", "29,411/s", "39.7", "173", "360 †", "152", "9.51 [9.40, 9.60]",
         "+1.30 [+1.20, +1.39]", "1.161 [1.144, 1.170]", *FIBER_MEMORY],
        ["thread", "3 limit", "limit: RLIMIT_NPROC 9000 < 10016"],
        ["epoll_floor", "3 ok", "30,011/s", "32.3", "127", "295 †", "119", "8.21 [8.10, 8.31]",
         "the floor", "1", *FLOOR_MEMORY],
    ]  # fmt: skip


def test_idle_connections_have_memory_and_the_messages_that_end_them(groups):
    made = results_table.make_table(groups["idle"])
    assert made.title == "c10k, idle: 1,000 connections, lent buffers"
    assert made.columns == [
        "runtime", "runs", "user B/conn.", "kernel B/conn.", "total B/conn.", "fixed user",
        "peak RSS", "mappings", "message p50 µs", "message p99 µs", "CPU/message µs",
    ]  # fmt: skip
    assert made.rows == [
        ["coroutine", "3 ok", "197 [194, 204]", "8,017", "8,219", "1.44 MiB", "5.06 MiB", "61",
         "703", "1,103", "8.71"],
        ["fiber", "3 ok", "4,127 [4,004, 4,414]", "8,039", "12,172", "1.53 MiB", "8.88 MiB",
         "2,081", "734", "1,151", "8.83"],
        ["thread", "3 ok", "8,539 [8,284, 9,134]", "30,577", "39,127", "1.63 MiB", "12.9 MiB",
         "3,083", "1,308", "2,204", "15.3"],
        ["libuv", "3 timeout", "timeout: no answer within 40 s"],
        ["epoll_floor", "3 ok", "23 [20, 30]", "7,993", "8,029", "1.34 MiB", "4.68 MiB", "53",
         "602", "907", "7.70"],
    ]  # fmt: skip
    assert made.notes == [RANGE]


def test_timers_have_lateness_early_fires_and_what_one_costs(groups):
    made = results_table.make_table(groups["spread"])
    assert made.title == "timers, spread: 20,000 tasks, over 5 s"
    assert made.columns == [
        "runtime", "runs", "tasks", "late p50 µs", "late p99 µs", "late max µs", "early",
        "earliest µs", "spawn/task µs", "CPU/timer µs", "user B/timer", "kernel B/timer",
        "total B/timer", "mappings",
    ]  # fmt: skip
    # libuv: 37 and 111 timers fired early. thread: of 15,000 only 150 lie beyond the p99.
    assert made.rows == [
        ["coroutine", "3 ok", "20,000", "35.3", "280", "1,301", "0", "–", "0.307", "0.919",
         "131 [128, 138]", "3", "137", "67"],
        ["fiber", "3 ok", "20,000", "50.9", "737", "2,203", "0", "–", "1.41", "1.05",
         "4,099 [3,979, 4,379]", "41", "4,143", "2,089"],
        ["thread", "3 ok", "5,000", "105", "–", "5,303", "0", "–", "15.1", "4.30",
         "8,513 [8,258, 9,108]", "22,717", "31,237", "3,089"],
        ["libuv", "3 ok", "20,000", "578", "1,144", "3,307", "148", "877", "0.211", "1.22",
         "227 [221, 241]", "2", "233", "71"],
        ["epoll_floor", "3 ok", "20,000", "43.3", "91.1", "401", "0", "–", "0.101", "0.823",
         "17 [14, 24]", "0", "19", "59"],
    ]  # fmt: skip
    assert made.notes == [
        "thread: threads are dear",
        RANGE,
        "early: of all runs together; earliest: of any run; percentiles are of the timers that did"
        " not fire early",
    ]


def test_cancelled_timers_have_the_cost_of_arming_and_cancelling(groups):
    made = results_table.make_table(groups["cancels"])
    assert made.title == "timers, churn: 16,000 tasks, over 4 s"
    assert made.columns == [
        "runtime", "runs", "tasks", "late p50 µs", "late p99 µs", "late max µs", "early",
        "spawn/task µs", "CPU/arm+cancel µs", "user B/timer", "kernel B/timer", "total B/timer",
        "mappings",
    ]  # fmt: skip
    # p99 of the merged runs: coroutine has 20,001 samples, libuv 19,998, and 20,000 are needed.
    assert made.rows == [
        ["coroutine", "3 ok", "16,000", "31.1", "139 †", "809", "0", "0.313", "0.727",
         "139 [136, 146]", "5", "149", "73"],
        ["libuv", "3 ok", "16,000", "514", "–", "1,907", "0", "0.217", "0.617",
         "229 [223, 243]", "7", "239", "79"],
    ]  # fmt: skip
    assert made.notes == [
        RANGE,
        MERGED,
        "lateness is of the timers that were left to fire, about one in 16",
    ]


def test_connections_that_come_and_go_have_no_word_on_timers(changed):
    for run in results.runs(changed):
        if run["run_id"].startswith("fixed-"):
            run["cell"]["mode"] = "churn"
    made = results_table.make_table(group_of(changed, "fixed"))
    assert made.title.startswith("c10k, churn")
    assert made.notes == [OTHER_N]


def test_a_percentile_that_one_run_lacks_is_that_of_all_runs_and_not_of_the_others(changed):
    lacking = next(run for run in results.runs(changed) if run["run_id"] == "fixed-coroutine-2-1")
    lacking["latency"]["p99"] = None
    row = row_of(results_table.make_table(group_of(changed, "fixed")), "coroutine")
    # The 59,400th of 60,000 samples is the last of the second step: 81,919 ns.
    assert row["p99 µs"] == "81.9 †"
    assert row["p50 µs"] == "43.1"


def test_of_nine_runs_there_is_an_interval_and_where_there_are_fewer_it_is_said(changed):
    more = with_more_rounds(changed, (5_011, 5_021, 5_031, 5_041, 5_051, 5_061))
    lost = [
        run for run in results.runs(more)
        if run["cell"]["runtime"] == "thread" and run["block"] > 4
    ]  # fmt: skip
    for run in lost:
        run["status"], run["reasons"] = "invalid", ["planted"]
    made = results_table.make_table(group_of(more, "fixed"))
    # Of nine, the second of either end bounds the interval; of eight the ends do.
    assert row_of(made, "epoll_floor")["CPU/request µs"] == "5.02 [4.10, 5.05]"
    assert row_of(made, "libuv")["CPU/request µs"] == "5.05 [5.01, 6.23], n = 8"
    assert row_of(made, "thread")["CPU/request µs"] == "7.31 [5.01, 7.60], n = 5"
    assert row_of(made, "thread")["above floor µs"] == "+2.61 [+0.00, +3.50], n = 5"
    assert made.notes[-1] == (
        "[low, high]: 95 % sign-test interval of the median over 9 runs; where another n stands it"
        " is of that many runs, below 6 the range; the others are medians"
    )


def test_n_is_that_of_the_runs_that_count(changed):
    for run in results.runs(changed):
        if run["run_id"].startswith("cancels-") and run["block"] == 0:
            run["status"], run["reasons"] = "invalid", ["planted"]
    made = results_table.make_table(group_of(changed, "cancels"))
    # 139 and, 3 % less, 136; 229 and 223.
    assert [row_of(made, name)["user B/timer"] for name in ("coroutine", "libuv")] == [
        "138 [136, 139]", "226 [223, 229]",
    ]  # fmt: skip
    assert "[low, high]: range of 2 runs (too few for a 95 % interval); the others" in made.notes[0]


def test_marked_runs_are_some_of_those_that_count(changed):
    measured = [
        run for run in results.runs(changed) if run["run_id"].startswith("open-mid-coroutine")
    ]
    disturbed = next(run for run in measured if not run["reasons"])
    disturbed["status"], disturbed["reasons"] = "invalid", ["planted"]
    made = results_table.make_table(group_of(changed, "open-mid"))
    assert made.notes[0].startswith("coroutine: 1 of 2 runs marked, e.g. not steady")


def test_of_several_reasons_the_last_one_is_given(changed):
    failures = [
        run for run in results.runs(changed) if run["run_id"].startswith("open-high-thread")
    ]
    for run, reason in zip(failures, ("first", "second", "last"), strict=True):
        run["reasons"] = [reason, f"more of the {reason}"]
    thread = results_table.make_table(group_of(changed, "open-high")).rows[2]
    assert thread == ["thread", "3 limit", "limit: last"]


def test_a_counted_run_is_in_no_table_and_takes_no_runs_place(changed):
    counted = [
        copy.deepcopy(run) | {"run_id": f"counted-{run['run_id']}", "counted": True}
        for run in results.runs(changed)
    ]
    for run in counted:
        if run.get("cpu"):
            run["cpu"]["per_op_ns"] = 55_555
    outside = [run | {"session_id": "none", "run_id": f"{run['run_id']}-o"} for run in counted]
    with_them, without = (
        [results_table.make_table(group) for group in group_runs(records)]
        for records in ([*changed, *counted, *outside], changed)
    )
    assert with_them == without


def test_what_is_not_known_is_no_0(changed):
    for run in results.runs(changed):
        if run["run_id"].startswith("fixed-coroutine-"):
            run["memory"] = None
            run["cpu"] |= {"per_op_ns": None, "user_per_op_ns": None, "softirqd_per_op_ns": None}
            run["load"]["achieved_per_s"] = None
        if run["run_id"].startswith("spread-libuv-"):
            run["lateness"] |= {"early_count": None, "early_max_ns": None, "p50": None}
            run["timer_costs"] = None
    row = row_of(results_table.make_table(group_of(changed, "fixed")), "coroutine")
    for name in ("requests", "CPU/request µs", "user µs", "+ ksoftirqd µs", "above floor µs",
                 "× floor", "user B/conn.", "kernel B/conn."):  # fmt: skip
        assert row[name] == "–", name
    row = row_of(results_table.make_table(group_of(changed, "spread")), "libuv")
    assert [row[name] for name in ("early", "spawn/task µs")] == ["–", "–"]


# --- style by loop ---


def test_style_by_loop_has_each_figure_in_its_row_and_column(groups):
    (made,) = factorial.make_tables(list(groups.values()))
    assert made.title == f"Style by loop: {FIXED}"
    assert made.columns == ["style", "", "epoll", "io_uring", "libuv"]
    assert made.rows == [
        ["coroutine", "CPU/request µs", "5.21", "4.60", "–"],
        ["coroutine", "× floor", "1.250", "1.147", "–"],
        ["coroutine", "+ ksoftirqd µs", "0.0210", "1.30", "–"],
        ["coroutine", "user B/connection", "211", "223", "–"],
        ["coroutine", "... above floor", "+182", "+194", "–"],
        ["coroutine", "kernel B/connection", "8,101", "9,103", "–"],
        ["coroutine", "... above floor", "+200", "+1,202", "–"],
        ["direct", "CPU/request µs", "5.50", "4.80", "–"],
        ["direct", "× floor", "1.325", "1.168", "–"],
        ["direct", "+ ksoftirqd µs", "0.0230", "1.41", "–"],
        ["direct", "user B/connection", "4,133", "4,153", "–"],
        ["direct", "... above floor", "+4,104", "+4,124", "–"],
        ["direct", "kernel B/connection", "8,211", "9,211", "–"],
        ["direct", "... above floor", "+310", "+1,310", "–"],
        ["callback", "CPU/request µs", "–", "–", "6.16"],
        ["callback", "× floor", "–", "–", "1.522"],
        ["callback", "+ ksoftirqd µs", "–", "–", "0.0330"],
        ["callback", "user B/connection", "–", "–", "343"],
        ["callback", "... above floor", "–", "–", "+314"],
        ["callback", "kernel B/connection", "–", "–", "8,169"],
        ["callback", "... above floor", "–", "–", "+268"],
    ]  # fmt: skip
    assert made.notes == [
        "coroutine on epoll: coroutine",
        "coroutine on io_uring: coroutine_uring",
        "direct on epoll: fiber",
        "direct on io_uring: fiber_uring",
        "callback on libuv: libuv",
    ]


def test_memory_as_much_as_the_floors_is_plus_0_whatever_its_last_digits(changed):
    for run in results.runs(changed):
        if run["run_id"].startswith("fixed-coroutine-"):
            run["memory"]["per_task"]["user_bytes"] = 28.9
    (made,) = factorial.make_tables(group_runs(changed))
    assert made.rows[4] == ["coroutine", "... above floor", "+0", "+194", "–"]


def test_of_runtimes_of_one_style_on_one_loop_the_first_stands_for_them(changed):
    for run in results.runs(changed):
        if run["run_id"].startswith("fixed-thread-"):
            run["loop"] = "epoll, edge-triggered"  # as the fiber's, which is direct, too
    (made,) = factorial.make_tables(group_runs(changed))
    assert "direct on epoll: fiber" in made.notes
    assert ["direct", "CPU/request µs", "5.50", "4.80", "–"] in made.rows


def test_a_runtime_that_was_given_other_work_stands_for_no_style(changed):
    for run in results.runs(changed):
        if run["run_id"].startswith("fixed-thread-"):
            run["loop"] = "epoll, edge-triggered"
    cells = next(one for one in changed if one["kind"] == "session")["plan"]["cells"]
    next(one for one in cells if one["key"] == "fixed/fiber")["reason"] = "planted"
    (made,) = factorial.make_tables(group_runs(changed))
    assert "direct on epoll: thread" in made.notes


# --- spread over the rounds ---


def test_the_spread_of_each_headline_is_shown_with_how_many_runs_count(groups):
    made = spread.make_table(groups["fixed"])
    assert made.title == f"Spread · {FIXED}"
    assert made.columns == [
        "runtime", "valid", "repeated", "operations", "CPU/op µs", "user B/task", "kernel B/task",
        "total B/task", "p50 µs", "p99 µs",
    ]  # fmt: skip
    # Range 7 % + 3 % = 10 %; absolute deviations 7 %, 0 and 3 %, of which 3 % is in the middle.
    assert made.rows[0] == [
        "coroutine", "3 of 3", "0",
        "199,100/s, 10 % [193,127/s..213,037/s, MAD 3 %]",
        "5.21, 7.76 % [5.00..5.41, MAD 3.8 %]",
        "211, 9.48 % [205..225, MAD 2.84 %]",
        "8,101, 10 % [7,858..8,668, MAD 3 %]",
        "8,313, 9.98 % [8,064..8,894, MAD 3 %]",
        "43.1, 10 % [41.8..46.1, MAD 3 %]",
        "151, 10 % [147..162, MAD 3 %]",
    ]  # fmt: skip
    assert made.rows[4][:5] == [
        "thread", "3 of 3", "1",
        "134,300/s, 10 % [130,271/s..143,701/s, MAD 3 %]",
        "7.41, 3.99 % [7.31..7.60, MAD 1.4 %]",
    ]  # fmt: skip
    assert made.rows[5][:5] == [
        "libuv", "2 of 3", "0",
        "166,974/s, 9.8 % [158,789/s..175,159/s, MAD 4.9 %]",
        "6.16, 2.04 % [6.10..6.23, MAD 1.02 %]",
    ]  # fmt: skip


def test_the_spread_of_timers_is_of_lateness(groups):
    made = spread.make_table(groups["spread"])
    assert made.columns[3:] == [
        "CPU/op µs", "user B/task", "kernel B/task", "total B/task", "late p50 µs", "late p99 µs",
    ]  # fmt: skip
    assert made.rows[3][7:] == [
        "578, 10 % [561..618, MAD 3 %]", "1,144, 10 % [1,109..1,224, MAD 3 %]",
    ]  # fmt: skip
    assert made.rows[2][8] == "–"  # threads have too few timers for a p99


def test_a_spread_of_fewer_figures_than_runs_count_says_so(changed):
    lacking = next(run for run in results.runs(changed) if run["run_id"] == "fixed-coroutine-2-1")
    lacking["latency"]["p99"] = None
    row = row_of(spread.make_table(group_of(changed, "fixed")), "coroutine")
    # 151,300 and 161,891.
    assert row["p99 µs"] == "157, 6.76 % [151..162, MAD 3.38 %], n = 2"
    assert row["valid"] == "3 of 3"


def test_a_spread_around_nothing_has_no_share():
    found = spread.spread_of([-2.0, 0.0, 3.0])
    assert (found.range, found.mad) == (None, None)
    assert spread.spread_of([-100.0, -90.0, -120.0]).range == pytest.approx(0.3)
