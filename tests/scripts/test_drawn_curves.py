"""What the figures of memory against the number of tasks and of lateness show: each point, its
colour and marker, and the labels of the axes, from results that were made by hand."""

import pytest
from matplotlib.markers import MarkerStyle

import drawn
from drawn import COLOURS, MARKERS, check_ticks, context_of, group_named, of
from skein_scripts.drawing import style
from skein_scripts.records import results
from skein_scripts.records.runtimes import runtimes
from skein_scripts.report.plots import lateness, memory_vs_n

# --- memory against the number of tasks ---

USER_GROWTH = {
    "coroutine": (50_000, 99_000, 197_000), "fiber": (1_030_000, 2_060_000, 4_127_000),
    "thread": (2_130_000, 4_270_000, 8_539_000), "epoll_floor": (6_000, 12_000, 23_000),
}  # fmt: skip
# Stacks, page tables and slab: of a thread 4,096,000 + 1,010,000 + 3,500,000 at 250, and so on.
KERNEL_GROWTH = {
    "coroutine": (2_004_000, 4_008_000, 8_016_000), "fiber": (2_050_000, 4_100_000, 8_200_000),
    "thread": (8_606_000, 17_212_000, 34_424_000),
    "epoll_floor": (1_990_000, 3_980_000, 7_960_000),
}  # fmt: skip


def growth_of(records, group="idle"):
    return drawn.draw(memory_vs_n.draw, group_named(records, group), context_of(records))


@pytest.fixture(scope="module")
def growth(planted):
    return growth_of(planted)


def test_memory_grows_as_was_read_user_left_and_kernel_right(growth):
    user, kernel = growth.axes
    for axes, expected in ((user, USER_GROWTH), (kernel, KERNEL_GROWTH)):
        found = drawn.curves(axes)
        assert [curve.runtime for curve in found] == list(expected)
        for curve in found:
            assert curve.points == list(zip((250, 500, 1000), expected[curve.runtime], strict=True))
            assert curve.marker == MARKERS[curve.runtime]
    assert (user.get_title(loc="left"), kernel.get_title(loc="left")) == ("user", "kernel")
    assert drawn.title(growth) == (
        "Memory against the number of waiting tasks · c10k, idle: 1,000 connections, lent buffers"
    )


def test_curves_are_alike_in_width_and_the_floor_is_dashed(growth):
    for axes in growth.axes:
        found = drawn.curves(axes)
        assert {curve.width for curve in found} == {1.6}
        assert {curve.runtime: curve.line for curve in found} == {
            "coroutine": "-", "fiber": "-", "thread": "-", "epoll_floor": "--",
        }  # fmt: skip


def test_each_curve_has_its_name_at_its_end_the_highest_on_top(growth):
    user, kernel = growth.axes
    assert drawn.ends(user) == [
        (name, name) for name in ("thread", "fiber", "coroutine", "epoll_floor")
    ]
    assert {name for name, _ in drawn.ends(kernel)} == set(KERNEL_GROWTH)
    assert growth.legends == []


def test_the_axes_of_growth_name_tasks_and_bytes(growth):
    user, kernel = growth.axes
    for axes in (user, kernel):
        assert drawn.ticks(axes.xaxis) == [(250, "250"), (500, "500"), (1000, "1,000")]
        assert axes.get_xlabel() == "connections that wait"
        assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    check_ticks(user.yaxis, 4)
    assert (user.get_ylabel(), kernel.get_ylabel()) == ("growth in memory (bytes)", "")
    foot = drawn.foot(growth)
    assert "median of n = 3 runs of each runtime (libuv 0). A constant" in foot
    assert "No result: libuv in idle (timeout: no answer within 40 s)" in foot


@pytest.mark.parametrize("part", ["kernel_stack_bytes", "page_table_bytes", "slab", "TCP"])
def test_a_part_of_kernel_memory_that_was_not_read_leaves_its_sum_unknown(changed, part):
    for run in results.runs(changed):
        if run["run_id"].startswith("idle-thread-"):
            for point in run["memory"]["points"]:
                (point["slab"] if part == "TCP" else point)[part] = None
    thread = group_named(changed, "idle").of("thread")
    assert memory_vs_n.growth(thread, "kernel") == []
    assert memory_vs_n.growth(thread, "user") == [
        (250, 2_130_000), (500, 4_270_000), (1000, 8_539_000),
    ]  # fmt: skip


def test_kernel_memory_that_could_not_be_read_takes_no_label_from_the_panel_beside_it(changed):
    for run in results.runs(changed):
        for point in (run.get("memory") or {}).get("points", []):
            point["slab"] = None
    user, kernel = growth_of(changed).axes
    assert drawn.curves(kernel) == []
    assert [text for *_, text in drawn.labels(kernel)] == ["no numbers"]
    check_ticks(user.yaxis, 4)


def test_work_whose_memory_was_read_at_no_task_count_has_no_such_figure(planted):
    assert growth_of(planted, "spread") is None
    assert growth_of(planted, "fixed") is None


# --- lateness ---

