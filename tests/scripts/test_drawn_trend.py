"""What a trend is: the ratios of a history, and what its figures and its lines on the terminal say
of them. From results and points that were made by hand."""

import pytest
from matplotlib.figure import Figure
from rich.console import Console

import drawn
from drawn import COLOURS, MARKERS
from planted_results import COMMIT
from skein_scripts.commands import trend
from skein_scripts.drawing import frame, style
from skein_scripts.records import results
from skein_scripts.records.metrics import named
from skein_scripts.trend import change_points, figure, history

FIBER, LIBUV, TIMERS = "c10k/fiber/1000/fixed", "c10k/libuv/1000/fixed", "timers/fiber/500/spread"
# By commit: values as the history keeps them.
VALUES = {
    "aaaaaaaaaaaa": {(FIBER, "cpu_per_op"): 2.0, (TIMERS, "cpu_per_op"): 0.5,
                     (FIBER, "throughput"): 8e8},
    "bbbbbbbbbbbb": {(FIBER, "cpu_per_op"): 2.3, (LIBUV, "cpu_per_op"): 4.0,
                     (FIBER, "throughput"): 6e8},
    "cccccccccccc": {(FIBER, "cpu_per_op"): 1.9, (LIBUV, "cpu_per_op"): 4.6,
                     (TIMERS, "cpu_per_op"): 0.35, (FIBER, "throughput"): 9e8},
}  # fmt: skip
CHANGES = [
    change_points.Change(FIBER, "cpu_per_op", "bbbbbbbbbbbb", 2.0, 2.3),
    change_points.Change(TIMERS, "cpu_per_op", "cccccccccccc", 0.5, 0.35),
    change_points.Change(FIBER, "throughput", "bbbbbbbbbbbb", 8e8, 6e8),
]
WORSE, BETTER = "#d55e00", "#009e73"


@pytest.fixture(scope="module")
def points():
    return [
        history.Point(commit * 3, f"2026-01-0{day}T00:00:00.000Z", "machine", values)
        for day, (commit, values) in enumerate(VALUES.items(), start=1)
    ]


@pytest.fixture(scope="module")
def lines(points):
    return history.lines_of(points)


def changes_of(points):
    whole = {point.commit[:12]: point.commit for point in points}
    return [
        change_points.Change(c.cell, c.metric, whole[c.commit], c.before, c.after) for c in CHANGES
    ]


def test_times_are_multiples_of_the_anchors_and_rates_are_times_it(planted, tmp_path):
    path = tmp_path / "results.jsonl"
    path.write_text("".join(results.dump(one) for one in planted), encoding="utf-8")
    point = history.point_of(path)
    # The anchor took 4,507, 4,603 and 4,703 ns.
    expected = {
        "cpu_per_op": 5_209 / 4_603, "user_cpu_per_op": 613 / 4_603,
        "latency_p50": 43_100 / 4_603, "throughput": 199_100 * 4_603, "user_bytes_per_task": 211,
        "kernel_bytes_per_task": 8_101,
    }  # fmt: skip
    for name, value in expected.items():
        assert point.values["c10k/coroutine/1000/fixed", name] == pytest.approx(value), name
    assert point.values["timers/libuv/20000/spread", "spawn_per_task"] == pytest.approx(211 / 4_603)
    assert (point.commit, point.created_utc) == (COMMIT, "2026-11-05T10:11:12.131Z")


def test_a_line_is_relative_to_its_first_commit(lines):
    found = {(line.cell, line.metric.name): line.relative for line in lines}
    assert found == {
        (FIBER, "cpu_per_op"): pytest.approx([1, 1.15, 0.95]),
        (LIBUV, "cpu_per_op"): pytest.approx([1, 1.15]),
        (TIMERS, "cpu_per_op"): pytest.approx([1, 0.7]),
        (FIBER, "throughput"): pytest.approx([1, 0.75, 1.125]),
    }


def draw(metric, points, lines):
    of_metric = [line for line in lines if line.metric.name == metric]
    return drawn.draw(figure.draw, named(metric), of_metric, points, changes_of(points), "a note")


