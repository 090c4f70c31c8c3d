"""What the figures of single steps show: each median and range, its row, colour and marker, the
controls, and the unit of the axis; and what scripts/micro.py prints."""

import itertools
import json

import pytest

import drawn
from drawn import COLOURS, MARKERS, check_ticks
from page_parts import Page
from skein_scripts.commands import instructions, micro
from skein_scripts.drawing import frame
from skein_scripts.micro import counted_rows, timed_rows
from skein_scripts.report import micro_table, report_pages
from skein_scripts.report.plots import micro_costs

# In ns, by repetition. The median is never the first, the last or the mean.
STEPS = {
    "control/function_call": (1.9, 1.3, 1.1), "control/syscall": (127.0, 113.0, 109.0),
    "control/wake_same_core": (4_310.0, 4_210.0, 4_010.0),
    "control/wake_other_core": (9_910.0, 9_710.0, 9_110.0), "control/clock": (37.0, 31.0, 29.0),
    "spawn_finish/libuv": (83.0, 79.0, 61.0),
    "yield/coroutine/1": (7.9, 5.3, 5.1), "yield/coroutine/1000": (8.9, 7.1, 6.1),
    "yield/fiber/1": (59.0, 41.0, 40.0), "yield/fiber/1000": (97.0, 71.0, 67.0),
    "timer_cancel/timer_wheel/10000": (17.0, 13.0, 11.0),
    "timer_cancel/coroutine_heap/10000": (29.9, 23.9, 19.9),
    "switch_many/fiber/1000": (19.3, 17.3, 13.3), "switch_many/fiber/100000": (193.0, 173.0, 139.0),
    "switch/fiber": (3.7, 3.1, 2.9),
}  # fmt: skip
LIMIT = "limit: kernel.pid_max is 32768, needed 100002"
ONLY_TWICE = "yield/fiber/1000"  # its last repetition failed


def document(repetition):
    rows = [
        {"name": name, "run_name": name, "run_type": "iteration", "iterations": 1_009,
         "ns_per_item": values[repetition], "real_time": 777_777.0, "cpu_time": 888_888.0}
        for name, values in STEPS.items()
    ]  # fmt: skip
    for row in rows:
        if row["name"] == ONLY_TWICE and repetition == 2:
            row |= {"error_occurred": True, "error_message": "failed: 3 steps instead of 4"}
    for name in ("yield/thread/100000", "switch_many/thread/100000"):
        rows.append({"name": name, "run_name": name, "run_type": "iteration",
                     "error_occurred": True, "error_message": LIMIT})  # fmt: skip
    return {"context": {"pinned_cpu": "0"}, "benchmarks": rows}


@pytest.fixture(scope="module")
def records():
    return [
        record
        for repetition in range(3)
        for record in timed_rows.records_of(document(repetition), "session", repetition)
    ]


def test_the_table_has_each_step_of_each_runtime_and_why_one_has_none(records):
    (table,) = micro_table.make_tables(records)
    by_row = {tuple(row[:2]): row[2:] for row in table.rows}
    names = {(line.split("/")[1], line.split("/")[0]) for line in STEPS if line[:7] != "control"}
    assert names <= {(runtime, step.split(",")[0].replace(" ", "_")) for runtime, step in by_row}
    assert by_row["coroutine", "yield, 1"] == ["5.30 ns [5.10 ns, 7.90 ns]", "3"]
    assert by_row["fiber", "yield, 1,000"] == ["84.0 ns [71.0 ns, 97.0 ns]", "2"]
    assert by_row["control", "syscall"] == ["113 ns [109 ns, 127 ns]", "3"]
    assert by_row["thread", "yield, 100,000"] == [LIMIT.removeprefix("limit: ")]
    said = "median of n = 3 (fiber, yield, 1,000: 2); [low, high]: range of 3 runs"
    assert table.notes[0].startswith(said)
    steps = [row[1] for row in table.rows]
    assert len(set(steps)) == sum(a != b for a, b in itertools.pairwise(["", *steps]))
    assert micro_table.make_tables([]) == []


