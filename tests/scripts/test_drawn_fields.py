"""What the figures show of cells that differ in one field: how deep a task waits, and how many
bytes it holds meanwhile. The cells are planted, and no program has to know the fields."""

import copy
from pathlib import Path

import numpy as np
import pytest

import drawn
from drawn import check_ticks, context_of
from skein_scripts.records.groups import group_runs
from skein_scripts.report import all_figures
from skein_scripts.report.plots import cost_vs_field
from skein_scripts.report.plots.sweeps import AT_LEAST, sweeps_of, value_of
from skein_scripts.report.questions import caption_of, sections

DEPTHS, SIZES = (1, 4, 16, 64), (0, 1_024, 4_096)
BYTES = {"coroutine": 72, "fiber": 40}  # for a level; a task without any takes 100
PLOTS = {plot.name: plot for plot in cost_vs_field.PLOTS}


def with_field(planted, field, values):
    """A session with a group for each value: spread timers on both runtimes, in three rounds."""
    keys = [f"{field}-{value}/{runtime}" for value in values for runtime in BYTES]
    plan = {"design": "latin", "rounds": 3, "preset": "planted", "order": [keys] * 3, "cells": [
        {"key": key, "group": key.partition("/")[0], "runtime": key.partition("/")[2],
         "workload": "timers", "settings": {}, "reason": None}
        for key in keys
    ]}  # fmt: skip
    timers = {
        (run["cell"]["runtime"], run["block"]): run for run in planted
        if run["kind"] == "run" and run["cell"]["pattern"] == "spread"
    }  # fmt: skip
    found = [copy.deepcopy(planted[0]) | {"plan": plan}]
    for block in range(3):
        for position, key in enumerate(keys):
            value = values[position // len(BYTES)]
            run = copy.deepcopy(timers[key.partition("/")[2], block])
            run |= {"position": position, "run_id": f"{key}-{block}"}
            run["cell"][field] = value
            run["cell_id"] += f"/{field}={value}"
            each = 100 + BYTES[run["cell"]["runtime"]] * value
            run["memory"]["per_task"]["user_bytes"] = each
            run["cpu"]["per_op_ns"] = 10 * each
            found.append(run)
    return found


def figure_of(records, name):
    plot = PLOTS[name]
    (sweep,) = cost_vs_field.sweeps(plot, group_runs(records))
    return drawn.draw(cost_vs_field.draw, plot, sweep, context_of(records))


@pytest.mark.parametrize(("field", "values"), [("depth", DEPTHS), ("held_bytes", SIZES)])
def test_memory_of_a_task_stands_at_each_value_by_runtime(planted, field, values):
    figure = figure_of(with_field(planted, field, values[::-1]), f"memory_vs_{field}")
    (axes,) = figure.axes
    curves = {curve.runtime: curve.points for curve in drawn.curves(axes)}
    assert curves == {
        name: [(value, 100 + step * value) for value in values] for name, step in BYTES.items()
    }
    assert [place for place, _ in drawn.ticks(axes.xaxis)] == list(values)
    check_ticks(axes.yaxis, 2)


def test_time_of_a_wake_up_stands_at_each_depth(planted):
    (axes,) = figure_of(with_field(planted, "depth", DEPTHS), "cpu_vs_depth").axes
    (fiber,) = drawn.of(drawn.curves(axes), "fiber")
    assert fiber.points == [(depth, 10 * (100 + 40 * depth)) for depth in DEPTHS]


def test_a_figure_of_depth_says_what_is_on_its_axes_and_how_many_runs_it_has(planted):
    figure = figure_of(with_field(planted, "depth", DEPTHS), "memory_vs_depth")
    (axes,) = figure.axes
    assert axes.get_xlabel() == "calls down to the one that waits"
    assert axes.get_ylabel() == "user memory of a task"
    assert axes.get_xscale() == "log"
    assert drawn.title(figure).startswith("Memory of a task against depth · timers")
    assert "median of n = 3 runs of each runtime at each of 4 depths" in drawn.foot(figure).lower()
    assert drawn.overlaps(figure) == []


@pytest.mark.parametrize(
    ("field", "plot", "values", "texts"),
    [
        ("handler_wait_ns", "cpu_vs_handler_wait", (0, 10**6, 10**7), ["0", "1 ms", "10 ms"]),
        ("handler_work", "cpu_vs_handler_work", (0, 5_000, 50_000), ["0", "5,000", "50,000"]),
    ],
)
def test_time_of_a_request_stands_at_each_wait_and_work(planted, field, plot, values, texts):
    records = with_field(planted, field, values)
    for run in records[1:]:
        run["cell"] |= {"workload": "c10k", "mode": "open"}
    figure = figure_of(records, plot)
    (axes,) = figure.axes
    (fiber,) = drawn.of(drawn.curves(axes), "fiber")
    assert fiber.points == [(value, 10 * (100 + 40 * value)) for value in values]
    assert [text for _, text in drawn.ticks(axes.xaxis)] == texts
    assert axes.get_ylabel() == "CPU time of a request"
    parts = sections(records, group_runs(records), [Path(f"{plot}.svg")])
    assert [part.question.anchor for part in parts if part.figures] == ["cpu"]


def of_talk(planted, workload, field, values):
    """The same with runs of a workload whose tasks wait for each other, and no timers."""
    records = with_field(planted, field, values)
    for cell in records[0]["plan"]["cells"]:
        cell["workload"] = workload
    for run in records[1:]:
        run["cell"] = {
            "workload": workload, "runtime": run["cell"]["runtime"], field: run["cell"][field],
        }  # fmt: skip
        run["lateness"] = None
        run["timer_costs"] = {"wall_per_op_ns": 10 + len(run["cell"]["runtime"])}
    return records


@pytest.mark.parametrize(
    ("workload", "field", "plot", "values"),
    [
        ("relay", "tasks", "time_vs_tasks", (2, 1_000, 100_000)),
        ("channel", "capacity", "time_vs_room", (0, 1, 100)),
    ],
)
def test_time_of_a_step_stands_at_each_number_of_tasks_and_room(
    planted, workload, field, plot, values
):
    records = of_talk(planted, workload, field, values)
    (axes,) = figure_of(records, plot).axes
    (fiber,) = drawn.of(drawn.curves(axes), "fiber")
    assert fiber.points == [(value, 15) for value in values]
    parts = sections(records, group_runs(records), [Path(f"{plot}.svg")])
    assert [part.question.anchor for part in parts if part.figures] == ["talk"]
    tables = {part.question.anchor: len(part.tables) for part in parts}
    assert (tables["talk"], tables["lateness"]) == (3, 0)


def test_an_axis_that_begins_at_nothing_is_linear(planted):
    (axes,) = figure_of(with_field(planted, "held_bytes", SIZES), "memory_vs_held_bytes").axes
    assert axes.get_xscale() == "linear"


def test_a_value_without_a_result_is_a_gap(planted):
    records = with_field(planted, "depth", DEPTHS)
    for run in records[1:]:
        if (run["cell"]["runtime"], run["cell"]["depth"]) == ("fiber", 16):
            run |= {"status": "timeout", "reasons": ["no answer within 40 s"]}
    figure = figure_of(records, "memory_vs_depth")
    (sweep,) = cost_vs_field.sweeps(PLOTS["memory_vs_depth"], group_runs(records))
    curve = cost_vs_field._curve(PLOTS["memory_vs_depth"], sweep, list(DEPTHS), "fiber")
    assert np.isnan(curve.y).tolist() == [False, False, True, False]
    assert "No result: fiber at 1 of 4 depths (timeout: no answer" in drawn.foot(figure)


def test_two_values_are_no_sweep(planted):
    groups = group_runs(with_field(planted, "depth", DEPTHS[: AT_LEAST - 1]))
    assert len(groups) == AT_LEAST - 1
    assert sweeps_of(groups, "depth") == []


def test_cells_without_the_field_are_no_sweep(planted):
    groups = group_runs(planted)
    assert {value_of(group, "nothing_like_it") for group in groups} == {None}
    assert cost_vs_field.sweeps(PLOTS["memory_vs_depth"], groups) == []


def test_figures_of_depth_are_drawn_with_all_others_and_stand_in_the_report(planted, tmp_path):
    records = with_field(planted, "depth", DEPTHS)
    paths = all_figures.draw_all(records, tmp_path)
    names = [path.stem for path in paths]
    assert {"memory_vs_depth", "cpu_vs_depth"} <= set(names)
    assert "memory_vs_held_bytes" not in names
    parts = sections(records, group_runs(records), paths)
    shown = {path.stem: part.question.anchor for part in parts for path in part.figures}
    assert (shown["memory_vs_depth"], shown["cpu_vs_depth"]) == ("memory", "cpu")
    assert all(caption_of(path) for path in paths if path.stem in PLOTS)
