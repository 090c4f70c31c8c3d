"""What the charts of bars show: memory of a waiting task, and CPU time above the floor. Each bar,
its whisker, its number, its colour and the unit of its axis, from results made by hand."""

import pytest

import drawn
from drawn import BLACK, COLOURS, GREY, WHITE
from skein_scripts.drawing import frame
from skein_scripts.records import results
from skein_scripts.records.groups import group_runs
from skein_scripts.report.plots import cpu_above_floor, memory_per_task


def figure_of(plot, records):
    context = frame.Context.of(results.sessions(records)[0])
    return drawn.draw(plot.draw, group_runs(records), context)


@pytest.fixture(scope="module")
def memory(planted):
    return figure_of(memory_per_task, planted)


@pytest.fixture(scope="module")
def cpu(planted):
    return figure_of(cpu_above_floor, planted)


def panel(figure, name):
    (found,) = [axes for axes in figure.axes if axes.get_title(loc="left").startswith(name)]
    return found


# --- memory of a waiting task ---

# Runtime: user, kernel, and the range of both together.
IDLE = {
    "coroutine": (197, 8_017, 7_973, 8_793), "fiber": (4_127, 8_039, 11_809, 13_019),
    "thread": (8_539, 30_577, 37_954, 41_864), "epoll_floor": (23, 7_993, 7_789, 8_589),
}  # fmt: skip
SPREAD = {
    "coroutine": (131, 3, 134, 144), "fiber": (4_099, 41, 4_020, 4_430),
    "thread": (8_513, 22_717, 30_301, 33_421), "libuv": (227, 2, 227, 247),
    "epoll_floor": (17, 0, 16, 26),
}  # fmt: skip


def check_memory(axes, expected, row_of):
    found = drawn.bars(axes)
    assert len(found) == 2 * len(expected)
    for runtime, (user, kernel, low, high) in expected.items():
        of_user, of_kernel = [bar for bar in found if bar.row == row_of[runtime]]
        assert (of_user.left, of_user.right) == (0, user)
        assert (of_user.colour, of_user.is_hatched) == (COLOURS[runtime], False)
        assert (of_kernel.left, of_kernel.right) == (user, user + kernel)
        assert (of_kernel.colour, of_kernel.edge) == (WHITE, COLOURS[runtime])
        assert of_kernel.is_hatched
        (whisker,) = [c for c in drawn.curves(axes) if c.points[0][1] == row_of[runtime]]
        assert whisker.points == [(low, row_of[runtime]), (high, row_of[runtime])]
        assert whisker.runtime == BLACK
        text = f"{user:,} user + {kernel:,} kernel"
        assert (max(high, user + kernel), row_of[runtime], text) in drawn.labels(axes)
        assert axes.get_xlim()[0] == 0
        assert axes.get_xlim()[1] > high


def test_a_connection_costs_what_is_drawn_user_and_kernel_apart(memory):
    axes = panel(memory, "c10k, idle: 1,000 connections")
    assert drawn.rows(axes) == ["coroutine", "fiber", "thread", "libuv", "epoll_floor"]
    check_memory(axes, IDLE, {"coroutine": 0, "fiber": 1, "thread": 2, "epoll_floor": 4})
    assert (0, 3, "no result (timeout: no answer within 40 s)") in drawn.labels(axes)
    assert axes.get_xlabel() == "bytes per connection"


def test_a_timer_costs_what_is_drawn_and_fewer_tasks_are_named(memory):
    axes = panel(memory, "timers, spread: 20,000 tasks, over 5 s")
    assert drawn.rows(axes) == ["coroutine", "fiber", "thread\n(5,000)", "libuv", "epoll_floor"]
    check_memory(axes, SPREAD, {name: row for row, name in enumerate(SPREAD)})
    assert axes.get_xlabel() == "bytes per timer"


def test_the_axis_of_memory_is_in_plain_bytes(memory):
    for axes in memory.axes:
        found = drawn.ticks(axes.xaxis)
        assert len(found) > 2
        for place, text in found:
            assert text == f"{round(place):,}"


