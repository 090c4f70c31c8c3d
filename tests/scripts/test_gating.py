"""What a gate ends in, whatever happens to its pairs: a regression is 1, nothing flagged is 0, and
what was flagged and could not be decided is never 0."""

import pytest

from lab import COUNTED, IDLE, LOADED, cell, least_of, not_ok, ok, slow, status_of, summary, usual
from skein_scripts.base.errors import MeasureError
from skein_scripts.gate import schedule, stages
from skein_scripts.gate.compared import INCONCLUSIVE, REGRESSED, Pairs
from skein_scripts.gate.judge import judge
from skein_scripts.records import metrics
from skein_scripts.records.purposes import MEMORY
from skein_scripts.records.results import RecordError

NINE = (5, 9)  # of confirming, as few as decide three metrics


def screened_only(then, first=usual):
    """An arm that behaves so from the second stage on."""
    return lambda run: then(run) if run.is_fresh else first(run)


def test_two_arms_that_are_alike_pass(lab):
    made = lab.gate(LOADED, usual, usual)
    assert status_of(made) == 0
    assert summary(made).startswith("no regression confirmed")


def test_a_slow_candidate_is_a_regression(lab):
    assert status_of(lab.gate(LOADED, usual, slow)) == 1
    assert summary(lab.ran).startswith("REGRESSION CONFIRMED: load/fiber cpu_per_op +")


@pytest.mark.parametrize("arm", ["base", "candidate"])
@pytest.mark.parametrize("lost", [{5}, {7}, {5, 6, 7}, {5, 8, 11, 14}])
def test_pairs_lost_to_noise_are_replaced_until_enough_count(lab, arm, lost):
    def disturbed(usually):
        return lambda run: not_ok() if run.number in lost else usually(run)

    arms = {"base": usual, "candidate": slow}
    arms[arm] = disturbed(arms[arm])
    made = lab.gate(LOADED, arms["base"], arms["candidate"], pairs=NINE)
    assert status_of(made) == 1, summary(made)
    (cpu,) = (one for one in made.result.confirmed if one.metric.name == "cpu_per_op")
    assert (cpu.pairs, cpu.verdict) == (9, REGRESSED)
    assert cpu.invalid_pairs == len(lost)


def test_where_too_few_pairs_can_be_had_it_is_said_and_no_pass(lab):
    def mostly_disturbed(run):
        return slow(run) if not run.is_fresh or run.number % 2 else not_ok()

    made = lab.gate(LOADED, usual, mostly_disturbed, pairs=NINE, budget_s=least_of(LOADED))
    assert (status_of(made), status_of(made, strict=True)) == (4, 4), summary(made)
    assert "UNDECIDED: load/fiber cpu_per_op: flagged, and of the fresh pairs" in summary(made)
    assert "are needed" in summary(made)


@pytest.mark.parametrize(
    ("pairs", "metrics_judged", "is_open"),
    [(8, 3, True), (9, 3, False), (7, 1, False), (6, 1, True)],
)
def test_eight_pairs_that_agree_are_too_few_to_clear_or_confirm_one_of_three(
    pairs, metrics_judged, is_open
):
    names = ("cpu_per_op", "latency_p50", "spawn_per_task")[:metrics_judged]
    made = [Pairs("cell", metrics.named(name), [(1.0, 9.94)] * pairs, 1) for name in names]
    suspects = stages.flagged(stages.judge_screened(made))
    found = stages.judge_confirmed(made, suspects)
    assert {one.verdict for one in found} == {INCONCLUSIVE if is_open else REGRESSED}
    open_ = stages.left_open(suspects, found)
    assert len(open_) == (metrics_judged if is_open else 0)
    if metrics_judged == 3 and is_open:
        assert open_[0] == (
            "cell cpu_per_op: flagged, and of the fresh pairs 8 count where 9 are needed"
        )


def slow_but_in(numbers):
    """Nine times as dear, and 2 % cheaper in these runs."""
    return lambda run: ok(run, cost=0.98 if run.number in numbers else 9.0)


@pytest.mark.parametrize("disagree", [{8}, {8, 10}, {6, 8, 10}, {6, 8, 10, 12, 14}])
def test_what_most_fresh_pairs_show_as_worse_is_no_pass_where_one_disagrees(lab, disagree):
    budget_s = 16 * stages.PairCounts(1, {}).seconds(LOADED) + schedule.START_S
    made = lab.gate(LOADED, usual, slow_but_in(disagree), pairs=(5, 11), budget_s=budget_s)
    assert lab.pairs_of("load") == 16
    assert status_of(made) == 4, summary(made)
    assert (
        "UNDECIDED: load/fiber cpu_per_op: flagged, and 11 fresh pairs show it worse by what"
        " matters, but not surely"
    ) in summary(made)