def test_each_cell_is_a_line_over_the_commits_that_have_it(points, lines):
    (axes,) = draw("cpu_per_op", points, lines).axes
    # Runtimes by colour, workloads by dashes; libuv came with the second commit.
    for name, runtime, dashes, xy in (
        (FIBER, "fiber", "-", [(0, 1), (1, 1.15), (2, 0.95)]),
        (LIBUV, "libuv", "-", [(1, 1), (2, 1.15)]), (TIMERS, "fiber", "--", [(0, 1), (2, 0.7)]),
    ):  # fmt: skip
        (line,) = [one for one in axes.lines if one.get_label() == name]
        assert [tuple(point) for point in line.get_xydata()] == [
            (x, pytest.approx(y)) for x, y in xy
        ]
        assert drawn.hex_of(line.get_color()) == COLOURS[runtime]
        assert line.get_marker() == MARKERS[runtime]
        assert line.get_linestyle() == dashes
    assert axes.get_title(loc="left") == "cpu_per_op, relative to the first commit"
    assert axes.get_ylabel() == "ratio"
    assert drawn.ticks(axes.xaxis) == [(0, "a" * 8), (1, "b" * 8), (2, "c" * 8)]


def test_commits_without_the_metric_have_no_place_on_its_axis(points, lines):
    of_libuv = [line for line in lines if line.cell == LIBUV]
    made = drawn.draw(figure.draw, named("cpu_per_op"), of_libuv, points, [], "")
    assert drawn.ticks(made.axes[0].xaxis) == [(0, "b" * 8), (1, "c" * 8)]


def marks(axes):
    return [
        (one.get_xydata()[0][0], pytest.approx(one.get_xydata()[0][1]),
         drawn.hex_of(one.get_markeredgecolor()))
        for one in axes.lines
        if one.get_markersize() == 13
    ]  # fmt: skip


def test_a_change_has_a_circle_and_its_per_cent_where_it_came(points, lines):
    (axes,) = draw("cpu_per_op", points, lines).axes
    assert marks(axes) == [(1, 1.15, WORSE), (2, 0.7, BETTER)]
    assert [(x, pytest.approx(y), text) for x, y, text in drawn.labels(axes)] == [
        (1, 1.15, "+15.0 %"), (2, 0.7, "-30.0 %"),
    ]  # fmt: skip


def test_less_throughput_is_worse_and_said_so(points, lines):
    (axes,) = draw("throughput", points, lines).axes
    assert marks(axes) == [(1, 0.75, WORSE)]
    assert [text for *_, text in drawn.labels(axes)] == ["-25.0 %"]
    assert axes.get_ylabel() == "ratio (higher is better)"


def test_of_many_commits_at_most_a_dozen_are_named_each_at_its_place():
    many = [
        history.Point(f"{n:03}" + "f" * 37, f"2026-01-01T00:00:{n:02}.000Z", "m",
                      {(FIBER, "cpu_per_op"): 1.0 + n})
        for n in range(25)
    ]  # fmt: skip
    lines = history.lines_of(many)
    made = drawn.draw(figure.draw, named("cpu_per_op"), lines, many, [], "")
    assert drawn.ticks(made.axes[0].xaxis) == [(n, f"{n:03}fffff") for n in range(0, 25, 3)]


def test_the_terminal_says_each_change_with_its_sign(points, tmp_path, monkeypatch):
    for point in points:
        history.save(point, tmp_path / "history")
    monkeypatch.setattr(change_points, "is_available", lambda: True)
    monkeypatch.setattr(change_points, "find", lambda _: changes_of(points))
    monkeypatch.setattr(trend.frame, "save", lambda made, folder, name: [folder / f"{name}.svg"])
    console = Console(width=200)
    with console.capture() as captured:
        trend.show(tmp_path / "history", tmp_path, console)
    assert captured.get().splitlines() == [
        f"bbbbbbbbbbbb cpu_per_op +15.0 % · {FIBER}",
        f"cccccccccccc cpu_per_op -30.0 % · {TIMERS}",
        f"bbbbbbbbbbbb throughput -25.0 % · {FIBER}",
        "3 commits in the order of measuring (git does not know 3 of 3 commits here, aaaaaaaaaaaa"
        " among them); circles: change points by Apache Otava",
        f"wrote {tmp_path}/trend-cpu_per_op.svg",
        f"wrote {tmp_path}/trend-throughput.svg",
    ]


def test_the_last_digits_of_the_layout_do_not_reach_the_figure(
    points, lines, tmp_path, monkeypatch
):
    """The trend's panel has no fixed place: a solver finds it, differently from time to time."""

    def bytes_of(name):
        with style.looks():
            made = figure.draw(named("cpu_per_op"), lines, points, [], "")
            return [path.read_bytes() for path in frame.save(made, tmp_path / name, "trend")]

    first, lay_out = bytes_of("first"), Figure.draw_without_rendering

    def lay_out_as_another_solver_would(made):
        lay_out(made)
        for axes in made.axes:
            left, *rest = axes.get_position().bounds
            axes.set_position((left * (1 + 1e-14), *rest))

    monkeypatch.setattr(Figure, "draw_without_rendering", lay_out_as_another_solver_would)
    assert bytes_of("second") == first
