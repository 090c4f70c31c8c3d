"""What the dot plots show: memory of a waiting task, and CPU time above the floor. Each mark, its
whisker, its numbers, its colour and the unit of its axis, from results made by hand."""

import pytest

import drawn
import planted_rows
from drawn import COLOURS, INK, MARKERS, Mark, Span
from skein_scripts.drawing import frame
from skein_scripts.records import results
from skein_scripts.records.groups import group_runs, repeats_text
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


def of_row(found, row):
    return [one for one in found if one.row == row]


# --- memory of a waiting task ---

# Runtime: user, kernel, both, and the range of both.
IDLE = {
    "coroutine": (197, 8_017, 8_219, 7_973, 8_793), "fiber": (4_127, 8_039, 12_172, 11_809, 13_019),
    "thread": (8_539, 30_577, 39_127, 37_954, 41_864),
    "epoll_floor": (23, 7_993, 8_029, 7_789, 8_589),
}  # fmt: skip
SPREAD = {
    "coroutine": (131, 3, 137, 134, 144), "fiber": (4_099, 41, 4_143, 4_020, 4_430),
    "thread": (8_513, 22_717, 31_237, 30_301, 33_421), "libuv": (227, 2, 233, 227, 247),
    "epoll_floor": (17, 0, 19, 16, 26),
}  # fmt: skip
THREADS = "thread (5,000 timers)"


def check_memory(axes, expected, row_of, name_of):
    assert len(drawn.marks(axes)) == 3 * len(expected)
    for runtime, (user, kernel, both, low, high) in expected.items():
        row, colour = row_of[runtime], COLOURS[runtime]
        of_both, of_kernel, of_user = of_row(drawn.marks(axes), row)
        assert of_user == Mark(runtime, row, user, "o", colour, False)
        assert of_kernel == Mark(runtime, row, max(kernel, 1), "D", colour, True)
        assert of_both == Mark(runtime, row, both, "|", INK, False)
        assert of_row(drawn.spans(axes), row) == [Span(runtime, row, low, high, INK)]
        assert drawn.cells(axes)[name_of.get(runtime, runtime)] == [
            f"{value:,}" for value in (user, kernel, both)
        ]
    assert axes.get_xlim()[0] > 0
    assert axes.get_xscale() == "log"


def test_a_connection_costs_what_is_drawn_user_and_kernel_apart(memory):
    axes = panel(memory, "c10k, idle: 1,000 connections")
    assert drawn.rows(axes) == ["coroutine", "fiber", "thread", "libuv", "epoll_floor"]
    check_memory(axes, IDLE, {"coroutine": 0, "fiber": 1, "thread": 2, "epoll_floor": 4}, {})
    assert drawn.reasons(axes) == {"libuv": "no result (timeout: no answer within 40 s)"}
    assert drawn.upright_lines(axes) == [(8_029, "epoll_floor", "--")]
    assert axes.get_xlabel() == "bytes per connection, logarithmic"


def test_a_timer_costs_what_is_drawn_and_fewer_tasks_are_named(memory):
    axes = panel(memory, "timers, spread: 20,000 tasks, over 5 s")
    assert drawn.rows(axes) == ["coroutine", "fiber", THREADS, "libuv", "epoll_floor"]
    rows = {name: row for row, name in enumerate(SPREAD)}
    check_memory(axes, SPREAD, rows, {"thread": THREADS})
    assert axes.get_xlabel() == "bytes per timer, logarithmic"


def test_the_axis_of_memory_is_in_plain_bytes(memory):
    for axes in memory.axes:
        found = drawn.ticks(axes.xaxis)
        assert len(found) > 1
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
        " of both: range of 3 runs (too few for a 95 % interval). Dashed: the floor's."
    )
    assert drawn.key(memory) == ["user (RssAnon)", "kernel (stacks, page tables, slab)", "both"]
    user, kernel, both = memory.legends[0].legend_handles
    assert [one.get_marker() for one in (user, kernel, both)] == ["o", "D", "|"]
    assert drawn.hex_of(kernel.get_markerfacecolor()) == drawn.WHITE


