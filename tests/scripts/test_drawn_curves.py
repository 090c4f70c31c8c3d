"""What the figures of memory against the number of tasks and of lateness show: each point, its
colour and marker, and the labels of the axes, from results that were made by hand."""

import pytest

import drawn
from drawn import COLOURS, MARKERS, check_ticks, context_of, group_named, of
from skein_scripts.drawing import style
from skein_scripts.records import results
from skein_scripts.records.groups import group_runs
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


@pytest.fixture(scope="module")
def growth(planted):
    return drawn.draw(memory_vs_n.draw, group_runs(planted), context_of(planted))


def test_memory_grows_as_was_read_user_left_and_kernel_right(growth):
    user, kernel, *_ = growth.axes
    for axes, expected in ((user, USER_GROWTH), (kernel, KERNEL_GROWTH)):
        found = drawn.curves(axes)
        assert [curve.runtime for curve in found] == list(expected)
        for curve in found:
            assert curve.points == list(zip((250, 500, 1000), expected[curve.runtime], strict=True))
            assert curve.marker == MARKERS[curve.runtime]
    assert user.get_title(loc="left") == "c10k, idle: 1,000 connections, lent buffers\nuser"
    assert kernel.get_title(loc="left") == "kernel"


def test_the_axes_of_growth_name_tasks_and_bytes(growth):
    user, kernel, *others = growth.axes
    for axes in (user, kernel):
        assert drawn.ticks(axes.xaxis) == [(250, "250"), (500, "500"), (1000, "1,000")]
        assert axes.get_xlabel() == "connections that wait"
        assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    check_ticks(user.yaxis, 4)
    assert user.get_ylabel() == "growth in memory (bytes)"
    assert {axes.get_xlabel() for axes in others} == {"timers that wait"}
    assert drawn.legend(growth) == [
        (name, name, MARKERS[name])
        for name in ("coroutine", "fiber", "thread", "libuv", "epoll_floor")
    ]
    assert "median of n = 3 runs of each runtime (libuv in idle 0). A constant" in drawn.foot(
        growth
    )
    assert "No result: libuv in idle (timeout: no answer within 40 s)" in drawn.foot(growth)


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
    figure = drawn.draw(memory_vs_n.draw, group_runs(changed), context_of(changed))
    user, kernel, *_ = figure.axes
    assert drawn.curves(kernel) == []
    check_ticks(user.yaxis, 4)
    assert drawn.ticks(kernel.xaxis) == drawn.ticks(kernel.yaxis) == []


# --- lateness ---

LATENESS = {
    "coroutine": (34_815, 69_631, 139_263, 278_527),
    "fiber": (53_247, 106_495, 212_991, 425_983),
    "libuv": (548_863, 1_097_727, 2_195_455, 4_390_911),
    "epoll_floor": (43_007, 86_015, 172_031, 344_063),
}
THREAD = (106_495, 212_991, 425_983, 851_967)
LEFT = 27_852  # four fifths of the earliest


@pytest.fixture(scope="module")
def late(planted):
    return drawn.draw(lateness.draw, group_named(planted, "spread"), context_of(planted))


def share_of(fired, early, total):
    return pytest.approx(min((early + fired) / (early + total), 1 - 1e-9), rel=1e-12)


def test_the_share_of_timers_that_have_fired_counts_early_ones_from_the_left(late):
    _, panel = late.axes
    for runtime, values in (*LATENESS.items(), ("thread", THREAD)):
        early = 148 if runtime == "libuv" else 0  # 37 and 111
        fired, total = ((7_500, 14_700, 14_910, 15_000), 15_000) if runtime == "thread" else (
            (29_900, 59_400, 59_850, 60_000), 60_000)  # fmt: skip
        (curve,) = of(drawn.curves(panel), runtime, is_faint=False)
        assert [x for x, _ in curve.points] == [pytest.approx(LEFT), *values]
        first = share_of(0, early, total) if early else pytest.approx(1e-9)
        assert [y for _, y in curve.points] == [
            first, *(share_of(count, early, total) for count in fired),
        ]  # fmt: skip


def test_each_run_of_timers_is_drawn_thin_by_itself(late):
    _, panel = late.axes
    thin = of(drawn.curves(panel), "libuv", is_faint=True)
    # Early in each of the three: 37, 0, 111 beside 20,000.
    assert [curve.points[0][1] for curve in thin] == [
        pytest.approx(37 / 20_037), pytest.approx(1e-9), pytest.approx(111 / 20_111),
    ]  # fmt: skip


def test_the_timer_floor_stands_at_its_p50_and_p99(late):
    _, panel = late.axes
    floor = [(x, line) for x, _, line in drawn.upright_lines(panel)]
    assert floor == [(43_700, ":"), (163_000, ":")]
    assert "when the session began: p50 43.7 µs, p99 163 µs late" in drawn.foot(late)


def test_early_timers_have_their_share_and_the_most_by_which_one_was(late):
    panel, _ = late.axes
    line, mark = drawn.curves(panel)
    share = pytest.approx(148 / 60_148)
    assert (line.runtime, line.points) == ("libuv", [(-877_000, share), (0, share)])
    assert (mark.runtime, mark.points, mark.marker) == ("libuv", [(-877_000, share)], "<")
    assert [text for *_, text in drawn.labels(panel)] == [
        "libuv: 0.246 % early,\nby at most 877 µs"
    ]
    assert panel.get_xlim() == (pytest.approx(-1_096_250), 0)


def test_the_axes_of_lateness_name_shares_and_times(late):
    early, panel = late.axes
    check_ticks(panel.xaxis, 1)
    check_ticks(early.yaxis, 8)
    check_ticks(early.xaxis, 2, sign=-1)
    assert (early.get_xlabel(), panel.get_xlabel()) == ("early by", "late by")
    assert [(name, runtime) for name, runtime, _ in drawn.legend(late)] == [
        ("coroutine", "coroutine"), ("fiber", "fiber"), ("thread (5,000 tasks)", "thread"),
        ("libuv", "libuv"), ("epoll_floor", "epoll_floor"),
    ]  # fmt: skip
    assert "histograms merged over n = 3 runs of each runtime; thin" in drawn.foot(late)


def test_where_none_fired_early_the_panel_says_so(planted):
    figure = drawn.draw(lateness.draw, group_named(planted, "cancels"), context_of(planted))
    early, _ = figure.axes
    assert [text for *_, text in drawn.labels(early)] == ["none fired early"]
    assert drawn.curves(early) == []


@pytest.mark.parametrize("most_ns", [6_000, 1_500_000, 25])
def test_ticks_of_early_timers_are_not_rounded_to_one_digit(changed, most_ns):
    for run in results.runs(changed):
        if run["run_id"].startswith("spread-libuv-"):
            run["lateness"]["early_max_ns"] = most_ns
    figure = drawn.draw(lateness.draw, group_named(changed, "spread"), context_of(changed))
    check_ticks(figure.axes[0].xaxis, 2, sign=-1)


def test_every_runtime_has_its_colour_and_marker_everywhere():
    for runtime, colour in COLOURS.items():
        assert style.colour_of(runtime).lower() == colour
        assert style.curve_looks(runtime)["color"].lower() == colour
        assert style.single_run_looks(runtime)["color"].lower() == colour
        assert style.marker_of(runtime) == MARKERS[runtime]
    ours = {name for name, runtime in runtimes().items() if not runtime.is_foreign}
    assert set(COLOURS) == ours == set(MARKERS)
    assert len(set(MARKERS.values())) == len(MARKERS)
