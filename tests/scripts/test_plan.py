"""The order of runs: interleaved, balanced, and given by the seed."""

import itertools
from collections import Counter

import pytest

from skein_scripts.matrix import plan
from skein_scripts.matrix.matrix import Cell, Matrix

RUNTIMES = ("coroutine", "fiber", "thread", "libuv", "epoll_floor")
SETTINGS = {"pattern": "spread", "tasks": 100, "window": "1s"}


def matrix_of(repeats, seed=1, groups=("a", "b")):
    cells = [Cell(group, "timers", runtime, SETTINGS) for group in groups for runtime in RUNTIMES]
    return Matrix("m", seed, repeats, 0, tuple(cells))


def places(slots, group):
    """(runtime, place in the group) of each round."""
    for block in range(max(slot.block for slot in slots) + 1):
        row = [slot.cell.runtime for slot in slots if slot.block == block]
        row = [slot.cell.runtime for slot in slots
               if slot.block == block and slot.cell.group == group]  # fmt: skip
        yield from ((runtime, place) for place, runtime in enumerate(row))


def test_every_round_runs_every_cell_once():
    slots = plan.make_plan(matrix_of(3))
    for block in range(3):
        keys = [slot.cell.key for slot in slots if slot.block == block]
        assert len(keys) == len(set(keys)) == 10


def test_over_five_rounds_each_of_five_runtimes_stands_in_each_place_once():
    slots = plan.make_plan(matrix_of(10))
    for group in ("a", "b"):
        first = Counter(places([slot for slot in slots if slot.block < 5], group))
        assert set(first.values()) == {1}
        assert len(first) == 25
        assert set(Counter(places(slots, group)).values()) == {2}


def test_each_row_is_the_others_turned():
    cells = list(matrix_of(1, groups=("a",)).cells)
    rows = [[cell.runtime for cell in plan.latin_row(cells, 1, "a", block)] for block in range(5)]
    doubled = rows[0] * 2
    for row in rows:
        assert any(doubled[turn : turn + 5] == row for turn in range(5))


def test_the_rows_are_shuffled_anew_when_a_square_is_used_up():
    cells = list(matrix_of(1, groups=("a",)).cells)
    squares = {
        tuple(tuple(cell.runtime for cell in plan.latin_row(cells, 1, "a", square * 5 + row))
              for row in range(5))
        for square in range(4)
    }  # fmt: skip
    assert len(squares) == 4


def test_the_runs_of_a_group_in_a_round_follow_each_other():
    slots = plan.make_plan(matrix_of(4))
    for block in range(4):
        groups = [slot.cell.group for slot in slots if slot.block == block]
        assert sum(a != b for a, b in itertools.pairwise(groups)) == 1


def test_the_seed_gives_the_order():
    def order(seed):
        return [slot.cell.key for slot in plan.make_plan(matrix_of(3, seed))]

    assert order(1) == order(1)
    assert order(1) != order(2)


def test_positions_count_from_zero_in_each_round():
    slots = plan.make_plan(matrix_of(2))
    assert [slot.position for slot in slots if slot.block == 1] == list(range(10))


def test_the_plan_is_recorded_with_the_order_of_each_round():
    matrix = matrix_of(2)
    slots = plan.make_plan(matrix)
    record = plan.plan_record(matrix, slots)
    assert record["design"] == "latin"
    for slot in slots:
        assert record["order"][slot.block][slot.position] == slot.cell.key


def test_all_runtimes_of_a_round_get_the_same_seed_and_each_round_another():
    matrix = matrix_of(3)
    assert [plan.seed_of_block(matrix, block) for block in (None, 0, 1, 2)] == [
        1000, 1000, 1001, 1002,
    ]  # fmt: skip
    # Nor are the rounds of one seed those of the next.
    assert plan.seed_of_block(matrix_of(3, seed=2), 0) == 2000


@pytest.mark.parametrize(
    ("workload", "settings", "seconds"),
    [
        # 1.8 s for processes, memory readings and the end; connecting; warm-up and window.
        ("c10k", {"connections": 10_000, "warmup": "1s", "duration": "3s"}, 1.8 + 0.2 + 4),
        ("c10k", {"connections": 10_000, "memory": "on", "duration": "3s"}, 1.8 + 0.2 + 3),
        ("c10k", {"connections": 10_000, "memory": "off", "duration": "3s"}, 0.15 + 0.2 + 3),
        ("c10k", {"connections": 100, "hold": "2s"}, 1.8 + 0.002 + 2),
        ("timers", {"tasks": 100_000, "window": "5s"}, 1.8 + 0.5 + 5),
        ("timers", {"tasks": 1000, "window": "1s"}, 1.8 + 0.005 + 1),
        ("timers", {"tasks": 1000, "window": "1s", "memory": "off"}, 0.15 + 0.2 + 1),
        ("timers", {"tasks": 1_000_000, "window": "1s"}, 1.8 + 5.0 + 1),
    ],
)
def test_what_a_run_takes_is_made_of_its_parts(workload, settings, seconds):
    assert plan.estimate_s(Cell("a", workload, "fiber", settings)) == pytest.approx(seconds)


@pytest.mark.parametrize("seed", [0, 2**53 + 1, 2**64 - 1])
def test_seeds_of_rounds_have_64_bits_whatever_the_plans_seed_is(seed):
    seeds = {plan.seed_of_block(matrix_of(3, seed), block) for block in range(3)}
    assert len(seeds) == 3
    assert all(0 <= each < 2**64 for each in seeds)


def test_the_quick_matrix_takes_at_most_six_minutes():
    from skein_scripts.commands.matrix_options import probes_s
    from skein_scripts.matrix.matrix import load_preset

    quick = load_preset("quick")
    runs_s = sum(plan.estimate_s(slot.cell) for slot in plan.make_plan(quick))
    assert runs_s + probes_s(quick, quick.repeats) <= 360