def test_memory_that_was_not_read_is_no_mark_at_0(changed):
    for run in results.runs(changed):
        if run["run_id"].startswith("idle-coroutine-"):
            run["memory"] = None
        if run["run_id"].startswith("idle-fiber-"):
            run["memory"]["per_task"] |= {"kernel_bytes": None, "total_bytes": None}
        if run["run_id"].startswith("idle-thread-"):
            run["memory"]["per_task"] |= {"user_bytes": None, "total_bytes": None}
    axes = panel(figure_of(memory_per_task, changed), "c10k, idle")
    assert drawn.reasons(axes)["coroutine"] == "no result (memory not read)"
    assert drawn.cells(axes)["fiber"] == ["4,127", "not read", "–"]
    assert drawn.cells(axes)["thread"] == ["not read", "30,577", "–"]
    assert [(mark.row, mark.x) for mark in drawn.marks(axes) if mark.row < 4] == [
        (1, 4_127), (2, 30_577),
    ]  # fmt: skip


def test_memory_of_fewer_runs_than_the_others_says_so(changed):
    for run in results.runs(changed):
        if run["run_id"] == "idle-fiber-0-1":
            run["status"], run["reasons"] = "invalid", ["planted"]
    figure = figure_of(memory_per_task, changed)
    # 4,127 and 4,004; 8,039 and 7,799; together 12,172 and 11,809.
    cells = drawn.cells(panel(figure, "c10k, idle"))
    assert cells["fiber"] == ["4,066", "7,919", "11,990", "n = 2"]
    assert len(cells["thread"]) == 3
    assert (
        "of both: range of 3 runs (too few for a 95 % interval); where another n stands"
        in drawn.foot(figure)
    )


# --- CPU time above the floor ---

# Runtime: where its mark stands, the whisker, and its numbers.
FIXED = {
    "coroutine": (5.101, 4.707, 5.209, ["5.21", "+1.00", "1.250", "[1.127, 1.271]"]),
    "coroutine_uring": (4.701, 3.807, 4.703, ["4.60", "+0.60", "1.147", "[0.939, 1.150]"]),
    "fiber": (5.401, 4.801, 5.923, ["5.50", "+1.30", "1.325", "[1.146, 1.445]"]),
    "fiber_uring": (4.787, 4.209, 4.899, ["4.80", "+0.69", "1.168", "[1.023, 1.200]"]),
    "thread": (7.405, 6.711, 7.603, ["7.41", "+3.31", "1.826", "[1.544, 1.855]"]),
    "libuv": (6.213, 6.199, 6.227, ["6.16", "+2.11", "1.522", "[1.519, 1.525]", "n = 2"]),
}
FLOOR_US = 4.099


def test_a_request_costs_what_the_floor_does_and_what_is_above_it(cpu):
    axes = panel(cpu, "c10k, fixed")
    assert drawn.rows(axes) == [*FIXED, "epoll_floor"]
    for row, (runtime, (place, low, high, numbers)) in enumerate(FIXED.items()):
        (mark,) = of_row(drawn.marks(axes), row)
        assert (mark.runtime, mark.x) == (runtime, pytest.approx(place))
        assert (mark.colour, mark.marker) == (COLOURS[runtime], MARKERS[runtime])
        above, whisker = of_row(drawn.spans(axes), row)
        assert above == Span(
            runtime, row, pytest.approx(FLOOR_US), pytest.approx(place), COLOURS[runtime]
        )
        assert whisker == Span(runtime, row, pytest.approx(low), pytest.approx(high), INK)
        assert drawn.cells(axes)[runtime] == numbers
    (floor,) = of_row(drawn.marks(axes), 6)
    assert (floor.x, floor.colour) == (pytest.approx(FLOOR_US), COLOURS["epoll_floor"])
    (whisker,) = of_row(drawn.spans(axes), 6)
    assert (whisker.low, whisker.high) == (pytest.approx(4.001), pytest.approx(4.799))
    assert drawn.cells(axes)["epoll_floor"] == ["4.10"]
    assert drawn.upright_lines(axes) == [(pytest.approx(FLOOR_US), "epoll_floor", "--")]
    assert (axes.get_xscale(), axes.get_xlim()[0]) == ("linear", 0)


def test_a_request_that_costs_less_than_the_floors_is_drawn_below_it(cpu):
    axes = panel(cpu, "c10k, open: 1,000 connections, 50 active, 20,011/s")
    less, _ = of_row(drawn.spans(axes), 1)
    assert (less.low, less.high) == (pytest.approx(10.501), pytest.approx(10.111))
    assert less.colour == COLOURS["fiber"]
    assert drawn.cells(axes)["fiber"] == ["10.1", "-0.39", "0.963", "[0.962, 0.971]"]


