"""A gate keeps to its budget. The least is computed, said and enough; what there was no time for is
named, and no pass."""

import pytest

from lab import (
    COUNTED,
    FIRING,
    IDLE,
    LOADED,
    cell,
    least_of,
    not_ok,
    ok,
    slow,
    status_of,
    summary,
    usual,
)
from skein_scripts.base.errors import UsageError
from skein_scripts.gate import stages
from skein_scripts.gate.compared import Pairs
from skein_scripts.records import metrics

MANY = [*(cell(f"load{n}") for n in range(6)), *IDLE, *COUNTED, *FIRING]


def test_the_least_budget_is_accepted_as_it_is_printed_and_is_enough(lab):
    for cells in (LOADED, COUNTED, IDLE, FIRING, MANY):
        with pytest.raises(UsageError, match=r"the least is ([0-9]+)s;") as refused:
            stages.make_schedule(cells, 1.0)
        printed = float(str(refused.value).partition("the least is ")[2].partition("s;")[0])
        assert printed == least_of(cells)
        with pytest.raises(UsageError):
            stages.make_schedule(cells, printed - 1)
        made = lab.gate(cells, usual, usual, budget_s=printed)
        assert (status_of(made), lab.took_s <= printed) == (0, True)
        # Whichever one of them is slower, it is confirmed within the same time.
        for bad in cells:

            def candidate(run, bad=bad):
                bytes_ = 256.0 if run.cell == bad else 128.0
                return ok(run, cost=2.0 if run.cell == bad else 1.0, user_bytes=bytes_)

            made = lab.gate(cells, usual, candidate, budget_s=printed)
            assert status_of(made) == 1, (bad.group, summary(made))
            assert lab.took_s <= printed


@pytest.mark.parametrize("factor", [1.0, 2.0, 4.0])
@pytest.mark.parametrize("budget_s", [70.0, 90.0, 200.0])
def test_a_gate_ends_within_its_budget_but_for_the_pair_under_way(lab, factor, budget_s):
    """On a machine that takes longer than was thought, and with every cell flagged."""
    cells = MANY
    for one in cells:
        lab.run_s[one.group] = factor * stages.PairCounts(1, {}).seconds([one]) / 2
    pair_s = max(2 * seconds for seconds in lab.run_s.values())
    made = lab.gate(
        cells, usual, lambda run: ok(run, cost=3.0, user_bytes=512.0), budget_s=budget_s
    )
    assert lab.took_s <= budget_s + pair_s
    assert status_of(made) in (1, 4)


def test_repeats_of_disturbed_pairs_keep_to_the_budget(lab):
    lab.retry_invalid = 3
    lab.run_s["load"] = 3.0
    budget_s = 15.0
    made = lab.gate(LOADED, usual, lambda _: not_ok(), budget_s=budget_s)
    assert lab.took_s <= budget_s + 6.0
    assert status_of(made) == 4
    assert made.repeated == 1  # a third try would end too late


def test_cells_that_there_was_no_time_for_are_no_pass(lab):
    """The first cells take far longer than was thought."""
    for one in MANY[:4]:
        lab.run_s[one.group] = 20.0
    made = lab.gate(MANY, usual, usual, budget_s=100.0)
    assert status_of(made) == 4
    assert "NOT MEASURED" in summary(made)


def test_one_pair_of_a_cell_flags_nothing_and_is_no_pass(lab):
    cpu = metrics.named("cpu_per_op")
    for pairs, verdicts in ((1, {"invalid"}), (2, {"inconclusive"})):
        values = [(1000.0, 9000.0)] * pairs
        found = stages.judge_screened([Pairs("cell", cpu, values)])
        assert {one.verdict for one in found} == verdicts
        assert bool(stages.flagged(found)) == (pairs > 1)
    lab.run_s = {one.group: 3.6 for one in MANY}
    made = lab.gate(MANY, usual, slow, budget_s=least_of(MANY))
    assert {lab.pairs_of(one.group) for one in MANY[:6]} == {1}
    assert status_of(made) == 4
    assert "1 pair is too few to flag anything" in summary(made)


def test_with_too_little_time_the_worst_are_confirmed_and_the_others_are_named(lab):
    cells = MANY[:6]

    def candidate(run):
        return ok(run, cost={"load0": 1.1, "load1": 3.0, "load2": 1.1}.get(run.cell.group, 1.0))

    made = lab.gate(cells, usual, candidate, budget_s=least_of(cells))
    assert status_of(made) == 1
    assert {one.cell for one in made.result.regressions} == {"load1/fiber"}
    assert {line.partition("/")[0] for line in made.result.left_open} == {"load0", "load2"}
    assert any("there is no time for more" in line for line in lab.said)
    # With a machine that takes longer there is no time for any, and it is no pass.
    for one in cells:
        lab.run_s[one.group] = 1.5 * stages.PairCounts(1, {}).seconds([one]) / 2
    made = lab.gate(cells, usual, candidate, budget_s=least_of(cells))
    assert (status_of(made), len(made.result.confirmed)) == (4, 0)


def test_the_pairs_of_a_small_budget_are_those_that_decide(lab):
    planned = stages.make_schedule(MANY, least_of(MANY))
    assert planned.screen.loaded == stages.LEAST_SCREEN_PAIRS
    more = stages.make_schedule(MANY, 2 * least_of(MANY))
    assert stages.LEAST_SCREEN_PAIRS < more.screen.loaded < stages.SCREEN_PAIRS
    assert more.screen_s <= stages.SCREEN_SHARE * more.budget_s
