"""The anchor's drift: what is drift, what is one bad reading, and what is not known."""

import pytest

from skein_scripts.matrix.anchor_cell import cpu_options_of_anchor
from skein_scripts.records.anchor import DRIFT_LIMIT, anchor_ns, drift_of, running_medians


def test_the_same_reading_in_every_round_is_no_drift():
    assert drift_of([4500, 4500, 4500, 4500]) == 0


def test_one_disturbed_round_is_no_drift_wherever_it_stands():
    for place in range(7):
        values = [4500.0] * 7
        values[place] *= 1.18
        assert drift_of(values) < DRIFT_LIMIT


@pytest.mark.parametrize(
    "values",
    [
        [100, 100, 100, 120, 120, 120],  # a step
        [100, 104, 108, 112, 116, 120],  # a slope
        [100, 100, 120, 120, 100, 100],  # a hump, over at the end
        [100, 120],
    ],
)
def test_a_step_a_slope_and_a_hump_are_drift(values):
    assert drift_of(values) > DRIFT_LIMIT


def test_drift_has_no_direction():
    assert drift_of([120, 120, 100, 100]) == drift_of([100, 100, 120, 120])
    assert drift_of([120, 100]) == drift_of([100, 120]) == pytest.approx(0.2)


def test_one_reading_says_nothing_of_drift():
    assert drift_of([4500]) is None
    assert drift_of([]) is None


def test_a_running_median_is_of_three_and_of_two_at_the_ends():
    assert running_medians([1, 9, 3, 4]) == [5, 3, 4, 3.5]


def test_an_anchor_that_is_not_ok_has_no_figure():
    run = {"status": "ok", "cpu": {"per_op_ns": 4500.4}}
    assert anchor_ns(run) == 4500
    assert anchor_ns({**run, "status": "invalid"}) is None


@pytest.mark.parametrize("cpus", ["4", "4-5", "4,6-7"])
def test_the_anchor_takes_the_first_of_the_workers_cpus_and_all_of_the_generators(cpus):
    given = ["--worker-cpus", cpus, "--generator-cpus", "8-9"]
    assert cpu_options_of_anchor(given) == ["--worker-cpus", "4", "--generator-cpus", "8-9"]
    assert cpu_options_of_anchor(given[2:]) == given[2:]
    assert cpu_options_of_anchor([]) == []