def test_a_runtime_without_a_number_has_its_reason_in_its_row(cpu):
    axes = panel(cpu, "c10k, open: 1,000 connections, 50 active, 30,011/s")
    reason = "no result (limit: RLIMIT_NPROC 9000 < 10016)"
    assert drawn.reasons(axes) == {"thread": reason}
    assert of_row(drawn.marks(axes), 2) == []


def test_the_axis_of_cpu_time_is_in_microseconds_as_its_marks_are(cpu):
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


def test_without_the_floor_a_mark_is_the_runtimes_own(changed):
    for run in results.runs(changed):
        if run["cell"]["runtime"] == "epoll_floor":
            run["status"], run["reasons"] = "invalid", ["planted"]
    axes = panel(figure_of(cpu_above_floor, changed), "c10k, fixed")
    (mark,) = of_row(drawn.marks(axes), 4)
    assert (mark.x, mark.colour) == (pytest.approx(7.411), COLOURS["thread"])
    assert drawn.cells(axes)["thread"] == ["7.41", "no floor"]
    (whisker,) = of_row(drawn.spans(axes), 4)
    assert (whisker.low, whisker.high) == (pytest.approx(7.307), pytest.approx(7.603))
    assert drawn.upright_lines(axes) == []


# --- many rows ---


def test_many_rows_stand_in_blocks_by_family_and_values_of_decades_on_a_logarithmic_axis():
    axes = panel(figure_of(cpu_above_floor, planted_rows.records(30)), "c10k, fixed")
    assert sorted(drawn.rows(axes)) == sorted(planted_rows.names_of(30))
    assert drawn.headings(axes)[0] == "stackless · C++"
    assert list(drawn.headings(axes).values())[-1] == "floor"
    assert drawn.rows(axes)[:2] == ["coroutine", "coroutine_uring"]
    assert len(drawn.marks(axes)) == 30
    assert (axes.get_xscale(), axes.get_xlabel()) == (
        "log", "CPU time per request (µs), logarithmic",
    )  # fmt: skip


def test_a_heading_that_runs_into_the_panel_hides_the_lines_behind_it():
    axes = panel(figure_of(cpu_above_floor, planted_rows.records(30)), "c10k, fixed")
    headings = set(drawn.headings(axes).values())
    boxes = [one.get_bbox_patch() for one in axes.texts if one.get_text() in headings]
    assert len(boxes) == len(headings)
    assert {drawn.hex_of(box.get_facecolor()) for box in boxes} == {drawn.WHITE}


def test_of_many_rows_with_fewer_runs_the_first_are_named_and_the_others_counted():
    records = planted_rows.records(30)
    for run in results.runs(records)[::2]:
        run["status"], run["reasons"] = "invalid", ["host: steal"]
    results.runs(records)[0]["status"] = "ok"
    group = group_runs(records)[0]
    text = repeats_text([group])
    assert text.startswith("n = 2 runs of each runtime (coroutine_uring 1, coroutine_stealing 1, ")
    assert text.endswith(" 1, 21 more have others)")
    assert text.count(" 1") == 8


def test_a_figure_is_as_high_as_it_has_rows():
    few, many = (
        figure_of(memory_per_task, planted_rows.records(count)).get_figheight() for count in (3, 30)
    )
    assert many - few == pytest.approx(2 * (27 + 10) * 0.225, abs=1)


def test_work_in_which_no_memory_was_read_has_no_panel_of_it(changed):
    for run in results.runs(changed):
        if run["run_id"].startswith("spread-"):
            run["memory"] = None
    titles = [axes.get_title(loc="left") for axes in figure_of(memory_per_task, changed).axes]
    assert [title.split(":")[0] for title in titles] == ["c10k, idle", "timers, churn"]


def test_a_runtime_looks_the_same_in_all_panels_of_a_figure():
    """Also where one panel has few and another many."""
    records = planted_rows.records(12)
    few = [
        run for run in records
        if run.get("cell", {}).get("pattern") != "spread"
        or run["cell"]["runtime"] in ("fiber", "thread", "epoll_floor")
    ]  # fmt: skip
    many, three = figure_of(memory_per_task, few).axes
    colours = {mark.runtime: mark.colour for mark in drawn.marks(many) if mark.marker == "o"}
    assert len(drawn.rows(three)) == 3
    for mark in drawn.marks(three):
        if mark.marker == "o":
            assert mark.colour == colours[mark.runtime]