def test_what_fresh_pairs_leave_open_is_measured_once_more_if_there_is_time(lab):
    made = lab.gate(LOADED, usual, slow_but_in({6, 8, 10}), pairs=(5, 11))
    assert (status_of(made), lab.pairs_of("load")) == (1, 27), summary(made)
    (cpu,) = (one for one in made.result.confirmed if one.metric.name == "cpu_per_op")
    assert (cpu.pairs, cpu.verdict) == (11, REGRESSED)  # of the second time alone
    lucky = {6, 8, 10, *range(16, 30)}
    made = lab.gate(LOADED, usual, slow_but_in(lucky), pairs=(5, 11))
    assert (status_of(made), lab.pairs_of("load")) == (0, 27), summary(made)
    never_sure = {number for number in range(5, 2000) if number % 11 in (0, 3, 6)}
    made = lab.gate(LOADED, usual, slow_but_in(never_sure), pairs=(5, 11))
    assert (status_of(made), lab.pairs_of("load")) == (4, 27), summary(made)


def test_time_to_measure_once_more_is_that_of_the_cells_left_open_alone(lab):
    cells = [*LOADED, cell("other")]

    def candidate(run):
        if run.cell.group == "other" and run.is_fresh:
            return usual(run)  # flagged by chance, and cleared
        return slow_but_in({6, 8, 10})(run)

    pair_s = stages.PairCounts(1, {}).seconds(LOADED)
    budget_s = lab.start_s + (16 + 16 + 11.5) * pair_s
    made = lab.gate(cells, usual, candidate, pairs=(5, 11), budget_s=budget_s)
    assert (lab.pairs_of("load"), lab.pairs_of("other")) == (27, 16)
    assert status_of(made) == 1, summary(made)
    assert lab.took_s <= budget_s


@pytest.mark.parametrize(
    "then", [not_ok, lambda: not_ok("limit", "RLIMIT"), lambda: not_ok("skipped")]
)
@pytest.mark.parametrize("arm", ["base", "candidate", "both"])
def test_a_flagged_cell_that_lost_every_run_is_no_pass(lab, then, arm):
    base = screened_only(lambda _: then()) if arm != "candidate" else usual
    candidate = screened_only(lambda _: then(), slow) if arm != "base" else slow
    made = lab.gate(LOADED, base, candidate)
    assert status_of(made) == 4, summary(made)
    assert "flagged, and lost" in summary(made)


def test_a_candidate_that_fails_while_it_is_confirmed_is_no_pass(lab):
    made = lab.gate(LOADED, usual, screened_only(lambda _: not_ok("failed", "boom"), slow))
    assert status_of(made) == 4
    assert "THE CANDIDATE FAILED" in summary(made)
    assert "UNDECIDED" in summary(made)


def test_a_base_that_fails_costs_pairs_and_what_was_flagged_is_decided_on_others(lab):
    def flaky(run):
        return not_ok("failed", "boom") if run.number == 6 else usual(run)

    assert status_of(lab.gate(LOADED, flaky, slow, pairs=NINE)) == 1


def test_a_base_that_lacks_the_flagged_figure_in_the_fresh_runs_is_no_pass(lab):
    nothing = screened_only(lambda run: ok(run) | {"cpu": {}}, usual)
    made = lab.gate(LOADED, nothing, lambda run: usual(run) | {"cpu": {"per_op_ns": 2000.0}})
    assert status_of(made) == 4, summary(made)
    assert "cpu_per_op: flagged, and lost: new" in summary(made)


def test_a_flagged_metric_that_is_gone_from_the_fresh_runs_is_no_pass(lab):
    def without_user_time(run):
        return ok(run, cpu={"per_op_ns": 1000.0})

    def with_user_time(ns):
        return lambda run: ok(run, cpu={"per_op_ns": 1000.0, "user_per_op_ns": ns})

    made = lab.gate(
        LOADED, screened_only(without_user_time, with_user_time(100.0)),
        screened_only(without_user_time, with_user_time(200.0)),
    )  # fmt: skip
    assert status_of(made) == 4
    assert "user_cpu_per_op: flagged, and no fresh pair was measured" in summary(made)


