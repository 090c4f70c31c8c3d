"""What the figures of latency show, at every percentile and against load: each point, its colour
and marker, and the labels of the axes, from results that were made by hand."""

import copy
import math

import pytest

import drawn
from drawn import MARKERS, check_ticks, close, context_of, group_named, of
from planted_parts import distribution
from skein_scripts.records import results
from skein_scripts.records.groups import group_runs
from skein_scripts.report.plots import latency_spectrum, latency_vs_load

# --- latency at every percentile ---

# From the first percentile on. All rounds: 29,900, 29,500, 450 and 150 of 60,000 samples. libuv's
# two: 19,900, 19,700, 300, 100.
LATENCY_X = (1 / 0.99, 60_000 / 30_100, 100, 400)
LIBUV_X = (1 / 0.99, 40_000 / 20_100, 100, 400)
SERVICE_X = (1 / 0.99, 2.5, 200, 60_000 / 90)
# The fourth step has fewer than 200 samples of all.
LATENCY_Y = {
    "coroutine": (40_959, 81_919, 163_839, 327_679),
    "coroutine_uring": (38_911, 77_823, 155_647, 311_295),
    "fiber": (45_055, 90_111, 180_223, 360_447),
    "fiber_uring": (43_007, 86_015, 172_031, 344_063),
    "thread": (61_439, 122_879, 245_759, 491_519),
    "libuv": (49_151, 98_303, 196_607, 393_215),
    "epoll_floor": (36_863, 73_727, 147_455, 294_911),
}
SERVICE_Y = {
    "coroutine": (20_479, 40_959, 81_919, 163_839),
    "thread": (30_719, 61_439, 122_879, 245_759),
    "epoll_floor": (18_431, 36_863, 73_727, 147_455),
}


@pytest.fixture(scope="module")
def spectrum(planted):
    return drawn.draw(
        latency_spectrum.draw, group_named(planted, "fixed"), context_of(planted)
    )  # fmt: skip


def test_latency_is_drawn_at_the_percentile_at_which_it_begins(spectrum):
    left, right = spectrum.axes
    for axes, expected, places in ((left, LATENCY_Y, LATENCY_X), (right, SERVICE_Y, SERVICE_X)):
        found = drawn.curves(axes)
        for runtime, values in expected.items():
            x = LIBUV_X if (runtime, axes) == ("libuv", left) else places
            points = list(zip(x, values, strict=True))
            solid_line = "--" if runtime == "epoll_floor" else "-"
            (solid,) = of(found, runtime, line=solid_line)
            (dotted,) = of(found, runtime, line=":")
            assert solid.points == close(points[:3])
            assert dotted.points == close(points[2:])


def test_the_range_of_the_runs_is_shaded(spectrum):
    left, right = spectrum.axes
    coroutine = drawn.bands(left)["coroutine"]
    # 10,400, 10,000 and 9,500 of 20,000 samples are on the first step: at 29,900 of 60,000, only
    # the last of the runs has left it.
    assert coroutine[round(1 / 0.99, 9)] == (40_959, 40_959)
    assert coroutine[round(LATENCY_X[1], 9)] == (40_959, 81_919)
    assert set(drawn.bands(left)) == set(LATENCY_Y)
    assert drawn.bands(right)["coroutine"][round(1 / 0.99, 9)] == (20_479, 20_479)


def test_curves_have_their_names_at_their_ends_the_slowest_on_top(spectrum):
    left, right = spectrum.axes
    by_end = sorted(LATENCY_Y, key=lambda name: -LATENCY_Y[name][-1])
    assert drawn.ends(left) == [(name, name) for name in by_end]
    assert {name for name, _ in drawn.ends(right)} == set(LATENCY_Y)
    assert spectrum.legends == []


def test_the_axes_of_the_spectrum_name_percentiles_and_times(spectrum):
    left, right = spectrum.axes
    for axes in spectrum.axes:
        assert drawn.ticks(axes.xaxis) == [
            (pytest.approx(2), "50 %"), (pytest.approx(10), "90 %"), (pytest.approx(100), "99 %"),
        ]  # fmt: skip
        assert axes.get_xlabel() == "percentile of requests"
    check_ticks(left.yaxis, 1)
    assert left.get_title(loc="left") == "from the intended send (latency)"
    assert right.get_title(loc="left") == "from the actual send (service time)"
    assert drawn.title(spectrum) == (
        "Latency spectrum · c10k, fixed: 1,000 connections, 50 active, 64 B, lent buffers"
    )
    assert drawn.foot(spectrum).startswith(
        "Histograms merged over n = 3 runs of each runtime (libuv 2); shaded: the range of the"
        " runs by themselves; dotted: fewer than 200 samples beyond"
    )


# --- latency against load ---

