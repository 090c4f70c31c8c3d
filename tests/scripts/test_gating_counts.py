"""What a gate ends in where a count that must be 0 is not: it is judged in every cell, and never
passes unseen."""

import pytest

from lab import FIRING, LOADED, not_ok, ok, status_of, summary


def early(count, in_runs=range(1000), by_ns=1_980_000):
    def arm(run):
        some = count if run.number in in_runs else 0
        return ok(run, lateness={"early_count": some, "early_max_ns": by_ns if some else None})

    return arm


def test_timers_that_fire_early_only_in_the_candidate_are_a_regression(lab):
    made = lab.gate(FIRING, early(0), early(20))
    assert status_of(made) == 1
    assert "timers/fiber early_fires (" in summary(made)
    assert "by up to 1.98 ms; base: 0 in" in summary(made)


def test_one_early_timer_in_one_run_is_measured_again_and_never_passes(lab):
    made = lab.gate(FIRING, early(0), early(1, {3}))
    assert status_of(made) == 4
    assert "early_fires: flagged, and seen in none of" in summary(made)
    assert status_of(lab.gate(FIRING, early(0), early(1, {3, 40}))) == 1


def test_one_that_the_base_has_now_and_then_as_well_is_no_regression(lab):
    made = lab.gate(FIRING, early(1, {50}), early(1, {3, 70}))
    assert status_of(made) == 0, summary(made)


@pytest.mark.parametrize("every", [2, 3])
@pytest.mark.parametrize("of_base", [1, 40])
def test_what_the_base_has_once_and_the_candidate_in_many_runs_is_a_regression(lab, every, of_base):
    """In half of the runs and in fewer; in screening and in the fresh pairs."""
    base = early(of_base, {1, 60})
    made = lab.gate(FIRING, base, early(20, range(0, 1000, every)))
    assert status_of(made) == 1, summary(made)
    assert "early_fires" in {one.metric.name for one in made.result.regressions}.pop()
    assert status_of(lab.gate(FIRING, early(20, range(0, 1000, every)), base)) == 0


def test_a_count_that_rose_and_is_not_sure_is_no_pass(lab):
    base = early(1, {1, 45, 46, 47})
    made = lab.gate(FIRING, base, early(20, {*range(5, 12), *range(41, 46)}), budget_s=60.0)
    assert status_of(made) == 4, summary(made)
    assert "early_fires: flagged, and" in summary(made)


def test_where_both_arms_have_some_more_of_them_is_a_regression_and_as_many_is_none(lab):
    def about(count):
        return lambda run: ok(run, lateness={"early_count": count + run.noise.randrange(-9, 9),
                                             "early_max_ns": 999_000})  # fmt: skip

    assert status_of(lab.gate(FIRING, about(1000), about(1000))) == 0
    assert status_of(lab.gate(FIRING, about(1000), about(1050))) == 0  # less than a tenth
    assert status_of(lab.gate(FIRING, about(1000), about(1200))) == 1
    assert status_of(lab.gate(FIRING, about(1200), about(1000))) == 0


def test_fewer_than_the_base_has_is_an_improvement(lab):
    made = lab.gate(FIRING, early(20), early(0))
    assert status_of(made) == 0
    (found,) = (one for one in made.result.screened if one.metric.must_be_0)
    assert found.verdict == "improved"


def test_early_timers_of_a_run_that_was_disturbed_and_repeated_count(lab):
    lab.retry_invalid = 1

    def disturbed(run):
        record = early(20)(run) if run.number % 2 == 0 else early(0)(run)
        return record if run.number % 2 else record | not_ok()

    assert status_of(lab.gate(FIRING, early(0), disturbed)) == 1


@pytest.mark.parametrize(
    ("part", "name"),
    [
        ({"load": {"errors": {"timeout": 3}}}, "timeouts"),
        ({"load": {"errors": {"read": 3}}}, "read_errors"),
        ({"load": {"errors": {"write": 3}}}, "write_errors"),
        ({"load": {"errors": {"connect": 3}}}, "connect_errors"),
        ({"load": {"errors": {"descriptors": 3}}}, "descriptors_errors"),
        ({"load": {"unsent": 3}}, "unsent"),
        ({"latency": {"p50": 40_000.0, "overflow": 3}}, "overflow"),
        ({"service_time": {"overflow": 3}}, "overflow"),
        ({"exchange": {"latency": {"overflow": 3}}}, "overflow"),
    ],
)
def test_every_count_that_must_be_0_is_judged(lab, part, name):
    kinds = ("timeout", "read", "write", "connect", "descriptors")
    none = {"unsent": 0, "errors": dict.fromkeys(kinds, 0)}
    made = lab.gate(
        LOADED, lambda run: ok(run, load=none, service_time={"overflow": 0}),
        lambda run: ok(run, **part),
    )  # fmt: skip
    assert status_of(made) == 1, summary(made)
    assert f"load/fiber {name} (" in summary(made)


def test_requests_that_a_disturbed_generator_did_not_send_are_no_regression(lab):
    lab.retry_invalid = 1

    def disturbed(run):
        record = ok(run, load={"unsent": 9, "errors": {"timeout": 9}})
        return record | not_ok() if run.number % 2 == 0 else ok(run, load={"unsent": 0})

    assert status_of(lab.gate(LOADED, lambda run: ok(run, load={"unsent": 0}), disturbed)) == 0
