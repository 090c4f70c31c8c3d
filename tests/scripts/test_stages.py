"""How many pairs the stages of a gate take, and that they fit into its budget."""

from skein_scripts.commands.gate import USUAL_BUDGET_S
from skein_scripts.gate import schedule, stages
from skein_scripts.gate.compared import Pairs
from skein_scripts.matrix import matrix
from skein_scripts.records import purposes
from skein_scripts.records.metrics import METRICS


def test_a_budget_shrinks_the_stages_together():
    cells = matrix.load_matrix(matrix.PRESET_FOLDER / "gate.toml").cells
    free = stages.make_schedule(cells, None)
    assert free.screen.loaded == stages.SCREEN_PAIRS
    tight = stages.make_schedule(cells, 450)
    assert tight.screen_s <= 450 * stages.SCREEN_SHARE
    assert stages.LEAST_SCREEN_PAIRS <= tight.screen.loaded < stages.SCREEN_PAIRS
    measured = {cells[0].key: 2.0}
    assert tight.confirm_pairs(cells[:1], 1, 410, measured).loaded == 20
    assert tight.confirm_pairs(cells[:1], 1, 100, measured).loaded == stages.CONFIRM_PAIRS
    # What was flagged is measured as often as it takes to confirm anything, whatever the time.
    assert tight.confirm_pairs(cells[:1], 1, 450, measured).loaded == stages.LEAST_CONFIRM_PAIRS
    assert tight.confirm_pairs(cells[:1], 16, 450, measured).loaded == 11


def test_memory_is_confirmed_on_as_many_pairs_as_all_that_is_judged_needs():
    cells = matrix.load_matrix(matrix.PRESET_FOLDER / "gate.toml").cells
    of_memory = [cell for cell in cells if cell.purpose == purposes.MEMORY]
    for budget_s in (None, 660):
        schedule = stages.make_schedule(cells, budget_s)
        for judged in (8, 11, 40):
            pairs = schedule.confirm_pairs(of_memory, judged, 0, {}).of(of_memory[0])
            assert 0.5**pairs * judged <= stages.CONFIRM_ALPHA


def test_few_pairs_to_confirm_are_still_enough_to_confirm_something():
    cells = matrix.load_matrix(matrix.PRESET_FOLDER / "gate.toml").cells
    schedule = stages.make_schedule(cells, 660, (5, 7))
    assert schedule.confirm_pairs(cells[:1], 3, 0, {}).loaded == stages.least_pairs(3) > 7


def test_the_default_gate_fits_into_its_usual_budget():
    cells = matrix.load_matrix(matrix.PRESET_FOLDER / "gate.toml").cells
    planned = stages.make_schedule(cells, USUAL_BUDGET_S)
    assert planned.screen.loaded >= 15
    assert {cell.runtime for cell in cells} == {"coroutine", "fiber", "thread", "libuv"}


def test_the_fewest_pairs_of_memory_are_as_many_as_decide_and_of_instructions_always_three():
    cells = matrix.load_matrix(matrix.PRESET_FOLDER / "gate.toml").cells
    of = {cell.purpose: cell for cell in cells}
    for judged, least in ((1, 7), (2, 8), (8, 10), (11, 11), (40, 12)):
        fewest = schedule.least_to_confirm(judged)
        assert fewest.of(of[purposes.LOAD]) == fewest.of(of[purposes.MEMORY]) == least
        assert fewest.of(of[purposes.INSTRUCTIONS]) == 3
        assert 0.5**least * judged <= stages.CONFIRM_ALPHA < 0.5 ** (least - 1) * judged * 2


def test_what_a_cell_may_be_judged_by_follows_from_its_purpose():
    cells = {cell.purpose: cell for cell in matrix.load_matrix(
        matrix.PRESET_FOLDER / "gate.toml").cells}  # fmt: skip
    tested = [metric for metric in METRICS if metric.is_tested]
    assert schedule.most_judged(cells[purposes.LOAD]) == len(tested)
    assert schedule.most_judged(cells[purposes.MEMORY]) == 2
    assert schedule.most_judged(cells[purposes.INSTRUCTIONS]) == 0


def test_a_metric_that_runs_have_only_now_and_then_is_not_missed_with_one_pair():
    user = next(metric for metric in METRICS if metric.optional)
    (found,) = stages.judge_screened([Pairs("cell", user, [(100.0, 100.0)])])
    assert not found.is_lost