def test_memory_has_a_panel_for_each_work_that_waits_and_says_of_how_many_runs(memory):
    assert [axes.get_title(loc="left") for axes in memory.axes] == [
        "c10k, idle: 1,000 connections, lent buffers",
        "timers, spread: 20,000 tasks, over 5 s",
        "timers, churn: 16,000 tasks, over 4 s",
    ]
    assert drawn.title(memory) == "Memory of one waiting task"
    assert drawn.foot(memory).startswith(
        "Least-squares slope over four task counts in one process; median of n = 3 runs; whisker,"
        " of the total: range of 3 runs (too few for a 95 % interval) Planted CPU"
    )
    names = [text.get_text() for text in memory.legends[0].get_texts()]
    assert names == ["user (RssAnon)", "kernel (stacks, page tables, slab)"]
    user, kernel = memory.legends[0].legend_handles
    assert (bool(user.get_hatch()), bool(kernel.get_hatch())) == (False, True)


def test_memory_that_was_not_read_is_no_bar_of_0(changed):
    for run in results.runs(changed):
        if run["run_id"].startswith("idle-coroutine-"):
            run["memory"] = None
        if run["run_id"].startswith("idle-fiber-"):
            run["memory"]["per_task"] |= {"kernel_bytes": None, "total_bytes": None}
        if run["run_id"].startswith("idle-thread-"):
            run["memory"]["per_task"] |= {"user_bytes": None, "total_bytes": None}
    axes = panel(figure_of(memory_per_task, changed), "c10k, idle")
    assert (0, 0, "no result (memory not read)") in drawn.labels(axes)
    assert (4_127, 1, "4,127 user, kernel not read") in drawn.labels(axes)
    assert (30_577, 2, "30,577 kernel, user not read") in drawn.labels(axes)
    assert [bar.row for bar in drawn.bars(axes)] == [1, 2, 4, 4]


def test_memory_of_fewer_runs_than_the_others_says_so(changed):
    for run in results.runs(changed):
        if run["run_id"] == "idle-fiber-0-1":
            run["status"], run["reasons"] = "invalid", ["planted"]
    figure = figure_of(memory_per_task, changed)
    axes = panel(figure, "c10k, idle")
    # 4,127 and 4,004; 8,039 and 7,799; together 12,172 and 11,809.
    label = "4,066 user + 7,919 kernel, n = 2"
    assert [text for _, row, text in drawn.labels(axes) if row == 1] == [label]
    assert (
        "of the total: range of 3 runs (too few for a 95 % interval); where another n stands"
        in (drawn.foot(figure))
    )


# --- CPU time above the floor ---

# Runtime: where the coloured part ends, the whisker, and the number.
FIXED = {
    "coroutine": (5.101, 4.707, 5.209, "+1.00 µs, ×1.250 [1.127, 1.271]"),
    "coroutine_uring": (4.701, 3.807, 4.703, "+0.60 µs, ×1.147 [0.939, 1.150]"),
    "fiber": (5.401, 4.801, 5.923, "+1.30 µs, ×1.325 [1.146, 1.445]"),
    "fiber_uring": (4.787, 4.209, 4.899, "+0.69 µs, ×1.168 [1.023, 1.200]"),
    "thread": (7.405, 6.711, 7.603, "+3.31 µs, ×1.826 [1.544, 1.855]"),
    "libuv": (6.213, 6.199, 6.227, "+2.11 µs, ×1.522 [1.519, 1.525], n = 2"),
}
FLOOR_US = 4.099