# Requests a second that were achieved, p50 and p99. The rate offered: 10,007, 20,011, 30,011.
LOADS = {
    "coroutine": [(10_007, 21_100, 83_300), (20_011, 27_100, 103_700),
                  (29_710.89, 37_300, 157_700)],
    "fiber": [(10_007, 22_300, 87_100), (20_011, 28_900, 113_900), (29_410.78, 39_700, 173_100)],
    "thread": [(9_906.93, 31_700, 131_900), (19_010.45, 71_900, 911_300)],
    "epoll_floor": [(10_007, 19_300, 73_700), (20_011, 23_900, 89_300), (30_011, 32_300, 127_300)],
}  # fmt: skip


@pytest.fixture(scope="module")
def against_load(planted):
    (sweep,) = latency_vs_load.sweeps(group_runs(planted))
    return drawn.draw(latency_vs_load.draw, sweep, context_of(planted))


def test_latency_stands_at_the_rate_that_was_achieved(against_load):
    for axes, percentile in zip(against_load.axes, (1, 2), strict=True):
        assert axes.get_title(loc="left") == ("p50", "p99")[percentile - 1]
        for runtime, loads in LOADS.items():
            line = "--" if runtime == "epoll_floor" else "-"
            (curve,) = of(drawn.curves(axes), runtime, line=line)
            assert curve.points[: len(loads)] == close(
                [(load[0], load[percentile]) for load in loads]
            )
            assert curve.marker == MARKERS[runtime]
            assert not curve.is_hollow
    (thread,) = of(drawn.curves(against_load.axes[0]), "thread", line="-")
    assert math.isnan(thread.points[2][1])  # a limit: no line goes there


def test_who_does_not_keep_up_is_hollow_and_nobody_else(against_load):
    for axes, latency in zip(against_load.axes, (71_900, 911_300), strict=True):
        hollow = [c for c in drawn.curves(axes) if c.line == "None" and c.points]
        assert [(c.runtime, c.points, c.is_hollow) for c in hollow] == [
            ("thread", close([(19_010.45, latency)]), True)
        ]


def test_the_axes_against_load_name_rates_and_times(against_load):
    left, right = against_load.axes
    for axes in (left, right):
        check_ticks(axes.xaxis, 4)
        assert axes.get_xlabel() == "achieved rate (requests/s)"
    check_ticks(left.yaxis, 1)
    assert drawn.key(against_load) == ["saturated"]
    assert drawn.ends(left) == [
        (name, name) for name in ("thread", "fiber", "coroutine", "epoll_floor")
    ]
    assert drawn.title(against_load) == (
        "Latency against load · c10k, open: 1,000 connections, 50 active, 64 B, lent buffers"
    )
    assert "median of n = 3 runs of each runtime (thread in open-high 0) at each of 3 offered" in (
        drawn.foot(against_load)
    )
    assert "Hollow: less than 98 % of the offered rate" in drawn.foot(against_load)
    assert "No result: thread at 1 of 3 rates (limit: RLIMIT_NPROC 9000 < 10016)" in drawn.foot(
        against_load
    )


def test_work_that_differs_in_its_buffers_is_another_figure_with_another_title(changed):
    for run in results.runs(changed):
        if run["run_id"].startswith("open-"):
            own = copy.deepcopy(run)
            own |= {"run_id": f"own-{run['run_id']}", "session_id": "none"}
            own["cell"]["buffer"] = "own"
            changed.append(own)
    sweeps = latency_vs_load.sweeps(group_runs(changed))
    titles = [drawn.title(latency_vs_load.draw(one, context_of(changed))) for one in sweeps]
    assert len(titles) == len(set(titles)) == 2


def test_ticks_of_low_rates_are_not_rounded_to_thousands(changed):
    for run in results.runs(changed):
        if run["run_id"].startswith("open-"):
            for name in ("offered_per_s", "achieved_per_s"):
                if run.get("load"):
                    run["load"][name] /= 17
    (sweep,) = latency_vs_load.sweeps(group_runs(changed))
    figure = drawn.draw(latency_vs_load.draw, sweep, context_of(changed))
    check_ticks(figure.axes[0].xaxis, 4)


def test_times_within_one_power_of_ten_have_labels_with_their_unit(changed):
    """matplotlib's own labels between the powers of ten would be in ns, and not say so."""
    kept = [
        record for record in changed
        if record["kind"] == "session"
        or record.get("run_id", "").startswith(("fixed-coroutine-", "fixed-fiber-"))
    ]  # fmt: skip
    for record in kept[1:]:
        for name in ("latency", "service_time"):
            record[name]["histogram"] = None
        record["latency"]["histogram"] = distribution(
            (1, 2, 3, None, 4), 20_479, (10_000, 9_999, 1)
        )["histogram"]
    figure = drawn.draw(latency_spectrum.draw, group_named(kept, "fixed"), context_of(kept))
    check_ticks(figure.axes[0].yaxis, 2)