LATENESS = {
    "coroutine": (34_815, 69_631, 139_263, 278_527),
    "fiber": (53_247, 106_495, 212_991, 425_983),
    "libuv": (548_863, 1_097_727, 2_195_455, 4_390_911),
    "epoll_floor": (43_007, 86_015, 172_031, 344_063),
}
THREAD = (106_495, 212_991, 425_983, 851_967)
LEAST = 0.0008  # where the axis begins


@pytest.fixture(scope="module")
def late(planted):
    return drawn.draw(lateness.draw, group_named(planted, "spread"), context_of(planted))


def test_a_timers_lateness_stands_at_the_share_that_came_before_and_early_ones_come_first(late):
    panel, _ = late.axes
    for runtime, values in (*LATENESS.items(), ("thread", THREAD)):
        early = 148 if runtime == "libuv" else 0  # 37 and 111
        before, total = ((0, 7_500, 14_700, 14_910), 15_000) if runtime == "thread" else (
            (0, 29_900, 59_400, 59_850), 60_000)  # fmt: skip
        shares = [max((early + count) / (early + total), LEAST) for count in before]
        points = drawn.close(zip(shares, values, strict=True))
        solid, dotted = (
            of(drawn.curves(panel), runtime, line=line)[0]
            for line in ("--" if runtime == "epoll_floor" else "-", ":")
        )
        # Fewer than 200 lie beyond the fourth step.
        assert solid.points == points[:3]
        assert dotted.points == points[2:]


def test_the_range_of_the_runs_is_shaded_where_they_are_not_early(late):
    panel, _ = late.axes
    libuv = drawn.bands(panel)["libuv"]
    # Early in each of the three: 37, 0, 111 beside 20,000, so the third begins at 0.55 per cent.
    first = round(148 / 60_148, 9)
    assert libuv[first] == (548_863, 548_863)
    middle = round((148 + 29_900) / 60_148, 9)
    assert libuv[middle] == (548_863, 1_097_727)
    assert set(drawn.bands(panel)) == {*LATENESS, "thread"}


def test_the_timer_floor_stands_at_its_p50_and_p99(late):
    panel, _ = late.axes
    (floor,) = [curve for curve in drawn.curves(panel) if curve.marker == "x"]
    assert floor.points == [(0.5, 43_700), (0.99, 163_000)]
    assert "when the session began: p50 43.7 µs, p99 163 µs late" in drawn.foot(late)


def test_early_timers_have_their_share_and_the_most_by_which_one_was(late):
    _, panel = late.axes
    assert drawn.rows(panel) == ["libuv"]
    (mark,) = drawn.marks(panel)
    assert (mark.runtime, mark.x, mark.colour) == ("libuv", 877_000, COLOURS["libuv"])
    assert drawn.cells(panel) == {"libuv": ["0.246 %", "148 of 60,148", "877 µs"]}
    assert panel.get_xlabel() == "early by at most"
    check_ticks(panel.xaxis, 2)


def test_the_axes_of_lateness_name_shares_and_times(late):
    panel, _ = late.axes
    check_ticks(panel.yaxis, 1)
    check_ticks(panel.xaxis, 8)
    assert (panel.get_xlabel(), panel.get_ylabel()) == ("percentile of timers", "late by")
    assert drawn.ends(panel) == [
        ("libuv", "libuv"), ("thread (5,000 timers)", "thread"), ("fiber", "fiber"),
        ("epoll_floor", "epoll_floor"), ("coroutine", "coroutine"),
    ]  # fmt: skip
    assert "histograms merged over n = 3 runs of each runtime; shaded" in drawn.foot(late)


def test_where_none_fired_early_the_panel_says_so(planted):
    figure = drawn.draw(lateness.draw, group_named(planted, "cancels"), context_of(planted))
    _, early = figure.axes
    assert [text for *_, text in drawn.labels(early)] == ["none fired early"]
    assert drawn.marks(early) == []


@pytest.mark.parametrize("most_ns", [6_000, 1_500_000, 25])
def test_ticks_of_early_timers_are_not_rounded_to_one_digit(changed, most_ns):
    for run in results.runs(changed):
        if run["run_id"].startswith("spread-libuv-"):
            run["lateness"]["early_max_ns"] = most_ns
    figure = drawn.draw(lateness.draw, group_named(changed, "spread"), context_of(changed))
    check_ticks(figure.axes[1].xaxis, 2)


def test_every_runtime_that_shares_a_panel_with_others_has_the_looks_that_it_declared():
    for runtime, colour in COLOURS.items():
        assert style.colour_of(runtime).lower() == colour
        assert MarkerStyle(style.marker_of(runtime)).get_marker() == MARKERS[runtime]
    ours = {name for name, runtime in runtimes().items() if not runtime.is_foreign}
    assert set(COLOURS) == ours == set(MARKERS)
    assert len(set(MARKERS.values())) == len(MARKERS)


@pytest.mark.parametrize("runtime", runtimes())
def test_a_letter_as_a_marker_is_that_letter_alone(runtime):
    with style.looks():
        marker = MarkerStyle(style.marker_of(runtime))
    box = marker.get_path().transformed(marker.get_transform()).get_extents()
    assert box.height > 0.6
    assert box.width < 2 * box.height