def test_a_request_costs_what_the_floor_does_and_what_is_above_it(cpu):
    axes = panel(cpu, "c10k, fixed")
    assert drawn.rows(axes) == [*FIXED, "epoll_floor"]
    found, ends = drawn.bars(axes), {row: (low, high) for row, low, high in drawn.whiskers(axes)}
    for row, (runtime, (end, low, high, text)) in enumerate(FIXED.items()):
        base, above = [bar for bar in found if bar.row == row]
        assert (base.left, base.right, base.colour) == (0, pytest.approx(FLOOR_US), GREY)
        assert (above.left, above.right) == (pytest.approx(FLOOR_US), pytest.approx(end))
        assert above.colour == COLOURS[runtime]
        assert ends[row] == (pytest.approx(low), pytest.approx(high))
        (label,) = [(x, words) for x, y, words in drawn.labels(axes) if y == row]
        assert label == (pytest.approx(max(end, high)), text)
    (floor,) = [bar for bar in found if bar.row == 6]
    assert (floor.left, floor.right, floor.colour) == (0, pytest.approx(FLOOR_US), GREY)
    assert ends[6] == (pytest.approx(4.001), pytest.approx(4.799))
    assert (pytest.approx(4.799), 6, "4.10 µs") in drawn.labels(axes)
    assert drawn.upright_lines(axes) == [(pytest.approx(FLOOR_US), "epoll_floor", "--")]


def test_a_request_that_costs_less_than_the_floors_is_drawn_below_it(cpu):
    axes = panel(cpu, "c10k, open: 1,000 connections, 50 active, 20,011/s")
    grey, less = [bar for bar in drawn.bars(axes) if bar.row == 1]
    assert (grey.left, grey.right, grey.colour) == (0, pytest.approx(10.111), GREY)
    assert (less.left, less.right) == (pytest.approx(10.111), pytest.approx(10.501))
    assert less.colour == COLOURS["fiber"]
    (text,) = [words for _, y, words in drawn.labels(axes) if y == 1]
    assert text == "-0.39 µs, ×0.963 [0.962, 0.971]"


def test_a_runtime_without_a_number_has_its_reason_in_its_row(cpu):
    axes = panel(cpu, "c10k, open: 1,000 connections, 50 active, 30,011/s")
    assert (0, 2, "no result (limit: RLIMIT_NPROC 9000 < 10016)") in drawn.labels(axes)
    assert 2 not in {bar.row for bar in drawn.bars(axes)}


def test_the_axis_of_cpu_time_is_in_microseconds_as_its_bars_are(cpu):
    assert {axes.get_xlabel() for axes in cpu.axes} == {"CPU time per request (µs)"}
    for axes in cpu.axes:
        for place, text in drawn.ticks(axes.xaxis):
            assert float(text) == pytest.approx(place)


def test_the_figure_of_cpu_time_has_all_work_with_requests_and_says_of_how_many_rounds(cpu):
    assert [axes.get_title(loc="left").split(", 64 B")[0] for axes in cpu.axes] == [
        "c10k, open: 1,000 connections, 50 active, 10,007/s",
        "c10k, open: 1,000 connections, 50 active, 20,011/s",
        "c10k, open: 1,000 connections, 50 active, 30,011/s",
        "c10k, fixed: 1,000 connections, 50 active",
    ]
    assert drawn.title(cpu) == "CPU time of a request above the floor"
    assert (
        "median of differences in the same round, n = 3; whisker: range of 3 runs (too few for a"
        " 95 % interval); where another n stands it is of that many runs, below 6 the range."
    ) in drawn.foot(cpu)


def test_without_the_floor_a_bar_is_all_the_runtimes(changed):
    for run in results.runs(changed):
        if run["cell"]["runtime"] == "epoll_floor":
            run["status"], run["reasons"] = "invalid", ["planted"]
    axes = panel(figure_of(cpu_above_floor, changed), "c10k, fixed")
    (bar,) = [bar for bar in drawn.bars(axes) if bar.row == 4]
    assert (bar.left, bar.right, bar.colour) == (0, pytest.approx(7.411), COLOURS["thread"])
    assert (pytest.approx(7.603), 4, "7.41 µs (no floor measured)") in drawn.labels(axes)
    assert (4, pytest.approx(7.307), pytest.approx(7.603)) in drawn.whiskers(axes)
    assert drawn.upright_lines(axes) == []