def test_a_metric_that_is_there_now_and_then_is_decided_only_on_enough_pairs(lab):
    def user_time(ns, in_pairs):
        def arm(run):
            cpu = {"per_op_ns": 1000.0}
            if not run.is_fresh or run.number in in_pairs:
                cpu["user_per_op_ns"] = ns
            return ok(run, cpu=cpu)

        return arm

    few, many = range(5, 9), range(5, 105)
    for pairs, status in ((few, 4), (many, 1)):
        made = lab.gate(LOADED, user_time(100.0, pairs), user_time(200.0, pairs))
        assert status_of(made) == status, summary(made)


def test_a_metric_that_only_the_fresh_runs_have_is_reckoned_with_before_they_are_measured(lab):
    def timers(cost):
        def arm(run):
            user = {"cpu": {"user_per_op_ns": 500.0 * cost}} if run.is_fresh else {}
            return ok(run, cost=cost, **user)

        return arm

    made = lab.gate([cell("timers", "timers")], timers(1.0), timers(2.0), pairs=(5, 7))
    fewest = schedule.least_pairs(3)
    assert fewest > schedule.least_pairs(2)
    assert {one.pairs for one in made.result.confirmed} == {fewest}
    assert status_of(made) == 1, summary(made)


def test_what_is_flagged_by_chance_and_cleared_passes(lab):
    made = lab.gate(LOADED, usual, screened_only(usual, lambda run: ok(run, cost=1.5)))
    assert made.result.confirmed
    assert status_of(made) == 0
    assert made.result.left_open == []


def test_what_is_decided_as_not_sure_to_matter_passes_unless_it_is_strict(lab):
    made = lab.gate(LOADED, usual, lambda run: ok(run, cost=1.025, spread=0.02))
    assert {one.verdict for one in made.result.confirmed} >= {INCONCLUSIVE}
    assert (status_of(made), status_of(made, strict=True)) == (0, 3)


# --- metrics that are exact, and memory ---------------------------------------------------------


def dearer_in(numbers):
    return lambda run: ok(run, cost=1.05 if run.number in numbers else 1.0)


@pytest.mark.parametrize(
    ("dear", "lost", "status"),
    [
        ({0, 1, 2, 3}, set(), 1),
        ({0, 1, 2}, set(), 1),  # two of three
        ({0, 1}, set(), 0),  # one of three
        ({0}, set(), 0),
        ({0, 1, 2, 3, 4}, {2}, 1),  # one is lost, and replaced
        ({0, 1}, {2}, 0),
        ({0, 1, 2}, set(range(3, 99)), 4),  # more pairs are lost than count
        ({0}, set(range(3, 99)), 4),
        ({0, 1, 2}, {3, 4}, 1),
        ({0, 1, 4}, {2, 3}, 1),
        ({0, 1}, {2, 3}, 0),
        ({0}, set(range(1, 99)), 4),
    ],
)
def test_instructions_are_confirmed_by_two_of_three_and_never_by_one(lab, dear, lost, status):
    def candidate(run):
        return not_ok() if run.number in lost else dearer_in(dear)(run)

    made = lab.gate(COUNTED, usual, candidate)
    assert status_of(made) == status, summary(made)


INSTRUCTIONS_PER_OP = metrics.named("instructions_per_op")


@pytest.mark.parametrize(
    ("ratios", "verdict", "is_open"),
    [((1.05,), INCONCLUSIVE, True), ((1.05, 1.05), REGRESSED, False),
     ((1.05, 1.0), INCONCLUSIVE, True), ((1.05, 1.0, 1.0), INCONCLUSIVE, False),
     ((1.05, 0.9, 1.05), REGRESSED, False), ((1.05, 1.0, 1.05, 1.0), INCONCLUSIVE, True),
     ((0.9, 0.9, 1.05), "improved", False), ((1.0,), "unchanged", False)],
)  # fmt: skip
def test_one_fresh_pair_of_instructions_alone_confirms_nothing(ratios, verdict, is_open):
    values = [(400.0, 400.0 * ratio) for ratio in ratios]
    suspects = judge([Pairs("cell", INSTRUCTIONS_PER_OP, [(400.0, 420.0)])])
    found = stages.judge_confirmed([Pairs("cell", INSTRUCTIONS_PER_OP, values)], suspects)
    assert [one.verdict for one in found] == [verdict]
    assert bool(stages.left_open(suspects, found)) == is_open