def test_the_table_stands_in_its_section_and_in_the_markdown(records, tmp_path):
    html, markdown = report_pages.write(records, tmp_path, [])
    table = Page(html.read_text(encoding="utf-8")).table("Single steps")
    assert "coroutine" in table.runtimes
    assert "5.30 ns [5.10 ns, 7.90 ns]" in {text for row in table.texts() for text in row}
    assert "| coroutine | yield, 1 | 5.30 ns [5.10 ns, 7.90 ns] | 3 |" in markdown.read_text()


@pytest.fixture(scope="module")
def costs(records):
    return drawn.draw(micro_costs.draw, records, frame.Context.of(None))


# Step: runtime: median, range, numbers, marker, and whose colour: that of what kin belongs to.
DRAWN = {
    "spawn finish": {"libuv": (79, 61, 83, ["79.0 ns", "[61.0 ns, 83.0 ns]"], "D", "libuv")},
    "yield, 1": {
        "coroutine": (5.3, 5.1, 7.9, ["5.30 ns", "[5.10 ns, 7.90 ns]"], "o", "coroutine"),
        "fiber": (41, 40, 59, ["41.0 ns", "[40.0 ns, 59.0 ns]"], "s", "fiber"),
    },
    "yield, 1,000": {
        "coroutine": (7.1, 6.1, 8.9, ["7.10 ns", "[6.10 ns, 8.90 ns]"], "o", "coroutine"),
        "fiber": (84, 71, 97, ["84.0 ns", "[71.0 ns, 97.0 ns]", "n = 2"], "s", "fiber"),
    },
    "yield, 100,000": {"thread": None},
    "timer cancel, 10,000": {
        "timer_wheel": (13, 11, 17, ["13.0 ns", "[11.0 ns, 17.0 ns]"], "*", "coroutine"),
        "coroutine_heap": (23.9, 19.9, 29.9, ["23.9 ns", "[19.9 ns, 29.9 ns]"], "x", "coroutine"),
    },
}  # fmt: skip


def test_each_step_has_a_row_for_each_runtime_at_its_median_with_its_range(costs):
    (axes,) = costs.axes
    assert drawn.rows(axes) == [runtime for rows in DRAWN.values() for runtime in rows]
    y = 0
    for step, rows in DRAWN.items():
        assert drawn.headings(axes)[y] == step
        for runtime, expected in rows.items():
            y += 1
            found = [mark for mark in drawn.marks(axes) if mark.row == y]
            if expected is None:
                assert found == []
                continue
            median, low, high, numbers, marker, base = expected
            (mark,) = found
            assert (mark.runtime, mark.x, mark.marker) == (runtime, pytest.approx(median), marker)
            assert mark.colour == COLOURS[base]
            assert mark.is_hollow == (marker in "*x")
            (span,) = [span for span in drawn.spans(axes) if span.row == y]
            assert (span.runtime, span.low, span.high) == (runtime, low, high)
            assert numbers_at(axes, y) == numbers
        y += 1


def numbers_at(axes, y):
    """Names of rows recur: by place."""
    return [
        one.get_text() for one in axes.texts
        if one.xycoords == ("axes fraction", "data") and one.xy == (1, y)
    ]  # fmt: skip


def test_a_step_that_met_a_limit_says_so_in_its_row(costs):
    (axes,) = costs.axes
    assert drawn.reasons(axes) == {
        "thread": "no result (kernel.pid_max is 32768, needed 100002)"
    }  # fmt: skip


def test_controls_are_lines_at_their_medians_with_their_names(costs):
    (axes,) = costs.axes
    expected = {1.3: "call", 113: "system call", 4_210: "wake a thread,\nsame core, and back",
                9_710: "... on another\ncore"}  # fmt: skip
    assert drawn.upright_lines(axes) == [(x, "#6b6b6b", "--") for x in expected]
    named = [(one.xy[0], one.get_text()) for one in axes.texts
             if one.xycoords == ("data", "axes fraction")]  # fmt: skip
    assert named == list(expected.items())