def test_where_there_is_no_time_for_the_fewest_pairs_none_is_measured_and_it_is_no_pass(lab):
    lab.run_s["counted"] = 3.0
    made = lab.gate(COUNTED, usual, lambda run: ok(run, cost=1.05), budget_s=16.0)
    assert lab.pairs_of("counted") == 1
    assert status_of(made) == 4
    assert "flagged, and no fresh pair was measured" in summary(made)


def of_bytes(value, spread=0.0):
    return lambda run: ok(run, user_bytes=value + spread * run.noise.uniform(-1, 1))


@pytest.mark.parametrize(
    ("more", "spread", "status"),
    [(24, 0, 1), (8, 0, 1), (4, 0, 0), (0, 0, 0), (-24, 0, 0), (64, 20, 1), (24, 60, 0),
     (0, 60, 0)],
)  # fmt: skip
def test_a_few_bytes_more_per_task_are_seen_where_readings_repeat(lab, more, spread, status):
    made = lab.gate(IDLE, of_bytes(128.0, spread), of_bytes(128.0 + more, spread))
    assert status_of(made) == status, summary(made)


@pytest.mark.parametrize(
    ("bytes_", "more", "spread", "status"),
    [(8537, 160, 0, 1), (4131, 80, 0, 1), (8537, 8, 0, 1), (8537, 4, 0, 0), (8537, -160, 0, 0),
     (8537, 300, 100, 1), (8537, 80, 600, 0)],
)  # fmt: skip
def test_so_are_they_of_large_tasks(lab, bytes_, more, spread, status):
    made = lab.gate(IDLE, of_bytes(bytes_, spread), of_bytes(bytes_ + more, spread))
    assert status_of(made) == status, summary(made)


def test_pairs_of_memory_that_are_lost_are_replaced(lab):
    def disturbed(run):
        return not_ok() if run.number in range(4, 9) else of_bytes(152.0)(run)

    made = lab.gate(IDLE, of_bytes(128.0), disturbed)
    assert status_of(made) == 1
    (user,) = (one for one in made.result.confirmed if one.metric.name == "user_bytes_per_task")
    assert user.pairs >= schedule.least_pairs(2)


def test_lost_pairs_of_memory_are_replaced_as_often_as_were_planned_and_no_oftener(lab):
    then = screened_only(lambda _: not_ok(), of_bytes(152.0))
    made = lab.gate(IDLE, of_bytes(128.0), then, budget_s=None)
    screened, planned = schedule.SCREEN_FEW[MEMORY], schedule.CONFIRM_FEW[MEMORY]
    assert lab.pairs_of(IDLE[0].group) == screened + 2 * planned
    assert status_of(made) == 4


def test_a_cell_that_has_no_figure_to_judge_is_no_pass(lab):
    made = lab.gate([*LOADED, *IDLE], usual, lambda run: ok(run) | {"memory": None})
    assert status_of(made) == 4
    both = lab.gate(IDLE, *[lambda run: ok(run) | {"memory": None}] * 2)
    assert status_of(both) == 4
    assert "no run has user_bytes_per_task or another figure that is gated" in summary(both)


# --- what ends it before its time ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "status"),
    [(KeyboardInterrupt(), KeyboardInterrupt), (MeasureError("full"), MeasureError),
     (RecordError("nonsense"), MeasureError)],
)  # fmt: skip
@pytest.mark.parametrize("number", [3, 8])
def test_an_end_before_its_time_keeps_what_was_screened(lab, error, status, number):
    def ending(run):
        if run.number == number:
            raise error
        return slow(run)

    with pytest.raises(status):
        lab.gate(LOADED, usual, ending)
    assert summary(lab.ran).startswith("INCOMPLETE (")
    assert lab.ran.result.screened
    assert not lab.ran.result.regressions


def test_a_regression_is_one_whatever_else_went_wrong_and_all_of_it_is_said(lab):
    cells = [*LOADED, *IDLE]

    def candidate(run):
        return slow(run) if run.cell.group == "load" else not_ok("failed", "boom")

    made = lab.gate(cells, usual, candidate)
    assert status_of(made) == 1
    assert "REGRESSION CONFIRMED" in summary(made)
    assert "THE CANDIDATE FAILED: idle/fiber" in summary(made)


def test_pairs_are_measured_in_turns_also_where_they_are_replaced(lab):
    lab.gate(LOADED, usual, lambda run: not_ok() if run.number == 6 else slow(run), pairs=NINE)
    order = [run["pair"] for run in lab.used.runs["base"]]
    assert order == sorted(set(order))