def test_the_axis_of_steps_is_in_time_and_the_foot_says_of_how_many(costs):
    (axes,) = costs.axes
    check_ticks(axes.xaxis, 3)
    assert axes.get_xlabel() == "wall time of one item, logarithmic"
    assert drawn.foot(costs).startswith(
        "Wall time of one item, each repetition a process; marker: median of n = 3 (fiber, yield,"
        " 1,000: 2); whisker: range of 3 runs (too few for a 95 % interval); where another n stands"
        " it is of that many runs, below 6 the range. A number after"
    )


def test_switches_stand_at_their_number_of_tasks_with_their_range(records):
    figure = drawn.draw(micro_costs.draw_switches, records, frame.Context.of(None))
    by_panel = ({"coroutine": [(1, 5.3, 5.1, 7.9), (1000, 7.1, 6.1, 8.9)],
                 "fiber": [(1, 41, 40, 59), (1000, 84, 71, 97)]},
                {"fiber": [(1000, 17.3, 13.3, 19.3), (100_000, 173, 139, 193)]})  # fmt: skip
    for axes, title, expected in zip(figure.axes, ("yield", "switch alone"), by_panel, strict=True):
        assert axes.get_title(loc="left") == title
        curves = drawn.curves(axes)
        assert [curve.runtime for curve in curves] == list(expected)
        for curve, (runtime, points) in zip(curves, expected.items(), strict=True):
            assert curve.marker == MARKERS[runtime]
            assert curve.points == drawn.close((x, y) for x, y, _, _ in points)
            assert drawn.bands(axes)[runtime] == {
                x: (pytest.approx(low), pytest.approx(high)) for x, _, low, high in points
            }
        assert {name for name, _ in drawn.ends(axes)} == set(expected)
        assert axes.get_xlabel() == "tasks"
        assert drawn.ticks(axes.xaxis) == [(1, "1"), (1000, "1,000"), (100_000, "100,000")]
    left, right = figure.axes
    check_ticks(left.yaxis, 1)
    assert (left.get_ylabel(), right.get_ylabel()) == ("wall time", "")
    assert drawn.foot(figure).startswith(
        "No result: thread, yield, 100,000 (kernel.pid_max is 32768, needed 100002) No result:"
        " thread, switch many, 100,000 (kernel.pid_max is 32768, needed 100002) Median of n = 3"
        " (fiber, yield, 1,000: 2), shaded: range of 3 runs (too few for a 95 % interval); where"
        " another n stands it is of that many runs, below 6 the range. yield:"
    )


def test_the_medians_that_are_printed_have_their_range_and_number(records, capsys):
    micro.print_medians(records)
    printed = {
        line[:42].strip(): line[42:].strip() for line in capsys.readouterr().out.splitlines()
    }
    assert printed["coroutine/yield/1000"] == "7.10 ns  [6.10 .. 8.90]  n = 3"
    assert printed["fiber/yield/1000"] == "84.00 ns  [71.00 .. 97.00]  n = 2"
    assert printed["control/wake_same_core"] == "4210.00 ns  [4010.00 .. 4310.00]  n = 3"
    assert printed["thread/yield/100000"] == "limit: kernel.pid_max is 32768, needed 100002"
    assert len(printed) == len(STEPS) + 2


def test_instructions_that_are_printed_are_those_of_an_item(monkeypatch, tmp_path, capsys):
    (tmp_path / "skein_micro").touch()
    monkeypatch.setattr(counted_rows, "find_valgrind", lambda: "valgrind")
    name = counted_rows.ROWS[0]
    monkeypatch.setattr(counted_rows, "measure", lambda _, row: counted_rows.Row(row, 1_000, 3_507))
    assert instructions.main(["--row", name, "--micro", str(tmp_path / "skein_micro")]) == 0
    assert capsys.readouterr().out.split() == [name, "3.51", "instructions"]


def test_a_document_of_the_program_is_read_as_it_stands():
    """The field that counts is ns_per_item: the library's own times are of a batch."""
    text = json.loads(json.dumps(document(1)))
    first = next(iter(timed_rows.records_of(text, "s", 0)))
    assert first["micro"]["wall_ns_per_op"] == 1.3
    assert first["work"]["units"] == 1_009
